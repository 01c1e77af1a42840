"""Who was called before the call was sent on to us (RFC 5806 `Diversion`, RFC 7044 `History-Info`)."""

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.headers import Headers
from hubbub.protocol.sip.uri import SipUri, Uri
from hubbub.protocol.sip.values import addresses


def diverting_uri(headers: Headers) -> Uri | None:
    """Whoever sent the call on last; None: nobody did, or what is told of it is malformed.

    `Diversion` has the latest first (RFC 5806 §3). In `History-Info` the entry that was sent on is the one that a
    later entry's `mp` names (RFC 7044 §10.1), or, as older senders write it, the last that bears the Reason why it
    was left (RFC 4244 §4.1).
    """
    try:
        diverting = addresses(headers, "Diversion")
        return diverting[0].uri if diverting else _left(addresses(headers, "History-Info"))
    except SipParseError:
        return None


def _left(history: tuple[NameAddr, ...]) -> Uri | None:
    mapped = next((index for entry in reversed(history) if (index := entry.param("mp"))), None)
    for entry in reversed(history):
        if entry.param("index") == mapped if mapped is not None else _has_reason(entry.uri):
            return entry.uri
    return None


def _has_reason(uri: Uri) -> bool:
    return isinstance(uri, SipUri) and any(name.lower() == "reason" for name, _ in uri.headers)
