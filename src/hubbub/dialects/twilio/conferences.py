"""The Conference resource: list and fetch.

https://www.twilio.com/docs/voice/api/conference-resource. Owns its parameters and its fields. The JSON of a
list's rows is written out here as text, because a page of 50 is most of what this API is asked for.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.call_sids import CallSids
from hubbub.dialects.shared.dates import rfc2822
from hubbub.dialects.shared.json import json_string
from hubbub.dialects.shared.query import parse_query
from hubbub.dialects.twilio.errors import invalid, not_allowed, not_found
from hubbub.dialects.twilio.ids import read_conference_sid
from hubbub.dialects.twilio.paging import Paging, make_links, read_paging
from hubbub.dialects.twilio.parameters import Span, read_days
from hubbub.dialects.twilio.representation import Instance, instance_response, json_page, list_response
from hubbub.dialects.twilio.resource import API_VERSION, Asked, account_uri, conference_uri
from hubbub.domain.conference import Conference, ConferenceState, EndReason, Phase
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.domain.paging import Cursor
from hubbub.domain.queries import ConferenceQuery
from hubbub.services.ports import Reader

FILTERS: Final = frozenset(
    {
        "Status",
        "FriendlyName",
        *(name + sign for name in ("DateCreated", "DateUpdated") for sign in ("", "<", ">")),
    }
)
KEYS: Final = (
    "sid",
    "account_sid",
    "friendly_name",
    "status",
    "date_created",
    "api_version",
    "date_updated",
    "region",
    "reason_conference_ended",
    "call_sid_ending_conference",
    "uri",
    "subresource_uris",
)
PHASES: Final = {
    "init": frozenset({Phase.INIT_ABSENT, Phase.INIT_PRESENT}),
    "in-progress": frozenset({Phase.STARTED_ABSENT, Phase.STARTED_PRESENT}),
    "completed": frozenset({Phase.COMPLETED}),
}
BY_SERVER: Final = "conference-ended-via-api"
REASONS: Final = dict.fromkeys(EndReason, BY_SERVER) | {
    EndReason.END_ON_EXIT_LEFT: "participant-with-end-conference-on-exit-left",
    EndReason.END_ON_EXIT_KICKED: "participant-with-end-conference-on-exit-kicked",
    EndReason.LAST_LEFT: "last-participant-left",
    EndReason.LAST_KICKED: "last-participant-kicked",
}
"""Twilio has five reasons and its typed libraries know no sixth. An end that no participant caused (an age
limit, a drained server, a crash) is told as one that came by the API."""
REASON_TEXTS: Final = {reason._value_: f'"{word}"' for reason, word in REASONS.items()}
"""As JSON, by our word: an enum member is slow to hash."""
REGION_UNKNOWN: Final = "unknown"
"""Printed before mixing starts."""

call_sids: Final = CallSids()


class Filters(NamedTuple):
    """A list request, read."""

    paging: Paging
    phases: frozenset[Phase] | None
    """None: the list's default."""
    name: str | None
    created: Span
    updated: Span


@lru_cache(maxsize=512)
def read_filters(query: str) -> Filters:
    """The parameters of a list request. Cached, because clients poll.

    Raises:
        TwilioError: 400.
    """
    pairs = parse_query(query)
    parameters = dict(pairs)
    status = parameters.get("Status")
    if status is not None and status not in PHASES:
        raise invalid("Status", "it is one of init, in-progress and completed")
    return Filters(
        read_paging(pairs, parameters, FILTERS, "CF"),
        None if status is None else PHASES[status],
        parameters.get("FriendlyName"),
        read_days(parameters, "DateCreated"),
        read_days(parameters, "DateUpdated"),
    )


async def list_conferences(asked: Asked) -> HttpResponse:
    filters = read_filters(asked.query)
    phases = filters.phases
    if phases is None and asked.desk.settings.twilio_list_default == "in-progress":
        phases = PHASES["in-progress"]
    reader = asked.desk.store.read
    account_id = asked.account.id
    page = await reader.conferences(
        ConferenceQuery(
            account_id,
            phases,
            name=filters.name,
            created_from_ms=filters.created.from_ms,
            created_until_ms=filters.created.until_ms,
            updated_from_ms=filters.updated.from_ms,
            updated_until_ms=filters.updated.until_ms,
        ),
        filters.paging.request,
    )
    rows = page.items
    links = make_links(
        filters.paging,
        "CF",
        len(rows),
        Cursor(rows[0].created_at_ms, rows[0].id) if rows else None,
        Cursor(rows[-1].created_at_ms, rows[-1].id) if rows else None,
        has_more=page.has_more,
        has_previous=page.has_previous,
    )
    uri = account_uri(account_id) + "/Conferences"
    region = asked.desk.settings.region
    if asked.suffix == ".json":
        given = {
            row.call_ending: await call_sids.find(reader, row.call_ending)
            for row in rows
            if row.node is None and row.call_ending is not None
        }
        return json_page("conferences", rows_json(rows, account_id, region, given), links, uri)
    instances = [represent(row, region, await ending_sid(reader, row)) for row in rows]
    return list_response("conferences", "Conference", instances, KEYS, links, uri, asked.suffix)


async def fetch_conference(asked: Asked) -> HttpResponse:
    conference = await find_conference(asked)
    sid = await ending_sid(asked.desk.store.read, conference)
    instance = represent(conference, asked.desk.settings.region, sid)
    return instance_response("Conference", instance, asked.suffix)


async def find_conference(asked: Asked) -> Conference:
    """The conference that the path's first key names.

    Raises:
        TwilioError: 405 where the key is no conference's SID (a room's name, say), 404 where the account has
            no such conference.
    """
    conference_id = read_conference_sid(asked.keys[0])
    if conference_id is None:
        raise not_allowed()
    conference = await asked.desk.store.read.conference(conference_id)
    if conference is None or conference.account_id != asked.account.id:
        raise not_found(asked.path)
    return conference


async def ending_sid(reader: Reader, conference: Conference) -> str | None:
    """The SID of the call that ended the conference."""
    if conference.call_ending is None:
        return None
    if conference.node is not None:
        return "CA" + conference.call_ending
    return await call_sids.find(reader, conference.call_ending)


def represent(conference: Conference, region: str, call_ending: str | None) -> Instance:
    uri = conference_uri(conference.account_id, conference.id)
    ended = conference.state is ConferenceState.COMPLETED
    return {
        "sid": "CF" + conference.id,
        "account_sid": "AC" + conference.account_id,
        "friendly_name": conference.name,
        "status": conference.state.value,
        "date_created": rfc2822(conference.created_at_ms),
        "api_version": API_VERSION,
        "date_updated": rfc2822(conference.updated_at_ms),
        "region": _region(conference, region),
        "reason_conference_ended": REASONS[conference.reason_ended]
        if ended and conference.reason_ended
        else None,
        "call_sid_ending_conference": call_ending if ended else None,
        "uri": uri,
        "subresource_uris": {"participants": uri + "/Participants", "recordings": uri + "/Recordings"},
    }


def _region(conference: Conference, region: str) -> str:
    if conference.region is not None:
        return conference.region
    return REGION_UNKNOWN if conference.state is ConferenceState.INIT else region


def rows_json(
    rows: Sequence[Conference], account_id: str, region: str, given: Mapping[CallId, str]
) -> list[str]:
    """The JSON texts of `represent`, which a test holds them to.

    Args:
        rows: all of one account.
        given: SIDs of ending calls that are not made from our id.
    """
    root = conference_uri(account_id, "")
    head = f'{{"account_sid":"AC{account_id}","api_version":"{API_VERSION}","call_sid_ending_conference":'
    own_region = json_string(region)
    completed, init = ConferenceState.COMPLETED, ConferenceState.INIT
    texts = []
    for row in rows:
        kept = _kept_texts.get(row[0])
        if kept is not None and kept[0] == row and kept[1] == region and row[9] not in given:
            texts.append(kept[2])
            continue
        # Taken apart at once: an attribute of a named tuple costs more than a place in it.
        sid, _, name, state, _, created_ms, updated_ms, _, reason, ending, _, _, _, asked, _, _ = row
        reason_text = ending_text = "null"
        if state is completed:
            if reason is not None:
                reason_text = REASON_TEXTS[reason._value_]
            if ending is not None:
                ending_text = json_string(given[ending]) if ending in given else f'"CA{ending}"'
        if asked is not None:
            region_text = json_string(asked)
        else:
            region_text = f'"{REGION_UNKNOWN}"' if state is init else own_region
        text = (
            f'{head}{ending_text},"date_created":"{rfc2822(created_ms)}","date_updated":"{rfc2822(updated_ms)}",'
            f'"friendly_name":{_name_text(name)},"reason_conference_ended":{reason_text},'
            f'"region":{region_text},"sid":"CF{sid}","status":"{state._value_}",'
            f'"subresource_uris":{{"participants":"{root}{sid}/Participants.json",'
            f'"recordings":"{root}{sid}/Recordings.json"}},"uri":"{root}{sid}.json"}}'
        )
        if len(_kept_texts) >= TEXTS_MAX:
            _kept_texts.clear()
        _kept_texts[sid] = row, region, text
        texts.append(text)
    return texts


TEXTS_MAX: Final = 4096
_kept_texts: Final[dict[ConferenceId, tuple[Conference, str, str]]] = {}
"""Rows as last printed, with the region printed: comparing a row costs a tenth of printing it."""
_name_text = lru_cache(maxsize=8192)(json_string)
