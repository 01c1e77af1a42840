"""Bandwidth's conferences: the list and one of them.

Owns parameters and rendering. Rows are put together from templates, because a page is printed far more
often than its shape changes. Null rules: `tag` and `conferenceEventUrl` are explicit nulls, `completedTime`
is left out until there is one, `activeMembers` is never in a list.

Bandwidth API reference, `listConferences`, `getConference`.
"""

from typing import Final

from hubbub.dialects.bandwidth.errors import JSON, not_found
from hubbub.dialects.bandwidth.ids import CONFERENCE, parse
from hubbub.dialects.bandwidth.paging import next_link, read_page_size, read_time, read_token
from hubbub.dialects.bandwidth.participants import active_members
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.shared.dates import iso_ms
from hubbub.dialects.shared.json import json_string, json_string_or_null
from hubbub.dialects.shared.query import first, parse_query
from hubbub.domain.account import Account
from hubbub.domain.conference import Conference
from hubbub.domain.ids import ConferenceId
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import ConferenceQuery

FILTERS: Final = ("name", "minCreatedTime", "maxCreatedTime", "pageSize")
"""The parameters that a next link repeats."""
_METHODS: Final[dict[str | None, str]] = {"GET": "GET", "get": "GET"}
"""Everything else, and nothing at all, is the default."""


async def list_conferences(request: HttpRequest, desk: Desk, account: Account) -> HttpResponse:
    """GET accounts/{accountId}/conferences: oldest first, running and finished alike."""
    pairs = parse_query(request.query)
    size = read_page_size(first(pairs, "pageSize"))
    page_token = first(pairs, "pageToken")
    query = ConferenceQuery(
        account.id,
        name=first(pairs, "name"),
        created_from_ms=read_time("minCreatedTime", first(pairs, "minCreatedTime")),
        created_until_ms=read_time("maxCreatedTime", first(pairs, "maxCreatedTime")),
    )
    after = None if page_token is None else read_token(page_token)
    page = await desk.store.read.conferences(query, PageRequest(size, after=after))
    own_site = desk.settings.site
    body = "[" + ",".join([render(row, own_site) + "}" for row in page.items]) + "]"
    headers: tuple[tuple[str, str], ...] = ()
    if page.has_more:
        row = page.items[-1]
        kept = [(name, value) for name in FILTERS if (value := first(pairs, name)) is not None]
        url = f"{request.base_url}/api/v2/accounts/{account.bandwidth_id}/conferences"
        headers = (next_link(url, kept, Cursor(row.created_at_ms, row.id)),)
    return HttpResponse(200, body.encode("utf-8", "replace"), JSON, headers)


async def get_conference(
    request: HttpRequest, desk: Desk, account: Account, conference_id: str
) -> HttpResponse:
    """GET accounts/{accountId}/conferences/{conferenceId}, with those inside."""
    conference = await find(desk, account, conference_id)
    members = await active_members(request, desk, account, conference)
    body = f'{render(conference, desk.settings.site)},"activeMembers":[{",".join(members)}]}}'
    return HttpResponse(200, body.encode("utf-8", "replace"), JSON)


async def find(desk: Desk, account: Account, text: str) -> Conference:
    """The account's conference with this id.

    Raises:
        Refused: 404, for malformed, unknown and foreign ids alike.
    """
    parsed = parse(CONFERENCE, text)
    if parsed is not None:
        conference = await desk.store.read.conference(ConferenceId(parsed.id))
        if conference is not None and conference.account_id == account.id:
            own_site = desk.settings.site
            if parsed.site == (own_site if conference.site is None else conference.site):
                return conference
    raise not_found("Conference", text)


def render(conference: Conference, own_site: str) -> str:
    """One conference as a JSON object whose closing brace is still to come."""
    site, digits, completed = conference.site, conference.id, conference.completed_at_ms
    # `ids.conference_text`, written out: a page has a thousand of them.
    place = f"{own_site}-" if site is None else f"{site}-" if site else ""
    ended = "" if completed is None else f'"completedTime":"{iso_ms(completed)}",'
    return (
        f'{{"id":"conf-{place}{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",'
        f'"name":{json_string(conference.name)},'
        f'"createdTime":"{iso_ms(conference.created_at_ms)}",{ended}'
        f'"conferenceEventUrl":{json_string_or_null(conference.event_url)},'
        f'"conferenceEventMethod":"{_METHODS.get(conference.event_method, "POST")}",'
        f'"tag":{json_string_or_null(conference.tag)}'
    )
