"""The ASGI callable in front of everything: finds the dialect, holds the limits, writes the answer.

Owns what every request goes through whoever it is for: path tidying, body reading, limits, throttling,
request ids, CORS. A dialect's request passes through this file only, because a framework's own work costs as
much as building a page; the few other pages are Starlette's. Leaves the bytes on the wire to `wire`.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, Final

from hubbub.dialects.contract import Desk, Dialect, HttpRequest, HttpResponse
from hubbub.dialects.shared.basic_auth import parse_basic
from hubbub.dialects.shared.json import json_bytes
from hubbub.dialects.shared.query import count_pairs
from hubbub.web.answer_cache import Answer, AnswerCache, Key
from hubbub.web.idempotency import HEADER as IDEMPOTENCY_KEY
from hubbub.web.idempotency import IdempotencyKeys
from hubbub.web.metrics import RequestCounts
from hubbub.web.settings import WebSettings
from hubbub.web.throttle import FailureThrottle

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeader = tuple[bytes, bytes]

CORS: Final[tuple[RawHeader, ...]] = (
    (b"Access-Control-Allow-Origin", b"*"),
    (b"Access-Control-Allow-Headers", b"Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since, Last-Event-ID"),
    (b"Access-Control-Allow-Methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    (b"Access-Control-Expose-Headers", b"ETag, Idempotency-Replayed, Link, Location, Retry-After, X-Request-Id"),
    (b"Access-Control-Allow-Credentials", b"true"),
)  # fmt: skip
"""Any origin may ask, with an Authorization header of its own. Browsers do not send stored credentials to a
wildcard origin, so a foreign page gains nothing from a visitor's login."""

RETRY_AFTER_MAX_S: Final = 5
CLOSE: Final[RawHeader] = (b"Connection", b"close")
_SLASHES: Final = re.compile("/{2,}")
_BREAKS: Final = re.compile("[\r\n\x00]")
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?\Z")
_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


class ClientGone(OSError):
    """Raised by `send` in the midst of a streamed answer: there is nobody to send the rest to."""


class Shell:
    """An ASGI 3 application."""

    def __init__(
        self,
        desk: Desk,
        dialects: Sequence[Dialect],
        settings: WebSettings,
        counts: RequestCounts,
        pages: AsgiApp,
    ) -> None:
        """
        Args:
            pages: answers what belongs to no dialect.
        """
        self._desk = desk
        self._settings = settings
        self._limits = settings.limits
        self._counts = counts
        self._pages = pages
        # The longest first: one may own what lies below another's prefix.
        self._prefixes = tuple(
            sorted(
                ((prefix, dialect) for dialect in dialects for prefix in dialect.prefixes),
                key=lambda pair: -len(pair[0]),
            )
        )
        self._own_cors = frozenset(
            dialect.name for dialect in dialects if getattr(dialect, "answers_cross_origin", False)
        )
        """Dialects whose vendor has rules of its own about foreign pages: the shell stays out of it."""
        self._throttle = FailureThrottle(settings.limits)
        self._cache = AnswerCache()
        self._keys = IdempotencyKeys(desk, int(settings.limits.idempotency_keep_s * 1000))
        self._id_prefix = desk.entropy.token(16)
        self._ids = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        mono_s = self._desk.clock.mono_s
        began_mono_s = mono_s()
        counts = self._counts
        counts.in_progress += 1
        try:
            path = tidy_path(scope.get("raw_path") or scope["path"].encode())
            owner = self.owner(path)
            self._ids += 1
            request_id = f"{self._id_prefix}{self._ids:016x}".encode()
            if owner is None:
                name = "page"
                status = await self._answer_page(path, request_id, scope, receive, send)
            else:
                name = owner.name
                if scope["method"] == "GET":
                    status = await self._answer_get(
                        owner, path, request_id, began_mono_s, scope, receive, send
                    )
                else:
                    status = await self._answer(owner, path, request_id, scope, receive, send)
        finally:
            counts.in_progress -= 1
        counts.count(name, scope["method"], status, mono_s() - began_mono_s)

    def owner(self, path: str) -> Dialect | None:
        """The dialect that a tidied path belongs to."""
        for prefix, dialect in self._prefixes:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in _PREFIX_ENDS:
                return dialect
        return None

    def refuse_connection(self) -> None:
        """Count a connection that `wire` closed unheard."""
        self._counts.refuse("connections_max")

    def refusal(self, path: str, status: int, reason: str) -> tuple[HttpResponse, list[RawHeader]]:
        """What `wire` says when it cannot even read a request: the dialect's form, or plain JSON."""
        request = HttpRequest("GET", path, "", {}, b"", self._settings.base_url)
        owner = self.owner(path)
        response = owner.refuse(request, status, reason) if owner else plain_refusal(status, reason)
        cors = owner is None or owner.name not in self._own_cors
        self._ids += 1
        self._counts.refuse(_WIRE_LIMITS.get(status, "unreadable"))
        self._counts.count(owner.name if owner else "page", "", status, 0.0)
        request_id = f"{self._id_prefix}{self._ids:016x}".encode()
        return response, self._headers(response, request_id, cors=cors, close=True)

    async def _answer_get(
        self,
        dialect: Dialect,
        path: str,
        request_id: bytes,
        now_mono_s: float,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> int:
        """As `_answer`, from the cache where it can be."""
        try:
            version = self._desk.store.version()
        except Exception:
            # A store that cannot say fails the dialect too, which is where it is told and answered.
            return await self._answer(dialect, path, request_id, scope, receive, send)
        # A body is no part of the key; whoever sends one with a GET says so in a header that is.
        key = (scope["raw_path"], scope["query_string"], *scope["headers"], scope.get("scheme"))
        kept = self._cache.get(key, version, now_mono_s)
        if kept is None:
            return await self._answer(
                dialect, path, request_id, scope, receive, send, keep=(key, version, now_mono_s)
            )
        headers = [(b"X-Request-Id", request_id), *kept.headers]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": kept.body})
        return 200

    async def _answer(
        self,
        dialect: Dialect,
        path: str,
        request_id: bytes,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        keep: tuple[Key, int, float] | None = None,
    ) -> int:
        """Let the dialect answer. Returns the status.

        Args:
            keep: key, version and time to keep the answer under.
        """
        method: str = scope["method"]
        headers = read_headers(scope["headers"])
        cors = dialect.name not in self._own_cors
        if cors and method == "OPTIONS" and "access-control-request-method" in headers:
            response = HttpResponse(204, headers=(("Access-Control-Max-Age", "86400"),))
            await self._send(response, request_id, send)
            return 204
        client = scope.get("client")
        request = HttpRequest(
            "GET" if method == "HEAD" else method,
            path,
            scope["query_string"].decode("utf-8", "replace"),
            headers,
            b"",
            self._settings.base_url or self._base_url(scope, headers),
            client[0] if client else "",
        )
        if self._settings.trust_forwarded and "x-forwarded-for" in headers:
            request.client_host = headers["x-forwarded-for"].rpartition(",")[2].strip()
        close = False
        refused = await self._read_body(request, method, receive)
        if refused is not None:
            status, reason = refused
            response = dialect.refuse(request, status, reason)
            close = status in (408, 413)
        elif self._counts.in_progress > self._limits.requests_max:
            self._counts.refuse("requests_max")
            response = self._retry_later(
                dialect, request, 503, "The server is busy", self._limits.retry_after_s
            )
        else:
            response = await self._handle(dialect, request, request_id)
        raw_headers = await self._send(
            response, request_id, send, cors=cors, close=close, body=method != "HEAD"
        )
        if (
            keep is not None
            and response.status == 200
            and response.stream is None
            and not request.body
            and "transfer-encoding" not in headers
        ):
            key, version, now_mono_s = keep
            self._cache.put(key, version, Answer(raw_headers[1:], response.body, now_mono_s))
        return response.status

    async def _read_body(self, request: HttpRequest, method: str, receive: Receive) -> tuple[int, str] | None:
        """Fill in the body. Returns the refusal, if it is one."""
        headers = request.headers
        limits = self._limits
        parameters = count_pairs(request.query)
        length = headers.get("content-length")
        if length is not None or "transfer-encoding" in headers or method not in _BODILESS:
            if length is not None and length.isdecimal() and int(length) > limits.body_bytes_max:
                self._counts.refuse("body_bytes_max")
                return 413, f"A request body has at most {limits.body_bytes_max} bytes"
            body = bytearray()
            try:
                async with asyncio.timeout(limits.body_timeout_s):
                    while True:
                        message = await receive()
                        if message["type"] == "http.disconnect":
                            return 400, "The request ended early"
                        body += message.get("body", b"")
                        if len(body) > limits.body_bytes_max:
                            self._counts.refuse("body_bytes_max")
                            return 413, f"A request body has at most {limits.body_bytes_max} bytes"
                        if not message.get("more_body", False):
                            break
            except TimeoutError:
                self._counts.refuse("body_timeout_s")
                return 408, "The request body took too long"
            request.body = bytes(body)
            if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
                parameters += request.body.count(b"&") + bool(request.body)
        if parameters > limits.parameters_max:
            self._counts.refuse("parameters_max")
            return 400, f"A request has at most {limits.parameters_max} parameters"
        return None

    async def _handle(self, dialect: Dialect, request: HttpRequest, request_id: bytes) -> HttpResponse:
        """The dialect's answer, or its own form of 429 and 500."""
        throttle = self._throttle
        authorization = request.headers.get("authorization")
        if authorization and throttle.is_watching:
            now = self._desk.clock.mono_s()
            key = (request.client_host, username(authorization))
            if not throttle.may_try(key, authorization, now):
                self._counts.refuse("auth_guesses_max")
                return self._throttled(dialect, request, throttle.wait_s(key, now))
        try:
            if request.method == "POST" and IDEMPOTENCY_KEY in request.headers:
                response = await self._keys.answer(
                    dialect, request, lambda: dialect.handle(request, self._desk)
                )
            else:
                response = await dialect.handle(request, self._desk)
        except Exception as error:
            # The outermost loop: a bug in a dialect costs this one request, and is told once.
            self._desk.log.error(
                "request failed",
                request_id=request_id.decode(),
                dialect=dialect.name,
                method=request.method,
                path=request.path,
                exc_info=error,
            )
            return dialect.refuse(request, 500, "The server failed to answer")
        if authorization:
            if response.status == 401:
                now = self._desk.clock.mono_s()
                key = (request.client_host, username(authorization))
                if throttle.failed(key, now):
                    self._counts.refuse("auth_failures_max")
                    return self._throttled(dialect, request, throttle.wait_s(key, now))
            elif response.status < 300:
                throttle.worked(authorization)
        return response

    def _throttled(self, dialect: Dialect, request: HttpRequest, wait_s: int) -> HttpResponse:
        # Some client libraries sleep for as long as they are told, three times over: tell them little.
        wait_s = min(wait_s, RETRY_AFTER_MAX_S)
        return self._retry_later(dialect, request, 429, "Too many wrong credentials", wait_s)

    def _retry_later(
        self, dialect: Dialect, request: HttpRequest, status: int, reason: str, wait_s: int
    ) -> HttpResponse:
        response = dialect.refuse(request, status, reason)
        if not any(name == "Retry-After" for name, _ in response.headers):
            response.headers = (*response.headers, ("Retry-After", str(wait_s)))
        return response

    def _base_url(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """Scheme, host and port as the client sees them; our own address where the Host header is nonsense."""
        scheme = scope.get("scheme", "http")
        host = headers.get("host", "")
        if self._settings.trust_forwarded:
            proto = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
            scheme = proto if proto in ("http", "https") else scheme
            host = headers.get("x-forwarded-host", "").partition(",")[0].strip() or host
        if _HOST.match(host) is None:
            server = scope.get("server")
            host = ":".join(str(part) for part in server or ("localhost",) if part is not None)
        return f"{scheme}://{host}"

    def _headers(
        self, response: HttpResponse, request_id: bytes, *, cors: bool = True, close: bool = False
    ) -> list[RawHeader]:
        headers: list[RawHeader] = [(b"X-Request-Id", request_id)]
        if cors:
            headers += CORS
        if response.content_type is not None:
            headers.append((b"Content-Type", response.content_type.encode("latin-1", "replace")))
        if response.status != 204:
            length = len(response.body) if response.stream is None else response.stream.length_bytes
            if length is not None:
                headers.append((b"Content-Length", b"%d" % length))
        for name, value in response.headers:
            if _BREAKS.search(value) is not None:
                value = _BREAKS.sub(" ", value)
            headers.append((name.encode("latin-1"), value.encode("latin-1", "replace")))
        if close:
            headers.append(CLOSE)
        return headers

    async def _send(
        self,
        response: HttpResponse,
        request_id: bytes,
        send: Send,
        *,
        cors: bool = True,
        close: bool = False,
        body: bool = True,
    ) -> list[RawHeader]:
        """Returns the headers that were sent, the request id first.

        Args:
            body: send a stream; False for a HEAD, whose answer has the same headers and nothing else.
        """
        headers = self._headers(response, request_id, cors=cors, close=close)
        stream = response.stream
        if stream is None:
            await send({"type": "http.response.start", "status": response.status, "headers": headers})
            await send({"type": "http.response.body", "body": response.body})
            return headers
        lasting = stream.length_bytes is None
        self._counts.in_progress -= lasting
        self._counts.lasting += lasting
        try:
            await send({"type": "http.response.start", "status": response.status, "headers": headers})
            if body:
                async for chunk in stream.chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except ClientGone:
            pass
        finally:
            self._counts.in_progress += lasting
            self._counts.lasting -= lasting
            close_stream = getattr(stream.chunks, "aclose", None)
            if close_stream is not None:
                await close_stream()
        return headers

    async def _answer_page(
        self, path: str, request_id: bytes, scope: Scope, receive: Receive, send: Send
    ) -> int:
        """Let Starlette answer, with our headers added. Returns the status."""
        status = 500
        scope["path"] = path

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"X-Request-Id", request_id), *CORS]
            await send(message)

        await self._pages(scope, receive, send_with_headers)
        return status


_WIRE_LIMITS: Final = {408: "header_timeout_s", 414: "url_bytes_max", 431: "header_bytes_max"}
_PREFIX_ENDS: Final = frozenset({"", "/", "."})


def tidy_path(raw: bytes) -> str:
    """The path as sent, but for doubled and trailing slashes: clients make both by joining URLs."""
    path = raw.decode("ascii", "replace")
    if "//" in path:
        path = _SLASHES.sub("/", path)
    return path.rstrip("/") or "/" if path.endswith("/") else path


def read_headers(raw: Sequence[RawHeader]) -> dict[str, str]:
    """Names in lower case; a repeated header's values joined with a comma (RFC 9110 §5.3)."""
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name = name_bytes.decode("latin-1")
        value = value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def username(authorization: str) -> str:
    """The user name of Basic credentials; empty for any other scheme."""
    credentials = parse_basic(authorization)
    return credentials.username if credentials else ""


def plain_refusal(status: int, reason: str) -> HttpResponse:
    """A refusal to somebody who speaks no dialect."""
    return HttpResponse(status, json_bytes({"status": status, "message": reason}), "application/json")
