"""The customer's web server, and sounds from it or made here."""

from typing import NamedTuple, Protocol

from hubbub.markup.connection import ConnectionRules
from hubbub.services.ports.media import Clip


class FetchRequest(NamedTuple):
    url: str
    method: str
    """GET or POST."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    username: str | None = None
    password: str | None = None
    timeout_s: float = 15.0
    body_bytes_max: int = 65_536
    connection: ConnectionRules | None = None
    """What the receiver asks of the connection."""


class FetchResponse(NamedTuple):
    url: str
    """After redirects: what relative URLs resolve against."""
    status: int
    content_type: str
    body: bytes


class FetchFailed(Exception):
    """No usable answer. `kind` is one of refused-target, connect, timeout, too-large, redirects, protocol, status."""

    def __init__(self, kind: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


class DocumentFetcher(Protocol):
    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """The answer, any status below 400. Raises FetchFailed."""


class ClipSource(Protocol):
    """Sound from a URL or a text."""

    async def load(self, request: FetchRequest) -> Clip:
        """Fetch and decode WAV, MP3 or Ogg; cached. Raises FetchFailed, or InvalidValue for bad audio."""

    async def speak(self, text: str, *, voice: str, language: str, ssml: str = "") -> Clip:
        """Speech; cached.

        Args:
            ssml: the same text with speech markup, for an engine that understands it; empty: there is none.

        Raises:
            InvalidValue: nothing can be said.
        """

    def stock(self, name: str) -> Clip:
        """One that ships with the server: `music`, `beep-enter`, `beep-exit`, `ringback`, `busy`."""
