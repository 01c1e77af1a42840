"""Asking a customer's server: what is sent, what is followed, and every way in which it can fail."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.abc import ResolveResult

from hubbub.services.ports import FetchFailed, FetchRequest, FetchResponse
from hubbub.webhooks.fetcher import WebDocumentFetcher, loggable
from hubbub.webhooks.target_policy import TargetPolicy
from hubbub.webhooks.web_client import WebClient, WebLimits
from web_server import Request, answer, answering, serving

LOOPBACK = TargetPolicy(["127.0.0.0/8"])


class KeptLog:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def debug(self, event: str, **values: Any) -> None: ...
    def info(self, event: str, **values: Any) -> None: ...
    def error(self, event: str, **values: Any) -> None: ...
    def warning(self, event: str, **values: Any) -> None:
        self.lines.append((event, values))


class Names:
    """A name server that answers each question with the next of its answers, then with the last."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=6, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        pass


class Customer:
    """A fetcher and what it logged."""

    def __init__(self, web: WebClient) -> None:
        self.log = KeptLog()
        self.web = web
        self.fetcher = WebDocumentFetcher(web, self.log)

    async def fetch(self, url: str, method: str = "POST", **options: Any) -> FetchResponse:
        return await self.fetcher.fetch(FetchRequest(url, method, **options))

    async def failure(self, url: str, **options: Any) -> FetchFailed:
        with pytest.raises(FetchFailed) as caught:
            await self.fetch(url, **options)
        assert len(self.log.lines) == 1, "a failure is logged once"
        return caught.value


@pytest.fixture
async def customer() -> AsyncIterator[Customer]:
    web = WebClient(LOOPBACK, WebLimits(connect_timeout_s=2))
    yield Customer(web)
    await web.aclose()


# --- what is sent and had ---------------------------------------------------------------------------------


async def test_a_post_arrives_as_it_was_made(customer: Customer) -> None:
    async with serving(answering(200, b"<Response/>", Content_Type="text/xml; charset=utf-8")) as server:
        response = await customer.fetch(
            f"{server.url}/voice?a=%2Fb&c=d%20e",
            headers=(("X-Twilio-Signature", "s="), ("User-Agent", "TwilioProxy/1.1")),
            body=b"CallSid=CA1",
        )
    assert response == FetchResponse(
        f"{server.url}/voice?a=%2Fb&c=d%20e", 200, "text/xml; charset=utf-8", b"<Response/>"
    )
    (request,) = server.requests
    assert (request.method, request.target, request.body) == ("POST", "/voice?a=%2Fb&c=d%20e", b"CallSid=CA1")
    assert request.headers["x-twilio-signature"] == "s="
    assert request.headers["user-agent"] == "TwilioProxy/1.1"
    assert request.headers["accept-encoding"] == "identity"
    assert customer.log.lines == []


async def test_the_fragment_is_never_sent_and_the_server_introduces_itself(customer: Customer) -> None:
    async with serving(answering(204)) as server:
        response = await customer.fetch(f"{server.url}#rc=2", "GET")
    assert response.status == 204
    assert server.requests[0].target == "/"
    assert server.requests[0].headers["user-agent"].startswith("hubbub/")


async def test_a_sound_is_not_read(customer: Customer) -> None:
    async with serving(answering(200, bytes(200_000), Content_Type="audio/wav")) as server:
        response = await customer.fetch(server.url, "GET")
    assert (response.content_type, response.body) == ("audio/wav", b"")


# --- redirects --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(301, "GET", b""), (302, "GET", b""), (303, "GET", b""), (307, "POST", b"a=b"), (308, "POST", b"a=b")],
)
async def test_redirects_are_followed_and_change_the_documents_address(
    customer: Customer, status: int, method: str, body: bytes
) -> None:
    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target == "/old/start":
            answer(writer, status, b"", Location="../new?x=1")
        else:
            answer(writer, 200, b"done")

    async with serving(serve) as server:
        response = await customer.fetch(
            f"{server.url}/old/start",
            body=b"a=b",
            headers=(("Content-Type", "application/x-www-form-urlencoded"),),
        )
    assert (response.url, response.body) == (f"{server.url}/new?x=1", b"done")
    assert (server.requests[1].method, server.requests[1].body) == (method, body)


async def test_redirects_without_end_are_cut_off(customer: Customer) -> None:
    async with serving(answering(302, b"", Location="/again")) as server:
        failure = await customer.failure(server.url)
    assert failure.kind == "redirects"
    assert len(server.requests) == 6


async def test_a_redirect_into_the_inner_network_is_refused(customer: Customer) -> None:
    for location in ("http://10.0.0.1/", "http://169.254.169.254/latest", "file:///etc/passwd"):
        customer.log.lines.clear()
        async with serving(answering(302, b"", Location=location)) as server:
            assert (await customer.failure(server.url)).kind == "refused-target"


async def test_a_password_does_not_follow_to_another_host(customer: Customer) -> None:
    challenge = answering(401, b"", WWW_Authenticate='Basic realm="x"')
    async with (
        serving(challenge) as stranger,
        serving(answering(302, b"", Location=f"{stranger.url}/take")) as server,
    ):
        failure = await customer.failure(server.url, username="u", password="p")
    assert failure.status == 401
    assert all("authorization" not in request.headers for request in stranger.requests)


# --- passwords --------------------------------------------------------------------------------------------


async def guarded(request: Request, writer: asyncio.StreamWriter) -> None:
    if "authorization" in request.headers:
        answer(writer, 200, request.headers["authorization"].encode())
    else:
        answer(writer, 401, b"", WWW_Authenticate='Basic realm="acme"')


async def test_a_password_is_told_when_it_is_asked_for(customer: Customer) -> None:
    async with serving(guarded) as server:
        asked = await customer.fetch(server.url, username="us er", password="p:w")
        in_url = await customer.fetch(server.url.replace("//", "//us%20er:p%3Aw@"))
    assert asked.body == in_url.body == b"Basic dXMgZXI6cDp3"
    assert "authorization" not in server.requests[0].headers
    assert in_url.url == server.url.replace("//", "//us%20er:p%3Aw@")


async def test_a_401_that_does_not_ask_for_a_password_gets_none(customer: Customer) -> None:
    async with serving(answering(401)) as server:
        failure = await customer.failure(server.url, username="u", password="p")
    assert (failure.kind, failure.status, len(server.requests)) == ("status", 401, 1)


async def test_a_wrong_password_is_not_tried_for_ever(customer: Customer) -> None:
    async with serving(answering(401, b"", WWW_Authenticate="Basic")) as server:
        failure = await customer.failure(server.url, username="u", password="p")
    assert (failure.status, len(server.requests)) == (401, 2)


async def test_a_password_may_be_told_at_once() -> None:
    web = WebClient(LOOPBACK, WebLimits(preemptive_basic=True))
    try:
        async with serving(guarded) as server:
            await Customer(web).fetch(server.url, username="u", password="p")
        assert len(server.requests) == 1
    finally:
        await web.aclose()


# --- failures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404, 410, 500, 503])
async def test_an_error_status_is_a_failure(customer: Customer, status: int) -> None:
    async with serving(answering(status, b"sorry")) as server:
        failure = await customer.failure(server.url)
    assert (failure.kind, failure.status) == ("status", status)


async def test_nobody_listening_is_tried_twice(customer: Customer) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        assert (await customer.failure(f"http://127.0.0.1:{port}/")).kind == "connect"


async def test_a_connection_that_fails_once_is_made_again() -> None:
    async with serving(answering(200, b"ok")) as server:
        names = Names(["127.0.0.9"], ["127.0.0.1"])  # nobody listens on the first
        web = WebClient(LOOPBACK, resolver=names)
        try:
            response = await Customer(web).fetch(f"http://acme.example:{server.port}/")
        finally:
            await web.aclose()
    assert response.body == b"ok"


async def test_an_unknown_name_is_a_failed_connection(customer: Customer) -> None:
    assert (await customer.failure("http://no-such-host.invalid/")).kind == "connect"


@pytest.mark.parametrize(
    "url", ["http://10.255.0.1/", "http://[::1]/", "ftp://a.example/", "http://2130706432/", "nonsense", ""]
)
async def test_a_target_that_is_not_permitted_is_never_connected_to(customer: Customer, url: str) -> None:
    assert (await customer.failure(url)).kind == "refused-target"


async def test_a_name_that_turns_to_an_inner_address_is_refused() -> None:
    """DNS rebinding: the address that is checked is the one that is connected to, at every connection."""
    policy = TargetPolicy(["127.0.0.1/32"])
    async with serving(answering(200, b"ok")) as server:
        url = f"http://acme.example:{server.port}/"
        web = WebClient(policy, resolver=Names(["127.0.0.1"], ["127.0.0.2"]))
        customer = Customer(web)
        try:
            assert (await customer.fetch(url)).body == b"ok"
            assert (await customer.failure(url)).kind == "refused-target"
        finally:
            await web.aclose()
        assert server.connections == 1


async def hangs(request: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drips(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.02)


async def endless_headers(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        writer.write(b"X-%d: y\r\n" % number)
        await writer.drain()


@pytest.mark.parametrize("serve", [hangs, drips])
async def test_a_slow_server_is_given_up_on(customer: Customer, serve: Any) -> None:
    async with serving(serve) as server:
        assert (await customer.failure(server.url, timeout_s=0.15)).kind == "timeout"


def raw(reply: bytes) -> Any:
    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)

    return serve


@pytest.mark.parametrize(
    ("serve", "kind"),
    [
        (raw(b""), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"), "protocol"),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "protocol"),
        (raw(b"\x00\xff" * 500), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"), "protocol"),
        (endless_headers, "protocol"),
        (answering(200, b"\x1f\x8b\x08", Content_Encoding="gzip"), "protocol"),
        (answering(302, b"", Location="http://["), "refused-target"),
        (answering(200, bytes(65_537)), "too-large"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n"), "too-large"),
        (
            raw(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + b"ffff\r\n"
                + bytes(65_535)
                + b"\r\n"
                + b"ffff\r\n"
                + bytes(65_535)
                + b"\r\n0\r\n\r\n"
            ),
            "too-large",
        ),
    ],
)
async def test_every_broken_answer_is_a_failure_of_its_kind(
    customer: Customer, serve: Any, kind: str
) -> None:
    async with serving(serve) as server:
        failure = await customer.failure(server.url, timeout_s=5)
    assert failure.kind == kind


async def test_a_document_of_exactly_the_limit_is_had(customer: Customer) -> None:
    async with serving(answering(200, bytes(65_536))) as server:
        assert len((await customer.fetch(server.url)).body) == 65_536


async def test_an_endless_answer_costs_no_more_than_the_limit(customer: Customer) -> None:
    sent = 0

    async def pours(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while sent < 100_000_000:
            writer.write(bytes(65_536))
            sent += 65_536
            await writer.drain()

    async with serving(pours) as server:
        assert (await customer.failure(server.url, timeout_s=5)).kind == "too-large"
    assert sent < 30_000_000


async def test_a_cancelled_fetch_leaves_nothing_behind(customer: Customer) -> None:
    async with serving(hangs) as server:
        task = asyncio.ensure_future(customer.fetch(server.url))
        await server.was_asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_log_hides_passwords_and_parameters(customer: Customer) -> None:
    async with serving(answering(500)) as server:
        url = server.url.replace("//", "//u:secret@") + "/voice?From=%2B15550001"
        await customer.failure(url)
    ((_, values),) = customer.log.lines
    assert values["url"] == f"{server.url}/voice"
    assert "secret" not in repr(values)
    assert "15550001" not in repr(values)
    assert loggable("http://[") == "(not a URL)"
