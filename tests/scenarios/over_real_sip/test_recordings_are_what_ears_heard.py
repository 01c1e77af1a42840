"""Ten seconds of a real room, recorded: the sound that an ear got lies in the tracks at one and the same distance
from beginning to end, to the sample."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from hubbub.domain.recording import AudioFormat, Layout, Recording, RecordingSource, RecordingState
from hubbub.phone.sounds import Sound
from hubbub.server import Server
from hubbub.services.commands import RecordWish

BLOCK = 800
"""A tenth of a second: what is looked for in one piece."""
LOST_MAX = 0.2
"""A busy machine may lose or conceal so many of the blocks; none may lie elsewhere."""


def noise(seconds: float) -> Sound:
    """A sound of which no part is like another."""
    chance = np.random.default_rng(1)
    return Sound(chance.integers(-3000, 3000, round(8000 * seconds)).astype(np.int16), name="noise")


def distances(track: NDArray[np.int16], ear: NDArray[np.int16]) -> list[int | None]:
    """How much later each block of the track is in the ear; None: it is not there as it was."""
    found: list[int | None] = []
    spectrum = np.fft.rfft(ear, 2 * len(ear))
    for at in range(0, len(track) - BLOCK, BLOCK):
        block = track[at : at + BLOCK]
        products = np.fft.irfft(spectrum * np.conj(np.fft.rfft(block, 2 * len(ear))))[: len(ear) - BLOCK]
        place = int(np.argmax(products))
        same = np.array_equal(ear[place : place + BLOCK], block)
        found.append(place - at if same else None)
    return found


async def sound_of(server: Server, recording: Recording, track: str | None = None) -> NDArray[np.int16]:
    media = await server.keeping.recordings.open(recording.id, AudioFormat.WAV, track=track)
    data = b"".join([chunk async for chunk in media.chunks])
    return np.asarray(soundfile.read(io.BytesIO(data), dtype="int16")[0])


@pytest.mark.slow
async def test_a_track_is_what_the_ear_got_to_the_sample(server: Server, phones: Any) -> None:
    alice, bob = await phones(), await phones()
    alice.says(None)
    await alice.dials("standup")
    await bob.dials("standup")
    bob.says(noise(20.0))
    await asyncio.sleep(1.0)
    (account,) = await server.world.store.read.accounts()
    room = await server.world.store.read.live_conference(account.id, "standup")
    assert room is not None
    recordings = server.keeping.recordings
    wish = RecordWish(RecordingSource.CONFERENCE_COMMAND, layout=Layout.TRACKS)
    recording = await recordings.start_conference(room.id, wish)
    await asyncio.sleep(10.0)
    await recordings.stop(recording.id)
    done = await recordings.finished(recording.id)
    await asyncio.sleep(0.5)
    assert done.state is RecordingState.COMPLETED
    assert done.duration_ms == pytest.approx(10_000, abs=500)
    calls = [await server.world.store.read.call(live.call_id) for live in server.calls]
    bobs = next(leg for leg in calls if leg is not None and leg.from_address == "caller1")
    mix, track = await sound_of(server, done), await sound_of(server, done, bobs.id)
    assert len(mix) == len(track)
    np.testing.assert_array_equal(mix, track)  # alice says nothing
    found = distances(track, alice.heard_pcm())
    there = [each for each in found if each is not None]
    assert len(there) >= (1 - LOST_MAX) * len(found), found
    assert max(there) - min(there) <= 1, found
