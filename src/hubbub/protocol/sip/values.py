"""Header values beyond the mandatory ones: session timers, reliability, content types, reasons, option tags.

Each is a frozen dataclass whose `parse` and `str` are inverses, with the section that defines it. Functions at the
end read whole headers at once. Addresses, Via and CSeq are in `address`, authentication in `digest`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.grammar import (
    Params,
    format_params,
    get_param,
    is_token,
    parse_decimal,
    parse_params,
    split_outside,
    unquote,
)
from hubbub.protocol.sip.headers import Headers

# RFC 3261 §20.19: delta-seconds go up to 2**32 - 1.
_SECONDS_MAX = 2**32 - 1
# RFC 3262 §7.1: an RSeq is at most 2**32 - 1; CSeq as in RFC 3261 §8.1.1.5.
_RSEQ_MAX = 2**32 - 1
_CSEQ_MAX = 2**31 - 1

Refresher = Literal["uac", "uas"]


def parse_seconds(text: str, what: str = "delta-seconds") -> int:
    """Whole seconds, 0 to 2**32 - 1 (RFC 3261 §25.1 delta-seconds).

    Raises:
        SipParseError: not a number, or larger.
    """
    return parse_decimal(text.strip(" \t"), what, _SECONDS_MAX)


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """Session-Expires: how long a session lives without a refresh, and who refreshes (RFC 4028 §4)."""

    interval_s: int
    """Session interval in seconds."""
    refresher: Refresher | None = None
    """Who sends the refresh; None when left open."""
    params: Params = ()
    """Other parameters."""

    @classmethod
    def parse(cls, text: str) -> SessionExpires:
        """Read a Session-Expires value.

        Raises:
            SipParseError: no number, or a refresher that is neither `uac` nor `uas`.
        """
        number, semicolon, listed = text.partition(";")
        refresher: Refresher | None = None
        others: list[tuple[str, str | None]] = []
        for name, value in parse_params(semicolon + listed):
            if name.lower() != "refresher":
                others.append((name, value))
            elif value is not None and value.lower() == "uac":
                refresher = "uac"
            elif value is not None and value.lower() == "uas":
                refresher = "uas"
            else:
                raise SipParseError("malformed refresher")
        return cls(parse_seconds(number, "Session-Expires"), refresher, tuple(others))

    def __str__(self) -> str:
        refresher = "" if self.refresher is None else f";refresher={self.refresher}"
        return f"{self.interval_s}{refresher}{format_params(self.params)}"


@dataclass(frozen=True, slots=True)
class MinSe:
    """Min-SE: the smallest session interval a hop accepts (RFC 4028 §5)."""

    interval_s: int
    """Seconds."""
    params: Params = ()
    """Extension parameters."""

    @classmethod
    def parse(cls, text: str) -> MinSe:
        """Read a Min-SE value.

        Raises:
            SipParseError: no number, malformed parameters.
        """
        number, semicolon, listed = text.partition(";")
        return cls(parse_seconds(number, "Min-SE"), parse_params(semicolon + listed))

    def __str__(self) -> str:
        return f"{self.interval_s}{format_params(self.params)}"


@dataclass(frozen=True, slots=True)
class RAck:
    """RAck: which reliable provisional response a PRACK acknowledges (RFC 3262 §7.2)."""

    rseq: int
    """RSeq of that response."""
    cseq_number: int
    """CSeq number of that response."""
    method: str
    """CSeq method of that response."""

    @classmethod
    def parse(cls, text: str) -> RAck:
        """Read a RAck value.

        Raises:
            SipParseError: not two numbers and a method.
        """
        words = text.split()
        if len(words) != 3 or not is_token(words[2]):
            raise SipParseError("malformed RAck")
        rseq, number, method = words
        return cls(parse_decimal(rseq, "RAck", _RSEQ_MAX), parse_decimal(number, "RAck", _CSEQ_MAX), method)

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq_number} {self.method}"


def parse_rseq(text: str) -> int:
    """RSeq: number of a reliable provisional response, 1 to 2**32 - 1 (RFC 3262 §7.1).

    Raises:
        SipParseError: not such a number.
    """
    number = parse_decimal(text.strip(" \t"), "RSeq", _RSEQ_MAX)
    if number == 0:
        raise SipParseError("RSeq is zero")
    return number


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Retry-After: when to try again (RFC 3261 §20.33). Comments are dropped."""

    delay_s: int
    """Seconds to wait."""
    params: Params = ()
    """`duration` and others."""

    @classmethod
    def parse(cls, text: str) -> RetryAfter:
        """Read a Retry-After value.

        Raises:
            SipParseError: no number, an unclosed comment, malformed parameters.
        """
        text = _without_comment(text)
        number, semicolon, listed = text.partition(";")
        return cls(parse_seconds(number, "Retry-After"), parse_params(semicolon + listed))

    def __str__(self) -> str:
        return f"{self.delay_s}{format_params(self.params)}"


@dataclass(frozen=True, slots=True)
class ContentType:
    """Content-Type: what the body is (RFC 3261 §20.15)."""

    media_type: str
    """`type/subtype` in lower case."""
    params: Params = ()
    """`boundary`, `charset`, …"""

    @classmethod
    def parse(cls, text: str) -> ContentType:
        """Read a Content-Type value.

        Raises:
            SipParseError: not `type/subtype`, malformed parameters.
        """
        whole, semicolon, listed = text.partition(";")
        kind, slash, subtype = whole.partition("/")
        kind, subtype = kind.strip(" \t"), subtype.strip(" \t")
        if not slash or not is_token(kind) or not is_token(subtype):
            raise SipParseError("malformed Content-Type")
        return cls(f"{kind}/{subtype}".lower(), parse_params(semicolon + listed))

    def __str__(self) -> str:
        return self.media_type + format_params(self.params)

    def param(self, name: str) -> str | None:
        """Value of parameter `name` (lower case), unquoted; None when absent."""
        value = get_param(self.params, name)
        return None if value is None else unquote(value)


@dataclass(frozen=True, slots=True)
class Reason:
    """Reason: why a request was sent, such as the cause of a BYE or CANCEL (RFC 3326 §2)."""

    protocol: str
    """`SIP`, `Q.850` or another."""
    params: Params = ()
    """`cause` and `text`."""

    @classmethod
    def parse(cls, text: str) -> Reason:
        """Read one Reason value (no comma list).

        Raises:
            SipParseError: no protocol, malformed parameters.
        """
        protocol, semicolon, listed = text.partition(";")
        protocol = protocol.strip(" \t")
        if not is_token(protocol):
            raise SipParseError("malformed Reason")
        return cls(protocol, parse_params(semicolon + listed))

    def __str__(self) -> str:
        return self.protocol + format_params(self.params)

    @property
    def cause(self) -> int | None:
        """Cause code, or None when absent or not a number."""
        value = get_param(self.params, "cause")
        return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else None

    @property
    def text(self) -> str | None:
        """Explanation, unquoted, or None."""
        value = get_param(self.params, "text")
        return None if value is None else unquote(value)


@dataclass(frozen=True, slots=True)
class Replaces:
    """Replaces: the dialog that a new INVITE takes over (RFC 3891 §6.1)."""

    call_id: str
    """Call-ID of that dialog."""
    to_tag: str
    """Tag of the receiver of Replaces in that dialog."""
    from_tag: str
    """Tag of its far end in that dialog."""
    is_early_only: bool = False
    """Whether only an early dialog may be replaced."""

    @classmethod
    def parse(cls, text: str) -> Replaces:
        """Read a Replaces value; further parameters are passed over.

        Raises:
            SipParseError: no Call-ID, or not exactly one to-tag and one from-tag.
        """
        call_id, semicolon, listed = text.partition(";")
        call_id = call_id.strip(" \t")
        params = parse_params(semicolon + listed)
        names = [name.lower() for name, _ in params]
        if not call_id or " " in call_id or names.count("to-tag") != 1 or names.count("from-tag") != 1:
            raise SipParseError("malformed Replaces")
        to_tag, from_tag = get_param(params, "to-tag"), get_param(params, "from-tag")
        if not to_tag or not from_tag:
            raise SipParseError("malformed Replaces")
        return cls(call_id, to_tag, from_tag, "early-only" in names)

    def __str__(self) -> str:
        early = ";early-only" if self.is_early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"


def option_tags(headers: Headers, name: str) -> tuple[str, ...]:
    """Option tags of all fields `name` (Supported, Require, Proxy-Require, Unsupported) in lower case, in order.

    Raises:
        SipParseError: a member that is no token (RFC 3261 §20.32, §20.37).
    """
    tags = headers.values(name)
    for tag in tags:
        if not is_token(tag):
            raise SipParseError(f"malformed {name}")
    return tuple([tag.lower() for tag in tags])


def methods(headers: Headers, name: str = "Allow") -> tuple[str, ...]:
    """Methods of all fields `name`, case kept (RFC 3261 §20.5).

    Raises:
        SipParseError: a member that is no token.
    """
    listed = headers.values(name)
    for method in listed:
        if not is_token(method):
            raise SipParseError(f"malformed {name}")
    return tuple(listed)


def addresses(headers: Headers, name: str) -> tuple[NameAddr, ...]:
    """All addresses of the fields `name` in order: Contact, Route, Record-Route (RFC 3261 §20.10, §20.30, §20.34).

    Raises:
        SipParseError: a malformed address, `*` among them.
    """
    return tuple([NameAddr.parse(member) for member in headers.values(name)])


def accepted_types(headers: Headers) -> tuple[str, ...]:
    """Media types of Accept without parameters, in lower case; `application/sdp` when there is none (§20.1).

    Raises:
        SipParseError: a malformed member.
    """
    lines = headers.get_all("Accept")
    if not lines:
        return ("application/sdp",)
    return tuple([ContentType.parse(member).media_type for member in headers.values("Accept")])


def _without_comment(text: str) -> str:
    """`text` without its parenthesised comments, which may nest (RFC 3261 §25.1)."""
    if "(" not in text:
        return text
    kept: list[str] = []
    depth = 0
    for part in split_outside(text, "("):
        if not kept:
            kept.append(part)
            continue
        depth += 1
        pieces = part.split(")")
        depth -= len(pieces) - 1
        if depth < 0:
            raise SipParseError("unbalanced comment")
        if depth == 0:
            kept.append(pieces[-1])
    if depth != 0:
        raise SipParseError("unbalanced comment")
    return "".join(kept)
