"""The registrar's rules (RFC 3261 §10.3): what a REGISTER does to the bindings of one address-of-record.

Pure: bindings and time come in, changes and the answer go out. Owns expiry and its bounds, several contacts, `*`, the
order that Call-ID and CSeq give, the number of contacts, and the list of contacts in the answer. Leaves to others: who
may register what (digest), where bindings are kept, and where a call to a contact is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.uri import SipUri, parse_uri, uris_equal
from hubbub.protocol.sip.values import parse_seconds

CONTACT_LENGTH_MAX: Final = 512


class RegistrarLimits(NamedTuple):
    """What an operator may set."""

    expires_s_default: int = 3600
    """For a contact that does not say (§10.3 step 7)."""
    expires_s_min: int = 60
    """A shorter wish is answered with 423; 0 is always taken."""
    expires_s_max: int = 7200
    """A longer wish is cut to this."""
    contacts_max: int = 10
    """Contacts of one user; further ones are refused with 403."""


REGISTRAR_LIMITS: Final = RegistrarLimits()


class Binding(NamedTuple):
    """One contact of an address-of-record."""

    contact: str
    """Its URI, as registered."""
    expires_at_ms: int
    call_id: str
    cseq: int


class RegisterAnswer(NamedTuple):
    """What came of a REGISTER. With any status but 200 nothing changes."""

    status: int
    fields: list[tuple[str, str]]
    put: tuple[Binding, ...] = ()
    remove: tuple[str, ...] = ()
    """Contacts, as they are kept."""
    reason: str | None = None


class _Wish(NamedTuple):
    uri: SipUri
    expires_s: int


def register(
    request: SipRequest, bindings: Iterable[Binding], now_ms: int, limits: RegistrarLimits
) -> RegisterAnswer:
    """What a REGISTER of somebody who may do so changes, and its answer.

    Args:
        bindings: all that are kept for the address-of-record; those that have expired are removed along the way.

    Raises:
        SipParseError: a header cannot be read (400).
    """
    kept = {each.contact: each for each in bindings}
    current = {name: each for name, each in kept.items() if each.expires_at_ms > now_ms}
    call_id, cseq = request.call_id, request.cseq.number
    texts = request.headers.values("Contact")
    if "*" in [text.strip() for text in texts]:
        if len(texts) != 1 or _expires(request) != 0:
            return RegisterAnswer(400, [], reason="Contact * goes alone and with Expires 0")
        if any(_is_stale(each, call_id, cseq) for each in current.values()):
            return _out_of_order()
        return _done(kept, {}, now_ms)
    default_s = _expires(request)
    wishes = [_wish(text, default_s, limits) for text in texts]
    if any(0 < wish.expires_s < limits.expires_s_min for wish in wishes):
        return RegisterAnswer(423, [("Min-Expires", str(limits.expires_s_min))])
    for wish in wishes:
        # The same contact, written differently, keeps its first name: by that it is found in the store.
        name = _find(current, wish.uri) or str(wish.uri)
        known = current.pop(name, None)
        if known is not None and known is kept.get(name) and _is_stale(known, call_id, cseq):
            return _out_of_order()
        if wish.expires_s:
            expires_s = min(wish.expires_s, limits.expires_s_max)
            current[name] = Binding(name, now_ms + expires_s * 1000, call_id, cseq)
    if len(current) > limits.contacts_max:
        return RegisterAnswer(403, [], reason="Too Many Contacts")
    return _done(kept, current, now_ms)


def address_of_record(request: SipRequest) -> str | None:
    """The user whose contacts a REGISTER is about (§10.3 step 5); None when To names none.

    Raises:
        SipParseError: To cannot be read.
    """
    uri = request.to_addr.uri
    return uri.decoded_user if isinstance(uri, SipUri) else None


def _done(kept: dict[str, Binding], current: dict[str, Binding], now_ms: int) -> RegisterAnswer:
    fields = [
        ("Contact", f"<{name}>;expires={(each.expires_at_ms - now_ms + 999) // 1000}")
        for name, each in current.items()
    ]
    put = tuple([each for name, each in current.items() if kept.get(name) is not each])
    return RegisterAnswer(200, fields, put, tuple([name for name in kept if name not in current]))


def _out_of_order() -> RegisterAnswer:
    """§10.3 steps 6 and 7: the whole request fails."""
    return RegisterAnswer(500, [], reason="Out of Order")


def _is_stale(known: Binding, call_id: str, cseq: int) -> bool:
    """Whether a request is older than the one that made the binding; a client that was restarted has a new Call-ID."""
    return known.call_id == call_id and cseq <= known.cseq


def _wish(text: str, default_s: int | None, limits: RegistrarLimits) -> _Wish:
    contact = NameAddr.parse(text)
    if not isinstance(contact.uri, SipUri):
        raise SipParseError("only SIP contacts can be called")
    if len(str(contact.uri)) > CONTACT_LENGTH_MAX:
        raise SipParseError("contact too long")
    own = contact.param("expires")
    expires_s = _seconds(own, limits) if own is not None else default_s
    return _Wish(contact.uri, limits.expires_s_default if expires_s is None else expires_s)


def _expires(request: SipRequest) -> int | None:
    text = request.headers.get("Expires")
    return None if text is None else parse_seconds(text, "Expires")


def _seconds(text: str, limits: RegistrarLimits) -> int:
    """§10.2.1.1: what is malformed counts as the default."""
    try:
        return parse_seconds(text)
    except SipParseError:
        return limits.expires_s_default


def _find(bindings: Iterable[str], uri: SipUri) -> str | None:
    """The name under which an equal contact is kept."""
    for name in bindings:
        try:
            if uris_equal(parse_uri(name), uri):
                return name
        except SipParseError:
            continue
    return None
