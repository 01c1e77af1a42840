"""Where a sound lies in a recording follows from the mixer's positions alone, pauses and losses included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from hubbub.domain.errors import ServerFull
from hubbub.services.commands import StopReason
from hubbub.services.ports import TapFrame, TapKind
from hubbub.services.recordings.recording_take import Source, Take, TakeLimits
from services.conftest import HandClock
from services.tap_media import TapMedia

MIX, ALICE, BOB = Source(TapKind.MIX, 1), Source(TapKind.SPOKEN, 2), Source(TapKind.SPOKEN, 3)


class Paper:
    """A writer that keeps everything in memory."""

    def __init__(self) -> None:
        self.tracks: dict[str, NDArray[np.int16]] = {}
        self.notes: list[tuple[int, str, dict[str, object]]] = []

    def append(self, track: str, position: int, pcm: bytes) -> None:
        samples = np.frombuffer(pcm, np.int16)
        sound = self.tracks.get(track, np.zeros(0, np.int16))
        assert position >= len(sound), "positions of one track only grow"
        self.tracks[track] = np.concatenate([sound, np.zeros(position - len(sound), np.int16), samples])

    def note(self, position: int, what: str, details: Mapping[str, object]) -> None:
        self.notes.append((position, what, dict(details)))

    def abandon(self) -> None:
        self.tracks.clear()

    def runs(self, track: str, length: int) -> list[tuple[int, int]]:
        """A track as runs of one value: (value, ticks)."""
        sound = np.pad(self.tracks[track], (0, length - len(self.tracks[track])))
        assert len(sound) % 160 == 0
        edges = [0, *(np.flatnonzero(np.diff(sound)) + 1).tolist(), len(sound)]
        return [(int(sound[a]), (b - a) // 160) for a, b in pairwise(edges)]


class Desk:
    def __init__(self, clock: HandClock | None = None, **limits: int) -> None:
        self.media, self.paper, self.taps = TapMedia(), Paper(), dict[int, Take]()
        self.over: list[StopReason] = []
        self.media.values = {(MIX.kind, 1): 7, (ALICE.kind, 2): 5, (BOB.kind, 3): 3}
        self.media.subscribe_taps(self.hear)
        self.take = Take(
            self.media,
            self.paper,
            clock or HandClock(),
            self.taps,
            limits=TakeLimits(**limits),
            over=self.over.append,
            has_voice=lambda pcm: any(pcm),
        )

    def hear(self, frames: Sequence[TapFrame]) -> None:
        for frame in frames:
            if frame.tap_id in self.taps:
                self.taps[frame.tap_id].take(frame)

    def runs(self, track: str) -> list[tuple[int, int]]:
        return self.paper.runs(track, self.take.samples)


def test_a_late_joiners_track_begins_with_silence_to_the_sample() -> None:
    desk = Desk()
    desk.take.start({"mix": MIX, "alice": ALICE})
    desk.media.tick(20)
    desk.take.add("bob", BOB)
    desk.media.tick(10)
    desk.media.deliver()
    desk.take.drop("alice")
    desk.media.tick(5)
    desk.media.deliver()
    desk.take.close()
    desk.media.deliver()
    assert desk.take.closed.is_set()
    assert desk.take.samples == 35 * 160
    assert desk.runs("mix") == [(7, 35)]
    assert desk.runs("alice") == [(5, 30), (0, 5)]
    assert desk.runs("bob") == [(0, 20), (3, 15)]
    assert desk.taps == {}


def test_a_gap_in_positions_is_silence_and_noted_as_a_loss() -> None:
    desk = Desk()
    desk.take.start({"mix": MIX})
    desk.media.tick(10)
    desk.media.tick(4, lost=True)
    desk.media.tick(6)
    desk.media.deliver()
    assert desk.runs("mix") == [(7, 10), (0, 4), (7, 6)]
    assert desk.paper.notes == [(1600, "lost", {"track": "mix", "samples": 640})]


def test_what_is_lost_at_the_end_counts_too() -> None:
    desk = Desk()
    desk.take.start({"mix": MIX})
    desk.media.tick(10)
    desk.media.tick(4, lost=True)
    desk.take.close()
    desk.media.deliver()
    assert desk.take.samples == 14 * 160


@pytest.mark.parametrize(("skip", "wanted"), [(True, [(7, 15)]), (False, [(7, 10), (0, 20), (7, 5)])])
def test_a_pause_is_left_out_or_silent_however_late_the_frames_come(
    skip: bool, wanted: list[tuple[int, int]]
) -> None:
    desk = Desk()
    desk.take.start({"mix": MIX, "alice": ALICE})
    desk.media.tick(10)
    desk.take.pause(skip=skip)
    desk.media.tick(20)
    desk.take.resume()
    desk.media.tick(5)
    desk.take.close()
    desk.media.deliver()  # everything at once, and last
    assert desk.runs("mix") == wanted
    assert desk.runs("alice") == [(5 if value else 0, ticks) for value, ticks in wanted]


def test_one_who_joins_in_a_pause_is_heard_after_it() -> None:
    for skip in (True, False):
        desk = Desk()
        desk.take.start({"mix": MIX})
        desk.media.tick(10)
        desk.take.pause(skip=skip)
        desk.media.run(0.2)
        desk.take.add("bob", BOB)
        desk.media.run(0.2)
        desk.take.resume()
        desk.media.tick(5)
        desk.take.close()
        desk.media.deliver()
        assert desk.runs("bob")[-1] == (3, 5)
        assert desk.take.samples == (15 if skip else 35) * 160


def test_the_timeline_does_not_count_what_a_pause_left_out() -> None:
    clock = HandClock()
    desk = Desk(clock=clock)
    desk.take.start({"mix": MIX})
    desk.media.tick(10)
    desk.take.pause(skip=True)
    desk.media.tick(10)
    desk.media.deliver()
    clock.pass_time(5.0)
    desk.take.resume()
    desk.take.note("resumed", {})
    assert desk.paper.notes[-1] == (10 * 160, "resumed", {})


def test_a_pause_to_the_end_keeps_its_silence_only_when_it_is_not_skipped() -> None:
    for skip, ticks in ((True, 10), (False, 30)):
        desk = Desk()
        desk.take.start({"mix": MIX})
        desk.media.tick(10)
        desk.take.pause(skip=skip)
        desk.media.tick(20)
        desk.take.close()
        desk.media.deliver()
        assert desk.take.closed.is_set()
        assert desk.take.samples == ticks * 160
        assert desk.runs("mix")[0] == (7, 10)


def test_two_pauses_in_a_row_are_in_order_when_the_frames_come_out_of_it() -> None:
    """The last frames of one stretch may come after the first of the next."""
    desk = Desk()
    desk.take.start({"mix": MIX})
    desk.media.tick(3)
    desk.take.pause(skip=True)
    desk.take.resume()
    desk.media.tick(4)
    late = [frame for frame in desk.media.pending if frame.last]
    desk.media.pending = [frame for frame in desk.media.pending if not frame.last] + late
    desk.media.deliver()
    assert desk.runs("mix") == [(7, 7)]


def test_it_ends_at_exactly_its_longest_duration() -> None:
    desk = Desk(samples_max=1000)
    desk.take.start({"mix": MIX})
    desk.media.run(0.2)
    assert desk.over == [StopReason.MAX_DURATION]
    assert desk.take.samples == len(desk.paper.tracks["mix"]) == 1000


def test_silence_ends_it_when_nobody_has_spoken_for_long_enough() -> None:
    desk = Desk(quiet_samples=8000)
    desk.take.start({"alice": ALICE})
    desk.media.run(3.0)
    desk.media.values[(ALICE.kind, 2)] = 0
    desk.media.run(0.9)
    assert desk.over == []
    desk.media.run(0.2)
    assert desk.over == [StopReason.SILENCE]


def test_a_pause_is_nobodys_silence() -> None:
    desk = Desk(quiet_samples=8000)
    desk.take.start({"alice": ALICE})
    desk.media.run(0.5)
    desk.take.pause(skip=False)
    desk.media.run(3.0)
    desk.take.resume()
    desk.media.values[(ALICE.kind, 2)] = 0
    desk.media.run(0.9)
    assert desk.over == []


def test_without_room_for_all_taps_none_is_left_open() -> None:
    desk = Desk()
    desk.media.taps_max = 1
    with pytest.raises(ServerFull):
        desk.take.start({"mix": MIX, "alice": ALICE})
    desk.media.deliver()
    assert (desk.media.taps, desk.taps) == ({}, {})


def test_a_resumption_without_room_leaves_it_paused() -> None:
    desk = Desk()
    desk.take.start({"mix": MIX})
    desk.media.tick(5)
    desk.take.pause(skip=True)
    desk.media.tick(5)
    desk.media.taps_max = 0
    with pytest.raises(ServerFull):
        desk.take.resume()
    desk.media.taps_max = 9
    desk.take.resume()
    desk.media.tick(5)
    desk.take.close()
    desk.media.deliver()
    assert desk.runs("mix") == [(7, 10)]


def test_given_up_it_waits_for_nothing() -> None:
    desk = Desk()
    desk.take.start({"mix": MIX})
    desk.media.tick(5)
    desk.take.give_up()
    assert desk.take.closed.is_set()
    assert desk.taps == {}
