"""A real server on a port of its choice, and on all addresses: the URLs of its webhooks lead back to it."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from interop.conftest import HUBBUB, RunningServer, wait_until

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop")]

BXML = b'<Response><Pause duration="1"/><Hangup/></Response>'


class Receiver(HTTPServer):
    """A customer's web server that keeps every event."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.events: list[dict[str, Any]] = []


class _Answer(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.events.append(json.loads(body))
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(BXML)))
        self.end_headers()
        self.wfile.write(BXML)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing is printed."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("http", ["127.0.0.1:0", "0.0.0.0:0", "[::]:0"])
def test_the_url_that_a_webhook_tells_leads_to_the_call(
    start_server: Callable[..., RunningServer], receiver: Receiver, http: str
) -> None:
    server = start_server("--http", http)
    url = f"http://127.0.0.1:{receiver.server_port}/calls"
    server.hubbub(
        "application",
        "create",
        "desk",
        f"{url}/begin",
        "--dialect",
        "bandwidth",
        "--status-callback",
        f"{url}/end",
    )
    server.hubbub("number", "create", "+15550100", "--application", "desk")
    address = f"sip:+15550100@{server.sip_host}:{server.sip_port}"
    subprocess.run([HUBBUB, "call", address, "--seconds", "3"], capture_output=True, check=True, timeout=30)
    wait_until(lambda: len(receiver.events) == 2, "the beginning and the end are told")
    who = server.credentials["bandwidth"]
    for event in receiver.events:
        assert event["callUrl"].startswith(server.http)
        said = httpx.get(event["callUrl"], auth=(who["username"], who["password"]))
        assert said.json()["callId"] == event["callId"]
    is_guessed = http != "127.0.0.1:0"
    log = (server.data.parent / "server.log").read_text()
    assert ("set --public-url" in log) is is_guessed
    assert server.stop() == 0
