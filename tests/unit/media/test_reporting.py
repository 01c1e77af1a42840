"""What the core says of a leg: who talks, who is silent, RTCP; and what it sends of its own accord."""

from itertools import pairwise

import numpy as np
import pytest

from hubbub.audio import g711
from hubbub.media.core import apply as commands
from hubbub.media.core import events, rtcp_in
from hubbub.media.core.apply import skip
from hubbub.media.core.layout import FRAME
from hubbub.protocol.rtp import rtcp
from media.rig import Rig

SPEECH = np.full(FRAME, 4000, np.int16)
HUM = np.full(FRAME, 20, np.int16)


def test_talk_begins_after_sixty_milliseconds_and_ends_after_the_hangover() -> None:
    rig = Rig(talk_hangover_ms=200)
    caller = rig.caller()
    rig.join(caller, rig.mixer())
    talk = []
    for tick in range(30):
        caller.say(SPEECH if 5 <= tick < 12 else HUM)
        rig.run(1)
        talk += [(tick, event[1]) for event in rig.events_of(events.TALK)]
        rig.events.clear()
    assert talk == [(7, 1), (22, 0)]


def test_a_click_is_no_talk_and_a_voice_near_the_level_does_not_come_and_go() -> None:
    rig = Rig(talk_hangover_ms=200)
    caller = rig.caller()
    rig.join(caller, rig.mixer())
    above = np.full(FRAME, 240, np.int16)  # -42.7 dBov
    below = np.full(FRAME, 150, np.int16)  # -46.8 dBov: under the level, not under where talking ends
    for tick in range(12):
        caller.say(SPEECH if tick % 3 else HUM)
        rig.run(1)
    assert rig.events_of(events.TALK) == []
    for tick in range(100):
        caller.say(above if tick < 5 else below)
        rig.run(1)
    assert rig.events_of(events.TALK) == [(caller.port_id, 1, 0, 0, 0, 0, 0)]


def test_who_is_muted_while_talking_ceases_and_who_moves_begins_anew() -> None:
    rig = Rig(talk_hangover_ms=100)
    caller = rig.caller()
    rooms = [rig.mixer(number, 0) for number in range(2)]
    rig.join(caller, rooms[0])

    def talk(frames: int) -> list[int]:
        rig.events.clear()
        for _ in range(frames):
            caller.say(SPEECH)
            rig.run(1)
        return [event[1] for event in rig.events_of(events.TALK)]

    assert talk(5) == [1]
    rig.join(caller, rooms[0], heard=False)
    assert talk(10) == [0]
    rig.join(caller, rooms[0])
    assert talk(5) == [1]
    rig.join(caller, rooms[1])
    assert talk(5) == [1], "in this room for the first time"


def test_a_muted_caller_does_not_talk() -> None:
    rig = Rig()
    caller = rig.caller()
    rig.join(caller, rig.mixer(), heard=False)
    for _ in range(10):
        caller.say(SPEECH)
        rig.run(1)
    assert rig.events_of(events.TALK) == []


def test_a_far_end_that_goes_silent_is_reported_once() -> None:
    rig = Rig(media_timeout_ms=1000)
    caller = rig.caller()
    rig.run(45)
    assert rig.events_of(events.SILENT) == []
    rig.run(60)
    assert [event[0] for event in rig.events_of(events.SILENT)] == [caller.port_id]
    caller.say(SPEECH)
    rig.run(60)
    assert len(rig.events_of(events.SILENT)) == 2


def test_who_need_not_send_is_never_silent() -> None:
    rig = Rig(media_timeout_ms=100)
    caller = rig.caller(prove=False)
    rig.connect(caller.port_id, caller.port, flags=1)
    rig.run(20)
    assert rig.events_of(events.SILENT) == []


@pytest.mark.parametrize(("frames", "length"), [(1, 160), (2, 320), (3, 480)])
def test_packets_are_as_long_as_negotiated(frames: int, length: int) -> None:
    rig = Rig()
    caller = rig.caller(frames=frames)
    packets = rig.run(12)
    assert {len(p.payload) for p in packets} == {length}
    assert len(packets) == 12 // frames
    steps = {b.timestamp - a.timestamp for a, b in pairwise(packets)}
    assert steps == {length}
    assert {p.port for p in packets} == {caller.port}


def test_a_connected_leg_in_no_room_is_sent_silence() -> None:
    rig = Rig()
    rig.caller(g711.ALAW, prove=False)
    assert [p.payload for p in rig.run(2)] == [bytes([0xD5]) * FRAME] * 2


def test_the_first_packet_of_a_leg_is_marked() -> None:
    rig = Rig()
    rig.caller(prove=False)
    assert [p.marker for p in rig.run(3)] == [True, False, False]


def test_ticks_left_out_move_our_clock_on() -> None:
    rig = Rig()
    rig.caller(prove=False)
    (before,) = rig.run(1)
    skip(rig.state, 3)
    (after,) = rig.run(1)
    assert after.timestamp - before.timestamp == 4 * FRAME
    assert after.sequence - before.sequence == 1
    assert after.marker


def with_rtcp() -> Rig:
    rig = Rig(rtcp_interval_ms=1000)
    rig.command(commands.OPEN_SOCKET, 1, 1)
    return rig


def test_reports_are_sent_and_say_what_was_received_and_lost() -> None:
    rig = with_rtcp()
    caller = rig.caller(socket=1)
    for i in range(100):
        data = caller.packet(g711.encode_samples(0, SPEECH))
        if i % 10 != 5:
            caller.send(data)
        rig.run(1)
    reports = [p for p in rig.sent if p.rtcp]
    assert 1 <= len(reports) <= 5
    assert {p.port for p in reports} == {caller.port + 1}
    packets = rtcp.parse_compound(reports[-1].data)
    report = packets[0]
    assert isinstance(report, rtcp.SenderReport)
    assert report.ssrc == 0x1000 + caller.slot
    (block,) = report.blocks
    assert block.ssrc == caller.ssrc
    assert 1 <= block.cumulative_lost <= 10
    assert block.fraction_lost > 0
    assert isinstance(packets[1], rtcp.SourceDescription)


def test_a_report_received_says_how_our_stream_arrives() -> None:
    rig = with_rtcp()
    caller = rig.caller(socket=1)
    ours = (0x1000 + caller.slot).to_bytes(4, "big")
    middle = ((rig.now_us - 300_000) << 16) // 1_000_000 & 0xFFFFFFFF
    block = ours + bytes([64]) + (7).to_bytes(3, "big") + bytes(4) + (55).to_bytes(4, "big")
    block += middle.to_bytes(4, "big") + (1 << 14).to_bytes(4, "big")
    data = bytes([0x81, 201, 0, 7]) + caller.ssrc.to_bytes(4, "big") + block
    packet = np.frombuffer(data, np.uint8)
    rtcp_in.ingest(rig.state, 1, packet, len(data), caller.address, caller.port, rig.now_us)
    leg = rig.state.ports[caller.slot]
    assert (leg.peer_fraction_lost, leg.peer_lost, leg.peer_jitter) == (64, 7, 55)
    assert abs(leg.round_trip_us - 50_000) < 100
    assert rig.count("rtcp_in") == 1
