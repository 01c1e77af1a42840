"""Taps: what a recorder gets of a room and of a port, and where in time it stands."""

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.media.core import apply as commands
from hubbub.media.core import events, taps
from hubbub.media.core.apply import skip
from hubbub.media.core.layout import FRAME, SLOT_BITS
from media.rig import Caller, Rig

CLIP_AT = 500


def coded(pcm: NDArray[np.int16], law: int = g711.ULAW) -> NDArray[np.int16]:
    return g711.decode_bytes(law, g711.encode_samples(law, pcm))


def noise(seed: int, peak: int = 5000) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-peak, peak, FRAME).astype(np.int16)


class Room:
    """Alice, Bob and a coach who whispers to Alice; what they say fits together."""

    def __init__(self) -> None:
        self.rig = Rig()
        self.mixer = self.rig.mixer(0, 4)
        self.alice, self.bob, self.coach = (self.rig.caller(law) for law in (0, 1, 0))
        for caller in (self.alice, self.bob):
            self.rig.join(caller, self.mixer)
        self.rig.coach(self.coach, self.mixer, self.alice)
        self.rig.state.arena[CLIP_AT : CLIP_AT + 100 * FRAME] = np.tile(noise(77), 100)
        self.said: dict[str, list[NDArray[np.int16]]] = {"alice": [], "bob": [], "coach": []}
        self.heard: dict[str, list[NDArray[np.int16]]] = {"alice": [], "bob": [], "coach": []}
        self.frames = 0

    def talk(self, frames: int) -> None:
        """Each says another noise in each frame."""
        callers = {"alice": self.alice, "bob": self.bob, "coach": self.coach}
        for _ in range(frames):
            for name, caller in callers.items():
                pcm = noise(1000 * caller.slot + self.frames)
                self.said[name].append(coded(pcm, caller.law))
                caller.say(pcm)
            sent = self.rig.run(1)
            for name, caller in callers.items():
                self.heard[name].append(self.rig.heard_by(caller, sent))
            self.frames += 1

    def play(self, to: int, kind: int) -> NDArray[np.int16]:
        """Play the clip, which repeats one frame; returns that."""
        self.rig.command(kind, 1 << SLOT_BITS, to, CLIP_AT, 100 * FRAME, 0)
        return noise(77)

    def closed(self) -> dict[int, int]:
        """Taps that are over, and the round before which each ended."""
        return {event[0]: event[1] for event in self.rig.events_of(events.TAP_CLOSED)}


def joined(frames: dict[int, NDArray[np.int16]]) -> NDArray[np.int16]:
    """The frames of a tap that missed none."""
    assert list(frames) == list(range(min(frames), max(frames) + 1))
    return np.concatenate(list(frames.values()))


def test_the_mix_is_all_that_is_said_without_what_coaches_whisper() -> None:
    room = Room()
    tap = room.rig.tap(taps.MIX, room.mixer)
    room.talk(10)
    expected = np.concatenate(room.said["alice"]) + np.concatenate(room.said["bob"])
    assert np.array_equal(joined(room.rig.taken(tap)), expected)


def test_tracks_and_mix_are_aligned_to_the_sample() -> None:
    room = Room()
    mix = room.rig.tap(taps.MIX, room.mixer)
    tracks = [room.rig.tap(taps.SPOKEN, caller.port_id) for caller in (room.alice, room.bob)]
    room.talk(10)
    one, other = (room.rig.taken(track) for track in tracks)
    assert list(one) == list(other) == list(room.rig.taken(mix))
    assert np.array_equal(joined(one) + joined(other), joined(room.rig.taken(mix)))


def test_what_is_played_to_a_room_is_in_its_mix_and_hold_music_is_not() -> None:
    room = Room()
    tap = room.rig.tap(taps.MIX, room.mixer)
    room.play(room.alice.port_id, commands.PLAY_TO_PORT)
    room.rig.run(2)
    assert not joined(room.rig.taken(tap)).any()
    room.rig.command(commands.STOP_PLAYBACK, 1 << SLOT_BITS)
    clip = room.play(room.mixer, commands.PLAY_TO_MIXER)
    room.rig.run(2)
    assert np.array_equal(joined(room.rig.taken(tap))[2 * FRAME :], np.tile(clip, 2))


def test_a_mix_that_does_not_fit_is_limited_and_not_wrapped() -> None:
    room = Room()
    tap = room.rig.tap(taps.MIX, room.mixer)
    square = np.where(np.arange(FRAME) % 16 < 8, 32124, -32124).astype(np.int16)
    for _ in range(5):
        room.alice.say(square)
        room.bob.say(square)
        room.rig.run(1)
    mix = joined(room.rig.taken(tap)).astype(int)
    assert (np.sign(mix) == np.sign(np.tile(square, 5))).all()
    assert abs(abs(mix[FRAME:]) - 23197).max() < 100


@pytest.mark.parametrize("state", ["muted", "held", "in no room", "whispering"])
def test_what_comes_is_taken_whatever_becomes_of_it_and_what_is_said_only_when_all_may_hear_it(
    state: str,
) -> None:
    room = Room()
    caller, name = (room.coach, "coach") if state == "whispering" else (room.alice, "alice")
    if state == "in no room":
        room.rig.command(commands.LEAVE, caller.port_id)
    elif state != "whispering":
        room.rig.join(caller, room.mixer, hears=state == "muted", heard=False)
    room.rig.run(1)  # so that its frames come before its tick, whatever the phase
    received = room.rig.tap(taps.RECEIVED, caller.port_id)
    spoken = room.rig.tap(taps.SPOKEN, caller.port_id)
    room.talk(10)
    assert np.array_equal(joined(room.rig.taken(received)), np.concatenate(room.said[name]))
    assert len(room.rig.taken(spoken)) == 10
    assert not joined(room.rig.taken(spoken)).any()


def test_what_is_heard_is_what_the_far_end_decodes() -> None:
    room = Room()
    heard = {
        "alice": room.rig.tap(taps.HEARD, room.alice.port_id),
        "bob": room.rig.tap(taps.HEARD, room.bob.port_id),
    }
    room.talk(5)
    room.play(room.alice.port_id, commands.PLAY_TO_PORT)
    room.talk(5)
    for name, tap in heard.items():
        assert np.array_equal(joined(room.rig.taken(tap)), np.concatenate(room.heard[name])), name


def test_a_call_in_no_room_is_taken_both_ways() -> None:
    rig = Rig()
    caller = rig.caller()
    received = rig.tap(taps.RECEIVED, caller.port_id)
    heard = rig.tap(taps.HEARD, caller.port_id)
    rig.state.arena[:FRAME] = clip = coded(noise(1))
    rig.command(commands.PLAY_TO_PORT, 1 << SLOT_BITS, caller.port_id, 0, FRAME, 0)
    voice = noise(2)
    caller.say(voice)
    rig.run(3)
    assert np.array_equal(joined(rig.taken(received))[:FRAME], coded(voice))
    assert np.array_equal(joined(rig.taken(heard)), np.concatenate([clip, np.zeros(2 * FRAME, np.int16)]))


@pytest.mark.parametrize("law", [g711.ULAW, g711.ALAW])
def test_where_nothing_comes_silence_is_taken_every_round(law: int) -> None:
    rig = Rig()
    caller = rig.caller(law, prove=False)
    mixer = rig.mixer(0, 7)
    opened = [rig.tap(kind, caller.port_id) for kind in (taps.SPOKEN, taps.RECEIVED, taps.HEARD)]
    opened.append(rig.tap(taps.MIX, mixer))
    rig.run(20)
    for tap in opened:
        assert len(rig.taken(tap)) == 20
        assert not joined(rig.taken(tap)).any()


def test_taps_begin_and_end_where_they_are_told() -> None:
    room = Room()
    now = room.rig.rounds
    mix = room.rig.tap(taps.MIX, room.mixer, now + 3)
    voice = room.rig.tap(taps.SPOKEN, room.alice.port_id, now + 3)
    room.talk(6)
    for tap in (mix, voice):
        room.rig.command(commands.CLOSE_TAP, tap, now + 9)
    room.talk(6)
    for tap in (mix, voice):
        assert list(room.rig.taken(tap)) == list(range(now + 3, now + 9))
        assert room.closed()[tap] == now + 9


def test_a_pause_falls_on_one_sample_when_one_tap_ends_where_the_next_begins() -> None:
    room = Room()
    first = room.rig.tap(taps.SPOKEN, room.alice.port_id)
    room.talk(3)
    at = room.rig.rounds + 2
    room.rig.command(commands.CLOSE_TAP, first, at)
    second = room.rig.tap(taps.SPOKEN, room.alice.port_id, at)
    room.talk(4)
    both = {**room.rig.taken(first), **room.rig.taken(second)}
    assert len(both) == len(room.rig.taken(first)) + len(room.rig.taken(second))
    assert np.array_equal(joined(both), np.concatenate(room.said["alice"]))


def test_a_full_ring_drops_and_counts_and_the_gap_shows_in_the_positions() -> None:
    rig = Rig(taps_max=1)
    mixer = rig.mixer()
    tap = rig.tap(taps.MIX, mixer)
    size = len(rig.state.tap_pcm)
    first = rig.rounds + 1
    rig.run(size + 5)
    assert rig.count("tap_frames_lost") == 5
    assert list(rig.taken(tap)) == list(range(first, first + size))
    rig.run(2)
    assert list(rig.taken(tap))[-3:] == [first + size - 1, first + size + 5, first + size + 6]


def test_every_tap_ends_once_when_what_it_takes_from_goes() -> None:
    room = Room()
    on_alice = [room.rig.tap(kind, room.alice.port_id) for kind in (taps.SPOKEN, taps.RECEIVED, taps.HEARD)]
    on_room = [room.rig.tap(taps.MIX, room.mixer) for _ in range(2)]
    on_bob = room.rig.tap(taps.HEARD, room.bob.port_id)
    room.talk(3)
    end = room.rig.rounds + 1
    room.rig.command(commands.CLOSE_PORT, room.alice.port_id)
    assert room.closed() == dict.fromkeys(on_alice, end)
    room.rig.command(commands.CLOSE_MIXER, room.mixer)
    assert room.closed() == dict.fromkeys([*on_alice, *on_room], end)
    room.rig.run(2)
    assert len(room.rig.taken(on_bob)) >= 4
    room.rig.command(commands.CLOSE_TAP, on_bob, 0)
    room.rig.run(1)
    assert len(room.rig.events_of(events.TAP_CLOSED)) == 6
    assert room.rig.state.ports[room.alice.slot].received_taps == 0


def test_a_tap_on_what_is_gone_ends_at_once() -> None:
    rig = Rig()
    for kind in (taps.MIX, taps.SPOKEN):
        tap = rig.tap(kind, 99 << SLOT_BITS)
        assert rig.events_of(events.TAP_CLOSED)[-1][:2] == (tap, 0)
    rig.run(2)
    assert rig.read_taps() == []


def test_closing_what_is_closed_is_refused_and_nothing_else() -> None:
    rig = Rig()
    tap = rig.tap(taps.MIX, rig.mixer())
    for _ in range(2):
        rig.command(commands.CLOSE_TAP, tap, 0)
        rig.run(1)
    assert rig.count("commands_refused") == 1
    assert len(rig.events_of(events.TAP_CLOSED)) == 1


def test_taps_in_the_middle_of_several_can_end() -> None:
    room = Room()
    opened = [room.rig.tap(taps.RECEIVED, room.alice.port_id) for _ in range(4)]
    for tap in (opened[1], opened[2], opened[0]):
        room.rig.command(commands.CLOSE_TAP, tap, 0)
        room.talk(2)
    assert set(room.closed()) == set(opened[:3])
    assert len(room.rig.taken(opened[3])) == 6


@pytest.mark.parametrize("seed", range(5))
def test_a_port_that_changes_rooms_keeps_its_taps_on_one_axis(seed: int) -> None:
    """At each move one frame may be dropped or missing, never more; after it all is aligned again."""
    chance = random.Random(seed)
    rig = Rig()
    caller: Caller = rig.caller()
    mixers = [rig.mixer(i, chance.randrange(10)) for i in range(4)]
    tap = rig.tap(taps.HEARD, caller.port_id)
    begin, moves = rig.rounds + 1, 20
    for _ in range(moves):
        rig.join(caller, chance.choice(mixers))
        rig.run_phases(chance.randrange(1, 40))
    frames = list(rig.taken(tap))
    assert frames == sorted(set(frames))
    assert rig.rounds - begin - len(frames) <= moves
    rig.run(20)
    assert (np.diff(list(rig.taken(tap))[-19:]) == 1).all()


def test_ticks_left_out_are_a_gap() -> None:
    rig = Rig()
    tap = rig.tap(taps.MIX, rig.mixer())
    rig.run(2)
    skip(rig.state, 7)
    rig.run(2)
    frames = list(rig.taken(tap))
    assert np.diff(frames).tolist() == [1, 8, 1]


def test_the_control_side_is_told_ten_times_a_second_and_not_at_all_without_taps() -> None:
    rig = Rig()
    mixer = rig.mixer()
    rig.run(50)
    assert rig.events_of(events.TAPPED) == []
    rig.tap(taps.MIX, mixer)
    rig.run(50)
    told = rig.events_of(events.TAPPED)
    assert 9 <= len(told) <= 11
    assert [event[0] for event in told] == sorted(event[0] for event in told)
