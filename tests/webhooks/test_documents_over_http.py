"""Everything between a customer's real web server and a call: fetcher, language, interpreter, sounds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from document_twins import TwinLeg
from hubbub.clips import ClipLimits, StoredClipSource
from hubbub.clock import SystemClock
from hubbub.dialects.bandwidth.markup import BxmlLanguage
from hubbub.dialects.restcomm.markup import RcmlLanguage
from hubbub.dialects.twilio.markup import TwimlLanguage
from hubbub.domain.application import WebTarget
from hubbub.markup.effects import Ask, Purpose
from hubbub.markup.language import MarkupLanguage
from hubbub.services.documents.run_document import DocumentRunner
from hubbub.webhooks.fetcher import open_fetcher
from tone_speech import ToneSpeech
from wav_bytes import wav_file
from web_server import Request, WebServer, answer, serving

BEEP = wav_file(bytes(range(160)) * 2)  # twenty milliseconds


class KeptLog:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, event: str, **values: Any) -> None: ...
    def info(self, event: str, **values: Any) -> None: ...
    def error(self, event: str, **values: Any) -> None: ...
    def warning(self, event: str, **values: Any) -> None:
        self.lines.append(f"{event} {values['kind']}")


class Customer:
    """A web server with pages, and calls that are told to ask it."""

    def __init__(self, server: WebServer, pages: dict[str, tuple[str, bytes]]) -> None:
        self.server = server
        self.pages = pages
        self.log = KeptLog()
        self.leg = TwinLeg(SystemClock())

    async def run(self, language: MarkupLanguage, path: str = "/start") -> list[str]:
        fetcher = open_fetcher(allowed_networks=["127.0.0.0/8"], log=self.log)
        clips = StoredClipSource(fetcher, ToneSpeech(word_ms=8), ClipLimits())
        try:
            runner = DocumentRunner(self.leg, language, fetcher=fetcher, clips=clips, clock=SystemClock())
            target = WebTarget(self.server.url + path)
            async with asyncio.timeout(20):
                await runner.run(Ask(Purpose.INCOMING, target), answered=False)
        finally:
            await clips.aclose()
            await fetcher.aclose()
        return self.leg.deeds


Page = tuple[str, bytes]


@pytest.fixture
async def customer() -> AsyncIterator[Customer]:
    pages: dict[str, Page] = {}

    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        kind, body = pages.get(request.target.partition("?")[0], ("", b""))
        if kind:
            answer(writer, 200, body, Content_Type=kind)
        else:
            answer(writer, 404, b"not here")

    async with serving(serve) as server:
        yield Customer(server, pages)


def xml(text: str) -> Page:
    return "text/xml", text.encode()


LANGUAGES: list[tuple[Callable[[], MarkupLanguage], str]] = [
    (TwimlLanguage, "<Response><Play>sounds/beep.wav</Play><Redirect>next</Redirect></Response>"),
    (BxmlLanguage, "<Bxml><PlayAudio>sounds/beep.wav</PlayAudio><Redirect redirectUrl='next'/></Bxml>"),
    (RcmlLanguage, "<Response><Play>sounds/beep.wav</Play><Redirect>next</Redirect></Response>"),
]


@pytest.mark.parametrize(("make", "document"), LANGUAGES, ids=["twilio", "bandwidth", "restcomm"])
async def test_a_document_its_sound_and_the_next_document(
    customer: Customer, make: Callable[[], MarkupLanguage], document: str
) -> None:
    customer.pages["/start"] = xml(document)
    customer.pages["/sounds/beep.wav"] = ("audio/wav", BEEP)
    customer.pages["/next"] = xml("<Response><Hangup/></Response>")
    assert await customer.run(make()) == ["answer", "play beep.wav", "hang up completed"]
    assert [(each.method, each.target) for each in customer.server.requests] == [
        ("POST", "/start"),
        ("GET", "/sounds/beep.wav"),
        ("POST", "/next"),
    ]
    assert customer.log.lines == []


async def test_a_large_sound_in_place_of_a_document_is_played(customer: Customer) -> None:
    """Longer than a document may be: its type alone is looked at, and then it is loaded as a sound."""
    customer.pages["/start"] = ("audio/x-wav", wav_file(bytes(70_000)))
    customer.leg.hangs_up(0.3)
    assert await customer.run(TwimlLanguage()) == ["answer", "play start", "stop"]


async def test_a_sound_as_waiting_music_goes_round_until_the_room_opens(customer: Customer) -> None:
    customer.pages["/start"] = xml(
        "<Response><Dial><Conference waitUrl='/music.wav'>r</Conference></Dial></Response>"
    )
    customer.pages["/music.wav"] = ("audio/wav", wav_file(bytes(70_000)))
    customer.leg.waits = True
    customer.leg.room_opens(0.4)
    customer.leg.hangs_up(0.5)
    assert await customer.run(TwimlLanguage()) == [
        "answer",
        "join r",
        "play music.wav for ever",
        "stop",
    ]
    assert (
        dict(part.split("=") for part in customer.server.requests[1].body.decode().split("&"))["FriendlyName"]
        == "r"
    )


async def test_a_page_that_is_not_there_ends_each_call_in_its_dialects_way(customer: Customer) -> None:
    assert await customer.run(TwimlLanguage(), "/gone") == [
        "note 11200",
        "answer",
        "play speech 'We are sorry. An application error has o'",
        "hang up callback-failed",
    ]
    for make, deeds in (
        (BxmlLanguage, ["note callback-error", "refuse callback-failed"]),
        (RcmlLanguage, ["note 21402", "refuse callback-failed"]),
    ):
        customer.leg = TwinLeg(SystemClock())
        assert await customer.run(make(), "/gone") == deeds
    assert customer.log.lines == ["document not fetched status"] * 3
