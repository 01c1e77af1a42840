"""`/v1/deliveries`: what became of each callback, the request as it would be sent, and sending it again."""

from collections.abc import Sequence
from typing import Any, Final

from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.shared.dates import iso_ms
from hubbub.dialects.shared.query import encode_query
from hubbub.domain.delivery import Delivery, DeliveryState
from hubbub.domain.errors import Conflict
from hubbub.domain.ids import AccountId, DeliveryId
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import DeliveryQuery
from hubbub.services.deliveries.resend_deliveries import ResendDeliveries
from hubbub.services.deliveries.show_delivery import ShowDelivery
from hubbub.web.own.auth import MODIFY_DELIVERIES, READ_DELIVERIES, Asker, admit
from hubbub.web.own.errors import Refused, answer
from hubbub.web.own.events import represent as represent_event
from hubbub.web.own.parameters import Parameters, read_id

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 500
PATH: Final = "/v1/deliveries"
_FILTERS: Final = ("state", "stream", "account")


async def list_deliveries(request: HttpRequest, desk: Desk) -> HttpResponse:
    asker = await admit(request, desk, READ_DELIVERIES)
    parameters = Parameters(request.query, (*_FILTERS, "limit", "order", "after"))
    query = _query(asker, parameters)
    order = parameters.get("order") or "desc"
    if order not in ("asc", "desc"):
        raise Refused(400, "order is asc (oldest first) or desc")
    page = PageRequest(
        parameters.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX),
        after=_cursor(parameters.get("after")),
        descending=order == "desc",
    )
    found = await desk.store.read.deliveries(query, page)
    after = f"{found.items[-1].created_at_ms}-{found.items[-1].id}" if found.has_more else None
    following = None
    if after is not None:
        wanted = [(name, value) for name in (*_FILTERS, "limit", "order") if (value := parameters.get(name))]
        following = f"{request.base_url}{PATH}?{encode_query([*wanted, ('after', after)])}"
    return answer({"deliveries": [represent(each) for each in found.items], "next": following})


async def get_delivery(request: HttpRequest, desk: Desk, show: ShowDelivery, key: str) -> HttpResponse:
    asker = await admit(request, desk, READ_DELIVERIES)
    Parameters(request.query, ())
    delivery = await _find(desk, asker, key)
    shown = await show(delivery)
    return answer(
        {
            **represent(delivery),
            "purpose": shown.purpose,
            "dialect": shown.dialect,
            "event": None if shown.entry is None else represent_event(shown.entry),
            "request": None if shown.request is None else shown.request._asdict(),
            "why_not": shown.why_not,
        }
    )


async def resend_delivery(
    request: HttpRequest, desk: Desk, resend: ResendDeliveries, key: str
) -> HttpResponse:
    asker = await admit(request, desk, MODIFY_DELIVERIES)
    Parameters(request.query, ())
    delivery = await _find(desk, asker, key)
    try:
        return answer(represent(await resend.one(delivery.id)), 202)
    except Conflict as conflict:
        raise Refused(409, str(conflict)) from None


async def resend_deliveries(request: HttpRequest, desk: Desk, resend: ResendDeliveries) -> HttpResponse:
    asker = await admit(request, desk, MODIFY_DELIVERIES)
    parameters = Parameters(request.query, _FILTERS)
    query = _query(asker, parameters)
    if query.states is None:
        raise Refused(400, "state is wanted: which deliveries are to be sent again, as in state=dead")
    if DeliveryState.SENDING in query.states or DeliveryState.DUE in query.states:
        raise Refused(400, "Only dead and delivered ones can be sent again together")
    made_due, has_more = await resend.all(query)
    return answer({"resent": made_due, "has_more": has_more}, 202)


def represent(delivery: Delivery) -> dict[str, Any]:
    """A delivery as JSON values."""
    leased = delivery.leased_until_ms
    return {
        "id": delivery.id,
        "state": str(delivery.state),
        "account_id": delivery.account_id,
        "subscription_id": delivery.subscription_id,
        "stream": delivery.stream,
        "event_number": delivery.event_number,
        "sequence": delivery.sequence,
        "token": delivery.token,
        "attempts": delivery.attempts,
        "due_at": iso_ms(delivery.due_at_ms),
        "leased_until": None if leased is None else iso_ms(leased),
        "created_at": iso_ms(delivery.created_at_ms),
        "updated_at": iso_ms(delivery.updated_at_ms),
        "status": delivery.status,
        "error": delivery.error,
    }


def _query(asker: Asker, parameters: Parameters) -> DeliveryQuery:
    account_id = asker.caller.account.id
    named = parameters.get("account")
    if named is not None:
        account_id = AccountId(read_id(named))
        if account_id not in asker.account_ids:
            raise Refused(404, f"There is no account {named[:64]}")
    stream = parameters.get("stream")
    return DeliveryQuery(
        account_id=account_id,
        states=_states(parameters.get("state")),
        stream=None if stream is None else read_id(stream),
    )


def _states(text: str | None) -> frozenset[DeliveryState] | None:
    if text is None:
        return None
    words: Sequence[str] = text.split(",")
    try:
        return frozenset(DeliveryState(word.strip()) for word in words)
    except ValueError:
        raise Refused(400, f"state is one or more of {', '.join(DeliveryState)}, with commas") from None


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    at_ms, dash, key = text.partition("-")
    if not dash or not at_ms.isascii() or not at_ms.isdigit() or len(at_ms) > 18 or not read_id(key):
        raise Refused(400, "after is what the page before gave as next")
    return Cursor(int(at_ms), read_id(key))


async def _find(desk: Desk, asker: Asker, key: str) -> Delivery:
    found = await desk.store.read.delivery(DeliveryId(read_id(key)))
    if found is None or found.account_id not in asker.account_ids:
        raise Refused(404, f"There is no delivery {key[:64]}")
    return found
