"""Callbacks over real sockets: connections are kept, and a receiver that misbehaves costs its own callback only."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from certificates import write_certificate
from hubbub.markup.connection import ConnectionRules, RetryOn
from hubbub.services.ports import FetchFailed, FetchRequest
from hubbub.webhooks.sender import SENDER_LIMITS, CallbackSender, open_sender
from hubbub.webhooks.target_policy import TargetPolicy
from hubbub.webhooks.web_client import DEFAULT_LIMITS, WebClient
from web_server import Request, answer, answering, serving

Answer = Callable[[int], bytes | None]
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.fixture
async def sender() -> AsyncIterator[CallbackSender]:
    made = open_sender(allowed_networks=["127.0.0.0/8"], connections_max=10)
    yield made
    await made.aclose()


def post(url: str, **changes: object) -> FetchRequest:
    values: dict[str, object] = {"method": "POST", "body": b'{"a":1}', "timeout_s": 5.0, **changes}
    return FetchRequest(url, **values)  # type: ignore[arg-type]


class KeptConnections:
    """A server that keeps connections, and closes them when told."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.bodies: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.answers: Answer = lambda number: OK

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
                self.bodies.append(await reader.readexactly(length))
                said = self.answers(len(self.bodies))
                if said is None:
                    break
                writer.write(said)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def keeping(tls: ssl.SSLContext | None = None) -> AsyncIterator[KeptConnections]:
    server = KeptConnections()
    listener = await asyncio.start_server(server.connected, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        for writer in server.writers:
            writer.close()
        listener.close()
        await listener.wait_closed()


async def test_one_connection_carries_many_callbacks(sender: CallbackSender) -> None:
    async with keeping() as server:
        server.answers = lambda number: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        for _ in range(5):
            response = await sender.fetch(post(f"http://127.0.0.1:{server.port}/"))
            assert (response.status, response.body) == (200, b"ok")
    assert server.connections == 1


async def test_a_kept_connection_that_was_closed_meanwhile_costs_nothing(sender: CallbackSender) -> None:
    """The second request is the last thing that the first connection carries: it is sent anew."""
    async with keeping() as server:
        server.answers = lambda number: None if number == 2 else OK
        for _ in range(3):
            assert (await sender.fetch(post(f"http://127.0.0.1:{server.port}/"))).status == 204
    assert len(server.bodies) == 4
    assert server.connections == 2


async def test_a_fresh_connection_that_is_closed_early_is_a_failure_and_not_sent_twice(
    sender: CallbackSender,
) -> None:
    async with keeping() as server:
        server.answers = lambda number: None
        with pytest.raises(FetchFailed) as caught:
            await sender.fetch(post(f"http://127.0.0.1:{server.port}/"))
    assert caught.value.kind == "protocol"
    assert len(server.bodies) == 1


async def test_an_answer_of_ten_megabytes_is_not_read_and_its_status_is_told(sender: CallbackSender) -> None:
    async with serving(answering(200, b"x" * 10_000_000)) as server:
        with pytest.raises(FetchFailed) as caught:
            await sender.fetch(post(server.url, body_bytes_max=65_536))
    assert (caught.value.kind, caught.value.status) == ("too-large", 200)


async def test_redirects_are_followed_but_not_for_ever_and_not_inside(sender: CallbackSender) -> None:
    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        where = {
            "/moved": f"{server.url}/there",
            "/loop": f"{server.url}/loop",
            "/inside": "http://169.254.169.254/meta",
        }
        if request.target in where:
            answer(writer, 307, b"", Location=where[request.target])
        else:
            answer(writer, 200, request.body)

    async with serving(serve) as server:
        assert (await sender.fetch(post(f"{server.url}/moved"))).body == b'{"a":1}'
        for path, kind in (("/loop", "redirects"), ("/inside", "refused-target")):
            with pytest.raises(FetchFailed) as caught:
                await sender.fetch(post(server.url + path))
            assert caught.value.kind == kind


async def test_our_own_network_is_not_reached_unless_it_is_allowed() -> None:
    sender = open_sender(allowed_networks=[], connections_max=2)
    try:
        async with serving(answering(200)) as server:
            with pytest.raises(FetchFailed) as caught:
                await sender.fetch(post(server.url))
            assert caught.value.kind == "refused-target"
            assert server.requests == []
    finally:
        await sender.aclose()


async def test_a_certificate_that_nobody_vouches_for_is_no_connection(
    sender: CallbackSender, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*write_certificate(tmp_path))
    async with keeping(context) as server:
        with pytest.raises(FetchFailed) as caught:
            await sender.fetch(post(f"https://127.0.0.1:{server.port}/"))
    assert caught.value.kind == "connect"
    assert "certificate" in str(caught.value).lower()
    assert server.bodies == []


async def test_plain_http_where_tls_is_wanted_is_no_connection(sender: CallbackSender) -> None:
    async with keeping() as server:
        with pytest.raises(FetchFailed) as caught:
            await sender.fetch(post(f"https://127.0.0.1:{server.port}/", timeout_s=2.0))
    assert caught.value.kind in ("connect", "timeout")


async def test_passwords_are_sent_when_they_are_asked_for_and_not_before(sender: CallbackSender) -> None:
    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        if "authorization" in request.headers:
            answer(writer, 200, request.body)
        else:
            answer(writer, 401, b"", WWW_Authenticate='Digest realm="x", Basic realm="y"')

    async with serving(serve) as server:
        response = await sender.fetch(post(server.url, username="bob", password="hunter2"))
        assert response.body == b'{"a":1}'
        first, second = server.requests
        assert "authorization" not in first.headers
        assert second.headers["authorization"] == "Basic Ym9iOmh1bnRlcjI="
        with pytest.raises(FetchFailed) as caught:
            await sender.fetch(post(server.url))
        assert caught.value.status == 401


async def test_a_401_that_does_not_ask_for_basic_gets_nothing_more(sender: CallbackSender) -> None:
    async with serving(answering(401, b"", WWW_Authenticate='Digest realm="basic"')) as server:
        with pytest.raises(FetchFailed):
            await sender.fetch(post(server.url, username="bob", password="hunter2"))
    assert len(server.requests) == 1


async def test_passwords_go_first_where_the_request_says_so(sender: CallbackSender) -> None:
    async with serving(answering(200)) as server:
        rules = ConnectionRules(preemptive_basic=True)
        await sender.fetch(post(server.url, username="bob", password="hunter2", connection=rules))
    assert [("authorization" in request.headers) for request in server.requests] == [True]


async def test_the_sender_tries_once_whatever_the_url_wants(sender: CallbackSender) -> None:
    """Trying again is for the deliveries, which outlive the process."""
    rules = ConnectionRules(attempts_max=4, retry_on=frozenset(RetryOn))
    async with serving(answering(500)) as server:
        with pytest.raises(FetchFailed):
            await sender.fetch(post(server.url, connection=rules))
    assert len(server.requests) == 1


async def test_a_document_is_asked_for_again_as_often_as_its_url_wants() -> None:
    client = WebClient(TargetPolicy(["127.0.0.0/8"]), DEFAULT_LIMITS)
    statuses = iter([500, 404, 200])

    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        answer(writer, next(statuses))

    try:
        async with serving(serve) as server:
            rules = ConnectionRules(attempts_max=2, retry_on=frozenset({RetryOn.SERVER_ERROR}))
            assert (await client.exchange(post(server.url, connection=rules))).status == 404
            assert (await client.exchange(post(server.url, connection=rules))).status == 200
            assert len(server.requests) == 3
    finally:
        await client.aclose()


async def test_a_read_time_out_of_the_urls_own_is_kept_and_may_be_tried_again() -> None:
    client = WebClient(TargetPolicy(["127.0.0.0/8"]), SENDER_LIMITS)
    silent = asyncio.Event()

    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) == 2:
            answer(writer, 200)
        else:
            await silent.wait()

    rules = ConnectionRules(read_timeout_s=0.1, attempts_max=2, retry_on=frozenset({RetryOn.TIMEOUT}))
    try:
        async with serving(serve) as server:
            assert (await client.exchange(post(server.url, connection=rules))).status == 200
            with pytest.raises(FetchFailed) as caught:
                await client.exchange(post(server.url, connection=rules._replace(attempts_max=1)))
            assert caught.value.kind == "timeout"
    finally:
        await client.aclose()
