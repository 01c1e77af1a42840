"""Bandwidth's requests for BXML: `initiate`, `answer`, `redirect`, and those that a verb's end makes.

Bandwidth Voice API, "Webhooks". JSON by POST, or the same keys in the query by GET, where a nested value
is JSON text. A key without a value is left out, not null.
"""

import json
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from hubbub.dialects.bandwidth.ids import call_text, conference_text, unknown_call_text
from hubbub.dialects.bandwidth.markup_outcomes import outcome_keys
from hubbub.dialects.shared.dates import iso_ms
from hubbub.dialects.shared.query import encode_query
from hubbub.domain.application import WebTarget
from hubbub.domain.call import Direction
from hubbub.domain.ids import uuid_text
from hubbub.markup.effects import Ask, Purpose
from hubbub.markup.language import DocumentRequest, MarkupCall, MarkupRoom

EVENT_TYPES: Final[dict[Purpose, str]] = {
    Purpose.INCOMING: "initiate",
    Purpose.ANSWERED: "answer",
    Purpose.REDIRECT: "redirect",
    Purpose.GATHER: "gather",
    Purpose.DIALLED: "transferComplete",
    Purpose.SCREEN: "transferAnswer",
    Purpose.BRIDGED: "bridgeComplete",
    Purpose.BRIDGE_TARGET: "bridgeTargetComplete",
    Purpose.RECORDED: "recordComplete",
}


def document_request(call: MarkupCall, ask: Ask) -> DocumentRequest:
    event = event_body(call, EVENT_TYPES.get(ask.purpose, "redirect"))
    if ask.outcome is not None:
        event |= outcome_keys(ask.outcome, str(event["callUrl"]), call.site)
    return event_request(event, ask.target)


def room_request(room: MarkupRoom, ask: Ask) -> DocumentRequest:
    """The `conferenceRedirect` webhook."""
    event: dict[str, object] = {
        "eventType": "conferenceRedirect",
        "eventTime": iso_ms(room.now_ms),
        "conferenceId": conference_text(room.conference.id, room.conference.site, room.site),
        "name": room.conference.name,
        "tag": room.conference.tag,
    }
    return event_request({name: value for name, value in event.items() if value is not None}, ask.target)


def event_request(event: dict[str, object], target: WebTarget) -> DocumentRequest:
    """An event as JSON by POST, or in the query by GET."""
    headers = (("Accept", "application/xml, text/xml, */*"),)
    if target.method == "GET":
        pairs = [
            (name, value if isinstance(value, str) else json.dumps(value)) for name, value in event.items()
        ]
        parts = urlsplit(target.url)
        query = "&".join(piece for piece in (parts.query, encode_query(pairs)) if piece)
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
        return DocumentRequest(url, "GET", headers, b"", target.username, target.password)
    body = json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")
    return DocumentRequest(
        target.url.partition("#")[0],
        "POST",
        (*headers, ("Content-Type", "application/json")),
        body,
        target.username,
        target.password,
    )


def event_body(call: MarkupCall, event_type: str) -> dict[str, object]:
    """The keys that events of a call share, and those of `initiate` and `answer`."""
    leg = call.leg
    call_id = call_text(leg, call.site)
    account_id = call.account.bandwidth_id
    event: dict[str, object] = {
        "eventType": event_type,
        "eventTime": iso_ms(call.now_ms),
        "accountId": account_id,
        "applicationId": uuid_text(leg.application_id) if leg.application_id else None,
        "from": leg.from_address,
        "to": leg.to_address,
        "direction": "inbound" if leg.direction is Direction.INBOUND else "outbound",
        "callId": call_id,
        "callUrl": f"{call.base_url}/api/v2/accounts/{account_id}/calls/{call_id}",
        "startTime": iso_ms(leg.started_at_ms or leg.created_at_ms),
    }
    if leg.direction is not Direction.INBOUND:
        event["enqueuedTime"] = iso_ms(leg.created_at_ms)
    if event_type != "initiate":
        event["answerTime"] = iso_ms(leg.answered_at_ms) if leg.answered_at_ms is not None else None
        event["tag"] = leg.tag
    if leg.parent_id is not None:
        # `from` and `to` stay those of the call that was transferred.
        parent = call.parent
        event["from"], event["to"] = (parent or leg).from_address, (parent or leg).to_address
        event["parentCallId"] = (
            unknown_call_text(leg.parent_id, call.site) if parent is None else call_text(parent, call.site)
        )
        event["transferCallerId"] = leg.from_address
        event["transferTo"] = leg.to_address
    if event_type in ("initiate", "answer"):
        event["sipCallId"] = leg.sip_call_id
    if event_type == "initiate":
        event["diversion"] = {"origTo": leg.forwarded_from} if leg.forwarded_from else None
        event["sipHeaders"] = {name.lower(): value for name, value in call.headers.items()} or None
    return {name: value for name, value in event.items() if value is not None}
