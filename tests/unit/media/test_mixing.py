"""Everybody hears all others and never himself: the compiled mixer against twenty lines of plain Python."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubbub.audio import ears, g711, tones
from hubbub.media.core.layout import FRAME
from media.reference_mixer import Member, ReferenceMixer
from media.rig import Caller, Rig

ZEROS = np.zeros(FRAME, np.int16)
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


def coded(pcm: NDArray[np.int16]) -> NDArray[np.int16]:
    return g711.decode_bytes(0, g711.encode_samples(0, pcm))


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
    reference = ReferenceMixer(len(callers))
    silences = np.random.default_rng(seed)
    for frame in range(8):
        members = []
        for caller, (law, peak, hears, heard, coached) in zip(callers, room, strict=True):
            # Pauses let gains return, and let callers hear now the room and now a sum of their own.
            loudness = 0 if silences.random() < 0.4 else peak
            codes = g711.encode_samples(law, noise(seed * 100 + caller.slot + frame, loudness))
            members.append(Member(as_heard(law, codes), hears, heard, coached))
            caller.send(caller.packet(codes))
        sent = rig.run(1)
        for caller, expected in zip(callers, reference.what_each_hears(members), strict=True):
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


class Talk:
    """Callers with a tone each, in one room, ticked for as long as a test wants."""

    def __init__(self, levels_dbfs: dict[str, float]) -> None:
        self.rig = Rig()
        self.mixer = self.rig.mixer()
        self.callers = {name: self.rig.caller() for name in levels_dbfs}
        self.hz = {name: tones.VOICES_HZ[i] for i, name in enumerate(levels_dbfs)}
        for caller in self.callers.values():
            self.rig.join(caller, self.mixer)
        self.voices = {
            name: tones.generate([self.hz[name]] if level > -100 else [], 1000, level)
            for name, level in levels_dbfs.items()
        }
        self.at = 0

    def go_on(self, frames: int, *, silent: tuple[str, ...] = ()) -> dict[str, NDArray[np.int16]]:
        sent = []
        for _ in range(frames):
            for name, pcm in self.voices.items():
                frame = pcm[self.at : self.at + FRAME]
                self.callers[name].say(frame if name not in silent else np.zeros_like(frame))
            self.at = (self.at + FRAME) % 8000
            sent += self.rig.run(1)
        return {name: self.rig.heard_by(caller, sent) for name, caller in self.callers.items()}


def test_four_at_full_scale_are_heard_cleanly_once_the_gain_has_settled() -> None:
    talk = Talk({"alice": 0, "bob": 0, "carol": 0, "dave": 0, "listener": -120})
    talk.go_on(10)
    for name, pcm in talk.go_on(50).items():
        others = [hz for other, hz in talk.hz.items() if other not in (name, "listener")]
        heard = ears.hear(pcm, talk.hz.values())
        assert heard.outside_dbfs < -40, name
        levels = [heard.tones_dbfs[hz] for hz in others]
        assert max(levels) - min(levels) < 0.3, "all alike"
        assert min(levels) > -16
        assert heard.audible() == set(others), name


def test_four_at_full_scale_never_wrap_not_even_at_first() -> None:
    rig = Rig()
    mixer = rig.mixer()
    callers = {name: rig.caller() for name in ("alice", "bob", "carol", "dave", "listener")}
    for caller in callers.values():
        rig.join(caller, mixer)
    square = np.where(np.arange(FRAME) % 16 < 8, 32124, -32124).astype(np.int16)
    heard = speak_once(rig, dict.fromkeys(("alice", "bob", "carol", "dave"), square), callers)
    for name in callers:
        assert (np.sign(heard[name]) == np.sign(square)).all()
        assert (abs(heard[name][16:].astype(int)) > 22000).all()


def test_two_at_full_scale_hear_each_other_untouched() -> None:
    talk = Talk({"alice": 0, "bob": 0})
    heard = talk.go_on(50)
    assert np.array_equal(heard["alice"], coded(talk.voices["bob"]))
    assert np.array_equal(heard["bob"], coded(talk.voices["alice"]))


def test_a_sum_that_fits_is_exact_to_the_bit() -> None:
    talk = Talk({"alice": -10, "bob": -10, "carol": -10, "listener": -120})
    heard = talk.go_on(50)
    three = sum(coded(talk.voices[name]).astype(int) for name in ("alice", "bob", "carol"))
    assert abs(three).max() <= 32767
    assert np.array_equal(heard["listener"], coded(three.astype(np.int16)))
    assert talk.rig.count("frames_limited") == 0


def test_gains_return_when_the_loud_ones_are_silent() -> None:
    talk = Talk({"alice": 0, "bob": 0, "carol": 0, "listener": -26})
    talk.go_on(20)
    talk.go_on(25 + 200, silent=("alice", "bob", "carol"))
    heard = talk.go_on(10, silent=("alice", "bob", "carol"))
    at = (talk.at - 10 * FRAME) % 8000
    expected = coded(np.roll(talk.voices["listener"], -at)[: 10 * FRAME])
    for name in ("alice", "bob", "carol"):
        assert np.array_equal(heard[name], expected)


def test_who_comes_and_goes_between_the_sums_matches_the_reference_for_seconds() -> None:
    rig = Rig()
    mixer = rig.mixer()
    callers = [rig.caller(law) for law in (0, 1, 0, 0)]
    for caller in callers:
        rig.join(caller, mixer)
    reference = ReferenceMixer(len(callers))
    for frame in range(140):
        loud = frame < 20 or 60 < frame < 64
        peaks = [32767 if loud else 3000, 32767 if loud else 0, 30000 if loud and frame % 7 else 0, 0]
        members = []
        for caller, peak in zip(callers, peaks, strict=True):
            codes = g711.encode_samples(caller.law, noise(frame * 10 + caller.slot, peak) if peak else ZEROS)
            members.append(Member(as_heard(caller.law, codes)))
            caller.send(caller.packet(codes))
        sent = rig.run(1)
        for caller, expected in zip(callers, reference.what_each_hears(members), strict=True):
            payload = b"".join(p.payload for p in sent if p.port == caller.port)
            assert payload == g711.encode_samples(caller.law, expected), (caller.slot, frame)


def test_listeners_share_one_encode_also_while_the_sum_is_limited() -> None:
    talk = Talk({"alice": 0, "bob": 0, "carol": 0, **{f"listener{i}": -120 for i in range(5)}})
    talk.go_on(5)
    before = talk.rig.count("encodes")
    talk.go_on(1)
    assert talk.rig.count("encodes") - before == 3 + 1


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


def test_a_whisper_into_silence_is_all_that_is_heard() -> None:
    rig = Rig()
    mixer = rig.mixer()
    callers = {name: rig.caller() for name in ("coach", "agent", "customer")}
    for caller in callers.values():
        rig.join(caller, mixer)
    rig.coach(callers["coach"], mixer, callers["agent"])
    speak_once(rig, {"customer": noise(5, 5000), "coach": ZEROS, "agent": ZEROS}, callers)
    voice = noise(6, 3000)
    heard = speak_once(rig, {"customer": ZEROS, "coach": voice, "agent": ZEROS}, callers)
    assert np.array_equal(heard["agent"], coded(voice)), "nothing of the frame before"


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
