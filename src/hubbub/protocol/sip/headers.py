"""The ordered header fields of one message (RFC 3261 §7.3).

Owns names: their one canonical spelling, their compact forms, and which fields are comma lists. Names compare
without regard to case, and known ones are stored and sent in canonical spelling; unknown ones keep the spelling
that they came with. Values are text, unfolded and stripped; what they mean is left to `address` and `values`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hubbub.protocol.sip.errors import SipBuildError
from hubbub.protocol.sip.grammar import is_token, split_list

# RFC 3261 §20 and, behind it, the extensions that name a compact form or that we read ourselves.
_KNOWN = """
Accept Accept-Encoding Accept-Language Alert-Info Allow Authentication-Info Authorization Call-ID Call-Info
Contact Content-Disposition Content-Encoding Content-Language Content-Length Content-Type CSeq Date
Error-Info Expires From In-Reply-To Max-Forwards MIME-Version Min-Expires Organization Priority
Proxy-Authenticate Proxy-Authorization Proxy-Require Record-Route Reply-To Require Retry-After Route Server
Subject Supported Timestamp To Unsupported User-Agent Via Warning WWW-Authenticate Allow-Events Event
Subscription-State Session-Expires Min-SE RSeq RAck Refer-To Referred-By Replaces Join Reason Path
Service-Route P-Asserted-Identity P-Preferred-Identity Privacy Accept-Contact Reject-Contact
Request-Disposition Identity Identity-Info Diversion History-Info SIP-ETag SIP-If-Match Info-Package
Recv-Info Refer-Sub Target-Dialog Geolocation User-to-User P-Charging-Vector P-Called-Party-ID
"""

# IANA "Header Fields" registry, compact forms: RFC 3261 §7.3.3, 3515, 3841, 3892, 4028, 4474, 6665.
_COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}

# Fields whose grammar is a comma list, so that two lines and one line with a comma mean the same (§7.3.1).
# The authentication fields are the exception the RFC makes: their commas separate parameters.
_LIST_NAMES = """
Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Call-Info Contact
Content-Encoding Content-Language Diversion Error-Info History-Info In-Reply-To P-Asserted-Identity
P-Preferred-Identity Path Proxy-Require Reason Record-Route Recv-Info Reject-Contact Request-Disposition
Require Route Service-Route Supported Unsupported User-to-User Via Warning
"""
_LISTS = frozenset(_LIST_NAMES.split())

# Every spelling met in the wild that costs one dictionary look-up: canonical, lower, upper and compact.
CANONICAL: dict[str, str] = {}
for _name in _KNOWN.split():
    for _spelling in (_name, _name.lower(), _name.upper(), _name.title()):
        CANONICAL[_spelling] = _name
for _short, _name in _COMPACT.items():
    CANONICAL[_short] = CANONICAL[_short.upper()] = _name


def canonical_name(name: str) -> str | None:
    """The one spelling of a known header field, its compact form expanded; None for an unknown field."""
    return CANONICAL.get(name) or CANONICAL.get(name.lower())


class Headers:
    """Header fields in order. Mutable; two are equal when all fields are, in order."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: list[tuple[str, str]] = []
        for name, value in fields:
            self.add(name, value)

    @classmethod
    def adopt(cls, fields: list[tuple[str, str]]) -> Headers:
        """Take over `fields`, whose names are canonical and whose values hold no line break: the parser's way in."""
        headers = cls.__new__(cls)
        headers._fields = fields
        return headers

    def get(self, name: str) -> str | None:
        """Value of the first field `name`, or None."""
        canonical = CANONICAL.get(name) or CANONICAL.get(name.lower())
        if canonical is not None:
            for key, value in self._fields:
                if key == canonical:
                    return value
            return None
        folded = name.lower()
        for key, value in self._fields:
            if key.lower() == folded:
                return value
        return None

    def get_all(self, name: str) -> list[str]:
        """Values of all fields `name`, one per line on the wire."""
        canonical = CANONICAL.get(name) or CANONICAL.get(name.lower())
        if canonical is not None:
            return [value for key, value in self._fields if key == canonical]
        folded = name.lower()
        return [value for key, value in self._fields if key.lower() == folded]

    def values(self, name: str) -> list[str]:
        """Members of all fields `name`: comma lists are split, with care for quotes and angle brackets (§7.3.1).

        Raises:
            SipParseError: quotes or angle brackets that never close.
        """
        lines = self.get_all(name)
        if canonical_name(name) not in _LISTS:
            return lines
        if len(lines) == 1:
            return split_list(lines[0])
        return [member for line in lines for member in split_list(line)]

    def add(self, name: str, value: str) -> None:
        """Append a field.

        Raises:
            SipBuildError: the name is no token, or the value holds a line break or text that no byte stands for.
        """
        self._fields.append(_checked(name, value))

    def add_first(self, name: str, value: str) -> None:
        """Insert a field before all others of its name, or before all fields when there is none: a Via, a Route."""
        field = _checked(name, value)
        for at, (key, _) in enumerate(self._fields):
            if key == field[0] or key.lower() == field[0].lower():
                self._fields.insert(at, field)
                return
        self._fields.insert(0, field)

    def set(self, name: str, value: str) -> None:
        """Put `value` in the place of the first field `name`, drop the others; append when there is none."""
        field = _checked(name, value)
        folded = field[0].lower()
        kept: list[tuple[str, str]] = []
        placed = False
        for other in self._fields:
            if other[0] != field[0] and other[0].lower() != folded:
                kept.append(other)
            elif not placed:
                kept.append(field)
                placed = True
        if not placed:
            kept.append(field)
        self._fields = kept

    def remove(self, name: str) -> None:
        """Drop all fields `name`, if any."""
        folded = (canonical_name(name) or name).lower()
        self._fields = [field for field in self._fields if field[0].lower() != folded]

    def remove_first(self, name: str) -> None:
        """Drop the first field `name`, if any: a proxy's or client's own Via, a Route that was followed."""
        folded = (canonical_name(name) or name).lower()
        for at, (key, _) in enumerate(self._fields):
            if key.lower() == folded:
                del self._fields[at]
                return

    def items(self) -> list[tuple[str, str]]:
        """All fields as (name, value), in order. The list is the caller's own."""
        return self._fields.copy()

    def copy(self) -> Headers:
        """An independent copy."""
        return Headers.adopt(self._fields.copy())

    def to_text(self) -> str:
        """All fields but Content-Length as lines, each with its CRLF; the message writes the length itself."""
        return "".join([f"{name}: {value}\r\n" for name, value in self._fields if name != "Content-Length"])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return self._fields == other._fields if isinstance(other, Headers) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"


def _checked(name: str, value: str) -> tuple[str, str]:
    """A field fit for the wire; refuses what would let a value write a header line of its own."""
    known = canonical_name(name)
    if known is None:
        if not is_token(name):
            raise SipBuildError("a header name must be a token")
        known = name
    if "\r" in value or "\n" in value:
        raise SipBuildError(f"{known} value holds a line break")
    if not value.isascii():
        try:
            value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise SipBuildError(f"{known} value holds a lone surrogate") from None
    return known, value.strip(" \t")
