"""Taps through both planes: what the port promises a recorder."""

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from hubbub.domain.errors import ServerFull
from hubbub.lab.loop import SimulatedLoop
from hubbub.media import RtpPlane, SimulatedPlane, open_plane
from hubbub.media.control import ControlSide
from hubbub.services.ports import Clip, Mix, RemoteMedia, TapFrame, TapKind
from media.conftest import SETTINGS, KeptLog
from media.far_end import FRAME, FarEnd, talk
from media.test_plane import connect, until
from media.test_simulated import FarEnd as SimulatedFarEnd
from media.test_simulated import coded


class Recorder:
    """Keeps what each tap gave."""

    def __init__(self, plane: ControlSide) -> None:
        self.frames: dict[int, list[TapFrame]] = {}
        self.batches = 0
        plane.subscribe_taps(self.take)

    def take(self, frames: Sequence[TapFrame]) -> None:
        self.batches += 1
        for frame in frames:
            self.frames.setdefault(frame.tap_id, []).append(frame)

    def is_over(self, *taps: int) -> bool:
        return all(tap in self.frames and self.frames[tap][-1].last for tap in taps)

    def sound(self, tap: int) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.int16]]]:
        """Where a tap began, and what it took up to its last frame, which nothing of it follows."""
        frames = self.frames[tap]
        assert [frame.last for frame in frames] == [False] * (len(frames) - 1) + [True]
        position = frames[0].position
        for frame in frames:
            assert frame.position == position
            assert frame.position % FRAME == 0
            position += len(frame.pcm) // 2
        return frames[0].position, np.frombuffer(b"".join(frame.pcm for frame in frames), "<i2")


async def test_tracks_and_mix_of_real_callers_begin_and_end_at_one_sample(
    plane: RtpPlane, far_ends: Callable[..., FarEnd]
) -> None:
    recorder = Recorder(plane)
    alice, bob = far_ends(), far_ends()
    mixer = plane.create_mixer()
    ports = [connect(plane, far_end).port_id for far_end in (alice, bob)]
    for port in ports:
        plane.join(port, mixer, Mix())
    chance = np.random.default_rng(1)
    speakers = {far_end: chance.integers(-9000, 9000, 8000).astype(np.int16) for far_end in (alice, bob)}
    await talk(speakers, [], 5)
    mix = plane.open_tap(TapKind.MIX, mixer)
    tracks = [plane.open_tap(TapKind.SPOKEN, port) for port in ports]
    await talk(speakers, [], 50)
    for tap in (mix, *tracks):
        plane.close_tap(tap)
        plane.close_tap(tap)
    await until(lambda: recorder.is_over(mix, *tracks))
    begin, total = recorder.sound(mix)
    assert 7500 < len(total) < 8500
    pcm = []
    for track in tracks:
        position, voice = recorder.sound(track)
        assert (position, len(voice)) == (begin, len(total))
        pcm.append(voice)
    assert np.array_equal(pcm[0] + pcm[1], total)
    assert total.any()
    statistics = plane.statistics()
    assert (statistics["taps_open"], statistics["tap_frames_lost"]) == (0, 0)


async def test_a_real_plane_that_closes_gives_the_last_frames(
    compiled_core: None, far_ends: Callable[..., FarEnd]
) -> None:
    plane = open_plane(SETTINGS, KeptLog())
    recorder = Recorder(plane)
    mixer = plane.create_mixer()
    taps = [plane.open_tap(TapKind.MIX, mixer), plane.open_tap(TapKind.HEARD, plane.open_port().port_id)]
    await until(lambda: bool(recorder.frames))
    await plane.aclose()
    assert recorder.is_over(*taps)


async def test_no_tap_left_is_a_full_plane_until_one_is_over(plane: RtpPlane) -> None:
    recorder = Recorder(plane)
    mixer = plane.create_mixer()
    taps = [plane.open_tap(TapKind.MIX, mixer) for _ in range(SETTINGS.taps_max)]
    with pytest.raises(ServerFull):
        plane.open_tap(TapKind.MIX, mixer)
    plane.destroy_mixer(mixer)
    await until(lambda: recorder.is_over(*taps))
    assert plane.open_tap(TapKind.MIX, plane.create_mixer()) not in taps


async def record_on_simulated_time() -> None:
    plane = await SimulatedPlane.open(SETTINGS)
    recorder = Recorder(plane)
    loop = asyncio.get_running_loop()
    empty = plane.create_mixer()
    alone = plane.open_tap(TapKind.MIX, empty)
    await asyncio.sleep(1)
    plane.close_tap(alone)
    await asyncio.sleep(0.2)
    _, silence = recorder.sound(alone)
    assert len(silence) in (8000, 8000 + FRAME)
    assert not silence.any(), "nobody is there, and it is recorded all the same"

    far_end = SimulatedFarEnd(1, 3000)
    await loop.create_datagram_endpoint(lambda: far_end, local_addr=("127.0.0.1", 4000))
    media = plane.open_port()
    plane.connect(media.port_id, RemoteMedia("127.0.0.1", 4000, "PCMU", 0, 101, 20, True, True))
    talking = asyncio.create_task(far_end.talk(media, 100))
    await asyncio.sleep(0.2)
    received, heard = (plane.open_tap(kind, media.port_id) for kind in (TapKind.RECEIVED, TapKind.HEARD))
    plane.play_to_port(media.port_id, Clip(np.full(16000, 500, np.int16).tobytes(), "music"))
    await asyncio.sleep(1)
    plane.close_tap(received)
    resumed = plane.open_tap(TapKind.RECEIVED, media.port_id)
    await asyncio.sleep(0.5)
    plane.close_port(media.port_id)
    await asyncio.sleep(0.2)
    begin, voice = recorder.sound(received)
    assert set(voice.tolist()) == {coded(3000)}
    assert recorder.sound(heard)[0] == begin
    assert set(recorder.sound(heard)[1].tolist()) == {coded(500)}
    position, rest = recorder.sound(resumed)
    assert position == begin + len(voice), "it goes on where the other ends"
    assert begin + len(recorder.sound(heard)[1]) == position + len(rest)
    gone = plane.open_tap(TapKind.SPOKEN, media.port_id)
    await asyncio.sleep(0.1)
    assert len(recorder.sound(gone)[1]) == 0
    assert plane.statistics()["taps_open"] == 0
    unfinished = plane.open_tap(TapKind.MIX, empty)
    await asyncio.sleep(0.3)
    assert 10 <= recorder.batches < 40
    await plane.aclose()
    assert recorder.is_over(unfinished)
    await talking


def test_a_call_is_recorded_on_simulated_time_in_no_room_and_through_a_pause() -> None:
    loop = SimulatedLoop(1)
    try:
        loop.run_until_complete(record_on_simulated_time())
    finally:
        loop.close()


def test_frames_are_joined_where_nothing_is_missing_between_them() -> None:
    loop = SimulatedLoop(1)

    async def main() -> None:
        plane = await SimulatedPlane.open(SETTINGS)
        recorder = Recorder(plane)
        plane.open_tap(TapKind.MIX, plane.create_mixer())
        await asyncio.sleep(1)
        lengths = [len(frame.pcm) // 2 // FRAME for frames in recorder.frames.values() for frame in frames]
        assert sum(lengths) > 45
        assert max(lengths) >= 5
        await plane.aclose()

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
