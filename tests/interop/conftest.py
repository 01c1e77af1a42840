"""A real server in a process of its own, for real peers to call."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import httpx
import pytest

HUBBUB = Path(sys.executable).with_name("hubbub")
READY = re.compile(r"ready http=(\S+) sip=(\S+)")


class RunningServer(NamedTuple):
    """A served data directory."""

    process: subprocess.Popen[str]
    http: str
    sip_host: str
    sip_port: int
    data: Path

    @property
    def credentials(self) -> dict[str, dict[str, str]]:
        loaded: dict[str, dict[str, str]] = json.loads((self.data / "credentials.json").read_text())
        return loaded

    def hubbub(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run another `hubbub` command on the same data."""
        done = subprocess.run(
            [HUBBUB, *words, "--data", str(self.data)], capture_output=True, text=True, timeout=60
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


def start(data: Path, *flags: str, rtp: str = "127.0.0.1:21000-22999") -> RunningServer:
    """Start `hubbub serve` on free ports and wait for its ready line."""
    with (data.parent / "server.log").open("a") as log:
        process = _launch(data, flags, rtp, log)
    assert process.stdout is not None
    line = process.stdout.readline()
    match = READY.match(line)
    if match is None:
        process.kill()
        raise AssertionError(f"no ready line: {line!r}\n{(data.parent / 'server.log').read_text()}")
    host, port = match[2].removeprefix("sip:").rsplit(":", 1)
    return RunningServer(process, match[1], host, int(port), data)


def _launch(data: Path, flags: tuple[str, ...], rtp: str, log: IO[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            str(HUBBUB),
            "serve",
            "--data",
            str(data),
            "--http",
            "127.0.0.1:0",
            "--sip",
            "127.0.0.1:0",
            "--rtp",
            rtp,
            "--fetch-networks",
            "127.0.0.0/8",
            *flags,
        ],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    """Start servers; whatever still runs at the end is killed."""
    started: list[RunningServer] = []

    def run(*flags: str, **options: Any) -> RunningServer:
        server = start(tmp_path / "data", *flags, **options)
        started.append(server)
        return server

    yield run
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait()
        if server.process.stdout is not None:
            server.process.stdout.close()


@pytest.fixture
def server(start_server: Callable[..., RunningServer]) -> RunningServer:
    return start_server()


def everybody(server: RunningServer, room: str) -> list[object]:
    """Every active member by Bandwidth's API, which lists them all at once."""
    who = server.credentials["bandwidth"]
    auth = (who["username"], who["password"])
    base = f"{server.http}/api/v2/accounts/{who['account_id']}/conferences"
    found = httpx.get(base, params={"name": room}, auth=auth).json()
    if not found:
        return []
    members: list[object] = httpx.get(f"{base}/{found[-1]['id']}", auth=auth).json()["activeMembers"]
    return members


def events_after(server: RunningServer, number: int) -> list[dict[str, Any]]:
    """All that the log tells after an event."""
    who = server.credentials["bandwidth"]
    events: list[dict[str, Any]] = []
    while True:
        page = httpx.get(
            f"{server.http}/v1/events",
            params={"after": number, "limit": 1000},
            auth=(who["username"], who["password"]),
        ).json()
        events += page["events"]
        number = page["next_after"]
        if not page["has_more"]:
            return events


def wait_until(condition: Callable[[], object], what: str, limit_s: float = 15.0) -> None:
    """Poll a condition of the outside world."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"it never came to this: {what}")


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))
