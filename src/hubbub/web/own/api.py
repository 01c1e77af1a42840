"""Our own API: which request goes where."""

from typing import Final

from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse, Route
from hubbub.dialects.shared.query import decode_path
from hubbub.services.accounts.authenticate import Caller
from hubbub.services.deliveries.resend_deliveries import ResendDeliveries
from hubbub.services.deliveries.show_delivery import ShowDelivery
from hubbub.web.own import deliveries, events
from hubbub.web.own.auth import find_caller
from hubbub.web.own.errors import CHALLENGE, Refused, error
from hubbub.web.own.feed import EventFeed

ROUTES: Final = (
    Route("GET", "/v1/events", "ListEvents", "JSON, or Server-Sent Events"),
    Route("GET", "/v1/deliveries", "ListDeliveries"),
    Route("GET", "/v1/deliveries/{Id}", "FetchDelivery"),
    Route("POST", "/v1/deliveries/{Id}/resend", "ResendDelivery"),
    Route("POST", "/v1/deliveries/resend", "ResendDeliveries"),
)
METHODS: Final[dict[tuple[str | None, ...], str]] = {
    ("events",): "GET",
    ("deliveries",): "GET",
    ("deliveries", "resend"): "POST",
    ("deliveries", None): "GET",
    ("deliveries", None, "resend"): "POST",
}
"""Segments below `/v1` and what may be asked of them; None stands for an id."""


class OwnApi:
    """Satisfies `dialects.contract.Dialect`."""

    name = "hubbub"
    prefixes = ("/v1",)
    routes = ROUTES

    def __init__(
        self, feed: EventFeed, show: ShowDelivery, resend: ResendDeliveries, *, streams_max: int
    ) -> None:
        self._feed = feed
        self._show = show
        self._resend = resend
        self._streams_max = streams_max

    async def handle(self, request: HttpRequest, desk: Desk) -> HttpResponse:
        try:
            return await self._handle(request, desk)
        except Refused as refused:
            return refused.response

    async def _handle(self, request: HttpRequest, desk: Desk) -> HttpResponse:
        below = request.path.split("/")[2:]
        pattern: tuple[str | None, ...] = tuple(below)
        if pattern not in METHODS and len(below) > 1:
            pattern = (below[0], None, *below[2:])
        method = METHODS.get(pattern)
        if method is None:
            if await find_caller(request, desk) is None:
                raise Refused(401, "A user name and a password are wanted, by HTTP Basic", CHALLENGE)
            raise Refused(404, "Nothing is served at this path")
        if request.method != method:
            raise Refused(405, f"This path answers {method}", (("Allow", _allowed(method)),))
        match pattern:
            case ("events",):
                return await events.get_events(request, desk, self._feed, self._streams_max)
            case ("deliveries",):
                return await deliveries.list_deliveries(request, desk)
            case ("deliveries", "resend"):
                return await deliveries.resend_deliveries(request, desk, self._resend)
            case ("deliveries", None):
                return await deliveries.get_delivery(request, desk, self._show, decode_path(below[1]))
        return await deliveries.resend_delivery(request, desk, self._resend, decode_path(below[1]))

    async def identify(self, request: HttpRequest, desk: Desk) -> Caller | None:
        return await find_caller(request, desk)

    def refuse(self, request: HttpRequest, status: int, reason: str) -> HttpResponse:
        return error(status, reason)


def _allowed(method: str) -> str:
    return "GET, HEAD" if method == "GET" else method
