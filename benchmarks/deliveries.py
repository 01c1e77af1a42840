"""What telling a customer costs: callbacks a CPU second through the whole path, beside a bare HTTP client.

`python benchmarks/deliveries.py [--rooms 200] [--events 25] [--rounds 3]` fills a database with due callbacks of Twilio's
kind (rooms that people leave: a call, an event and a delivery each), and lets the dispatcher take them: lease, read what they tell, word and sign, send
over kept connections, write the outcome. The measure is a bare aiohttp client in the same process, posting the very same
requests (URLs, headers, bodies) with as many at once over kept connections. The receiver is a process of its own that
answers 204. Both sides take turns, in rounds, so that they share the machine's moods; CPU is the process's own. The
ratio is the result. Results go to benchmarks/results/deliveries.md.
"""

import argparse
import asyncio
import multiprocessing
import platform
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from hubbub.clock import SystemClock
from hubbub.dialects.registry import callback_writers
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg, CallStatus, Direction
from hubbub.domain.conference import Conference, ConferenceState
from hubbub.domain.delivery import Subscription
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import CallId, ConferenceId, SubscriptionId
from hubbub.entropy import SystemEntropy
from hubbub.logs import open_log
from hubbub.server import calm_the_collector
from hubbub.services.accounts.create_account import CreateAccount
from hubbub.services.deliveries.deliver import DeliverCallbacks, DeliverySettings
from hubbub.services.deliveries.word_delivery import WordDelivery
from hubbub.services.ports import FetchRequest, FetchResponse, Store
from hubbub.storage import open_store
from hubbub.webhooks.sender import CallbackSender, open_sender

RESULTS = Path(__file__).parent / "results"
AT_ONCE = 64
LEAVE = {
    "label": "alice",
    "muted": False,
    "held": False,
    "coaching": False,
    "coached": None,
    "start_on_enter": True,
    "end_on_exit": False,
}


# --- the receiver ---------------------------------------------------------------------------------------


class _Receiver(asyncio.Protocol):
    """Answers every request with 204, as cheaply as Python can."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while True:
            head, mark, body = self._rest.partition(b"\r\n\r\n")
            if not mark:
                return
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            if len(body) < length:
                return
            self._rest = body[length:]
            self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


def _receive(pipe: Connection) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Receiver, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(main())


# --- both sides -----------------------------------------------------------------------------------------


class Noting:
    """The sender, with a note of each request for the bare client to repeat."""

    def __init__(self, sender: CallbackSender) -> None:
        self._sender = sender
        self.requests: list[FetchRequest] = []

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        self.requests.append(request)
        return await self._sender.fetch(request)


async def fill(store: Store, url: str, rooms: int, events: int) -> None:
    """Rooms that end after a number of leaves, each of them followed."""
    clock = SystemClock()
    made = await CreateAccount(store, clock, SystemEntropy()).first()
    account = made.account if made is not None else (await store.read.accounts())[0]
    now_ms = clock.now_ms()
    kinds = frozenset({EventKind.PARTICIPANT_LEFT})
    entropy = SystemEntropy()
    ids = [ConferenceId(entropy.id()) for _ in range(rooms)]
    async with store.transaction() as tx:
        for room in ids:
            await tx.put_conference(
                Conference(room, account.id, room, ConferenceState.COMPLETED, True, now_ms, now_ms, now_ms)
            )
            await tx.put_subscription(
                Subscription(
                    SubscriptionId(entropy.id()),
                    account.id,
                    room,
                    "twilio",
                    "conference",
                    kinds,
                    WebTarget(url),
                    None,
                    None,
                    now_ms,
                )
            )
    data = {**LEAVE, "reason": "hung-up", "call_status": "completed"}
    for _ in range(events):
        calls = [CallId(entropy.id()) for _ in ids]
        async with store.transaction() as tx:
            for room, call in zip(ids, calls, strict=True):
                await tx.put_call(
                    CallLeg(
                        call,
                        account.id,
                        None,
                        None,
                        room,
                        "+15550100",
                        "+15550199",
                        Direction.INBOUND,
                        CallStatus.COMPLETED,
                        now_ms,
                        now_ms,
                        now_ms,
                        now_ms,
                    )
                )
            await tx.append(
                [
                    Event(EventKind.PARTICIPANT_LEFT, now_ms, account.id, room, call, data)
                    for room, call in zip(ids, calls, strict=True)
                ]
            )


async def ours(store: Store, url: str, rooms: int, events: int) -> tuple[float, list[FetchRequest]]:
    """CPU seconds of the whole path, and the requests it sent."""
    await fill(store, url, rooms, events)
    sender = open_sender(allowed_networks=["127.0.0.0/8"], connections_max=AT_ONCE)
    noting = Noting(sender)
    wording = WordDelivery(
        store.read,
        callback_writers(),
        base_url="http://127.0.0.1:8080",
        site="00000001",
        body_bytes_max=65_536,
    )
    dispatcher = DeliverCallbacks(
        store,
        wording,
        noting,
        SystemClock(),
        SystemEntropy(),
        open_log("warning", "text"),
        DeliverySettings(sends_max=AT_ONCE, sends_per_host_max=AT_ONCE),
    )
    began_s = time.process_time()
    dispatcher.start()
    while dispatcher.statistics()["delivered"] < rooms * events:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.01)
    await dispatcher.aclose()
    spent_s = time.process_time() - began_s
    await sender.aclose()
    assert dispatcher.statistics()["attempts"] == rooms * events
    return spent_s, noting.requests


async def bare(requests: list[FetchRequest]) -> float:
    """CPU seconds of a client that does nothing but post."""
    todo = iter(requests)
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def post() -> None:
            for request in todo:
                async with session.post(request.url, headers=request.headers, data=request.body) as response:
                    assert response.status == 204
                    await response.read()

        began_s = time.process_time()
        await asyncio.gather(*(post() for _ in range(AT_ONCE)))
        return time.process_time() - began_s


async def measure(url: str, rooms: int, events: int, rounds: int) -> list[tuple[float, float]]:
    """Callbacks a CPU second, ours and bare, by round."""
    found = []
    count = rooms * events
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder), entropy=SystemEntropy(), serving=True)
        calm_the_collector()  # as the server does
        for number in range(rounds + 1):
            spent_s, requests = await ours(store, url, rooms, events)
            bare_s = await bare(requests)
            if number:  # the first one warms up
                found.append((count / spent_s, count / bare_s))
                print(f"{count / spent_s:8.0f} {count / bare_s:8.0f}  {bare_s / spent_s:.2f}", flush=True)
        await store.aclose()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rooms", type=int, default=200)
    parser.add_argument("--events", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    near, far = multiprocessing.Pipe()
    receiver = multiprocessing.Process(target=_receive, args=(far,), daemon=True)
    receiver.start()
    url = f"http://127.0.0.1:{near.recv()}/events"
    print("    ours     bare  ratio")
    rows = uvloop.run(measure(url, wanted.rooms, wanted.events, wanted.rounds))
    receiver.terminate()
    ratio = statistics.median(ours_ / bare_ for ours_, bare_ in rows)
    lines = [
        "# Deliveries",
        "",
        f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()};"
        f" {wanted.rooms} rooms, {wanted.events} callbacks each, {AT_ONCE} at once. Callbacks a CPU second:",
        "",
        "| round | whole path | bare aiohttp client | ratio |",
        "| --- | --- | --- | --- |",
        *(
            f"| {number} | {ours_:.0f} | {bare_:.0f} | {ours_ / bare_:.2f} |"
            for number, (ours_, bare_) in enumerate(rows, 1)
        ),
        "",
        f"Median ratio: {ratio:.2f}.",
        "",
    ]
    (RESULTS / "deliveries.md").write_text("\n".join(lines))
    print(f"median ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
