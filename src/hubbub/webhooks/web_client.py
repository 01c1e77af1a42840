"""HTTP to customers' servers, within limits: one exchange, with its redirects, its retry and its password.

Owns the connection, what it costs at most (time, bytes, redirects) and where it may go (`target_policy`).
Answers with whatever status came, or raises `FetchFailed` with a kind; never anything else. Leaves the
meaning of an answer to `fetcher` and to the clips.
"""

import asyncio
import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import aiohttp
from yarl import URL

from hubbub import __version__
from hubbub.markup.connection import ConnectionRules, RetryOn
from hubbub.services.ports import FetchFailed, FetchRequest
from hubbub.webhooks.target_policy import (
    GuardedResolver,
    Resolver,
    SystemResolver,
    TargetPolicy,
    TargetRefused,
)

Headers = tuple[tuple[str, str], ...]

_CHUNK_BYTES: Final = 65_536
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NO_RULES: Final = ConnectionRules()
_ON_CONNECT: Final = frozenset({RetryOn.CONNECT})


class WebLimits(NamedTuple):
    """What one exchange may cost; documented in docs/settings.md."""

    connect_timeout_s: float = 5.0
    """Twilio's `ct`: name, TCP and TLS together."""
    redirects_max: int = 5
    connect_attempts_max: int = 2
    """A connection that fails is tried once more (Twilio's `rc=1`, `rp=ct`)."""
    connections_max: int = 200
    preemptive_basic: bool = False
    """Send user and password at once, not only when the server asks for them (RFC 7617)."""
    reuse_connections: bool = False
    """Keep connections for the next request. One that was closed meanwhile is noticed when a request has been
    written to it, and then nobody knows whether it was read: it is sent once more on a fresh one."""


DEFAULT_LIMITS: Final = WebLimits()


class WebAnswer(NamedTuple):
    url: str
    """As asked, or after redirects."""
    status: int
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


class _Step(NamedTuple):
    """One request on the way through redirects."""

    url: str
    method: str
    headers: Headers
    body: bytes
    authorization: str | None


class _Use:
    """What aiohttp tells of one request's connection."""

    __slots__ = ("reused",)

    def __init__(self) -> None:
        self.reused = False


ReadBody = Callable[[int, str], bool]
"""Of a status and a content type: whether the body is wanted."""


class WebClient:
    """Speaks HTTP/1.1 as a client. To be made and closed within one running loop."""

    def __init__(
        self, policy: TargetPolicy, limits: WebLimits = DEFAULT_LIMITS, resolver: Resolver | None = None
    ) -> None:
        self._policy = policy
        self._limits = limits
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(policy, resolver or SystemResolver()),
            use_dns_cache=False,
            limit=limits.connections_max,
            # A kept connection may be closed just as a POST is sent, and nobody knows then whether it was
            # read; a fresh one is either made or not, and only making it is tried again.
            force_close=not limits.reuse_connections,
        )
        self._traces = [_tracing_reuse()] if limits.reuse_connections else []
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=self._timeout(_NO_RULES),
            trace_configs=self._traces,
        )

    def _timeout(self, rules: ConnectionRules) -> aiohttp.ClientTimeout:
        connect_s = rules.connect_timeout_s
        return aiohttp.ClientTimeout(
            total=None,
            sock_connect=self._limits.connect_timeout_s if connect_s is None else connect_s,
            sock_read=rules.read_timeout_s,
        )

    async def aclose(self) -> None:
        await self._session.close()

    async def exchange(
        self, request: FetchRequest, *, read_body: ReadBody = lambda status, content_type: True
    ) -> WebAnswer:
        """The answer at the end of the redirects, whatever its status.

        Raises:
            FetchFailed: refused-target, connect, timeout, too-large, redirects or protocol.
        """
        rules = request.connection or _NO_RULES
        timeout_s = request.timeout_s
        if rules.total_timeout_s is not None:
            timeout_s = min(timeout_s, rules.total_timeout_s)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._attempt(request, rules, read_body)
        except TargetRefused as error:
            raise FetchFailed("refused-target", str(error)) from None
        except aiohttp.ConnectionTimeoutError:
            # Before TimeoutError, whose child it is.
            raise FetchFailed("connect", "no connection in time") from None
        except aiohttp.SocketTimeoutError:
            raise FetchFailed("timeout", f"nothing came within {rules.read_timeout_s:g} s") from None
        except TimeoutError:
            raise FetchFailed("timeout", f"no answer within {timeout_s:g} s") from None
        except aiohttp.ClientConnectorError as error:
            raise FetchFailed("connect", f"no connection: {_reason(error)}") from None
        except (aiohttp.InvalidURL, ValueError) as error:
            raise FetchFailed("refused-target", f"not a usable URL: {error}") from None
        except (aiohttp.ClientError, OSError, EOFError) as error:
            raise FetchFailed("protocol", f"the exchange broke off: {_reason(error)}") from None

    async def _attempt(self, request: FetchRequest, rules: ConnectionRules, read_body: ReadBody) -> WebAnswer:
        """The first exchange that `rules` do not want repeated."""
        attempts_left = (rules.attempts_max or 1) - 1
        retry_on = rules.retry_on or frozenset()
        while True:
            try:
                answer = await self._follow(request, rules, read_body)
            except aiohttp.SocketTimeoutError:
                if attempts_left < 1 or RetryOn.TIMEOUT not in retry_on:
                    raise
            else:
                kind = {4: RetryOn.CLIENT_ERROR, 5: RetryOn.SERVER_ERROR}.get(answer.status // 100)
                if attempts_left < 1 or kind not in retry_on:
                    return answer
            attempts_left -= 1

    async def _follow(self, request: FetchRequest, rules: ConnectionRules, read_body: ReadBody) -> WebAnswer:
        url, authorization = _without_userinfo(request)
        step = _Step(url, request.method, request.headers, request.body, None)
        if self._limits.preemptive_basic or rules.preemptive_basic:
            step = step._replace(authorization=authorization)
        followed = 0
        while True:
            response = await self._send(step, rules)
            try:
                headers = {name.lower(): value for name, value in response.headers.items()}
                location = headers.get("location")
                if response.status in _REDIRECTS and location is not None:
                    followed += 1
                    if followed > self._limits.redirects_max:
                        raise FetchFailed("redirects", f"over {self._limits.redirects_max} redirects")
                    redirected = _redirected(step, response.status, location)
                    if _origin(redirected.url) != _origin(step.url):
                        authorization = None
                    step = redirected
                    continue
                if response.status == 401 and step.authorization is None and authorization is not None:
                    challenges = response.headers.getall("WWW-Authenticate", [])
                    if any(_asks_for_basic(challenge) for challenge in challenges):
                        step = step._replace(authorization=authorization)
                        continue
                wanted = read_body(response.status, headers.get("content-type", ""))
                body = await _read(response, request.body_bytes_max) if wanted else b""
                final_url = request.url if followed == 0 else step.url
                return WebAnswer(final_url, response.status, headers, body)
            finally:
                response.close()

    async def _send(self, step: _Step, rules: ConnectionRules) -> aiohttp.ClientResponse:
        self._policy.check(step.url)
        headers = [("Accept-Encoding", "identity"), *step.headers]
        if not any(name.lower() == "user-agent" for name, _ in step.headers):
            headers.append(("User-Agent", f"hubbub/{__version__}"))
        if step.authorization is not None:
            headers.append(("Authorization", step.authorization))
        attempts_max = self._limits.connect_attempts_max
        if rules.attempts_max is not None:
            attempts_max = rules.attempts_max if RetryOn.CONNECT in (rules.retry_on or _ON_CONNECT) else 1
        attempt = 1
        options: dict[str, Any] = {} if rules is _NO_RULES else {"timeout": self._timeout(rules)}
        while True:
            use = _Use()
            try:
                return await self._session.request(
                    step.method,
                    # As written, where it can be: a signed URL must not be spelled anew.
                    URL(step.url, encoded=step.url.isascii()),
                    headers=headers,
                    data=step.body or None,
                    allow_redirects=False,
                    trace_request_ctx=use,
                    **options,
                )
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
                if attempt >= attempts_max:
                    raise
                attempt += 1
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                # Every kept connection of the host may be as dead as this one: a few may have to be tried.
                if not use.reused:
                    raise


def _tracing_reuse() -> aiohttp.TraceConfig:
    async def reused(session: aiohttp.ClientSession, context: Any, params: Any) -> None:
        context.trace_request_ctx.reused = True

    config = aiohttp.TraceConfig()
    config.on_connection_reuseconn.append(reused)
    return config


def _asks_for_basic(challenge: str) -> bool:
    """Whether a WWW-Authenticate field, which may hold several challenges, holds one for Basic."""
    return re.search(r"(?:^|,)\s*basic(?:\s|,|$)", challenge.strip(), re.IGNORECASE) is not None


async def _read(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise FetchFailed("protocol", f"content encoding {encoding!r} was not asked for")
    if (response.content_length or 0) > bytes_max:
        raise FetchFailed("too-large", f"the answer is over {bytes_max} bytes", response.status)
    parts: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        size += len(chunk)
        if size > bytes_max:
            raise FetchFailed("too-large", f"the answer is over {bytes_max} bytes", response.status)
        parts.append(chunk)
    return b"".join(parts)


def _redirected(step: _Step, status: int, location: str) -> _Step:
    """The request after a redirect (RFC 9110 §15.4): 307 and 308 repeat it, the others ask by GET."""
    url = urljoin(step.url, location).partition("#")[0]
    keep_auth = step.authorization if _origin(url) == _origin(step.url) else None
    if status in (307, 308) or step.method == "GET":
        return step._replace(url=url, authorization=keep_auth)
    headers = tuple((name, value) for name, value in step.headers if not name.lower().startswith("content-"))
    return _Step(url, "GET", headers, b"", keep_auth)


def _without_userinfo(request: FetchRequest) -> tuple[str, str | None]:
    """The URL as it is sent, and the Authorization that its user information or the request asks for."""
    parts = urlsplit(request.url)
    userinfo, at, host = parts.netloc.rpartition("@")
    url = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
    username, password = request.username, request.password
    if username is None and at:
        name, _, secret = userinfo.partition(":")
        username, password = unquote(name), unquote(secret)
    if username is None:
        return url, None
    pair = f"{username}:{password or ''}".encode("utf-8", "replace")
    return url, "Basic " + base64.b64encode(pair).decode("ascii")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
