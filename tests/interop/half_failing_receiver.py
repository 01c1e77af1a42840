"""A customer's server in a thread of its own that fails every other time, in every way there is, and writes down
what it was sent and what it said."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

GOOD = b"HTTP/1.1 204 No Content\r\n\r\n"
BAD = b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops"


class Receipt(NamedTuple):
    room: str
    sequence: int
    token: str
    taken: bool
    """It was answered with 204; whether anybody read that is another question."""


FAILURES_MAX = 3
"""Of one callback; then it is taken, so that nobody has to wait for the delays of a tenth attempt."""


class HalfFailingReceiver:
    """To be used as a context.

    Args:
        document: what is answered to a request for markup (a POST to `/voice`), by its parameters; it never fails.
    """

    def __init__(self, seed: int, document: Callable[[dict[str, str]], str] | None = None) -> None:
        self._document = document
        self.receipts: list[Receipt] = []
        self.port = 0
        self._random = random.Random(seed)
        self._failures: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "HalfFailingReceiver":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def taken(self) -> set[tuple[str, int]]:
        return {(receipt.room, receipt.sequence) for receipt in list(self.receipts) if receipt.taken}

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head)
                }
                form = dict(parse_qsl((await reader.readexactly(int(headers["content-length"]))).decode()))
                if self._document is not None and head[0].startswith("POST /voice"):
                    body = self._document(form).encode()
                    writer.write(
                        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s"
                        % (len(body), body)
                    )
                    continue
                token = headers["i-twilio-idempotency-token"]
                luck = self._random.random()
                self._failures[token] += luck >= 0.5
                if self._failures[token] > FAILURES_MAX:
                    luck = 0.0
                self.receipts.append(
                    Receipt(form["ConferenceSid"], int(form["SequenceNumber"]), token, luck < 0.5)
                )
                if luck < 0.5:
                    writer.write(GOOD)
                elif luck < 0.8:
                    writer.write(BAD)
                else:
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
