"""Our HTTP/1.1 connection: uvicorn's, with header letter case kept and slow or oversized clients refused.

Owns what uvicorn leaves open: it writes header names in lower case (Bandwidth's clients look for `Link` and
`Location` in exactly this case), and it neither bounds the size of headers nor the time they take. Leaves
parsing to httptools and everything a request means to the shell. RFC 9112; RFC 6585 §5 (431).
"""

import asyncio
from asyncio import TimerHandle
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hubbub.web.settings import WebLimits
from hubbub.web.shell import CLOSE, ClientGone, Shell, tidy_path

STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


def status_line(status: int) -> bytes:
    return STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


class WireCycle(RequestResponseCycle):
    """One request and its answer. Answers of known length go out in one write, names as given."""

    _start: Any = None

    async def send(self, message: Any) -> None:
        """The ASGI `send`."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        start = self._start
        if start is None and not self.response_started and message["type"] == "http.response.start":
            self._start = message
            return
        more = message.get("more_body", False)
        if more and self.disconnected:
            raise ClientGone
        if start is None or self.disconnected:
            await super().send(message)
            return
        self._start = None
        if not _has_length(start):
            await super().send(start)
            await super().send(message)
        elif more:
            self.transport.write(self._head(start))
            self.chunked_encoding = False
            self.expected_content_length = _length(start)
            await super().send(message)
        else:
            self._finish(start, message.get("body", b""))

    def _head(self, start: Any) -> bytes:
        """The status line and the headers, names in the letter case given."""
        self.response_started = True
        self.waiting_for_100_continue = False
        parts = [status_line(start["status"])]
        for name, value in self.default_headers:
            parts += (name, b": ", value, b"\r\n")
        for name, value in start["headers"]:
            parts += (name, b": ", value, b"\r\n")
        if CLOSE in start["headers"]:
            self.keep_alive = False
        elif not self.keep_alive:
            parts.append(b"Connection: close\r\n")
        parts.append(b"\r\n")
        return b"".join(parts)

    def _finish(self, start: Any, body: bytes) -> None:
        head = self._head(start)
        closing = CLOSE in start["headers"]
        self.transport.writelines((head,) if self.scope["method"] == "HEAD" else (head, body))
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive and not (closing and self.more_body):
            # A refused body is still on its way: closing now would reset the connection under the answer.
            self.transport.close()
        self.on_response()


def _length(start: Any) -> int:
    return next(int(value) for name, value in start["headers"] if name == b"Content-Length")


def _has_length(start: Any) -> bool:
    return start["status"] == 204 or any(name == b"Content-Length" for name, _ in start["headers"])


class WireProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, shell: Shell, limits: WebLimits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shell = shell
        self._limits = limits
        self._in_headers = False
        self._header_bytes = 0
        self._unseen_bytes = 0
        self._refusal: tuple[int, str] | None = None
        self._is_refused = False
        """The refusal has been sent, or need not be."""
        self._deadline: TimerHandle | None = None
        """Ends the waiting for headers, for a client to read, or for the rest of a refused body."""

    # --- the connection ---------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections_max:
            self._shell.refuse_connection()
            transport.close()
            return
        self._wait(self._limits.header_timeout_s, self._headers_overdue)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None or self.transport.is_closing():
            return
        super().data_received(data)
        self._after_parsing(len(data))

    def _after_parsing(self, size: int) -> None:
        """Act on what the parser's callbacks left behind."""
        if self._in_headers and self._refusal is None:
            # The parser says nothing of a header whose end it has not seen, and keeps it.
            self._unseen_bytes += size
            if self._unseen_bytes > self._limits.header_bytes_max + self._limits.url_bytes_max:
                self._refusal = (431, f"Headers have at most {self._limits.header_bytes_max} bytes")
            elif self._deadline is None:
                self._wait(self._limits.header_timeout_s, self._headers_overdue)
        if self._refusal is not None:
            self._refuse(*self._refusal)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait(self._limits.idle_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_waiting()

    def timeout_keep_alive_handler(self) -> None:
        """The client asked nothing more, or does not read what it asked for."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    # --- the parser's callbacks -------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_headers = True
        self._header_bytes = 0
        self._unseen_bytes = 0

    def on_url(self, url: bytes) -> None:
        if len(self.url) + len(url) > self._limits.url_bytes_max:
            self._refusal = self._refusal or (414, f"A URL has at most {self._limits.url_bytes_max} bytes")
            url = url[: self._limits.url_bytes_max]
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        limits = self._limits
        if self._header_bytes > limits.header_bytes_max or len(self.headers) >= limits.headers_max:
            self._refusal = self._refusal or (431, f"Headers have at most {limits.header_bytes_max} bytes")
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._stop_waiting()
        if self._refusal is not None:
            return
        super().on_headers_complete()
        if type(self.cycle) is RequestResponseCycle:
            # uvicorn makes its own kind of cycle and starts it at the loop's next turn; ours only sends in
            # another way.
            self.cycle.__class__ = WireCycle

    def on_body(self, body: bytes) -> None:
        if self._refusal is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._refusal is not None:
            return
        super().on_message_complete()
        if self.cycle.response_complete and not self.cycle.keep_alive:
            self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self.cycle.keep_alive and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self._wait(self._limits.linger_timeout_s, self.transport.close)

    # --- refusing ---------------------------------------------------------------------------------------

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn for what is not HTTP."""
        self._refusal = self._refusal or (400, msg)
        self._refuse(*self._refusal)

    def _headers_overdue(self) -> None:
        self._deadline = None
        if self._in_headers:
            self._refusal = (408, "The request headers took too long")
            self._refuse(*self._refusal)
        self.transport.close()

    def _refuse(self, status: int, reason: str) -> None:
        """Answer a request that never got as far as a cycle, and close."""
        transport = self.transport
        if self._is_refused or transport.is_closing():
            return
        self._is_refused = True
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            # Another request of this connection is being answered: an answer now would look like its own.
            transport.close()
            return
        path = tidy_path(getattr(self, "url", b"").partition(b"?")[0])
        response, headers = self._shell.refusal(path, status, reason)
        parts = [status_line(status)]
        for name, value in (*self.server_state.default_headers, *headers):
            parts += (name, b": ", value, b"\r\n")
        transport.write(b"".join((*parts, b"\r\n", response.body)))
        self._unset_keepalive_if_required()
        if transport.can_write_eof():
            transport.write_eof()
        self._wait(self._limits.linger_timeout_s, transport.close)

    def _wait(self, delay_s: float, then: Any) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(delay_s, then)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def protocol_for(shell: Shell, limits: WebLimits) -> Any:
    """The protocol factory to give uvicorn as `http`: it calls it with keywords of its own."""
    return partial(WireProtocol, shell=shell, limits=limits)
