"""Clips: to one leg instead of the room, to a room as one more speaker."""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.media.core import apply as commands
from hubbub.media.core import events
from hubbub.media.core.layout import FRAME, SLOT_BITS
from media.rig import Caller, Rig

NO_LOOP, LOOP = 0, 1


def clip_id(number: int) -> int:
    return 1 << SLOT_BITS | number


class Room:
    def __init__(self) -> None:
        self.rig = Rig()
        self.mixer = self.rig.mixer()
        self.alice, self.bob, self.carol = (self.rig.caller() for _ in range(3))
        for caller in (self.alice, self.bob, self.carol):
            self.rig.join(caller, self.mixer)
        rng = np.random.default_rng(3)
        # Twice as loud, or with a voice, it still fits: what is limited is tested with the mixer.
        self.clip = coded(rng.integers(-15000, 15000, 3 * FRAME).astype(np.int16))
        self.clip[self.clip == 0] = 8
        self.rig.state.arena[500 : 500 + len(self.clip)] = self.clip

    def play(self, number: int, *, to: int, kind: int, length: int = 3 * FRAME, loop: int = NO_LOOP) -> None:
        self.rig.command(kind, clip_id(number), to, 500, length, loop)

    def tick(self) -> dict[str, NDArray[np.int16]]:
        sent = self.rig.run(1)
        names = {"alice": self.alice, "bob": self.bob, "carol": self.carol}
        return {name: self.rig.heard_by(caller, sent) for name, caller in names.items()}

    def ended(self) -> list[int]:
        return [event[0] for event in self.rig.events_of(events.PLAYBACK_ENDED)]


def coded(pcm: NDArray[np.int16]) -> NDArray[np.int16]:
    return g711.decode_bytes(0, g711.encode_samples(0, pcm))


def speak(caller: Caller) -> NDArray[np.int16]:
    voice = coded(np.full(FRAME, 3000, np.int16))
    caller.say(voice)
    return voice


def test_a_clip_to_one_leg_is_heard_by_it_alone_and_instead_of_the_room() -> None:
    room = Room()
    room.play(1, to=room.alice.port_id, kind=commands.PLAY_TO_PORT)
    voice = speak(room.bob)
    heard = room.tick()
    assert np.array_equal(heard["alice"], room.clip[:FRAME])
    assert np.array_equal(heard["carol"], voice)
    assert not heard["bob"].any()


def test_who_listens_to_a_clip_is_still_heard() -> None:
    room = Room()
    room.play(1, to=room.alice.port_id, kind=commands.PLAY_TO_PORT)
    voice = speak(room.alice)
    assert np.array_equal(room.tick()["bob"], voice)


def test_a_clip_ends_once_after_its_last_frame_and_the_room_comes_back() -> None:
    room = Room()
    room.play(1, to=room.alice.port_id, kind=commands.PLAY_TO_PORT, length=2 * FRAME + 40)
    frames = [room.tick()["alice"] for _ in range(3)]
    assert np.array_equal(np.concatenate(frames)[: 2 * FRAME + 40], room.clip[: 2 * FRAME + 40])
    assert not frames[2][40:].any()
    assert room.ended() == []
    voice = speak(room.bob)
    assert np.array_equal(room.tick()["alice"], voice)
    assert room.ended() == [clip_id(1)]


def test_a_looped_clip_goes_on_without_a_seam_until_it_is_stopped() -> None:
    room = Room()
    room.play(1, to=room.alice.port_id, kind=commands.PLAY_TO_PORT, length=100, loop=LOOP)
    pcm = np.concatenate([room.tick()["alice"] for _ in range(5)])
    assert np.array_equal(pcm, np.resize(room.clip[:100], len(pcm)))
    room.rig.command(commands.STOP_PLAYBACK, clip_id(1))
    assert not room.tick()["alice"].any()
    assert room.ended() == [clip_id(1)]


def test_a_clip_to_the_room_is_added_like_one_more_speaker() -> None:
    room = Room()
    room.play(1, to=room.mixer, kind=commands.PLAY_TO_MIXER)
    voice = speak(room.bob)
    heard = room.tick()
    both = coded((room.clip[:FRAME] + voice).astype(np.int16))
    assert np.array_equal(heard["alice"], both)
    assert np.array_equal(heard["carol"], both)
    assert np.array_equal(heard["bob"], room.clip[:FRAME])


def test_a_clip_to_a_room_of_silence_is_heard_by_all_and_leaves_no_trace() -> None:
    room = Room()
    room.play(1, to=room.mixer, kind=commands.PLAY_TO_MIXER, length=FRAME)
    assert all(np.array_equal(pcm, room.clip[:FRAME]) for pcm in room.tick().values())
    assert not any(pcm.any() for pcm in room.tick().values())
    assert room.ended() == [clip_id(1)]


def test_one_on_hold_hears_his_own_clip_and_not_the_rooms() -> None:
    room = Room()
    room.rig.join(room.alice, room.mixer, hears=False, heard=False)
    room.play(1, to=room.mixer, kind=commands.PLAY_TO_MIXER)
    assert not room.tick()["alice"].any()
    room.play(2, to=room.alice.port_id, kind=commands.PLAY_TO_PORT)
    assert np.array_equal(room.tick()["alice"], room.clip[:FRAME])


def test_an_announcement_interrupts_hold_music_and_gives_it_back() -> None:
    room = Room()
    room.play(1, to=room.alice.port_id, kind=commands.PLAY_TO_PORT, loop=LOOP)
    assert np.array_equal(room.tick()["alice"], room.clip[:FRAME])
    room.play(2, to=room.alice.port_id, kind=commands.PLAY_TO_PORT, length=FRAME)
    assert np.array_equal(room.tick()["alice"], room.clip[:FRAME]), "the announcement, from its start"
    assert np.array_equal(room.tick()["alice"], room.clip[FRAME : 2 * FRAME]), "the music goes on"
    assert room.ended() == [clip_id(2)]


def test_an_empty_clip_is_over_at_once() -> None:
    room = Room()
    room.play(1, to=room.alice.port_id, kind=commands.PLAY_TO_PORT, length=0, loop=LOOP)
    room.play(2, to=room.mixer, kind=commands.PLAY_TO_MIXER, length=0)
    room.tick()
    assert sorted(room.ended()) == [clip_id(1), clip_id(2)]


def test_every_clip_ends_when_who_hears_it_goes() -> None:
    room = Room()
    room.play(1, to=room.alice.port_id, kind=commands.PLAY_TO_PORT, loop=LOOP)
    room.play(2, to=room.alice.port_id, kind=commands.PLAY_TO_PORT, loop=LOOP)
    room.play(3, to=room.mixer, kind=commands.PLAY_TO_MIXER)
    room.play(4, to=room.mixer, kind=commands.PLAY_TO_MIXER)
    room.rig.command(commands.CLOSE_PORT, room.alice.port_id)
    room.rig.command(commands.CLOSE_MIXER, room.mixer)
    room.play(5, to=room.alice.port_id, kind=commands.PLAY_TO_PORT)
    assert sorted(room.ended()) == [clip_id(i) for i in range(1, 6)]


def test_a_clip_in_the_middle_of_several_can_be_stopped() -> None:
    room = Room()
    for number in (1, 2, 3):
        room.play(number, to=room.mixer, kind=commands.PLAY_TO_MIXER, loop=LOOP)
    room.rig.command(commands.STOP_PLAYBACK, clip_id(2))
    assert room.ended() == [clip_id(2)]
    assert np.array_equal(room.tick()["alice"], coded((2 * room.clip[:FRAME]).astype(np.int16)))
