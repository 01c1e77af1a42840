"""HTTP to customers' servers, within limits: one exchange, with its redirects, its retry and its password.

Owns the connection, what it costs at most (time, bytes, redirects) and where it may go (`target_policy`).
Answers with whatever status came, or raises `FetchFailed` with a kind; never anything else. Leaves the
meaning of an answer to `fetcher` and to the clips.
"""

import asyncio
import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from hubbub import __version__
from hubbub.markup.connection import ConnectionRules, RetryOn
from hubbub.services.ports import FetchFailed, FetchRequest
from hubbub.webhooks.fresh_connections import FreshConnections
from hubbub.webhooks.kept_connections import KeptConnections
from hubbub.webhooks.one_request import REDIRECTS, Carrier, RawAnswer, ReadBody, Step
from hubbub.webhooks.target_policy import Resolver, SystemResolver, TargetPolicy, TargetRefused

_NO_RULES: Final = ConnectionRules()
USER_AGENT: Final = f"hubbub/{__version__}"
_ON_CONNECT: Final = frozenset({RetryOn.CONNECT})
_FAILURES: Final = {4: RetryOn.CLIENT_ERROR, 5: RetryOn.SERVER_ERROR}
"""By a status's first digit."""


class WebLimits(NamedTuple):
    """What one exchange may cost; documented in docs/settings.md."""

    connect_timeout_s: float = 5.0
    """Twilio's `ct`: name, TCP and TLS together."""
    redirects_max: int = 5
    connect_attempts_max: int = 2
    """A connection that fails is tried once more (Twilio's `rc=1`, `rp=ct`)."""
    connections_max: int = 200
    """Open at once; of those that are kept, waiting at once."""
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


class WebClient:
    """Speaks HTTP/1.1 as a client. To be made and closed within one running loop."""

    def __init__(
        self, policy: TargetPolicy, limits: WebLimits = DEFAULT_LIMITS, resolver: Resolver | None = None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._policy = policy
        self._limits = limits
        self._carrier: Carrier
        if limits.reuse_connections:
            self._carrier = KeptConnections(
                policy,
                resolver or SystemResolver(),
                kept_max=limits.connections_max,
                connect_timeout_s=limits.connect_timeout_s,
            )
        else:
            self._carrier = FreshConnections(
                policy,
                resolver or SystemResolver(),
                connections_max=limits.connections_max,
                connect_timeout_s=limits.connect_timeout_s,
            )

    async def aclose(self) -> None:
        await self._carrier.aclose()

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
        deadline_s = self._loop.time() + timeout_s
        try:
            if rules.attempts_max in (None, 1):
                return await self._follow(request, rules, read_body, deadline_s)
            return await self._attempt(request, rules, read_body, deadline_s)
        except TargetRefused as error:
            raise FetchFailed("refused-target", str(error)) from None
        except TimeoutError:
            raise FetchFailed("timeout", f"no answer within {timeout_s:g} s") from None
        except ValueError as error:
            raise FetchFailed("refused-target", f"not a usable URL: {error}") from None

    async def _attempt(
        self, request: FetchRequest, rules: ConnectionRules, read_body: ReadBody, deadline_s: float
    ) -> WebAnswer:
        """The first exchange that `rules` do not want repeated."""
        attempts_left = (rules.attempts_max or 1) - 1
        retry_on = rules.retry_on or frozenset()
        while True:
            try:
                answer = await self._follow(request, rules, read_body, deadline_s)
            except FetchFailed as failure:
                if attempts_left < 1 or failure.kind != "timeout" or RetryOn.TIMEOUT not in retry_on:
                    raise
            else:
                if attempts_left < 1 or _FAILURES.get(answer.status // 100) not in retry_on:
                    return answer
            attempts_left -= 1

    async def _follow(
        self, request: FetchRequest, rules: ConnectionRules, read_body: ReadBody, deadline_s: float
    ) -> WebAnswer:
        url, authorization = _without_userinfo(request.url, request.username, request.password)
        step = Step(url, request.method, request.headers, request.body, None)
        if self._limits.preemptive_basic or rules.preemptive_basic:
            step = step._replace(authorization=authorization)
        followed = 0
        while True:
            answer = await self._send(step, rules, read_body, request.body_bytes_max, deadline_s)
            location = answer.headers.get("location")
            if answer.status in REDIRECTS and location is not None:
                followed += 1
                if followed > self._limits.redirects_max:
                    raise FetchFailed("redirects", f"over {self._limits.redirects_max} redirects")
                redirected = _redirected(step, answer.status, location)
                if _origin(redirected.url) != _origin(step.url):
                    authorization = None
                step = redirected
                continue
            may_prove = step.authorization is None and authorization is not None
            if answer.status == 401 and may_prove:
                challenge = answer.headers.get("www-authenticate", "")
                if _asks_for_basic(challenge):
                    step = step._replace(authorization=authorization)
                    continue
            final_url = request.url if followed == 0 else step.url
            return WebAnswer(final_url, answer.status, answer.headers, answer.body)

    async def _send(
        self,
        step: Step,
        rules: ConnectionRules,
        read_body: ReadBody,
        body_bytes_max: int,
        deadline_s: float,
    ) -> RawAnswer:
        self._policy.check(step.url)
        headers = (("Accept-Encoding", "identity"), *step.headers)
        if "user-agent" not in [name.lower() for name, _ in step.headers]:
            headers += (("User-Agent", USER_AGENT),)
        if step.authorization is not None:
            headers += (("Authorization", step.authorization),)
        attempts_left = self._limits.connect_attempts_max - 1
        if rules.attempts_max is not None:
            attempts_left = (
                rules.attempts_max - 1 if RetryOn.CONNECT in (rules.retry_on or _ON_CONNECT) else 0
            )
        while True:
            try:
                return await self._carrier.carry(step, headers, rules, read_body, body_bytes_max, deadline_s)
            except FetchFailed as failure:
                if failure.kind != "connect" or attempts_left < 1:
                    raise
                attempts_left -= 1


def _asks_for_basic(challenge: str) -> bool:
    """Whether a WWW-Authenticate field, which may hold several challenges, holds one for Basic."""
    return re.search(r"(?:^|,)\s*basic(?:\s|,|$)", challenge.strip(), re.IGNORECASE) is not None


def _redirected(step: Step, status: int, location: str) -> Step:
    """The request after a redirect (RFC 9110 §15.4): 307 and 308 repeat it, the others ask by GET."""
    url = urljoin(step.url, location).partition("#")[0]
    keep_auth = step.authorization if _origin(url) == _origin(step.url) else None
    if status in (307, 308) or step.method == "GET":
        return step._replace(url=url, authorization=keep_auth)
    headers = tuple((name, value) for name, value in step.headers if not name.lower().startswith("content-"))
    return Step(url, "GET", headers, b"", keep_auth)


@lru_cache(maxsize=1024)
def _without_userinfo(asked: str, username: str | None, password: str | None) -> tuple[str, str | None]:
    """The URL as it is sent, and the Authorization that its user information or the request asks for."""
    parts = urlsplit(asked)
    userinfo, at, host = parts.netloc.rpartition("@")
    url = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
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
