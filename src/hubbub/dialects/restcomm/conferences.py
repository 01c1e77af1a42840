"""Restcomm's conferences: the list and one of them.

Owns parameters and rendering. A conference has nine fields, in this order, in both forms; a link ends in
`.json` in JSON only.

Restcomm Connect API guide, "Conferences".
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.restcomm.asked import Asked
from hubbub.dialects.restcomm.errors import refused
from hubbub.dialects.restcomm.filters import STATUS, read_day, read_name, read_status
from hubbub.dialects.restcomm.ids import read_conference_sid
from hubbub.dialects.restcomm.paging import envelope, json_list, list_uri, read_ask, xml_list
from hubbub.dialects.restcomm.representation import indented, json_answer, json_text, xml_answer, xml_element
from hubbub.dialects.shared.dates import DAY_MS, rfc2822
from hubbub.domain.conference import Conference
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import ConferenceQuery

RECORD_CLASS: Final = "org.restcomm.connect.dao.entities.ConferenceDetailRecord"
"""What released servers print as the class of the level that `restcomm_object_level` brings back."""
LIST_CLASS: Final = RECORD_CLASS + "List"


async def list_conferences(asked: Asked) -> HttpResponse:
    """GET Accounts/{A}/Conferences.

    `DateCreated` is a lower bound and `DateUpdated` an upper one, the next midnight included; neither means
    "on this day". StartTime, EndTime, CallSid, SortBy, AfterSid, Reverse and SubAccounts change nothing.
    """
    pairs, account, desk = asked.parameters, asked.account, asked.desk
    ask = read_ask(pairs)
    name, name_like = read_name(pairs)
    updated = read_day(pairs, "DateUpdated")
    query = ConferenceQuery(
        account.id,
        phases=read_status(pairs),
        name=name,
        name_like=name_like,
        created_from_ms=read_day(pairs, "DateCreated"),
        updated_until_ms=None if updated is None else updated + DAY_MS,
    )
    page = await desk.store.read.conferences(
        query, PageRequest(min(ask.size, ask.limit), offset=ask.offset, total_limit=ask.limit)
    )
    total = min(page.total or 0, ask.limit)
    rows = page.items[: max(total - ask.offset, 0)]
    last_sid = "CF" + rows[-1].id if rows else ""
    around = envelope(ask, total, len(rows), list_uri(asked.segments), last_sid)
    if asked.as_json:
        return json_answer(json_list(around, "conferences", [_json(row) for row in rows], json_text))
    return xml_answer(
        xml_list(around, "Conferences", [_xml(row) for row in rows]),
        LIST_CLASS if desk.settings.restcomm_object_level else None,
    )


async def get_conference(asked: Asked) -> HttpResponse:
    """GET Accounts/{A}/Conferences/{CF}. 403 where another account owns it, also to that account's parent."""
    desk = asked.desk
    conference_id = read_conference_sid(asked.sid)
    conference = None if conference_id is None else await desk.store.read.conference(conference_id)
    if conference is None:
        raise refused(404)
    if conference.account_id != asked.account.id:
        raise refused(403)
    if asked.as_json:
        return json_answer(indented(_json(conference), -4))
    return xml_answer(
        indented(_xml(conference), -2), RECORD_CLASS if desk.settings.restcomm_object_level else None
    )


def _json(row: Conference) -> str:
    """As it stands in a list."""
    uri = f"/2012-04-24/Accounts/AC{row.account_id}/Conferences/CF{row.id}"
    return f"""    {{
      "sid": "CF{row.id}",
      "date_created": "{rfc2822(row.created_at_ms, padded=False)}",
      "date_updated": "{rfc2822(row.updated_at_ms, padded=False)}",
      "account_sid": "AC{row.account_id}",
      "status": "{STATUS[row.phase]}",
      "api_version": "2012-04-24",
      "friendly_name": {json_text(row.name)},
      "uri": "{uri}.json",
      "subresource_uris": {{
        "participants": "{uri}/Participants.json"
      }}
    }}"""


def _xml(row: Conference) -> str:
    """As it stands in a list."""
    uri = f"/2012-04-24/Accounts/AC{row.account_id}/Conferences/CF{row.id}"
    return f"""    <Conference>
      <Sid>CF{row.id}</Sid>
      <DateCreated>{rfc2822(row.created_at_ms, padded=False)}</DateCreated>
      <DateUpdated>{rfc2822(row.updated_at_ms, padded=False)}</DateUpdated>
      <AccountSid>AC{row.account_id}</AccountSid>
      <Status>{STATUS[row.phase]}</Status>
      <ApiVersion>2012-04-24</ApiVersion>
      {xml_element("FriendlyName", row.name)}
      <Uri>{uri}</Uri>
      <SubresourceUris>
        <Participants>{uri}/Participants</Participants>
      </SubresourceUris>
    </Conference>"""
