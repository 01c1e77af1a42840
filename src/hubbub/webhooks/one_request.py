"""One HTTP request and its answer, and what carries them: `fresh_connections` or `kept_connections`."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from hubbub.markup.connection import ConnectionRules
from hubbub.services.ports import FetchFailed

Headers = tuple[tuple[str, str], ...]

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

ReadBody = Callable[[int, str], bool]
"""Of a status and a content type: whether the body is wanted."""


class Step(NamedTuple):
    """One request on the way through redirects."""

    url: str
    method: str
    headers: Headers
    body: bytes
    authorization: str | None


class RawAnswer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    """Lower-case names; of a repeated header the last, but several challenges (`www-authenticate`) with commas."""
    body: bytes
    """Empty where it was not wanted."""


class Carrier(Protocol):
    """Sends a request to an address that the target policy permits, and brings the answer."""

    async def carry(
        self,
        step: Step,
        headers: Headers,
        rules: ConnectionRules,
        read_body: ReadBody,
        body_bytes_max: int,
        deadline_s: float,
    ) -> RawAnswer:
        """
        Args:
            headers: to be sent, all but Host and Content-Length.
            read_body: asked for what is no redirect.
            deadline_s: when there must be an answer, by the loop's clock.

        Raises:
            TimeoutError: there was none by then.
            FetchFailed: connect, timeout (of `rules`), too-large or protocol.
            TargetRefused: the address is not permitted.
        """

    async def aclose(self) -> None: ...


def is_wanted(read_body: ReadBody, status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer's body is to be read."""
    if status in REDIRECTS and "location" in headers:
        return False
    return read_body(status, headers.get("content-type", ""))


def check_encoding(headers: Mapping[str, str]) -> None:
    """Raises FetchFailed for a body that is compressed: `identity` was asked for."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise FetchFailed("protocol", f"content encoding {encoding!r} was not asked for")


def too_large(status: int, bytes_max: int) -> FetchFailed:
    return FetchFailed("too-large", f"the answer is over {bytes_max} bytes", status)
