"""Finished recordings in an S3-compatible store: a real one, in this process, spoken to over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from moto.server import ThreadedMotoServer

from hubbub.domain.errors import NotFound
from hubbub.domain.recording import AudioFormat
from hubbub.recordings import ObjectStoreSettings
from hubbub.recordings.object_store import ObjectStore
from hubbub.services.recordings.recording_files import Blend
from recordings.conftest import ID, Shelf, level_of, say, tone


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


def remote(url: str) -> ObjectStore:
    store = ObjectStore(ObjectStoreSettings(f"{url}/recorded/acme", "key", "secret"))
    if not store._client.bucket_exists("recorded"):
        store._client.make_bucket("recorded")
    return store


@pytest.fixture
async def cloud(s3: str, tmp_path: Path) -> AsyncIterator[Shelf]:
    made = Shelf(tmp_path / "recordings", remote=remote(s3))
    yield made
    await made.library.delete(ID)
    await made.library.aclose()


async def moved(shelf: Shelf) -> None:
    while shelf.library._moves:
        await asyncio.gather(*shelf.library._moves.values())


async def test_a_finished_recording_is_moved_and_read_from_there(cloud: Shelf) -> None:
    writer = cloud.begin(Blend.MIX_AND_TRACKS)
    sound = tone(440, 9.0)
    say(writer, "mix", sound)
    say(writer, "alice", tone(500, 1.0))
    await cloud.library.finish(ID, len(sound))
    await moved(cloud)
    assert not cloud.folder.exists()
    np.testing.assert_array_equal(await cloud.sound_of(), sound)
    np.testing.assert_array_equal((await cloud.sound_of(track="alice"))[:8000], tone(500, 1.0))
    everything = await cloud.bytes_of()
    assert await cloud.bytes_of(first_byte=100, last_byte=99_999) == everything[100:100_000]
    mp3 = await cloud.sound_of(AudioFormat.MP3)
    assert level_of(440, mp3[16_000:32_000], cloud.rate) == pytest.approx(8000, rel=0.1)
    assert len(await cloud.bytes_of(AudioFormat.MP3)) == len(await cloud.bytes_of(AudioFormat.MP3))
    await cloud.library.delete(ID)
    with pytest.raises(NotFound):
        await cloud.bytes_of()


async def test_what_cannot_be_moved_is_served_from_here_and_moved_later(
    cloud: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(key: str, path: Path) -> None:
        raise OSError("the object store is away")

    with monkeypatch.context() as patch:
        patch.setattr(cloud.library._remote, "put", refuse)
        say(cloud.begin(), "mix", tone(440, 1.0))
        await cloud.library.finish(ID, 8000)
        await moved(cloud)
        assert cloud.library.statistics()["unmoved_total"] == 1
        assert [line[:2] for line in cloud.log.lines] == [
            ("error", "recording not moved to the object store")
        ]
        assert len(await cloud.sound_of()) == 8000
    await cloud.library.tidy()
    await moved(cloud)
    assert not cloud.folder.exists()
    assert len(await cloud.sound_of()) == 8000


async def test_what_is_read_while_it_is_moved_is_read_to_its_end(cloud: Shelf) -> None:
    sound = tone(440, 9.0)
    say(cloud.begin(), "mix", sound)
    await cloud.library.finish(ID, len(sound))
    media = await cloud.library.open(
        ID, AudioFormat.WAV, channels=None, track=None, first_byte=0, last_byte=None
    )
    first = await anext(media.chunks)
    await moved(cloud)
    assert not cloud.folder.exists()
    data = first + b"".join([chunk async for chunk in media.chunks])
    np.testing.assert_array_equal(np.frombuffer(data[44:], "<i2"), sound)


async def test_what_is_deleted_while_it_is_moved_is_gone_everywhere(cloud: Shelf) -> None:
    say(cloud.begin(), "mix", tone(440, 1.0))
    await cloud.library.finish(ID, 8000)
    assert cloud.library._moves
    await cloud.library.delete(ID)
    with pytest.raises(NotFound):
        await cloud.bytes_of()


def test_an_address_without_a_bucket_is_refused() -> None:
    for url in ("http://127.0.0.1:9000", "ftp://host/bucket", "bucket"):
        with pytest.raises(ValueError, match="is not https://HOST/BUCKET"):
            ObjectStore(ObjectStoreSettings(url, "key", "secret"))


def test_what_is_not_there_and_who_is_not_there_are_told_apart(s3: str) -> None:
    store = remote(s3)
    with pytest.raises(KeyError):
        store.size("recordings/none")
    with pytest.raises(KeyError):
        store.read("recordings/none", 0, 1)
    away = ObjectStore(ObjectStoreSettings("http://127.0.0.1:9/recorded", "key", "secret"))
    with pytest.raises(OSError, match="the object store refuses"):
        away.size("recordings/none")
