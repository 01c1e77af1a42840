"""Everybody hears all others and never himself: the compiled mixer against twenty lines of plain Python."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.media.core.layout import FRAME
from media.reference_mixer import Member, what_each_hears
from media.rig import Caller, Rig

PEAKS = (0, 1, 7, 200, 5000, 32767)


@st.composite
def rooms(draw: st.DrawFn) -> list[tuple[int, int, bool, bool, tuple[int, ...] | None]]:
    size = draw(st.integers(1, 7))
    everyone = range(size)
    return [
        (
            draw(st.sampled_from((g711.ULAW, g711.ALAW))),
            draw(st.sampled_from(PEAKS)),
            draw(st.booleans()),
            draw(st.booleans()),
            draw(
                st.none()
                | st.lists(st.sampled_from([i for i in everyone if i != me]), unique=True, min_size=1).map(
                    tuple
                )
                if size > 1
                else st.none()
            ),
        )
        for me in everyone
    ]


def noise(seed: int, peak: int) -> NDArray[np.int16]:
    return (
        np.random.default_rng(seed)
        .integers(-peak - 1, peak, FRAME, endpoint=True)
        .clip(-32768)
        .astype(np.int16)
    )


def as_heard(law: int, codes: bytes) -> NDArray[np.int16]:
    """A frame as the room knows it; a whole frame of A-law's quietest codes is silence."""
    pcm = g711.decode_bytes(law, codes)
    return np.zeros_like(pcm) if law == g711.ALAW and (abs(pcm) == 8).all() else pcm


@given(rooms(), st.integers(0, 1000))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_member_hears_exactly_what_the_reference_mixer_says(
    room: list[tuple[int, int, bool, bool, tuple[int, ...] | None]], seed: int
) -> None:
    rig = Rig()
    mixer = rig.mixer()
    callers = [rig.caller(law) for law, *_ in room]
    for caller, (_, _, hears, heard, _) in zip(callers, room, strict=True):
        rig.join(caller, mixer, hears=hears, heard=heard)
    for caller, (_, _, hears, heard, coached) in zip(callers, room, strict=True):
        if coached is not None:
            rig.command(8, caller.port_id, mixer, hears | heard << 1 | 4)
            for other in coached:
                rig.command(9, caller.port_id, callers[other].port_id)
    for frame in range(2):
        members = []
        for caller, (law, peak, hears, heard, coached) in zip(callers, room, strict=True):
            codes = g711.encode_samples(law, noise(seed * 100 + caller.slot + frame, peak))
            members.append(Member(as_heard(law, codes), hears, heard, coached))
            caller.send(caller.packet(codes))
        sent = rig.run(1)
        for caller, expected in zip(callers, what_each_hears(members), strict=True):
            payload = b"".join(p.payload for p in sent if p.port == caller.port)
            assert payload == g711.encode_samples(caller.law, expected), (
                f"caller {caller.slot}, frame {frame}"
            )


def speak_once(
    rig: Rig, voices: dict[str, NDArray[np.int16]], callers: dict[str, Caller]
) -> dict[str, NDArray[np.int16]]:
    for name, pcm in voices.items():
        callers[name].say(pcm)
    sent = rig.run(1)
    return {name: rig.heard_by(caller, sent) for name, caller in callers.items()}


def test_four_at_full_scale_clip_and_never_wrap() -> None:
    rig = Rig()
    mixer = rig.mixer()
    callers = {name: rig.caller() for name in ("alice", "bob", "carol", "dave", "listener")}
    for caller in callers.values():
        rig.join(caller, mixer)
    square = np.where(np.arange(FRAME) % 16 < 8, 32124, -32124).astype(np.int16)
    heard = speak_once(rig, dict.fromkeys(("alice", "bob", "carol", "dave"), square), callers)
    for name in callers:
        assert (np.sign(heard[name]) == np.sign(square)).all()
        assert (abs(heard[name]) == 32124).all(), "the loudest code of µ-law, both ways"


def test_mute_is_effective_by_the_next_tick() -> None:
    rig = Rig()
    mixer = rig.mixer()
    callers = {name: rig.caller() for name in ("alice", "bob")}
    for caller in callers.values():
        rig.join(caller, mixer)
    voice = noise(1, 5000)
    assert speak_once(rig, {"alice": voice}, callers)["bob"].any()
    callers["alice"].say(voice)
    rig.join(callers["alice"], mixer, heard=False)
    assert not rig.heard_by(callers["bob"], rig.run(1)).any()
    rig.join(callers["alice"], mixer)
    assert speak_once(rig, {"alice": voice}, callers)["bob"].any()


def test_a_coach_is_heard_by_the_coached_alone_and_the_set_may_change() -> None:
    rig = Rig()
    mixer = rig.mixer()
    callers = {name: rig.caller() for name in ("coach", "agent", "customer")}
    for caller in callers.values():
        rig.join(caller, mixer)
    voice = noise(2, 5000)

    def who_hears_the_coach() -> set[str]:
        return {name for name, pcm in speak_once(rig, {"coach": voice}, callers).items() if pcm.any()}

    rig.coach(callers["coach"], mixer, callers["agent"])
    assert who_hears_the_coach() == {"agent"}
    rig.coach(callers["coach"], mixer, callers["customer"])
    assert who_hears_the_coach() == {"customer"}
    rig.join(callers["coach"], mixer)
    assert who_hears_the_coach() == {"agent", "customer"}


def test_listeners_of_one_law_share_one_encode() -> None:
    rig = Rig()
    mixer = rig.mixer()
    speaker = rig.caller()
    for caller in (speaker, *(rig.caller(law) for law in (0, 0, 0, 1, 1, 1))):
        rig.join(caller, mixer)
    before = rig.count("encodes")
    speaker.say(noise(3, 5000))
    rig.run(1)
    assert rig.count("encodes") - before == 2


def test_a_silent_room_costs_no_encode() -> None:
    rig = Rig()
    mixer = rig.mixer()
    callers = [rig.caller(law) for law in (0, 1, 0)]
    for caller in callers:
        rig.join(caller, mixer)
    before = rig.count("encodes")
    for caller in callers:
        caller.send(caller.packet(bytes([g711.silence(caller.law)]) * FRAME))
    sent = rig.run(1)
    assert rig.count("encodes") == before
    for caller in callers:
        assert [p.payload for p in sent if p.port == caller.port] == [
            bytes([g711.silence(caller.law)]) * FRAME
        ]


def test_whoever_leaves_is_neither_heard_nor_hears() -> None:
    rig = Rig()
    mixer = rig.mixer()
    callers = {name: rig.caller() for name in ("alice", "bob", "carol")}
    for caller in callers.values():
        rig.join(caller, mixer)
    rig.command(10, callers["carol"].port_id)
    heard = speak_once(rig, {"alice": noise(4, 5000)}, callers)
    assert heard["bob"].any()
    assert not heard["carol"].any()
    heard = speak_once(rig, {"carol": noise(4, 5000)}, callers)
    assert not heard["alice"].any()
    assert not heard["bob"].any()


def test_destroying_a_mixer_leaves_its_members_in_silence() -> None:
    rig = Rig()
    mixer = rig.mixer()
    callers = {name: rig.caller() for name in ("alice", "bob")}
    for caller in callers.values():
        rig.join(caller, mixer)
    rig.command(7, mixer)
    heard = speak_once(rig, {"alice": noise(4, 5000)}, callers)
    assert len(heard["bob"]) == FRAME
    assert not heard["bob"].any()
