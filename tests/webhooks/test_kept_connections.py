"""Answers as servers send them, and as they should not: over connections that are kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hubbub.markup.connection import ConnectionRules
from hubbub.services.ports import FetchFailed, FetchRequest
from hubbub.webhooks import kept_connections
from hubbub.webhooks.one_request import RawAnswer
from hubbub.webhooks.target_policy import TargetPolicy
from hubbub.webhooks.web_client import DEFAULT_LIMITS, WebAnswer, WebClient

KEEPING = DEFAULT_LIMITS._replace(reuse_connections=True, connect_attempts_max=1)


class Told:
    """A server that says what it was told to say, piece by piece, to one request after another."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: list[list[bytes]] = []
        self.closes = False
        self.requests: list[bytes] = []
        self.connections = 0
        self.client: WebClient

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                self.requests.append(head + await reader.readexactly(length))
                for piece in self.answers.pop(0):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
                if self.closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError, IndexError):
            pass
        finally:
            writer.close()

    async def ask(self, **changes: Any) -> WebAnswer:
        values: dict[str, Any] = {"method": "POST", "body": b"a=1", "timeout_s": 3.0, **changes}
        return await self.client.exchange(FetchRequest(f"http://127.0.0.1:{self.port}/x", **values))


@asynccontextmanager
async def telling(*answers: list[bytes], closes: bool = False) -> AsyncIterator[Told]:
    server = Told()
    server.answers = list(answers)
    server.closes = closes
    listener = await asyncio.start_server(server.connected, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    server.client = WebClient(TargetPolicy(["127.0.0.0/8"]), KEEPING)
    try:
        yield server
    finally:
        await server.client.aclose()
        listener.close()
        await listener.wait_closed()


def bytewise(text: bytes) -> list[bytes]:
    return [text[index : index + 1] for index in range(len(text))]


LONG = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: z\r\n\r\n"
)


@pytest.mark.parametrize(
    "said",
    [
        LONG,
        CHUNKED,
        b"HTTP/1.1 100 Continue\r\n\r\n" + LONG,
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + CHUNKED,
    ],
)
async def test_an_answer_is_read_however_it_comes_and_the_connection_is_kept(said: bytes) -> None:
    async with telling([said], bytewise(said), [said]) as server:
        for _ in range(3):
            answer = await server.ask()
            assert (answer.status, answer.body) == (200, b"hello")
        assert server.connections == 1


async def test_a_request_is_written_as_the_standard_has_it() -> None:
    async with telling([LONG]) as server:
        await server.ask(headers=(("Content-Type", "text/plain"),))
        lines = server.requests[0].decode().split("\r\n")
        assert lines[0] == "POST /x HTTP/1.1"
        assert lines[1] == f"Host: 127.0.0.1:{server.port}"
        assert "Content-Length: 3" in lines
        assert lines[-2:] == ["", "a=1"]


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    async with telling([b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo"], closes=True) as server:
        assert (await server.ask()).body == b"hello"


async def test_an_answer_that_closes_is_not_asked_again() -> None:
    closing = LONG.replace(b"Content-Type: text/xml", b"Connection: close")
    async with telling([closing], [closing]) as server:
        for _ in range(2):
            assert (await server.ask()).body == b"hello"
        assert server.connections == 2


@pytest.mark.parametrize(
    ("said", "closes", "kind"),
    [
        ([b"SSH-2.0-OpenSSH\r\n"], False, "protocol"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"], False, "protocol"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"], True, "protocol"),
        ([b"HTTP/1.1 200 O"], True, "protocol"),
        ([], True, "protocol"),
        ([b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000], False, "protocol"),
        ([b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"], False, "protocol"),
        (
            [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"],
            False,
            "protocol",
        ),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"], False, "too-large"),
        (
            [
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
                b"x" * 65535,
                b"\r\n5\r\nhello",
            ],
            False,
            "too-large",
        ),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"], False, "timeout"),
    ],
)
async def test_every_broken_answer_is_a_failure_of_its_kind(
    said: list[bytes], closes: bool, kind: str
) -> None:
    async with telling(said, [LONG], closes=closes) as server:
        with pytest.raises(FetchFailed) as caught:
            await server.ask(timeout_s=0.5 if kind == "timeout" else 3.0)
        assert caught.value.kind == kind
        assert len(server.requests) == 1
        assert (await server.ask()).body == b"hello", "the next one has a connection of its own"
        assert server.connections == 2


async def test_a_body_that_nobody_wants_is_thrown_away_and_a_long_one_not_waited_for() -> None:
    short = b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops"
    long = b"HTTP/1.1 500 Oops\r\nContent-Length: 99999999\r\n\r\noops"
    endless = b"HTTP/1.1 500 Oops\r\n\r\noops"
    async with telling([short], [long], [endless], [short]) as server:
        connections = []
        for _ in range(4):
            answer = await server.client.exchange(
                FetchRequest(f"http://127.0.0.1:{server.port}/", "POST", timeout_s=3.0),
                read_body=lambda status, content_type: status < 400,
            )
            assert (answer.status, answer.body) == (500, b"")
            connections.append(server.connections)
        assert connections == [1, 1, 2, 3]


@pytest.mark.parametrize("more", [LONG, LONG[:9], b"noise"])
@pytest.mark.parametrize("at_once", [True, False])
async def test_what_a_server_says_unasked_closes_its_connection(more: bytes, at_once: bool) -> None:
    async with telling([LONG + more] if at_once else [LONG, more], [LONG]) as server:
        assert (await server.ask()).body == b"hello"
        for _ in range(20):
            await asyncio.sleep(0)
        assert (await server.ask()).body == b"hello"
        assert server.connections == 2


async def test_a_connection_that_waits_too_long_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_connections, "KEEP_S", 0.02)
    async with telling([LONG], [LONG]) as server:
        await server.ask()
        await asyncio.sleep(0.1)
        await server.ask()
        assert server.connections == 2


async def test_a_header_cannot_smuggle_another() -> None:
    async with telling([LONG]) as server:
        with pytest.raises(FetchFailed) as caught:
            await server.ask(headers=(("X", "a\r\nHost: evil"),))
        assert caught.value.kind == "protocol"
        assert server.requests == []


async def test_nobody_listens_or_nobody_has_the_name() -> None:
    client = WebClient(TargetPolicy(["127.0.0.0/8"]), KEEPING)
    try:
        for url in ("http://127.0.0.1:1/", "http://nobody.invalid/"):
            with pytest.raises(FetchFailed) as caught:
                await client.exchange(FetchRequest(url, "POST", timeout_s=5.0))
            assert caught.value.kind == "connect"
        rules = ConnectionRules(connect_timeout_s=0.000001)
        with pytest.raises(FetchFailed) as caught:
            await client.exchange(FetchRequest("http://127.0.0.1:1/", "POST", connection=rules))
        assert caught.value.kind == "connect"
    finally:
        await client.aclose()


class Wound:
    """A loop whose clock is set by hand, and a transport that takes everything."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.alarms: list[Alarm] = []

    def time(self) -> float:
        return self.now_s

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().create_future()

    def call_at(self, when_s: float, ring: Callable[[], None]) -> "Alarm":
        self.alarms.append(Alarm(when_s, ring))
        return self.alarms[-1]

    def pass_to(self, now_s: float) -> None:
        while due := [each for each in self.alarms if each.when_s <= now_s and not each.is_cancelled]:
            first = min(due, key=lambda each: each.when_s)
            self.alarms.remove(first)
            self.now_s = first.when_s
            first.ring()
        self.now_s = now_s

    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def is_closing(self) -> bool:
        return False


class Alarm:
    def __init__(self, when_s: float, ring: Callable[[], None]) -> None:
        self.when_s, self.ring, self.is_cancelled = when_s, ring, False

    def cancel(self) -> None:
        self.is_cancelled = True


async def test_each_request_on_one_connection_has_a_time_of_its_own() -> None:
    wound = Wound()
    line = kept_connections._Line(wound)  # type: ignore[arg-type]  # as far as a connection knows a loop
    line.connection_made(wound)  # type: ignore[arg-type]

    def ask(until_s: float) -> asyncio.Future[RawAnswer]:
        return line.ask(b"POST", lambda status, content_type: True, 100, until_s)

    for until_s in (15.0, 16.0, 17.0):
        answer = ask(until_s)
        line.data_received(LONG)
        assert answer.result().body == b"hello"
    assert len(wound.alarms) == 1, "an answer in time costs no alarm"
    wound.pass_to(15.5)
    late = ask(30.0)
    wound.pass_to(29.9)
    assert not late.done(), "older alarms are not for it"
    line.data_received(LONG)
    assert late.result().body == b"hello"
    hasty = ask(30.5)
    wound.pass_to(30.4)
    assert not hasty.done()
    wound.pass_to(30.5)
    assert isinstance(hasty.exception(), TimeoutError)
    assert line.is_closed
    assert all(alarm.is_cancelled for alarm in wound.alarms), "nothing rings for a closed connection"


async def test_a_short_time_is_not_stretched_by_a_longer_one_before_it() -> None:
    wound = Wound()
    line = kept_connections._Line(wound)  # type: ignore[arg-type]
    line.connection_made(wound)  # type: ignore[arg-type]
    line.ask(b"POST", lambda status, content_type: True, 100, 100.0)
    line.data_received(LONG)
    answer = line.ask(b"POST", lambda status, content_type: True, 100, 2.0)
    wound.pass_to(2.0)
    assert isinstance(answer.exception(), TimeoutError)


async def test_redirects_share_the_time_of_one_exchange() -> None:
    again = [b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"]
    async with telling(again, again, []) as server:
        with pytest.raises(FetchFailed) as caught:
            await server.ask(timeout_s=0.3)
        assert (caught.value.kind, str(caught.value)) == ("timeout", "no answer within 0.3 s")
