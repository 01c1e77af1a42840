"""The fragment of a Twilio webhook URL: `https://example.com/voice#ct=2000&rc=3&rp=5xx`.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides. The fragment is never sent and never
signed. A value that is out of its range, or no value at all, leaves the default; so does an unknown name, which
lets an ordinary fragment pass. `e`, the edge that Twilio would send from, has no meaning on one server, and the name
of the host is always sent in the TLS handshake, whatever `sni` says: a receiver that does not want it ignores it.
"""

from functools import lru_cache
from typing import Final

from hubbub.markup.connection import EVERY_FAILURE, ConnectionRules, RetryOn
from hubbub.services.deliveries.callbacks import RetryPolicy

ATTEMPTS_DEFAULT: Final = 2
"""`rc=1`: one more."""
_MILLISECONDS: Final = {"ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000)}
_POLICIES: Final = {
    "ct": frozenset({RetryOn.CONNECT}),
    "rt": frozenset({RetryOn.TIMEOUT}),
    "4xx": frozenset({RetryOn.CLIENT_ERROR}),
    "5xx": frozenset({RetryOn.SERVER_ERROR}),
    "all": EVERY_FAILURE,
}


def split_fragment(url: str) -> tuple[str, ConnectionRules | None]:
    """The URL as it is sent and signed, and what its fragment asks; None: nothing."""
    bare, mark, fragment = url.partition("#")
    return bare, _read(fragment) if mark else None


@lru_cache(maxsize=1024)
def _read(fragment: str) -> ConnectionRules | None:
    values: dict[str, str] = {}
    for piece in fragment.split("&"):
        name, _, value = piece.partition("=")
        values[name.strip()] = value.strip()
    retry_on: frozenset[RetryOn] = frozenset()
    for word in values.get("rp", "").replace("|", ",").replace("%2C", ",").split(","):
        retry_on |= _POLICIES.get(word.strip().lower(), frozenset())
    count = values.get("rc", "")
    rules = ConnectionRules(
        connect_timeout_s=_seconds("ct", values),
        read_timeout_s=_seconds("rt", values),
        total_timeout_s=_seconds("tt", values),
        attempts_max=int(count) + 1 if count in {"0", "1", "2", "3", "4", "5"} else None,
        retry_on=retry_on or None,
    )
    return None if rules == ConnectionRules() else rules


def _seconds(name: str, values: dict[str, str]) -> float | None:
    text = values.get(name, "")
    least, most = _MILLISECONDS[name]
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not least <= int(text) <= most:
        return None
    return int(text) / 1000


def callback_policy(rules: ConnectionRules | None) -> RetryPolicy:
    """How often a status callback is tried: at once, once more, when no connection was made, unless the URL asks
    otherwise."""
    rules = rules or ConnectionRules()
    retry_on = frozenset({RetryOn.CONNECT}) if rules.retry_on is None else rules.retry_on
    digits = {RetryOn.CLIENT_ERROR: 4, RetryOn.SERVER_ERROR: 5}
    return RetryPolicy(
        attempts_max=ATTEMPTS_DEFAULT if rules.attempts_max is None else rules.attempts_max,
        delays_ms=(0,),
        on_connect_failure=RetryOn.CONNECT in retry_on,
        on_timeout=RetryOn.TIMEOUT in retry_on,
        on_status=not retry_on.isdisjoint(digits),
        status_classes=frozenset(digit for word, digit in digits.items() if word in retry_on),
    )
