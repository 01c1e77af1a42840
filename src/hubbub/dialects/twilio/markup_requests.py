"""Twilio's request for a TwiML document: its parameters.

https://www.twilio.com/docs/voice/twiml#request-parameters. Owns the request; leaves the signature to `signing`, the
sending to `webhooks`.
"""

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from hubbub.dialects.shared.query import Pairs, encode_query
from hubbub.dialects.twilio.connection_overrides import split_fragment
from hubbub.dialects.twilio.ids import call_sid
from hubbub.dialects.twilio.markup_outcomes import outcome_parameters
from hubbub.dialects.twilio.signing import signature_headers
from hubbub.domain.application import WebTarget
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
        parameters += outcome_parameters(ask.outcome, call)
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
    return form_request(secret, parameters, ask.target)


def form_request(
    secret: str | None, parameters: Pairs, target: WebTarget, more_headers: Pairs | None = None
) -> DocumentRequest:
    """`parameters` as a form, or in the query of a GET, signed if there is a secret."""
    get = target.method == "GET"
    url, connection = split_fragment(target.url)
    if get:
        url = add_query(url, parameters)
    headers = [("Accept", "*/*"), ("User-Agent", USER_AGENT), *(more_headers or ())]
    headers += signature_headers(secret, target.url, url, [] if get else parameters)
    body = b""
    if not get:
        headers.append(("Content-Type", FORM))
        body = encode_query(parameters).encode("ascii")
    return DocumentRequest(
        url, target.method, tuple(headers), body, target.username, target.password, connection
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
    if leg.forwarded_from:
        parameters.append(("ForwardedFrom", leg.forwarded_from))
    if leg.caller_name:
        parameters.append(("CallerName", leg.caller_name))
    if leg.parent_id is not None:
        parameters.append(("ParentCallSid", "CA" + leg.parent_id))
    parameters += [(f"SipHeader_{name}", value) for name, value in call.headers.items()]
    return parameters


def add_query(url: str, parameters: Pairs) -> str:
    """`url` with `parameters` after those it has; its fragment, which is never sent, is dropped."""
    parts = urlsplit(url)
    query = "&".join(piece for piece in (parts.query, encode_query(parameters)) if piece)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
