"""Twilio's request for a TwiML document: its parameters and its signature.

https://www.twilio.com/docs/voice/twiml#request-parameters and
https://www.twilio.com/docs/usage/security. Owns the request; leaves the sending to `webhooks`.
"""

import base64
import hmac
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from hubbub.dialects.shared.query import Pairs, encode_query
from hubbub.dialects.twilio.connection_overrides import split_fragment
from hubbub.dialects.twilio.ids import call_sid
from hubbub.dialects.twilio.markup_outcomes import outcome_parameters
from hubbub.markup.effects import Ask
from hubbub.markup.language import DocumentRequest, MarkupCall, MarkupRoom

API_VERSION: Final = "2010-04-01"
USER_AGENT: Final = "TwilioProxy/1.1"
FORM: Final = "application/x-www-form-urlencoded; charset=UTF-8"


def document_request(call: MarkupCall, ask: Ask) -> DocumentRequest:
    """A signed request for a document: a form POST, or a GET with the parameters in its query."""
    parameters = call_parameters(call)
    parameters += ask.details
    if ask.outcome is not None:
        parameters += outcome_parameters(ask.outcome)
    if ask.conference is not None:
        parameters.append(("ConferenceSid", "CF" + ask.conference.id))
        parameters.append(("FriendlyName", ask.conference.name))
    if ask.failed is not None:
        parameters += [("ErrorCode", ask.failed.code), ("ErrorUrl", ask.failed.url)]
    return signed_request(call.signing_secret, parameters, ask)


def room_request(room: MarkupRoom, ask: Ask) -> DocumentRequest:
    """A signed request for an announcement."""
    parameters = [
        ("AccountSid", "AC" + room.account.id),
        ("ConferenceSid", "CF" + room.conference.id),
        ("FriendlyName", room.conference.name),
        ("ApiVersion", API_VERSION),
    ]
    if room.call is not None:
        parameters.append(("CallSid", call_sid(room.call)))
    return signed_request(room.signing_secret, [*parameters, *ask.details], ask)


def signed_request(secret: str | None, parameters: Pairs, ask: Ask) -> DocumentRequest:
    """`parameters` to the asked target, in its method, signed if there is a secret."""
    get = ask.target.method == "GET"
    url, connection = split_fragment(ask.target.url)
    if get:
        url = add_query(url, parameters)
    headers = [("Accept", "*/*"), ("User-Agent", USER_AGENT)]
    if secret is not None:
        signed = sign(secret, url, [] if get else parameters)
        headers.append(("X-Twilio-Signature", signed))
    if get:
        return DocumentRequest(
            url, "GET", tuple(headers), b"", ask.target.username, ask.target.password, connection
        )
    headers.append(("Content-Type", FORM))
    body = encode_query(parameters).encode("ascii")
    return DocumentRequest(
        url, "POST", tuple(headers), body, ask.target.username, ask.target.password, connection
    )


def call_parameters(call: MarkupCall) -> Pairs:
    """The parameters that every request about a call carries. Those that have no value are not sent."""
    leg = call.leg
    parameters = [
        ("CallSid", call_sid(leg)),
        ("AccountSid", "AC" + leg.account_id),
        ("From", leg.from_address),
        ("To", leg.to_address),
        ("Caller", leg.from_address),
        ("Called", leg.to_address),
        ("CallStatus", str(leg.status)),
        ("ApiVersion", API_VERSION),
        ("Direction", str(leg.direction)),
    ]
    if call.forwarded_from:
        parameters.append(("ForwardedFrom", call.forwarded_from))
    if call.caller_name:
        parameters.append(("CallerName", call.caller_name))
    if leg.parent_id is not None:
        parameters.append(("ParentCallSid", "CA" + leg.parent_id))
    parameters += [(f"SipHeader_{name}", value) for name, value in call.headers.items()]
    return parameters


def sign(secret: str, url: str, parameters: Pairs) -> str:
    """`X-Twilio-Signature`: HMAC-SHA1, Base64, of the URL and then each parameter's name and value.

    Names are sorted by their bytes; a repeated name's values are sorted and said once. The URL is signed
    without user information and fragment, and over https without its port.
    """
    text = _signed_url(url) + "".join(name + value for name, value in sorted(set(parameters)))
    digest = hmac.digest(secret.encode(), text.encode("utf-8", "replace"), "sha1")
    return base64.b64encode(digest).decode("ascii")


def add_query(url: str, parameters: Pairs) -> str:
    """`url` with `parameters` after those it has; its fragment, which is never sent, is dropped."""
    parts = urlsplit(url)
    query = "&".join(piece for piece in (parts.query, encode_query(parameters)) if piece)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]


def _signed_url(url: str) -> str:
    parts = urlsplit(_without_fragment(url))
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https":
        # A bracketed IPv6 address has colons of its own.
        name, colon, port = host.rpartition(":")
        if colon and port.isdigit():
            host = name
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
