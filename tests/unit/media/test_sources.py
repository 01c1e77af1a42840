"""Whose packet is it, and from where may it come: sources are fixed safely."""

import numpy as np
import pytest

from hubbub.media.core import apply as commands
from hubbub.media.core import events
from hubbub.media.core.layout import FRAME
from media.rig import CALLER_ADDRESS, Caller, Rig

SPEECH = np.full(FRAME, 4000, np.int16)
ELSEWHERE = 0x0A000001


def destination(rig: Rig, caller: Caller) -> set[tuple[int, int]]:
    ssrc = 0x1000 + caller.slot
    return {(p.address, p.port) for p in rig.run(1) if p.data[8:12] == ssrc.to_bytes(4, "big")}


def test_the_negotiated_address_is_sent_to_before_anything_came() -> None:
    rig = Rig()
    caller = rig.caller(prove=False)
    assert destination(rig, caller) == {(CALLER_ADDRESS, caller.port)}


def test_two_packets_in_a_row_fix_a_source_behind_nat() -> None:
    rig = Rig()
    caller = rig.caller(prove=False)
    caller.address, caller.port = ELSEWHERE, 999
    caller.say(SPEECH)
    assert destination(rig, caller) == {(CALLER_ADDRESS, 40000)}
    caller.say(SPEECH)
    assert destination(rig, caller) == {(ELSEWHERE, 999)}
    assert rig.events_of(events.FIXED) == [(caller.port_id, ELSEWHERE, 999, 0, 0, 0, 0)]


def test_two_packets_that_do_not_follow_each_other_fix_nothing() -> None:
    rig = Rig()
    caller = rig.caller(prove=False)
    caller.address = ELSEWHERE
    caller.say(SPEECH)
    caller.sequence += 5
    caller.say(SPEECH)
    caller.ssrc += 1
    caller.say(SPEECH)
    caller.send(caller.packet(bytes(160), payload_type=96))
    assert rig.count("sources_fixed") == 0


def test_a_guesser_cannot_take_a_leg_that_its_far_end_has_begun_to_use() -> None:
    rig = Rig()
    caller = rig.caller(prove=False)
    guesser = Caller(rig, caller.port_id, 0, 0, 666, ssrc=0xBAD, address=ELSEWHERE)
    caller.say(SPEECH)
    guesser.say(SPEECH)
    guesser.say(SPEECH)
    caller.say(SPEECH)
    guesser.say(SPEECH)
    assert destination(rig, caller) == {(CALLER_ADDRESS, caller.port)}
    assert rig.count("drop_unknown_source") == 1


def test_a_fixed_source_stays_until_another_is_negotiated() -> None:
    rig = Rig()
    caller = rig.caller()
    stranger = Caller(rig, caller.port_id, 0, 0, 666, ssrc=0xBAD, address=ELSEWHERE)
    for _ in range(5):
        stranger.say(SPEECH)
    assert destination(rig, caller) == {(CALLER_ADDRESS, caller.port)}
    rig.connect(caller.port_id, caller.port)
    assert rig.count("sources_fixed") == 1
    rig.connect(caller.port_id, 777, address=ELSEWHERE)
    assert destination(rig, caller) == {(ELSEWHERE, 777)}


def test_the_negotiated_address_takes_a_leg_back_from_who_came_first() -> None:
    rig = Rig()
    caller, listener = rig.caller(prove=False), rig.caller()
    mixer = rig.mixer()
    for member in (caller, listener):
        rig.join(member, mixer)
    guesser = Caller(rig, caller.port_id, 0, 0, 666, ssrc=0xBAD, address=ELSEWHERE)
    for _ in range(5):
        guesser.say(SPEECH)
    assert destination(rig, caller) == {(ELSEWHERE, 666)}
    caller.say(SPEECH)
    guesser.say(SPEECH)
    caller.sequence += 1
    caller.say(SPEECH)
    assert destination(rig, caller) == {(ELSEWHERE, 666)}, (
        "two packets that do not follow each other prove nothing"
    )
    caller.say(SPEECH)
    assert destination(rig, caller) == {(CALLER_ADDRESS, caller.port)}
    assert rig.count("sources_taken_back") == 1
    rig.run(10)
    for _ in range(5):
        guesser.say(SPEECH)
    assert destination(rig, caller) == {(CALLER_ADDRESS, caller.port)}
    assert not rig.heard_by(listener, rig.run(3)).any(), "nobody hears the guesser any more"
    caller.say(SPEECH)
    caller.say(SPEECH)
    assert rig.heard_by(listener, rig.run(3)).any()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_legs_listed_twice_leave_nothing_when_they_close(order: tuple[int, ...]) -> None:
    rig = Rig()
    callers = []
    for number in range(3):
        caller = rig.caller(prove=False)
        callers.append(caller)
        caller.address, caller.port = ELSEWHERE, 2000 + number
        caller.say(SPEECH)
        caller.say(SPEECH)
    assert (rig.state.sources != -1).sum() == 6
    rig.connect(callers[0].port_id, 888, address=ELSEWHERE)
    assert (rig.state.sources != -1).sum() == 5, "another address was negotiated: the old two are forgotten"
    for number in order:
        rig.command(commands.CLOSE_PORT, callers[number].port_id)
    assert (rig.state.sources == -1).all()


def test_many_legs_share_a_socket_and_keep_apart() -> None:
    rig = Rig()
    mixers = [rig.mixer(i) for i in range(10)]
    callers = [rig.caller() for _ in range(20)]
    for i, caller in enumerate(callers):
        rig.join(caller, mixers[i // 2])
    callers[6].say(SPEECH)
    sent = rig.run(1)
    assert [i for i, caller in enumerate(callers) if rig.heard_by(caller, sent).any()] == [7]


def test_a_socket_serves_one_leg_at_a_time_whose_source_is_unknown() -> None:
    rig = Rig()
    first, second = rig.caller(prove=False), rig.caller(prove=False)
    stranger = Caller(rig, first.port_id, 0, 0, 4321, ssrc=5, address=ELSEWHERE)
    for _ in range(2):
        stranger.say(SPEECH)
    assert rig.events_of(events.FIXED)[0][0] == first.port_id
    second.prove()
    assert rig.events_of(events.FIXED)[1][:3] == (second.port_id, CALLER_ADDRESS, second.port)


def test_a_gateway_may_send_two_legs_from_one_port() -> None:
    rig = Rig()
    first = rig.caller()
    second = rig.caller(prove=False)
    second.port = first.port
    rig.connect(second.port_id, first.port)
    mixers = [rig.mixer(0), rig.mixer(1)]
    for _ in range(2):
        second.say(SPEECH)
    rig.run(1)
    listener = rig.caller()
    rig.join(first, mixers[0])
    rig.join(second, mixers[1])
    rig.join(listener, mixers[1])
    first.say(SPEECH)
    assert not rig.heard_by(listener, rig.run(1)).any()
    second.say(SPEECH)
    assert rig.heard_by(listener, rig.run(1)).any()


def test_the_stream_of_a_closed_leg_is_not_taken_for_the_next_one() -> None:
    rig = Rig()
    old = rig.caller()
    rig.command(commands.CLOSE_PORT, old.port_id)
    new = rig.caller(prove=False)
    for _ in range(5):
        old.say(SPEECH)
    assert destination(rig, new) == {(CALLER_ADDRESS, new.port)}
    assert rig.count("sources_fixed") == 1
    new.address = ELSEWHERE
    new.prove()
    assert destination(rig, new) == {(ELSEWHERE, new.port)}


def test_the_next_call_of_a_telephone_that_keeps_its_ssrc_is_heard() -> None:
    rig = Rig()
    old = rig.caller()
    rig.command(commands.CLOSE_PORT, old.port_id)
    new = rig.caller(prove=False)
    rig.connect(new.port_id, old.port)
    new.port, new.ssrc, new.sequence = old.port, old.ssrc, old.sequence + 20_000
    new.prove()
    assert rig.events_of(events.FIXED)[-1][:3] == (new.port_id, CALLER_ADDRESS, old.port)


def test_nothing_is_taken_from_one_who_said_it_would_not_send() -> None:
    rig = Rig()
    caller = rig.caller()
    rig.connect(caller.port_id, caller.port, flags=1)
    caller.say(SPEECH)
    assert rig.count("drop_unwanted") == 1


def test_nothing_is_sent_to_one_who_only_sends() -> None:
    rig = Rig()
    caller = rig.caller()
    rig.connect(caller.port_id, caller.port, flags=2)
    assert destination(rig, caller) == set()


def test_a_thousand_legs_come_and_go_and_leave_nothing() -> None:
    rig = Rig()
    mixer = rig.mixer()
    for _ in range(1000):
        caller = rig.caller(prove=False)
        rig.join(caller, mixer)
        caller.say(SPEECH)
        caller.say(SPEECH)
        rig.command(commands.CLOSE_PORT, caller.port_id)
    rig.run(2)
    state = rig.state
    assert (state.sources == -1).all()
    assert not any(state.ports[slot].port_id for slot in range(len(state.ports)))
    assert state.sockets[0].legs == 0
    assert state.sockets[0].waiting == -1
    assert state.mixers[mixer & 0xFFFFF].members == 0
    assert rig.run(1) == []
