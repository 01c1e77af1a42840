"""How one request to a customer is to be sent, where the customer has a say in it. Data only.

A dialect reads it from what its customers write (`dialects.twilio.connection_overrides`); `webhooks` obeys it.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class RetryOn(StrEnum):
    """What may be wrong with an exchange that is worth another one."""

    CONNECT = "connect"
    """No connection, TCP or TLS."""
    TIMEOUT = "timeout"
    """A connection, and no answer in time."""
    CLIENT_ERROR = "4xx"
    SERVER_ERROR = "5xx"


EVERY_FAILURE: Final = frozenset(RetryOn)


class ConnectionRules(NamedTuple):
    """Each None: as the server has it."""

    connect_timeout_s: float | None = None
    """Name, TCP and TLS together."""
    read_timeout_s: float | None = None
    """From the request to the first byte of the answer, and from one piece of it to the next."""
    total_timeout_s: float | None = None
    """All attempts, redirects and challenges together."""
    attempts_max: int | None = None
    """1: nothing is tried again."""
    retry_on: frozenset[RetryOn] | None = None
    preemptive_basic: bool = False
    """Send user and password with the first request, not only when they are asked for (RFC 7617)."""
