"""What a list page costs: CPU of the server a request, in three dialects, beside a bare ASGI application.

`python benchmarks/http_list.py [--seconds 2] [--rounds 3] [--data DIR]` fills two databases, of 1,000 and of
1,000,000 conferences, and serves each in a process of its own (the web shell, the dialects and SQLite; no media). A
third process is the measure: a bare ASGI application on uvicorn, uvloop and httptools as they come, that returns the
same bytes. One load generator asks each in turn over 8 kept connections, in rounds, so that all share the machine's
moods; the server's CPU is read from /proc. Each list is asked in two ways: the same question again and again, as
pollers do, which the shell may answer from what it kept; and never the same question twice (a header counts up), which
always costs the store. Results go to benchmarks/results/http_list.md.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import uvloop

RESULTS = Path(__file__).parent / "results"
HERTZ = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 8
SMALL, LARGE = 1_000, 1_000_000
LIVE = 200
ACCOUNT = "a" * 32
NUMBER = "9900000"
SECRET = "list-benchmark"
FIRST_MS = 1_600_000_000_000
STEP_MS = 30_000


class Case(NamedTuple):
    dialect: str
    label: str
    path: str


T = f"/2010-04-01/Accounts/AC{ACCOUNT}/Conferences.json"
B = f"/api/v2/accounts/{NUMBER}/conferences"
R = f"/restcomm/2012-04-24/Accounts/AC{ACCOUNT}/Conferences.json"
CASES = (
    Case("twilio", "in progress (the default)", T),
    Case("twilio", "completed", f"{T}?Status=completed"),
    Case("twilio", "by name and day", f"{T}?Status=completed&FriendlyName=room-7&DateCreated%3E=2020-09-01"),
    Case("bandwidth", "first 50", f"{B}?pageSize=50"),
    Case("bandwidth", "by name and time", f"{B}?pageSize=50&name=room-7&minCreatedTime=2020-09-01T00:00:00Z"),
    Case("restcomm", "first 50", R),
    Case("restcomm", "by name", f"{R}?FriendlyName=room-7"),
)


def authorization(case: Case) -> str:
    user = f"AC{ACCOUNT}" if case.dialect != "bandwidth" else "bench"
    return "Basic " + b64encode(f"{user}:{SECRET}".encode()).decode()


# --- the servers ----------------------------------------------------------------------------------------


async def fill(folder: Path, count: int) -> None:
    """An account with `count` conferences, the newest of them live, in names that repeat."""
    from hubbub.domain.account import ADMINISTRATOR, Account, AccountStatus, Credential, CredentialKind
    from hubbub.domain.conference import Conference, ConferenceState, EndReason
    from hubbub.domain.ids import AccountId, CallId, ConferenceId, CredentialId
    from hubbub.entropy import SystemEntropy
    from hubbub.storage.sqlite_store import open_store

    store = open_store(folder, entropy=SystemEntropy())
    account_id = AccountId(ACCOUNT)
    async with store.transaction() as tx:
        await tx.put_account(
            Account(account_id, None, "Bench", None, AccountStatus.ACTIVE, ADMINISTRATOR, NUMBER, 0, 0)
        )
        for number, (kind, name) in enumerate(
            ((CredentialKind.AUTH_TOKEN, ACCOUNT), (CredentialKind.USER, "bench"))
        ):
            credential = Credential(CredentialId(f"{number:032x}"), account_id, kind, name, (), 0)
            await tx.put_credential(credential, SECRET)
    # Names take turns so that each has 100 rooms in both databases: a filter finds a full page in either.
    names = max(count // 100, 10)
    for start in range(0, count, 20_000):
        async with store.transaction() as tx:
            for number in range(start, min(start + 20_000, count)):
                at_ms = FIRST_MS + number * STEP_MS
                live = number >= count - LIVE
                await tx.put_conference(
                    Conference(
                        ConferenceId(f"{number * 0x9E3779B97F4A7C15 % (1 << 128):032x}"),
                        account_id,
                        f"live-{number}" if live else f"room-{number % names}",
                        ConferenceState.IN_PROGRESS if live else ConferenceState.COMPLETED,
                        True,
                        at_ms,
                        at_ms + 20_000,
                        None if live else at_ms + 20_000,
                        None if live else EndReason.LAST_LEFT,
                        None if live else CallId(f"{number:032x}"),
                        node="n1",
                    )
                )
    await store.aclose()


async def serve_ours(folder: Path) -> None:
    from prometheus_client import CollectorRegistry

    from hubbub.clock import SystemClock
    from hubbub.dialects.contract import Desk, DialectSettings
    from hubbub.dialects.registry import dialects
    from hubbub.entropy import SystemEntropy
    from hubbub.logs import open_log
    from hubbub.storage.sqlite_store import open_store
    from hubbub.web.app import build_app
    from hubbub.web.server import WebServer
    from hubbub.web.settings import WebSettings

    entropy = SystemEntropy()
    store = open_store(folder, entropy=entropy, serving=True)
    desk = Desk(store, SystemClock(), entropy, open_log("warning", "text"), DialectSettings())
    settings = WebSettings()
    server = WebServer(
        build_app(desk, dialects(), settings, CollectorRegistry(), lambda: {"store": True}), settings
    )
    print(await server.start("127.0.0.1", 0), flush=True)
    await asyncio.Event().wait()


async def serve_bare(folder: Path) -> None:
    """Answers every path with the answer kept for it."""
    import uvicorn

    kept = json.loads((folder / "bare.json").read_text())
    answers = {
        path.encode(): ([(n.encode(), v.encode()) for n, v in headers], body.encode())
        for path, headers, body in kept
    }

    async def app(scope: Any, receive: Any, send: Any) -> None:
        query = scope["query_string"]
        headers, body = answers[scope["raw_path"] + b"?" + query if query else scope["raw_path"]]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, lifespan="off", ws="none", log_config=None, access_log=False,
        proxy_headers=False, server_header=False, http="httptools", interface="asgi3",
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await task


@contextlib.contextmanager
def process(kind: str, folder: Path) -> Iterator[tuple[int, int]]:
    """A server's process id and port."""
    child = subprocess.Popen(
        [sys.executable, __file__, "--serve", kind, "--data", str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        yield child.pid, int(child.stdout.readline())
    finally:
        child.kill()
        child.wait()


# --- the load -------------------------------------------------------------------------------------------


class Asker(asyncio.Protocol):
    """Asks on one connection until it is time, each time as soon as it was answered."""

    questions = 0

    def __init__(self, request: bytes, deadline: float, fresh: bool) -> None:
        self.request = request
        self.fresh = fresh
        self.deadline = deadline
        self.answers = 0
        self.got = 0
        self.size = 0
        self.first = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        Asker.questions += 1
        number = Asker.questions if self.fresh else 0
        self.transport.write(b"%sX-Question: %09d\r\n\r\n" % (self.request, number))

    def data_received(self, data: bytes) -> None:
        self.got += len(data)
        if not self.size:
            self.first += data
            head, gap, _ = self.first.partition(b"\r\n\r\n")
            if not gap:
                return
            assert head.startswith(b"HTTP/1.1 200 "), head
            lines = head.lower().split(b"\r\n")
            [length] = [int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")]
            self.size = len(head) + 4 + length
        if self.got >= self.size:
            assert self.got == self.size, "an answer of another size"
            self.got = 0
            self.answers += 1
            if time.monotonic() < self.deadline:
                self.ask()
            else:
                self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.done.set_result(None)


async def load(port: int, request: bytes, seconds: float, *, fresh: bool) -> int:
    """Answers got in so many seconds."""
    deadline = time.monotonic() + seconds
    loop = asyncio.get_running_loop()
    askers = [
        (await loop.create_connection(lambda: Asker(request, deadline, fresh), "127.0.0.1", port))[1]
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(asker.done for asker in askers))
    return sum(asker.answers for asker in askers)


def request_bytes(case: Case) -> bytes:
    """What a client library sends, up to the last header: a handful of them."""
    return (
        f"GET {case.path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: bench/1\r\nAccept: application/json\r\n"
        f"Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nAuthorization: {authorization(case)}\r\n"
    ).encode()


def cpu_s(pid: int) -> float:
    """User and system seconds of a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def cost_us(server: tuple[int, int], request: bytes, seconds: float, *, fresh: bool) -> float:
    """CPU a request, in microseconds."""
    pid, port = server
    uvloop.run(load(port, request, 0.2, fresh=fresh))
    before = cpu_s(pid)
    answers = uvloop.run(load(port, request, seconds, fresh=fresh))
    return (cpu_s(pid) - before) / answers * 1e6


def one_answer(port: int, case: Case) -> tuple[list[tuple[str, str]], str]:
    """Headers and body, as the bare application will repeat them."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", case.path, headers={"Authorization": authorization(case)})
    response = connection.getresponse()
    body = response.read().decode()
    assert response.status == 200, (case, response.status, body)
    connection.close()
    return [(name, value) for name, value in response.getheaders() if name.lower() != "date"], body


# --- the report -----------------------------------------------------------------------------------------


class Row(NamedTuple):
    case: Case
    size: int
    bare_us: float
    small_us: float
    large_us: float
    fresh_small_us: float
    fresh_large_us: float


def measure(folder: Path, seconds: float, rounds: int, only: str) -> list[Row]:
    cases = [case for case in CASES if only in f"{case.dialect} {case.label}"]
    for count in (SMALL, LARGE):
        place = folder / str(count)
        if not (place / "filled").exists():
            print(f"filling {place} with {count:,} conferences", file=sys.stderr)
            asyncio.run(fill(place, count))
            (place / "filled").touch()
    with process("ours", folder / str(SMALL)) as small, process("ours", folder / str(LARGE)) as large:
        kept = [(case.path, *one_answer(large[1], case)) for case in cases]
        (folder / "bare.json").write_text(json.dumps(kept))
        with process("bare", folder) as bare:
            rows = []
            for case, (_, _, body) in zip(cases, kept, strict=True):
                request = request_bytes(case)
                asked = ((bare, False), (small, False), (large, False), (small, True), (large, True))
                samples = [
                    [cost_us(server, request, seconds, fresh=fresh) for server, fresh in asked]
                    for _ in range(rounds)
                ]
                row = Row(case, len(body), *(min(column) for column in zip(*samples, strict=True)))
                print(row, file=sys.stderr)
                rows.append(row)
            return rows


def report(rows: list[Row], command: str) -> str:
    lines = [
        "# A list page of 50",
        "",
        f"`{command}`, {platform.python_implementation()} {platform.python_version()}, "
        f"{os.cpu_count()} cores, {platform.machine()}.",
        "",
        "CPU of the server process for one request, in µs, out of 1,000 and out of 1,000,000",
        "conferences; the best of the rounds, because whatever else runs on the machine only adds. *Bare* is an ASGI",
        "application on the same uvicorn that returns the same bytes and does nothing else. *Same* is one question",
        "again and again; *new* is never the same question twice.",
        "",
        "| dialect | list | bytes | bare | same, 1,000 | same, 1,000,000 | new, 1,000 | new, 1,000,000 "
        "| new, million : thousand | requests per CPU second, same : bare | new : bare |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row.case.dialect} | {row.case.label} | {row.size:,} | {row.bare_us:.0f} | {row.small_us:.0f} "
        f"| {row.large_us:.0f} | {row.fresh_small_us:.0f} | {row.fresh_large_us:.0f} "
        f"| {row.fresh_large_us / row.fresh_small_us:.2f} | {row.bare_us / row.large_us:.2f} "
        f"| {row.bare_us / row.fresh_large_us:.2f} |"
        for row in rows
    ]
    lines += [
        "",
        "Goals: out of a million a page costs at most 1.3 times what it costs out of a thousand; asked again and",
        "again it gets at least half of the bare application's requests per CPU second.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="length of each sample")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="part of a dialect's name and a list's label")
    parser.add_argument("--data", type=Path, help="keep the databases here and use them again")
    parser.add_argument("--serve", choices=("ours", "bare"), help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.serve:
        uvloop.run({"ours": serve_ours, "bare": serve_bare}[words.serve](words.data))
        return
    with contextlib.ExitStack() as stack:
        folder = words.data or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rows = measure(folder, words.seconds, words.rounds, words.only)
    text = report(rows, f"python benchmarks/http_list.py --seconds {words.seconds:g} --rounds {words.rounds}")
    print(text)
    if not words.only:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "http_list.md").write_text(text)


if __name__ == "__main__":
    main()
