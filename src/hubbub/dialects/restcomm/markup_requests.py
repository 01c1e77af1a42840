"""Restcomm's request for an RCML document.

Restcomm Connect user guide, "How applications work". A form POST, or a GET with the parameters in its query.
"""

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from hubbub.dialects.restcomm.ids import call_sid
from hubbub.dialects.restcomm.markup_outcomes import outcome_parameters
from hubbub.dialects.shared.dates import iso_ms
from hubbub.dialects.shared.query import Pairs, encode_query
from hubbub.domain.application import WebTarget
from hubbub.markup.effects import Ask
from hubbub.markup.language import DocumentRequest, MarkupCall, MarkupRoom

API_VERSION: Final = "2012-04-24"
FORM: Final = "application/x-www-form-urlencoded; charset=UTF-8"
UNKNOWN: Final = "null"
"""What Restcomm sends for a caller name or forwarder that it does not know."""


def document_request(call: MarkupCall, ask: Ask) -> DocumentRequest:
    outcome = outcome_parameters(ask.outcome, call) if ask.outcome is not None else []
    return form_request([*call_parameters(call), *ask.details, *outcome], ask.target)


def room_request(room: MarkupRoom, ask: Ask) -> DocumentRequest:
    """For a document that is to run in a room; the vendor has none, so this is an extension."""
    parameters = [
        ("ConferenceSid", "CF" + room.conference.id),
        ("AccountSid", "AC" + room.account.id),
        ("FriendlyName", room.conference.name),
        ("ApiVersion", API_VERSION),
    ]
    return form_request([*parameters, *ask.details], ask.target)


def form_request(parameters: Pairs, target: WebTarget) -> DocumentRequest:
    """`parameters` as a form by POST, or in the query by GET."""
    headers = (("Accept", "*/*"),)
    parts = urlsplit(target.url)
    query = encode_query(parameters)
    if target.method == "GET":
        query = "&".join(piece for piece in (parts.query, query) if piece)
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
        return DocumentRequest(url, "GET", headers, b"", target.username, target.password)
    return DocumentRequest(
        target.url.partition("#")[0],
        "POST",
        (*headers, ("Content-Type", FORM)),
        query.encode("ascii"),
        target.username,
        target.password,
    )


def call_parameters(call: MarkupCall) -> Pairs:
    """The parameters of every request, in Restcomm's order."""
    leg = call.leg
    return [
        ("CallSid", call_sid(leg)),
        ("InstanceId", "ID" + call.site.rjust(32, "0")),
        ("AccountSid", "AC" + leg.account_id),
        ("From", leg.from_address),
        ("To", leg.to_address),
        ("CallStatus", str(leg.status)),
        ("ApiVersion", API_VERSION),
        ("Direction", str(leg.direction)),
        ("CallerName", leg.caller_name or UNKNOWN),
        ("ForwardedFrom", leg.forwarded_from or UNKNOWN),
        ("CallTimestamp", iso_ms(leg.created_at_ms)),
        *((f"SipHeader_{name}", value) for name, value in call.headers.items()),
    ]
