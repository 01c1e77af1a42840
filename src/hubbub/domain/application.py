"""Applications, numbers and trunks: where a dialled address leads.

An `Application` is a bundle of answer URLs in one dialect. A `Number` (E.164 or the user part of a SIP
address) leads to one. A `Trunk` is a peer that may call us without a password, or that we call through.
"""

from typing import NamedTuple

from hubbub.domain.ids import AccountId, ApplicationId, NumberId, TrunkId


class WebTarget(NamedTuple):
    """One URL of a customer and how to ask it."""

    url: str
    method: str = "POST"
    username: str | None = None
    password: str | None = None


class Application(NamedTuple):
    id: ApplicationId
    account_id: AccountId
    friendly_name: str
    dialect: str
    """Which dialect's markup and requests it speaks. A name only: the domain knows no vendor."""
    voice: WebTarget
    fallback: WebTarget | None
    status_callback: WebTarget | None
    created_at_ms: int


class Number(NamedTuple):
    id: NumberId
    account_id: AccountId
    address: str
    """E.164 with `+`, or the user part of a SIP address. Unique on this server."""
    application_id: ApplicationId | None
    """None: the address is a room of the same name."""
    created_at_ms: int


class Trunk(NamedTuple):
    id: TrunkId
    account_id: AccountId
    name: str
    sources: tuple[str, ...]
    """IP networks (`192.0.2.0/24`) whose calls are taken as this account's without a password."""
    username: str | None
    """Digest user name, for callers that register or authenticate."""
    target: str | None
    """SIP URI that outbound calls of the account go through."""
    created_at_ms: int


def normalise_address(text: str) -> str:
    """A dialled address in the form numbers are stored in: E.164 loses its punctuation, others stay."""
    stripped = text.strip()
    if stripped.startswith("+"):
        digits = "".join(ch for ch in stripped[1:] if ch.isascii() and ch.isdigit())
        if digits and all(ch in "0123456789-. ()" for ch in stripped[1:]):
            return "+" + digits
    return stripped
