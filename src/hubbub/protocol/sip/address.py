"""The header values that every message carries: addresses, Via and CSeq (RFC 3261 §20.10, §20.42, §20.16).

Each is a named tuple whose `parse` and `str` are inverses: `parse(str(x)) == x`. White space that the grammar
allows is dropped on the way in; display names always go out quoted, which is never wrong. Further headers are in
`values`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.grammar import (
    Params,
    format_params,
    get_param,
    is_token,
    parse_decimal,
    parse_params,
    quote,
    quoted_end,
    replace_param,
    unquote,
)
from hubbub.protocol.sip.uri import Uri, parse_hostport, parse_uri

# RFC 3261 §8.1.1.5: a CSeq number is less than 2**31.
_CSEQ_MAX = 2**31 - 1
# RFC 3261 §8.1.1.7: the cookie that marks a branch as unique.
BRANCH_COOKIE = "z9hG4bK"


class NameAddr(NamedTuple):
    """An address with display name and parameters: From, To, Contact, Route, Refer-To (RFC 3261 §20.10, §25.1)."""

    display_name: str | None
    """Display name, quotes and escapes resolved; None when there is none."""
    uri: Uri
    """The address itself."""
    params: Params = ()
    """Parameters behind the address: `tag`, `expires`, `q`."""

    @classmethod
    def parse(cls, text: str) -> NameAddr:
        """Read one address, in angle brackets or bare.

        Without angle brackets everything from the first semicolon on belongs to the header, not to the URI (§20.10).

        Raises:
            SipParseError: quotes or brackets that do not balance, a display name that needs quotes, a bad URI.
        """
        text = text.strip(" \t")
        display: str | None = None
        if text[:1] == '"':
            end = quoted_end(text, 0)
            display = unquote(text[:end])
            text = text[end:].lstrip(" \t")
            if text[:1] != "<":
                raise SipParseError("display name without an address")
        opening = text.find("<")
        if opening < 0:
            bare, semicolon, listed = text.partition(";")
            bare = bare.rstrip(" \t")
            if "?" in bare or "," in bare:
                # §20: a URI that holds a comma, question mark or semicolon must stand in angle brackets.
                raise SipParseError("address needs angle brackets")
            return cls(None, parse_uri(bare), parse_params(semicolon + listed) if semicolon else ())
        if opening > 0:
            words = text[:opening].split()
            if not all(is_display_word(word) for word in words):
                raise SipParseError("display name needs quotes")
            display = " ".join(words)
        closing = text.find(">", opening)
        if closing < 0:
            raise SipParseError("unbalanced angle brackets")
        uri = parse_uri(text[opening + 1 : closing].strip(" \t"))
        tail = text[closing + 1 :]
        return cls(display, uri, parse_params(tail) if tail else ())

    def __str__(self) -> str:
        name = "" if self.display_name is None else quote(self.display_name) + " "
        return f"{name}<{self.uri}>{format_params(self.params)}"

    def param(self, name: str) -> str | None:
        """Value of parameter `name` (lower case), unquoted; "" when it has none, None when it is absent."""
        value = get_param(self.params, name)
        return None if value is None else unquote(value)

    @property
    def tag(self) -> str | None:
        """The dialog tag (§19.3), or None."""
        return get_param(self.params, "tag") or None

    def with_param(self, name: str, value: str | None = None) -> NameAddr:
        """This address with parameter `name` set to a token or quoted string."""
        return self._replace(params=replace_param(self.params, name, value))

    def with_tag(self, tag: str) -> NameAddr:
        """This address with its dialog tag set."""
        return self.with_param("tag", tag)


def is_display_word(word: str) -> bool:
    """Whether a word may stand in an unquoted display name: a token, bytes above ASCII leniently let through."""
    if word.isascii():
        return is_token(word)
    ascii_part = "".join([char for char in word if char.isascii()])
    return not ascii_part or is_token(ascii_part)


class Via(NamedTuple):
    """One hop of the way back (RFC 3261 §20.42, §18.2.2; `rport` RFC 3581)."""

    transport: str
    """Transport in upper case: UDP, TCP, TLS, WS, or one unknown to us."""
    host: str
    """sent-by host, an IPv6 address without brackets."""
    port: int | None = None
    """sent-by port when written."""
    params: Params = ()
    """`branch`, `received`, `rport`, …"""

    @classmethod
    def parse(cls, text: str) -> Via:
        """Read one Via value (no comma list).

        Raises:
            SipParseError: not SIP/2.0, no transport, a malformed sent-by or parameter.
        """
        head, semicolon, listed = text.partition(";")
        if head.startswith("SIP/2.0/"):
            transport, _, sent_by = head[8:].replace("\t", " ").partition(" ")
            if not transport:
                transport, _, sent_by = sent_by.strip(" ").partition(" ")
        else:
            protocol, _, rest = head.partition("/")
            version, _, rest = rest.partition("/")
            if protocol.strip(" \t").upper() != "SIP" or version.strip(" \t") != "2.0":
                raise SipParseError("Via of an unknown protocol")
            transport, _, sent_by = rest.strip(" \t").replace("\t", " ").partition(" ")
        if not is_token(transport):
            raise SipParseError("Via without a transport")
        sent_by = sent_by.strip(" \t")
        if " " in sent_by or "\t" in sent_by:
            # `host : port` is allowed by the grammar (COLON is SWS ":" SWS), but white space elsewhere is not.
            host, colon, port = sent_by.rpartition(":")
            sent_by = f"{host.rstrip()}:{port.lstrip()}" if colon else sent_by
        host, number = parse_hostport(sent_by)
        params = parse_params(semicolon + listed) if semicolon else ()
        return cls(transport.upper(), host, number, params)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"SIP/2.0/{self.transport} {host}{port}{format_params(self.params)}"

    def param(self, name: str) -> str | None:
        """Value of parameter `name` (lower case) as on the wire; "" when it has none, None when it is absent."""
        return get_param(self.params, name)

    @property
    def branch(self) -> str | None:
        """The transaction's branch, or None (RFC 2543 peers have none)."""
        return get_param(self.params, "branch") or None

    @property
    def has_rfc3261_branch(self) -> bool:
        """Whether the branch alone identifies the transaction (§17.2.3): the cookie and something behind it."""
        branch = self.branch
        return branch is not None and branch.startswith(BRANCH_COOKIE) and len(branch) > len(BRANCH_COOKIE)

    @property
    def received(self) -> str | None:
        """Source address that the next hop saw, without brackets, or None (§18.2.1)."""
        value = get_param(self.params, "received")
        return value.strip("[]") if value else None

    @property
    def wants_rport(self) -> bool:
        """Whether `rport` is there, with a value or without (RFC 3581 §3)."""
        return get_param(self.params, "rport") is not None

    @property
    def rport(self) -> int | None:
        """Source port that the next hop saw (RFC 3581 §4); None when absent, empty or malformed."""
        value = get_param(self.params, "rport")
        if not value or not value.isascii() or not value.isdigit() or len(value) > 5:
            return None
        number = int(value)
        return number if number <= 65535 else None

    def with_param(self, name: str, value: str | None = None) -> Via:
        """This Via with parameter `name` set."""
        return self._replace(params=replace_param(self.params, name, value))


class CSeq(NamedTuple):
    """Sequence number and method (RFC 3261 §20.16)."""

    number: int
    """0 to 2**31 - 1."""
    method: str
    """Method, case kept: methods are case-sensitive."""

    @classmethod
    def parse(cls, text: str) -> CSeq:
        """Read a CSeq value.

        Raises:
            SipParseError: not a number below 2**31 and a method.
        """
        words = text.split()
        if len(words) != 2 or not is_token(words[1]):
            raise SipParseError("malformed CSeq")
        return cls(parse_decimal(words[0], "CSeq", _CSEQ_MAX), words[1])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@lru_cache(maxsize=1024)
def parse_name_addr(text: str) -> NameAddr:
    """`NameAddr.parse`, remembered: every message of a call has the same From, To and Contact.

    Raises:
        SipParseError: as for `NameAddr.parse`.
    """
    return NameAddr.parse(text)
