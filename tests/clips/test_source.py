"""When a sound is fetched, asked about, spoken, or taken from memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

import pytest

from hubbub.clips.decoder import ClipLimits
from hubbub.clips.source import StoredClipSource
from hubbub.clips.speech import NoSpeech, Voice
from hubbub.domain.errors import InvalidValue
from hubbub.services.ports import FetchFailed, FetchRequest
from tone_speech import ToneSpeech
from wav_bytes import wav_file

URL = "http://acme.example/hello.wav"
SOUND = wav_file(bytes(range(256)) * 10)


class Answer(NamedTuple):
    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = SOUND


class Web:
    def __init__(self) -> None:
        self.answer = Answer()
        self.asked: list[FetchRequest] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.broken_off = 0

    async def fetch_sound(self, request: FetchRequest) -> Answer:
        self.asked.append(request)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.broken_off += 1
            raise
        if self.answer.status >= 400:
            raise FetchFailed("status", "sorry", self.answer.status)
        return self.answer


class Shelf:
    def __init__(self) -> None:
        self.web = Web()
        self.engine = ToneSpeech()
        self.source = StoredClipSource(self.web, self.engine, ClipLimits())

    async def load(self, url: str = URL, **options: str) -> bytes:
        return (await self.source.load(FetchRequest(url, "GET", **options))).pcm  # type: ignore[arg-type]

    def answers(self, status: int = 200, body: bytes = SOUND, /, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.web.answer = Answer(status, named, body)


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    shelf = Shelf()
    yield shelf
    await shelf.source.aclose()


async def test_a_sound_is_fetched_decoded_and_named(shelf: Shelf) -> None:
    clip = await shelf.source.load(FetchRequest(URL + "?x=1", "GET"))
    assert clip.pcm == SOUND[44:]
    assert clip.name == "hello.wav"
    assert clip.duration_ms == 160
    assert shelf.web.asked[0].body_bytes_max == ClipLimits().file_bytes_max


async def test_without_a_lifetime_it_is_fetched_again_each_time(shelf: Shelf) -> None:
    await shelf.load()
    await shelf.load()
    assert len(shelf.web.asked) == 2


async def test_with_a_lifetime_it_is_taken_from_memory(shelf: Shelf) -> None:
    shelf.answers(cache_control="max-age=60")
    first = await shelf.load()
    assert await shelf.load(URL + "#part") == first
    assert len(shelf.web.asked) == 1


async def test_what_must_not_be_stored_is_not(shelf: Shelf) -> None:
    shelf.answers(cache_control="no-store", etag='"v1"')
    await shelf.load()
    await shelf.load()
    assert not any(name == "If-None-Match" for name, _ in shelf.web.asked[1].headers)


async def test_a_sound_that_did_not_change_is_asked_about_and_not_sent_again(shelf: Shelf) -> None:
    shelf.answers(etag='"v1"')
    first = await shelf.load()
    shelf.answers(304, b"")
    assert await shelf.load() == first
    assert await shelf.load() == first
    assert ("If-None-Match", '"v1"') in shelf.web.asked[2].headers
    shelf.answers(200, wav_file(bytes(320)), etag='"v2"')
    assert await shelf.load() == bytes(320)


async def test_a_304_to_a_question_that_was_not_asked_is_a_failure(shelf: Shelf) -> None:
    shelf.answers(304, b"")
    with pytest.raises(FetchFailed):
        await shelf.load()


async def test_a_password_guards_the_memory_too(shelf: Shelf) -> None:
    shelf.answers(cache_control="max-age=60")
    await shelf.load(username="u", password="p")
    await shelf.load()
    assert len(shelf.web.asked) == 2


async def test_failures_and_bad_sound_are_raised_and_not_kept(shelf: Shelf) -> None:
    shelf.answers(404)
    with pytest.raises(FetchFailed):
        await shelf.load()
    shelf.answers(200, b"<html>", cache_control="max-age=60")
    with pytest.raises(InvalidValue):
        await shelf.load()
    shelf.answers()
    assert await shelf.load() == SOUND[44:]


async def test_many_who_want_one_sound_fetch_it_once(shelf: Shelf) -> None:
    shelf.web.gate.clear()
    waiting = [asyncio.ensure_future(shelf.load()) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    shelf.web.gate.set()
    heard = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(heard[0], asyncio.CancelledError)
    assert heard[1:] == [SOUND[44:]] * 49
    assert len(shelf.web.asked) == 1


async def test_when_the_last_one_has_gone_the_fetch_is_broken_off(shelf: Shelf) -> None:
    shelf.web.gate.clear()
    waiting = [asyncio.ensure_future(shelf.load()) for _ in range(3)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert shelf.web.broken_off == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_text_is_spoken_once_and_remembered(shelf: Shelf) -> None:
    first = await shelf.source.speak("Hello  World", voice="woman", language="en-GB")
    again = await shelf.source.speak("Hello World", voice="woman", language="en-GB")
    other = await shelf.source.speak("Hello World", voice="man", language="en-GB")
    assert first.pcm == again.pcm == other.pcm
    assert shelf.engine.said == [
        ("Hello World", Voice("en-GB", is_female=True)),
        ("Hello World", Voice("en-GB", is_female=False)),
    ]
    assert first.duration_ms == 500


async def test_nothing_to_say_and_too_much_to_say_are_refused(shelf: Shelf) -> None:
    for text in ("", " \x00\x07 ", "x" * 5000):
        with pytest.raises(InvalidValue) as caught:
            await shelf.source.speak(text, voice="", language="")
        assert caught.value.field == "speech"


async def test_without_an_engine_speech_says_why() -> None:
    source = StoredClipSource(Web(), NoSpeech("no speech engine: espeak-ng was not found"), ClipLimits())
    with pytest.raises(InvalidValue, match="espeak-ng was not found"):
        await source.speak("hello", voice="", language="")
    await source.aclose()
