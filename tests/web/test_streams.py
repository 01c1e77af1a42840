"""Answers that are sent while they are read: a recording's sound, say."""

import asyncio
from collections.abc import AsyncIterator

from hubbub.dialects.contract import BodyStream, HttpResponse
from web.test_wire import Running, running

__all__ = ["running"]

PIECE = bytes(range(256)) * 256


class Source:
    """Gives the pieces one at a time, and knows whether it was closed."""

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces
        self.given = 0
        self.closed = asyncio.Event()

    def answer(self, length: int | None = None) -> HttpResponse:
        size = len(PIECE) * self.pieces if length is None else length
        stream = BodyStream(self._chunks(), size)
        return HttpResponse(206, content_type="audio/x-wav", headers=(("Content-Range", "x"),), stream=stream)

    async def _chunks(self) -> AsyncIterator[bytes]:
        try:
            for _ in range(self.pieces):
                self.given += 1
                yield PIECE
        finally:
            self.closed.set()


async def test_a_stream_arrives_whole_with_its_length_and_the_connection_is_kept(running: Running) -> None:
    source = Source(5)
    running.parrot.answers["/parrot/sound"] = lambda request: source.answer()
    line = await running.line()
    await line.say(b"GET /parrot/sound HTTP/1.1\r\nHost: a\r\n\r\n")
    status, headers, body = await line.hear()
    assert (status, headers["Content-Length"], headers["Content-Range"]) == (206, str(5 * len(PIECE)), "x")
    assert "Transfer-Encoding" not in headers
    assert body == PIECE * 5
    assert source.closed.is_set()
    await line.say(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await line.hear())[0] == 200


async def test_a_head_has_the_headers_and_reads_nothing(running: Running) -> None:
    source = Source(3)
    running.parrot.answers["/parrot/sound"] = lambda request: source.answer()
    line = await running.line()
    await line.say(b"HEAD /parrot/sound HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    answer = await line.ended()
    assert f"Content-Length: {3 * len(PIECE)}\r\n".encode() in answer
    assert answer.endswith(b"\r\n\r\n")
    assert source.given == 0


async def test_an_empty_stream_is_an_empty_body(running: Running) -> None:
    running.parrot.answers["/parrot/sound"] = lambda request: Source(0).answer()
    status, headers, body = await running.ask(b"GET /parrot/sound HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (status, headers["Content-Length"], body) == (206, "0", b"")


async def test_a_client_that_goes_away_stops_the_reading(running: Running) -> None:
    source = Source(100_000)
    running.parrot.answers["/parrot/sound"] = lambda request: source.answer()
    line = await running.line()
    await line.say(b"GET /parrot/sound HTTP/1.1\r\nHost: a\r\n\r\n")
    await line.reader.readexactly(1000)
    line.writer.transport.abort()
    async with asyncio.timeout(5):
        await source.closed.wait()
    assert source.given < 100_000
