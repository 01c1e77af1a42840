"""Telephone events (RFC 4733), both ways."""

import numpy as np
import pytest

from hubbub.media.core import apply as commands
from hubbub.media.core import events
from hubbub.media.core.dtmf_out import PAUSE
from hubbub.media.core.layout import FRAME
from media.rig import Caller, Packet, Rig

TONE = np.full(FRAME, 4000, np.int16)


def press(caller: Caller, event: int, *, end: bool, duration: int) -> None:
    payload = bytes([event, 0x0A | end << 7]) + duration.to_bytes(2, "big")
    caller.send(caller.packet(payload, payload_type=caller.event_type))


def digits(rig: Rig) -> list[tuple[int, int]]:
    """Event and duration in ms of each digit reported."""
    return [(event, duration) for _, event, duration, *_ in rig.events_of(events.DIGIT)]


def test_a_digit_is_reported_once_with_its_duration() -> None:
    rig = Rig()
    caller = rig.caller()
    for duration in (160, 320, 480, 640):
        press(caller, 5, end=False, duration=duration)
        rig.run(1)
    assert digits(rig) == []
    for _ in range(3):
        press(caller, 5, end=True, duration=800)
        rig.run(1)
    assert digits(rig) == [(5, 100)]


def test_the_same_digit_pressed_again_is_another_digit() -> None:
    rig = Rig()
    caller = rig.caller()
    for _ in range(2):
        for end in (False, True, True):
            press(caller, 7, end=end, duration=400)
        caller.timestamp += 1600
    assert digits(rig) == [(7, 50), (7, 50)]


@pytest.mark.parametrize("lost", [(0,), (1,), (2,), (0, 1), (1, 2)])
def test_no_single_packet_is_relied_upon(lost: tuple[int, ...]) -> None:
    rig = Rig()
    caller = rig.caller()
    for i, end in enumerate((False, False, True)):
        if i in lost:
            caller.packet(b"1234", payload_type=101)
        else:
            press(caller, 11, end=end, duration=400)
    rig.run(10)
    assert digits(rig) == [(11, 50)]


def test_a_digit_whose_end_never_comes_is_over_after_a_tenth_of_a_second() -> None:
    rig = Rig()
    caller = rig.caller()
    press(caller, 1, end=False, duration=160)
    rig.run(5)
    assert digits(rig) == []
    rig.run(2)
    assert digits(rig) == [(1, 20)]


def test_a_digit_held_for_longer_than_a_packet_can_say_is_one_digit() -> None:
    rig = Rig()
    caller = rig.caller()
    press(caller, 3, end=False, duration=0xFFFF)
    caller.timestamp += 0xFFFF
    press(caller, 3, end=False, duration=160)
    press(caller, 3, end=True, duration=800)
    assert digits(rig) == [(3, (0xFFFF + 800) // 8)]


def test_nobody_hears_the_key_while_it_is_down() -> None:
    rig = Rig()
    mixer = rig.mixer()
    alice, bob = rig.caller(), rig.caller()
    for caller in (alice, bob):
        rig.join(caller, mixer)
    alice.say(TONE)
    assert rig.heard_by(bob, rig.run(1)).any()
    press(alice, 5, end=False, duration=160)
    alice.say(TONE)
    assert not rig.heard_by(bob, rig.run(1)).any()
    alice.timestamp -= FRAME
    press(alice, 5, end=True, duration=160)
    rig.run(1)
    alice.timestamp += FRAME
    for _ in range(2):
        alice.say(TONE)
        heard = rig.heard_by(bob, rig.run(1))
    assert heard.any()


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x01\x80\x00", b"\x10\x80\x01\x00", b"\xff\xff\xff\xff"])
def test_a_malformed_or_unknown_event_is_dropped_and_counted(payload: bytes) -> None:
    rig = Rig()
    caller = rig.caller()
    caller.send(caller.packet(payload, payload_type=101))
    assert digits(rig) == []
    assert rig.count("drop_event") + rig.count("drop_length") == 1


def sent_events(packets: list[Packet]) -> list[Packet]:
    return [p for p in packets if p.payload_type == 101]


def test_a_digit_is_sent_with_its_duration_counting_up_and_its_end_three_times() -> None:
    rig = Rig()
    caller = rig.caller()
    rig.command(commands.SEND_DIGITS, caller.port_id, 1, 9)
    packets = rig.run(20)
    tone = sent_events(packets)
    assert [p.payload[0] for p in tone] == [9] * 8
    assert [int.from_bytes(p.payload[2:], "big") for p in tone] == [160, 320, 480, 640, 800, 960, 960, 960]
    assert [p.payload[1] >> 7 for p in tone] == [0, 0, 0, 0, 0, 1, 1, 1]
    assert [p.marker for p in tone] == [True] + [False] * 7
    assert len({p.timestamp for p in tone}) == 1
    sequences = [p.sequence for p in packets]
    assert sequences == list(range(sequences[0], sequences[0] + 20)), "one sequence for audio and events"
    audio = [p for p in packets if p.payload_type == 0]
    assert audio[0].timestamp == tone[0].timestamp + 8 * FRAME, "audio stops meanwhile, its clock does not"


def test_digits_follow_each_other_with_gaps_and_pauses() -> None:
    rig = Rig()
    caller = rig.caller()
    rig.command(commands.SEND_DIGITS, caller.port_id, 3, 1 | PAUSE << 5 | 2 << 10)
    packets = rig.run(60)
    kinds = [p.payload[0] if p.payload_type == 101 else None for p in packets]
    assert kinds[:8] == [1] * 8
    second = kinds.index(2)
    assert set(kinds[8:second]) == {None}
    assert second >= 8 + 4 + 25


def test_digits_for_a_far_end_without_telephone_events_are_refused() -> None:
    rig = Rig()
    caller = rig.caller(prove=False)
    rig.connect(caller.port_id, caller.port, event_type=-1)
    rig.command(commands.SEND_DIGITS, caller.port_id, 1, 9)
    assert {p.payload_type for p in rig.run(5)} == {0}
    assert rig.count("commands_refused") == 1
