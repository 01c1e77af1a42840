"""Connections that are kept from one request to the next: for callbacks, which are many and go to few hosts.

Written on httptools and not on aiohttp, because here the client's own work is most of what a callback costs: this
one takes a third of the time (benchmarks/deliveries.py). It does what a callback needs and no more: one
request at a time on a connection, a body of known length, an answer that is read whole or thrown away. A kept
connection that turns out to be closed has perhaps carried the request and perhaps not; it is sent once more on
another, as only what may arrive twice may be. RFC 9112.
"""

import asyncio
import socket
import ssl
from collections import deque
from functools import lru_cache
from typing import Any, Final, NamedTuple

import httptools
from yarl import URL

from hubbub.markup.connection import ConnectionRules
from hubbub.services.ports import FetchFailed
from hubbub.webhooks.one_request import (
    Headers,
    RawAnswer,
    ReadBody,
    Step,
    check_encoding,
    is_wanted,
    too_large,
)
from hubbub.webhooks.target_policy import GuardedResolver, Resolver, TargetPolicy

KEEP_S: Final = 15.0
"""How long a connection is kept without a request."""
HEADER_BYTES_MAX: Final = 65_536
UNWANTED_BYTES_MAX: Final = 16_384
"""A body that nobody wants is read all the same, to keep the connection, when it is no longer than this."""
_HEADERS_END: Final = b"\r\n\r\n"


class _Place(NamedTuple):
    """Where a connection leads."""

    scheme: str
    host: str
    port: int


class _Lost(Exception):
    """The connection is gone before anything of an answer came."""


class KeptConnections:
    """`one_request.Carrier`. To be made and closed within one running loop."""

    def __init__(
        self, policy: TargetPolicy, resolver: Resolver, *, kept_max: int, connect_timeout_s: float
    ) -> None:
        """
        Args:
            kept_max: connections that wait for their next request; how many are under way is the caller's.
        """
        self._resolver = GuardedResolver(policy, resolver)
        self._kept_max = kept_max
        self._kept = 0
        self._connect_timeout_s = connect_timeout_s
        self._loop = asyncio.get_running_loop()
        self._tls = ssl.create_default_context()
        self._idle: dict[_Place, deque[_Line]] = {}
        self._sweep: asyncio.TimerHandle | None = None

    async def aclose(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
        for lines in self._idle.values():
            for line in lines:
                line.close()
        self._idle.clear()
        # Transports close at the loop's next turn.
        await asyncio.sleep(0)

    async def carry(
        self,
        step: Step,
        headers: Headers,
        rules: ConnectionRules,
        read_body: ReadBody,
        body_bytes_max: int,
        deadline_s: float,
    ) -> RawAnswer:
        try:
            place, host, target = _parsed(step.url)
        except ValueError as error:
            raise FetchFailed("refused-target", f"not a usable URL: {error}") from None
        request = _written(step, host, target, headers)
        while True:
            line = self._take(place)
            is_fresh = line is None
            if line is None:
                connect_timeout_s = rules.connect_timeout_s or self._connect_timeout_s
                line = await self._connect(place, connect_timeout_s, deadline_s)
            until_s = deadline_s
            if rules.read_timeout_s is not None:
                until_s = min(deadline_s, self._loop.time() + rules.read_timeout_s)
            try:
                answer = await line.ask(request, read_body, body_bytes_max, until_s)
            except _Lost as error:
                # Every kept connection of the host may be as dead as this one.
                if is_fresh:
                    raise FetchFailed("protocol", f"the exchange broke off: {error}") from None
                continue
            except TimeoutError:
                if until_s < deadline_s:
                    raise FetchFailed(
                        "timeout", f"nothing came within {rules.read_timeout_s or 0:g} s"
                    ) from None
                raise
            except BaseException:
                line.close()
                raise
            if line.is_reusable:
                self._keep(place, line)
            else:
                line.close()
            return answer

    async def _connect(self, place: _Place, timeout_s: float, deadline_s: float) -> "_Line":
        failure: Exception | None = None
        until_s = min(deadline_s, self._loop.time() + timeout_s)
        try:
            async with asyncio.timeout_at(until_s) as limit:
                for found in await self._resolver.resolve(place.host, place.port):
                    try:
                        _, line = await self._loop.create_connection(
                            lambda: _Line(self._loop),
                            found["host"],
                            found["port"],
                            family=found["family"],
                            flags=socket.AI_NUMERICHOST,
                            ssl=self._tls if place.scheme == "https" else None,
                            server_hostname=place.host if place.scheme == "https" else None,
                        )
                    except (OSError, ssl.SSLError) as error:
                        failure = error
                    else:
                        return line
        except TimeoutError:
            if not limit.expired() or until_s == deadline_s:
                raise
            raise FetchFailed("connect", "no connection in time") from None
        except OSError as error:
            failure = error
        raise FetchFailed("connect", f"no connection: {failure or 'the name has no address'}")

    # --- the connections that wait ----------------------------------------------------------------------

    def _take(self, place: _Place) -> "_Line | None":
        lines = self._idle.get(place)
        while lines:
            line = lines.pop()
            self._kept -= 1
            if not line.is_closed:
                return line
        return None

    def _keep(self, place: _Place, line: "_Line") -> None:
        if self._kept >= self._kept_max:
            line.close()
            return
        line.idle_since_s = self._loop.time()
        self._kept += 1
        lines = self._idle.get(place)
        if lines is None:
            lines = self._idle[place] = deque()
        lines.append(line)
        if self._sweep is None:
            self._sweep = self._loop.call_later(KEEP_S, self._close_idle)

    def _close_idle(self) -> None:
        """Close what has waited too long. The one that waits longest is in front."""
        self._sweep = None
        before_s = self._loop.time() - KEEP_S
        for place in list(self._idle):
            lines = self._idle[place]
            while lines and (lines[0].is_closed or lines[0].idle_since_s <= before_s):
                lines.popleft().close()
                self._kept -= 1
            if not lines:
                del self._idle[place]
        if self._idle:
            self._sweep = self._loop.call_later(KEEP_S / 4, self._close_idle)


class _Line(asyncio.Protocol):
    """One connection: asked, it answers; then it may be asked again."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.idle_since_s = 0.0
        self.is_closed = False
        self.is_reusable = False
        """The last answer came whole, and the server keeps the connection."""
        self._transport: Any = None
        self._parser: Any = None
        self._answer: asyncio.Future[RawAnswer] | None = None
        self._until_s = self._rings_s = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        """Rings by `_until_s` at the latest. It outlasts an answer: setting one for each would cost more than asking."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        self._stop_alarm()
        if self._answer is None or self._answer.done():
            return
        if self._has_headers and not self._has_length:
            # A body without a length ends with the connection (RFC 9112 §6.3).
            self._finish()
        elif self._size:
            self._fail(FetchFailed("protocol", "the connection closed in the midst of the answer"))
        else:
            self._fail(_Lost(str(exc) if exc else "the connection closed before an answer"))

    def close(self) -> None:
        self.is_closed = True
        self._stop_alarm()
        if self._transport is not None:
            self._transport.close()

    def ask(
        self, request: bytes, read_body: ReadBody, body_bytes_max: int, until_s: float
    ) -> asyncio.Future[RawAnswer]:
        """Send a request. The future may fail as `one_request.Carrier`, at `until_s` too, or with `_Lost`."""
        answer = self._answer = self._loop.create_future()
        self._until_s = until_s
        if self._alarm is None or until_s < self._rings_s:
            self._stop_alarm()
            self._set_alarm()
        self._parser = httptools.HttpResponseParser(self)
        self._read_body = read_body
        self._bytes_max = body_bytes_max
        self._begin()
        self._size = 0
        self.is_reusable = False
        if self.is_closed or self._transport.is_closing():
            self._fail(_Lost("the connection was closed"))
        else:
            self._transport.write(request)
        return answer

    def _ring(self) -> None:
        self._alarm = None
        if self._answer is None or self._answer.done():
            return
        if self._loop.time() < self._until_s:
            self._set_alarm()
        else:
            self._fail(TimeoutError())

    def _set_alarm(self) -> None:
        self._rings_s = self._until_s
        self._alarm = self._loop.call_at(self._until_s, self._ring)

    def _stop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _begin(self) -> None:
        self._status = 0
        self._headers: dict[str, str] = {}
        self._has_headers = False
        self._has_length = False
        self._wanted = False
        self._body: list[bytes] = []
        self._body_size = 0

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if answer is None or answer.done():
            # Nobody asked: what comes now would be taken for the next answer.
            self.close()
            return
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.is_reusable = False
            self._fail(FetchFailed("protocol", f"the answer is not HTTP: {error}"))
        if not self._has_headers and self._size > HEADER_BYTES_MAX:
            self._fail(FetchFailed("protocol", "the answer's headers are too long"))

    # --- the parser's callbacks -------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._answer is not None and self._answer.done():
            # A second answer to one request: whatever comes next would be the wrong one.
            self.is_reusable = False
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        if key == "www-authenticate" and key in self._headers:
            text = f"{self._headers[key]}, {text}"
        self._headers[key] = text

    def on_headers_complete(self) -> None:
        status: int = self._parser.get_status_code()
        if status < 200:
            return
        self._status = status
        self._has_headers = True
        headers = self._headers
        length = headers.get("content-length")
        self._has_length = length is not None or "transfer-encoding" in headers or status in (204, 304)
        self._wanted = is_wanted(self._read_body, status, headers)
        if not self._wanted:
            if not self._has_length or (length is not None and int(length) > UNWANTED_BYTES_MAX):
                self._give_up_body()
            return
        try:
            check_encoding(headers)
        except FetchFailed as failure:
            self._fail(failure)
            return
        if length is not None and int(length) > self._bytes_max:
            self._fail(too_large(status, self._bytes_max))

    def on_body(self, body: bytes) -> None:
        if self._answer is None or self._answer.done():
            return
        self._body_size += len(body)
        if self._wanted:
            if self._body_size > self._bytes_max:
                self._fail(too_large(self._status, self._bytes_max))
                return
            self._body.append(body)
        elif self._body_size > UNWANTED_BYTES_MAX:
            self._give_up_body()

    def on_message_complete(self) -> None:
        if not self._has_headers:
            # 100 Continue and its like: the answer follows.
            self._begin()
            return
        if self._answer is not None and not self._answer.done():
            self.is_reusable = bool(self._parser.should_keep_alive())
            self._finish()

    # --- the end ----------------------------------------------------------------------------------------

    def _finish(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(RawAnswer(self._status, self._headers, b"".join(self._body)))

    def _give_up_body(self) -> None:
        self._finish()
        self.close()

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.close()


@lru_cache(maxsize=1024)
def _parsed(text: str) -> tuple[_Place, str, str]:
    """Where a URL leads, its Host field, and what is asked for there.

    Raises:
        ValueError: it is no URL.
    """
    # As written, where it can be: a signed URL must not be spelled anew.
    url = URL(text, encoded=text.isascii())
    place = _Place(url.scheme, url.raw_host or "", url.port or 0)
    host = f"[{place.host}]" if ":" in place.host else place.host
    return place, host if url.is_default_port() else f"{host}:{url.port}", url.raw_path_qs


def _written(step: Step, host: str, target: str, headers: Headers) -> bytes:
    lines = [f"{step.method} {target} HTTP/1.1\r\nHost: {host}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if step.body or step.method != "GET":
        lines.append(f"Content-Length: {len(step.body)}")
    head = "\r\n".join(lines)
    if head.count("\r") != len(lines) or head.count("\n") != len(lines) or "\0" in head:
        raise FetchFailed("protocol", "a header holds a line break")
    return head.encode("utf-8", "replace") + _HEADERS_END + step.body
