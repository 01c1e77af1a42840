"""What may be done to a live conference: end it, redirect it, put BXML into it.

Answers 204 before anything is asked of the customer: a redirect URL that fails, or answers with verbs that have
no place in a conference, is told to the log and to nobody else.

Bandwidth API reference, `updateConference`, `updateConferenceBxml`.
"""

from hubbub.dialects.bandwidth.bodies import JsonBody, read_document, read_json
from hubbub.dialects.bandwidth.conferences import find
from hubbub.dialects.bandwidth.errors import invalid, not_found
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.domain.account import Account
from hubbub.domain.conference import Conference
from hubbub.domain.errors import ConferenceEnded, Conflict, NotFound
from hubbub.markup.effects import Ask, Purpose
from hubbub.markup.instructions import Setting

COMPLETED = "completed"
ACTIVE = "active"
NO_REDIRECT_URL = "Missing at least one required field. Required fields are [redirectUrl]"


async def update_conference(
    request: HttpRequest, desk: Desk, account: Account, conference_id: str
) -> HttpResponse:
    """POST accounts/{accountId}/conferences/{conferenceId}: end it, or ask a URL what to run in it."""
    conference = await _find_live(desk, account, conference_id)
    body = read_json(request)
    status = body.choice("status", (ACTIVE, COMPLETED), ACTIVE)
    ask = read_redirect(body, Purpose.ROOM, strict=desk.settings.strict)
    if status == COMPLETED:
        refuse_redirect(body, "status")
        try:
            await desk.commands.rooms.end(conference.id)
        except NotFound:
            raise not_found("Conference", conference_id) from None
        except Conflict:
            raise invalid(f"Conference [{conference_id}] was imported and is not held here") from None
        return HttpResponse(204)
    if ask is None:
        raise invalid(NO_REDIRECT_URL)
    ask = Ask(ask.purpose, ask.target, ask.fallback, conference=conference)
    try:
        await desk.commands.rooms.redirect(conference.id, ask, "bandwidth")
    except (NotFound, ConferenceEnded):
        raise not_found("Conference", conference_id) from None
    return HttpResponse(204)


async def update_conference_bxml(
    request: HttpRequest, desk: Desk, account: Account, conference_id: str
) -> HttpResponse:
    """PUT accounts/{accountId}/conferences/{conferenceId}/bxml: run it after the documents that wait."""
    conference = await _find_live(desk, account, conference_id)
    document = read_document(request, Setting.ROOM)
    try:
        await desk.commands.rooms.run(conference.id, document, "bandwidth")
    except (NotFound, ConferenceEnded):
        raise not_found("Conference", conference_id) from None
    return HttpResponse(204)


def read_redirect(body: JsonBody, purpose: Purpose, *, strict: bool) -> Ask | None:
    """The redirect fields that conferences and calls share; None without a `redirectUrl`."""
    target = body.target("redirectUrl", "redirectMethod", "username", "password", strict=strict)
    fallback = body.target(
        "redirectFallbackUrl",
        "redirectFallbackMethod",
        "fallbackUsername",
        "fallbackPassword",
        strict=strict,
    )
    return None if target is None else Ask(purpose, target, fallback)


def refuse_redirect(body: JsonBody, state_name: str) -> None:
    """Raises Refused where a URL comes with `completed`. Methods may: client libraries send them always."""
    for name in ("redirectUrl", "redirectFallbackUrl"):
        if body.url(name) is not None:
            raise invalid(f"Invalid {name}: not allowed when {state_name} is {COMPLETED}")


async def _find_live(desk: Desk, account: Account, conference_id: str) -> Conference:
    conference = await find(desk, account, conference_id)
    if not conference.is_live:
        raise not_found("Conference", conference_id)
    return conference
