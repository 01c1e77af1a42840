"""A real server over HTTPS: its certificate is changed while it runs, and its log is read as it grows."""

import json
import signal
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from certificates import write_certificate
from interop.conftest import RunningServer, wait_until

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop")]


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def test_the_certificate_is_read_again_on_sighup_and_a_broken_one_is_not_taken(
    start_server: Callable[..., RunningServer], tmp_path: Path
) -> None:
    one, two = write_certificate(tmp_path, "one"), write_certificate(tmp_path, "two")
    used = (tmp_path / "used.crt", tmp_path / "used.key")

    def put(files: tuple[Path, Path]) -> None:
        for source, target in zip(files, used, strict=True):
            target.write_bytes(source.read_bytes())

    def is_served(certificate: Path) -> bool:
        try:
            return httpx.get(f"{server.http}/healthz", verify=trusting(certificate)).status_code == 200
        except httpx.ConnectError:
            return False

    put(one)
    server = start_server("--tls-certificate", str(used[0]), "--tls-key", str(used[1]))
    assert server.http.startswith("https://")
    assert is_served(one[0])
    assert not is_served(two[0])
    put(two)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: is_served(two[0]), "the new certificate is served")
    used[0].write_text("nonsense")
    server.process.send_signal(signal.SIGHUP)
    log = server.data.parent / "server.log"
    wait_until(lambda: "certificate stays as it was" in log.read_text(), "the fault is told")
    assert is_served(two[0])
    assert server.stop() == 0


def test_the_log_is_streamed_and_the_stream_ends_with_the_server(
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server()
    who = server.credentials["twilio"]
    auth = (who["account_sid"], who["auth_token"])
    (first, *_) = httpx.get(f"{server.http}/v1/events", auth=auth).json()["events"]
    assert first["number"] == 1
    headers = {"Accept": "text/event-stream"}
    blocks: list[str] = []
    with httpx.stream(
        "GET", f"{server.http}/v1/events?after=0", auth=auth, headers=headers, timeout=20
    ) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        text = ""
        for piece in stream.iter_text():
            text += piece
            if text.count("\n\n") == 2 and server.process.poll() is None:
                server.process.send_signal(signal.SIGTERM)
        blocks = text.strip().split("\n\n")
    assert blocks[0] == "retry: 1000"
    number, data = blocks[1].split("\n")
    assert number == "id: 1"
    assert json.loads(data.removeprefix("data: ")) == first
    assert blocks[-1].startswith(": the server stops")
    assert server.process.wait(timeout=20) == 0


def test_deliveries_are_listed_beside_a_running_server(server: RunningServer) -> None:
    assert server.hubbub("deliveries", "list").stdout == "(none)\n"
    assert server.hubbub("deliveries", "resend", "--state", "dead").stdout == "0 due again\n"
