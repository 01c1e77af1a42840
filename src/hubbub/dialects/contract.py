"""What a dialect must offer, and the plain HTTP it speaks.

A dialect's REST side is a function from `HttpRequest` to `HttpResponse`: no server, no framework, so that
tests hand it bytes and the web shell hands it requests. Its markup side is described in
`hubbub.markup.language`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, cast

from hubbub.services.accounts.authenticate import Caller
from hubbub.services.commands import Commands
from hubbub.services.ports import Clock, Entropy, Log, Store


@dataclass(slots=True)
class HttpRequest:
    """One request, with nothing decoded yet but the header names."""

    method: str
    path: str
    """The path as sent, still percent-encoded, without the query."""
    query: str
    """The query as sent, without the question mark."""
    headers: Mapping[str, str]
    """Lower-case names; a repeated header's values joined with a comma."""
    body: bytes
    base_url: str
    """How the client reaches us: scheme, host, port; no trailing slash. From the settings, else from Host."""
    client_host: str = ""


@dataclass(slots=True)
class HttpResponse:
    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """Sent in exactly this letter case."""
    stream: "BodyStream | None" = None
    """The body, where it is too long to be held at once; `body` is empty then."""


class BodyStream(NamedTuple):
    """A body that is sent while it is read. The shell closes `chunks`, also when the client went away."""

    chunks: AsyncIterator[bytes]
    length_bytes: int | None
    """Exactly what the chunks add up to; sent as Content-Length. None: nobody knows, it goes on for as long as
    the client stays, and does not count among the requests in work."""


class DialectSettings(NamedTuple):
    """What an operator may choose about the dialects; documented in docs/settings.md."""

    site: str = "00000001"
    """Eight hex digits, printed in ids that carry a site."""
    region: str = "us1"
    twilio_list_default: str = "in-progress"
    """`in-progress` (since 2026) or `all` (before): what a conference list without Status holds."""
    restcomm_object_level: bool = False
    """Print the extra `<object>` level of Restcomm's released XML."""
    restcomm_application_url: str = ""
    """The web application whose pages may call the Restcomm API; empty: no page of another origin may."""
    restcomm_open_recordings: bool = False
    """The sound of a Restcomm recording is given to whoever knows its address, as released."""
    strict: bool = False
    """Keep a vendor's own limits where this server has wider ones."""
    twilio_keep_participants: bool = False
    """Participants stay readable after they left."""


class Desk(NamedTuple):
    """What a dialect works with."""

    store: Store
    clock: Clock
    entropy: Entropy
    log: Log
    settings: DialectSettings
    commands: Commands = cast(Commands, None)
    """What changes live calls, rooms and recordings."""


Handler = Callable[..., Awaitable[HttpResponse]]


EXTENSION = "extension"
"""The tag of a route that the vendor has not."""


@dataclass(frozen=True, slots=True)
class Route:
    """One promise: docs/compatibility/ is generated from these, beside the vendor's own description."""

    method: str
    template: str
    """The vendor's path with `{Names}`, as in its description."""
    operation: str
    """The vendor's operation id, or ours for an extension."""
    notes: str = ""
    tags: tuple[str, ...] = field(default=())


class Dialect(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def prefixes(self) -> Sequence[str]:
        """Path prefixes that belong to this dialect, whatever follows."""

    @property
    def routes(self) -> Sequence[Route]: ...

    async def handle(self, request: HttpRequest, desk: Desk) -> HttpResponse:
        """Answer any request below the prefixes; never raises for what a client sent."""

    async def identify(self, request: HttpRequest, desk: Desk) -> Caller | None:
        """Who asks, by the credentials alone; None where `handle` will refuse them."""

    def refuse(self, request: HttpRequest, status: int, reason: str) -> HttpResponse:
        """The dialect's own form of a refusal that the shell makes (413, 429, 431, 500, 503)."""
