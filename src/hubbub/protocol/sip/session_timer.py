"""Session timers: agreeing on an interval and on who refreshes (RFC 4028).

Owns the negotiation as pure functions over one request or response, and `SessionTimer`, what was agreed. Leaves to
others: sending the refresh at half the interval and the BYE when none came (call.py).

Roles swap with each refresh: `uac` and `uas` in Session-Expires mean the ends of that very request, so every
agreement is turned into "we refresh" or "they refresh" at once.
"""

from __future__ import annotations

from typing import NamedTuple

from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.headers import Headers
from hubbub.protocol.sip.message import SipRequest, SipResponse
from hubbub.protocol.sip.values import MinSe, SessionExpires, option_tags

_LONGEST_S = 86_400
"""A day; longer intervals protect nobody, and numbers up to 2^32 are allowed on the wire."""


class SessionTimer(NamedTuple):
    """An agreement."""

    interval_s: int
    we_refresh: bool

    @property
    def refresh_after_s(self) -> float:
        """When the refresher refreshes: half the interval (§7.2, §9)."""
        return self.interval_s / 2

    @property
    def end_after_s(self) -> float:
        """When an end that saw no refresh hangs up: a third of the interval early, at most 32 s (§10)."""
        return self.interval_s - min(32.0, self.interval_s / 3)


class IntervalTooSmall(Exception):
    """The request's interval is below our minimum: answer 422 with Min-SE (§6)."""

    def __init__(self, min_se_s: int) -> None:
        super().__init__(f"session interval below {min_se_s} s")
        self.min_se_s = min_se_s


def supports_timer(headers: Headers) -> bool:
    """Whether the sender lists `timer` in Supported or Require."""
    return "timer" in option_tags(headers, "Supported") or "timer" in option_tags(headers, "Require")


def agree_as_server(request: SipRequest, *, wanted_s: int, min_se_s: int) -> SessionTimer | None:
    """What our 2xx to this INVITE or UPDATE agrees to (§9, table 2); None: no timer runs.

    The requester's interval and refresher are kept. Where it asks for nothing but could, it gets our interval and the
    task of refreshing. Where it cannot, and something before it asked, the task is ours.

    Raises:
        IntervalTooSmall: the interval is below `min_se_s`, and the requester understands a 422.
        SipParseError: Session-Expires or Min-SE cannot be read.
    """
    supported = supports_timer(request.headers)
    asked_text = request.headers.get("Session-Expires")
    floor_s = min_se_s
    if (text := request.headers.get("Min-SE")) is not None:
        floor_s = max(floor_s, MinSe.parse(text).interval_s)
    if asked_text is None:
        if not supported or wanted_s == 0:
            return None
        return SessionTimer(min(max(wanted_s, floor_s), _LONGEST_S), we_refresh=False)
    asked = SessionExpires.parse(asked_text)
    interval_s = asked.interval_s
    if interval_s < min_se_s:
        if supported:
            raise IntervalTooSmall(min_se_s)
        interval_s = min_se_s
    interval_s = min(interval_s, _LONGEST_S)
    if not supported:
        return SessionTimer(interval_s, we_refresh=True)
    return SessionTimer(interval_s, we_refresh=asked.refresher == "uas")


def announce_as_server(fields: list[tuple[str, str]], agreed: SessionTimer) -> None:
    """Writes an agreement into our 2xx (§9)."""
    refresher = "uas" if agreed.we_refresh else "uac"
    fields.append(("Session-Expires", f"{agreed.interval_s};refresher={refresher}"))
    if not agreed.we_refresh:
        fields.append(("Require", "timer"))


def ask_as_client(
    fields: list[tuple[str, str]], interval_s: int, min_se_s: int, current: SessionTimer | None
) -> None:
    """Writes the wish for a timer into our INVITE or UPDATE (§7.1, §7.4); a refresh keeps the roles."""
    refresher = "" if current is None else f";refresher={'uac' if current.we_refresh else 'uas'}"
    fields.append(("Session-Expires", f"{interval_s}{refresher}"))
    fields.append(("Min-SE", str(min_se_s)))


def agree_as_client(response: SipResponse, *, min_se_s: int) -> SessionTimer | None:
    """What a 2xx to our request agrees to (§7.2); None: the far end wants no timer.

    An interval below our own minimum is taken as the minimum, lest one number makes us refresh without pause.

    Raises:
        SipParseError: Session-Expires cannot be read.
    """
    text = response.headers.get("Session-Expires")
    if text is None:
        return None
    agreed = SessionExpires.parse(text)
    interval_s = min(max(agreed.interval_s, min_se_s), _LONGEST_S)
    return SessionTimer(interval_s, we_refresh=agreed.refresher != "uas")


def demanded_interval_s(response: SipResponse) -> int | None:
    """The smallest interval a 422 says would do (§6, §7.3); None when it does not say."""
    text = response.headers.get("Min-SE")
    if text is None:
        return None
    try:
        return min(MinSe.parse(text).interval_s, _LONGEST_S)
    except SipParseError:
        return None
