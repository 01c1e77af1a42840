"""Bandwidth's Voice API v2: which request goes where.

Dispatch is by position in the path and by one look-up, not by a row of patterns. Double and trailing slashes
are ignored, since the vendor's samples and suites send both and a redirect would lose a body.

Bandwidth API reference, "Voice"; base path `/api/v2`, tokens at `/api/v1/oauth2/token`.
"""

from typing import Final

from hubbub.dialects.bandwidth.auth import give_token, identify, open_account, require
from hubbub.dialects.bandwidth.errors import Refused, error
from hubbub.dialects.bandwidth.operations import ROUTES, TARGETS, Operation, key
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.shared.query import decode_path
from hubbub.services.accounts.authenticate import Caller

_ALLOW_POSTING: Final = (("Allow", "POST"),)


class BandwidthDialect:
    """Satisfies `hubbub.dialects.contract.Dialect`."""

    name = "bandwidth"
    prefixes = ("/api/v2", "/api/v1")
    routes = ROUTES

    async def handle(self, request: HttpRequest, desk: Desk) -> HttpResponse:
        try:
            return await _answer(request, desk)
        except Refused as refused:
            return refused.response

    async def identify(self, request: HttpRequest, desk: Desk) -> Caller | None:
        try:
            return await identify(request, desk)
        except Refused:
            return None

    def refuse(self, request: HttpRequest, status: int, reason: str) -> HttpResponse:
        return error(status, reason)


async def _answer(request: HttpRequest, desk: Desk) -> HttpResponse:
    segments = [segment for segment in request.path.split("/") if segment][1:]
    if segments == ["v1", "oauth2", "token"]:
        if request.method != "POST":
            return error(405, headers=_ALLOW_POSTING)
        return await give_token(request, desk)
    caller = await identify(request, desk)
    if len(segments) < 3 or segments[0] != "v2" or segments[1] != "accounts":
        return error(404)
    reader = desk.store.read
    account = await open_account(reader, caller, decode_path(segments[2]))
    below = segments[1:]
    methods = TARGETS.get(key(below)) if len(below) > 2 else None
    if methods is None:
        return error(404)
    method = "GET" if request.method == "HEAD" else request.method
    # Whoever may do nothing here learns as much before the method is looked at.
    operation = methods.get(method) or next(iter(methods.values()))
    await require(reader, caller, operation.permission)
    if method not in methods:
        return error(405, headers=(("Allow", _allowed(methods)),))
    ids = [decode_path(segment) for segment in below[3:6:2]]
    return await operation.answer(request, desk, account, *ids)


def _allowed(methods: dict[str, Operation]) -> str:
    return ", ".join(["GET, HEAD" if method == "GET" else method for method in methods])
