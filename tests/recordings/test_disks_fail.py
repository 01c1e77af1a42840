"""A process that dies loses a second, a disk that is full ends one recording, and a slow one costs sound only."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from hubbub.recordings import RecordingLibrary
from hubbub.recordings.disk import PERIOD_S, WAITING_BYTES_MAX
from hubbub.services.recordings.recording_files import Blend, SoundLost
from recordings.conftest import ID, LogLines, Shelf, say, tone


async def written(shelf: Shelf) -> None:
    """Let what waits be written, as it would be after at most `PERIOD_S`."""
    await shelf.library._disk.settle()


async def test_after_a_death_the_next_process_finishes_what_is_there(shelf: Shelf, tmp_path: Path) -> None:
    writer = shelf.begin(Blend.MIX_AND_TRACKS)
    say(writer, "mix", tone(440, 3.0))
    say(writer, "alice", tone(440, 2.5))
    await written(shelf)
    say(writer, "mix", tone(440, 1.0), 24_000)  # not yet written when the process dies
    shutil.copytree(shelf.root, tmp_path / "left")
    heir = Shelf(tmp_path / "left")
    assert await heir.library.unfinished() == [ID]
    finished = await heir.library.finish(ID)
    assert finished.samples == 24_000
    np.testing.assert_array_equal(await heir.sound_of(), tone(440, 3.0))
    assert len(await heir.sound_of(track="alice")) == 24_000
    assert await heir.library.unfinished() == []
    await heir.library.aclose()


async def test_at_most_half_a_second_waits_in_memory(shelf: Shelf) -> None:
    assert PERIOD_S <= 0.5
    say(shelf.begin(), "mix", tone(440, 1.0))
    await asyncio.sleep(PERIOD_S + 0.2)
    assert (shelf.folder / "raw/mix.wav").stat().st_size == 44 + 16_000


async def test_finishing_may_be_interrupted_and_done_again(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = shelf.begin(Blend.MIX_AND_TRACKS, trim_silence=True)
    for track in ("mix", "alice"):
        say(writer, track, tone(440, 1.0), 8000)
    from hubbub.recordings import layout

    def die(path: Path, data: bytes) -> None:
        raise OSError(errno.EIO, "gone")

    with monkeypatch.context() as patch:
        await written(shelf)
        patch.setattr(layout, "replace", die)
        with pytest.raises(SoundLost):
            await shelf.library.finish(ID, 24_000)
    first = await shelf.library.finish(ID, 24_000)
    assert first.samples == 8000 + 3200
    assert await shelf.library.finish(ID) == first
    assert len(await shelf.sound_of(track="alice")) == first.samples


async def test_a_full_disk_is_told_once_and_the_others_go_on(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hubbub.services.recordings.recording_files import SoundPlan

    real = os.pwrite
    other_id = type(ID)("cd" + "0" * 30)
    told: list[str] = []
    other = shelf.library.begin(other_id, SoundPlan(Blend.SUM), told.append)
    writer = shelf.begin()
    say(writer, "mix", tone(440, 0.2))
    say(other, "mix", tone(440, 0.2))
    await written(shelf)

    def full(descriptor: int, data: bytes, offset: int) -> int:
        if ID in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", full)
    for at in (1600, 3200, 4800):
        say(writer, "mix", tone(440, 0.2), at)
        say(other, "mix", tone(440, 0.2), at)
        await written(shelf)
    assert shelf.failures == ["No space left on device"]
    assert told == []
    with pytest.raises(SoundLost, match="No space left"):
        await shelf.library.finish(ID, 6400)
    assert (await shelf.library.finish(other_id, 6400)).samples == 6400
    assert shelf.library.statistics()["disk_errors_total"] == 1


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    shelf = Shelf(tmp_path / "file")
    say(shelf.begin(), "mix", tone(440, 0.2))
    await written(shelf)
    assert shelf.failures == ["Not a directory"]
    await shelf.library.aclose()


async def test_a_disk_that_hangs_costs_sound_and_not_memory(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "recordings")
    writer = shelf.begin()
    hang = threading.Event()
    busy = asyncio.get_running_loop().run_in_executor(shelf.library._disk._executor, hang.wait)
    sound = tone(440, 1.0)
    for second in range(15):
        writer.append("mix", 8000 * second, sound.tobytes())
    assert sum(len(pcm) for _, pcm in writer.append.__self__._tracks["mix"].chunks) <= WAITING_BYTES_MAX  # type: ignore[attr-defined]
    hang.set()
    await busy
    await written(shelf)
    writer.append("mix", 8000 * 15, sound.tobytes())
    finished = await shelf.library.finish(ID, 8000 * 16)
    assert finished.samples == 8000 * 16
    (lost,) = [line for line in shelf.timeline() if line["what"] == "lost"]
    assert (lost["sample"], lost["samples"]) == (80_000, 40_000)
    whole = await shelf.sound_of()
    assert not whole[80_000:120_000].any()
    np.testing.assert_array_equal(whole[120_000:], sound)
    await shelf.library.aclose()


async def test_an_abandoned_recording_leaves_nothing(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "recordings")
    writer = shelf.begin()
    say(writer, "mix", tone(440, 0.2))
    await written(shelf)
    assert shelf.folder.exists()
    writer.abandon()
    await shelf.library.aclose()
    assert not shelf.folder.exists()


async def test_a_damaged_description_is_a_loss_and_no_crash(shelf: Shelf) -> None:
    say(shelf.begin(), "mix", tone(440, 0.2))
    await written(shelf)
    (shelf.folder / "recording.json").write_bytes(b"{}")
    heir = RecordingLibrary(shelf.root, LogLines())
    with pytest.raises(SoundLost):
        await heir.finish(ID)
    await heir.aclose()
