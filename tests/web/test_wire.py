"""What clients see on the wire: raw sockets against a running server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from hubbub.dialects.contract import HttpResponse
from hubbub.web.app import build_app
from hubbub.web.server import WebServer
from hubbub.web.settings import WebLimits, WebSettings
from web.parrot import Parrot, parrot_desk

LIMITS = WebLimits(
    body_bytes_max=100_000,
    url_bytes_max=1000,
    header_bytes_max=2000,
    headers_max=20,
    header_timeout_s=0.3,
    body_timeout_s=0.5,
    idle_timeout_s=0.5,
    linger_timeout_s=0.1,
    connections_max=3,
)


class Line:
    """One connection of a client that writes its own bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self) -> tuple[int, dict[str, str], bytes]:
        """One answer: status, headers in their letter case, body."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        length = int(headers.get("Content-Length") or headers.get("content-length") or 0)
        return int(lines[0].split()[1]), headers, await self.reader.readexactly(length)

    async def ended(self) -> bytes:
        """Everything until the server closes."""
        async with asyncio.timeout(5):
            return await self.reader.read()


class Running:
    def __init__(self, parrot: Parrot, server: WebServer, port: int) -> None:
        self.parrot = parrot
        self.server = server
        self.port = port
        self.lines: list[Line] = []

    async def line(self) -> Line:
        line = Line(*await asyncio.open_connection("127.0.0.1", self.port))
        self.lines.append(line)
        return line

    async def ask(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        line = await self.line()
        await line.say(data)
        async with asyncio.timeout(5):
            return await line.hear()


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    parrot = Parrot()
    settings = WebSettings(limits=LIMITS)
    shell = build_app(parrot_desk(), [parrot], settings, CollectorRegistry(), dict)
    server = WebServer(shell, settings, grace_s=0.2)
    each = Running(parrot, server, await server.start("127.0.0.1", 0))
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
    yield each
    for line in each.lines:
        line.writer.close()
    await server.stop()
    assert faults == [], "what a client sends must not raise out of the connection"


async def test_header_names_keep_their_letter_case(running: Running) -> None:
    running.parrot.answers["/parrot/made"] = lambda request: HttpResponse(
        201, b"{}", "application/json", (("Location", "/x"), ("Link", "</y>; rel=next"), ("Retry-After", "1"))
    )
    status, headers, body = await running.ask(b"GET /parrot/made HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (status, body) == (201, b"{}")
    assert {"Location", "Link", "Retry-After", "Content-Type", "Content-Length", "X-Request-Id"} <= set(
        headers
    )


async def test_a_connection_is_kept_and_pipelined_requests_are_answered_in_order(running: Running) -> None:
    line = await running.line()
    await line.say(b"GET /parrot/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b'"/parrot/1"' in (await line.hear())[2]
    assert (await line.hear())[2] == b'{"status":"ok"}'
    await line.say(b"GET /parrot/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    _, headers, body = await line.hear()
    assert b'"/parrot/3"' in body
    assert headers["Connection"] == "close"
    assert await line.ended() == b""


async def test_head_has_the_headers_and_no_body(running: Running) -> None:
    line = await running.line()
    await line.say(b"HEAD /parrot HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    answer = await line.ended()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n")


async def test_an_answer_without_content_has_no_length_and_no_body(running: Running) -> None:
    running.parrot.answers["/parrot/gone"] = lambda request: HttpResponse(204)
    line = await running.line()
    await line.say(b"DELETE /parrot/gone HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    answer = await line.ended()
    assert answer.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert b"length" not in answer.lower().replace(b"content-length, ", b"")
    assert b"transfer-encoding" not in answer.lower()


@pytest.mark.parametrize("piece", [b"x" * 3000, b"x\r\n" + b"".join(b"A: 1\r\n" for _ in range(30)) + b"B: "])
async def test_headers_past_the_limit_are_refused_in_the_dialects_form(
    running: Running, piece: bytes
) -> None:
    status, headers, body = await running.ask(b"GET /parrot HTTP/1.1\r\nHost: a\r\nX: " + piece)
    assert (status, headers["Content-Type"], body[:6]) == (431, "text/parrot", b"squawk")
    assert running.parrot.heard == []


async def test_a_url_past_the_limit_is_refused(running: Running) -> None:
    status, _, body = await running.ask(b"GET /parrot/" + b"x" * 2000)
    assert (status, body[:6]) == (414, b"squawk")


async def test_headers_that_never_end_are_given_up(running: Running) -> None:
    status, headers, _ = await running.ask(b"GET /parrot HTTP/1.1\r\nHost: a\r\n")
    assert (status, headers["Connection"]) == (408, "close")


async def test_a_connection_that_says_nothing_is_closed(running: Running) -> None:
    assert await (await running.line()).ended() == b""


async def test_a_body_that_never_ends_is_given_up(running: Running) -> None:
    status, headers, body = await running.ask(
        b"POST /parrot HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"
    )
    assert (status, headers["Connection"], body[:6]) == (408, "close", b"squawk")


async def test_a_client_that_sends_too_much_still_sees_the_refusal(running: Running) -> None:
    line = await running.line()
    await line.say(b"POST /parrot HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(30):
        await line.say(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
    status, headers, body = await line.hear()
    assert (status, headers["Connection"], body[:6]) == (413, "close", b"squawk")
    assert await line.ended() == b""


async def test_what_is_not_http_is_told_so(running: Running) -> None:
    status, headers, body = await running.ask(b"SIP/2.0 hello\r\n\r\n")
    assert (status, headers["Content-Type"]) == (400, "application/json")
    assert b'"status":400' in body


async def test_noise_is_refused_once_however_much_of_it_comes(running: Running) -> None:
    line = await running.line()
    await line.say(bytes(range(256)) * 40)
    assert (await line.hear())[0] == 400
    await line.say(b"more")
    assert await line.ended() == b""


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
async def test_an_offer_to_speak_something_else_is_passed_over(running: Running, protocol: bytes) -> None:
    line = await running.line()
    await line.say(
        b"GET /parrot HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n"
    )
    status, headers, body = await line.hear()
    assert (status, headers["Content-Type"], b"/parrot" in body) == (200, "application/json", True)
    await line.say(b"GET /parrot/2 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b'"/parrot/2"' in (await line.hear())[2]


async def test_a_connection_past_the_cap_is_closed_unheard(running: Running) -> None:
    kept = [await running.line() for _ in range(3)]
    for line in kept:
        await line.say(b"GET /parrot HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await line.hear())[0] == 200
    assert await (await running.line()).ended() == b""


async def test_a_client_that_does_not_read_is_cut_off(running: Running) -> None:
    body = b"x" * 30_000_000
    running.parrot.answers["/parrot/big"] = lambda request: HttpResponse(200, body, "a/b")
    line = await running.line()
    await line.say(b"GET /parrot/big HTTP/1.1\r\nHost: a\r\n\r\n")
    async with asyncio.timeout(10):
        while not running.parrot.heard or running.server.connections:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await line.reader.readexactly(len(body))


async def test_stopping_finishes_what_is_being_answered(running: Running) -> None:
    arrived = asyncio.Event()
    go_on = asyncio.Event()
    original = running.parrot.handle

    async def slowly(request: Any, desk: Any) -> HttpResponse:
        arrived.set()
        await go_on.wait()
        return await original(request, desk)

    running.parrot.handle = slowly  # type: ignore[method-assign]
    settings = WebSettings(limits=LIMITS)
    shell = build_app(parrot_desk(), [running.parrot], settings, CollectorRegistry(), dict)
    server = WebServer(shell, settings)
    port = await server.start("127.0.0.1", 0)
    line = Line(*await asyncio.open_connection("127.0.0.1", port))
    await line.say(b"GET /parrot HTTP/1.1\r\nHost: a\r\n\r\n")
    await arrived.wait()
    stopping = asyncio.create_task(server.stop())
    await asyncio.sleep(0)
    go_on.set()
    assert (await line.hear())[0] == 200
    await stopping
    line.writer.close()
    with pytest.raises(OSError, match=r"refused|failed"):
        await asyncio.open_connection("127.0.0.1", port)


async def test_an_address_that_is_taken_is_said_at_once(running: Running) -> None:
    settings = WebSettings()
    shell = build_app(parrot_desk(), [], settings, CollectorRegistry(), dict)
    with pytest.raises(OSError, match="in use"):
        await WebServer(shell, settings).start("127.0.0.1", running.port)
