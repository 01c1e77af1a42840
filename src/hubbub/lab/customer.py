"""Customers' web servers, simulated: they answer requests for markup and sound, and remember what they were asked.

Owns `CustomerWeb`, which stands where the server's own HTTP client stands (`services.ports.DocumentFetcher`). A
customer is a URL prefix and a function from request to answer; the longest prefix that fits is asked.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urljoin, urlsplit

from hubbub.services.ports import FetchFailed, FetchRequest, FetchResponse

REDIRECTS_MAX = 5


@dataclass(frozen=True, slots=True)
class CustomerRequest:
    """One request as a customer's server sees it."""

    at_s: float
    """Simulated time."""
    method: str
    url: str
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes
    username: str | None = None
    password: str | None = None

    @property
    def params(self) -> dict[str, str]:
        """Query and form parameters together; of a repeated one the last."""
        pairs = parse_qsl(urlsplit(self.url).query, keep_blank_values=True)
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            pairs += parse_qsl(self.body.decode(), keep_blank_values=True)
        return dict(pairs)


@dataclass(frozen=True, slots=True)
class CustomerAnswer:
    """What a customer's server says."""

    body: bytes | str = b""
    status: int = 200
    content_type: str = "application/xml"
    location: str | None = None
    """Where a redirect leads."""
    after_s: float = 0.0
    """Take so long."""


Answer: TypeAlias = "CustomerAnswer | str | bytes"
Handler: TypeAlias = Callable[[CustomerRequest], "Answer | Awaitable[Answer]"]
"""Text is markup; bytes are a WAV file."""


@dataclass(slots=True)
class Customer:
    """One customer's server."""

    prefix: str
    handler: Handler
    requests: list[CustomerRequest] = field(default_factory=list)
    """Every request so far, in order."""
    is_down: bool = False
    """Refuse connections."""


class CustomerWeb:
    """All customers' servers. Implements `DocumentFetcher`, with its time-outs, limits and redirects."""

    def __init__(self) -> None:
        self._customers: list[Customer] = []
        self.strays: list[CustomerRequest] = []
        """Requests for URLs that no customer serves."""

    def add(self, prefix: str, handler: Handler) -> Customer:
        """Let a customer serve a URL and all beneath it."""
        customer = Customer(prefix, handler)
        self._customers.append(customer)
        self._customers.sort(key=lambda each: -len(each.prefix))
        return customer

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """The answer, any status below 400; of a sound only its type. Raises FetchFailed."""
        return await self._in_time(request, reads_sound=False)

    async def fetch_sound(self, request: FetchRequest) -> FetchResponse:
        """The answer, whatever it is. Raises FetchFailed."""
        return await self._in_time(request, reads_sound=True)

    async def _in_time(self, request: FetchRequest, *, reads_sound: bool) -> FetchResponse:
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._fetch(request, reads_sound)
        except TimeoutError:
            raise FetchFailed("timeout", f"{request.url} took over {request.timeout_s:g} s") from None

    async def _fetch(self, request: FetchRequest, reads_sound: bool) -> FetchResponse:
        url, method, body = request.url, request.method, request.body
        for _ in range(REDIRECTS_MAX + 1):
            answer = await self._ask(request._replace(url=url, method=method, body=body))
            if answer.location is not None and 300 <= answer.status < 400:
                try:
                    url = urljoin(url, answer.location)
                except ValueError:
                    raise FetchFailed("refused-target", f"{url} led to no URL") from None
                if answer.status != 307 and answer.status != 308:
                    method, body = "GET", b""
                continue
            content = answer.body.encode() if isinstance(answer.body, str) else answer.body
            if answer.status >= 400:
                raise FetchFailed("status", f"{url} answered {answer.status}", answer.status)
            if not reads_sound and answer.content_type.startswith("audio/"):
                content = b""
            if len(content) > request.body_bytes_max:
                raise FetchFailed("too-large", f"{url} answered more than {request.body_bytes_max} bytes")
            return FetchResponse(url, answer.status, answer.content_type, content)
        raise FetchFailed("redirects", f"{request.url} led on more than {REDIRECTS_MAX} times")

    async def _ask(self, request: FetchRequest) -> CustomerAnswer:
        seen = CustomerRequest(
            at_s=asyncio.get_running_loop().time(),
            method=request.method,
            url=request.url,
            headers={name.lower(): value for name, value in request.headers},
            body=request.body,
            username=request.username,
            password=request.password,
        )
        customer = next((each for each in self._customers if request.url.startswith(each.prefix)), None)
        if customer is None:
            self.strays.append(seen)
            raise FetchFailed("connect", f"nobody serves {request.url} in this lab")
        customer.requests.append(seen)
        if customer.is_down:
            raise FetchFailed("connect", f"{customer.prefix} is down")
        said: Any = customer.handler(seen)
        if inspect.isawaitable(said):
            said = await said
        answer = _as_answer(said)
        if answer.after_s:
            await asyncio.sleep(answer.after_s)
        return answer


def _as_answer(said: Answer) -> CustomerAnswer:
    if isinstance(said, CustomerAnswer):
        return said
    if isinstance(said, bytes):
        return CustomerAnswer(said, content_type="audio/wav")
    return CustomerAnswer(said)
