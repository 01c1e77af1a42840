"""One room, one participant, one error, to the byte, in JSON, XML and CSV."""

from typing import Any

import pytest

from dialects.cast import ACME, ALICE, BOB, STANDUP, call, conference, enter, participant, standup
from dialects.twilio_asking import ROOMS, A, ask
from hubbub.dialects.contract import Desk

ROOM = f"{ROOMS}/CF{STANDUP}"
ROOM_JSON = (
    f'{{"account_sid":"AC{ACME}","api_version":"2010-04-01","call_sid_ending_conference":null,'
    '"date_created":"Mon, 04 May 2026 09:30:00 +0000","date_updated":"Mon, 04 May 2026 09:30:02 +0000",'
    '"friendly_name":"standup","reason_conference_ended":null,"region":"us1",'
    f'"sid":"CF{STANDUP}","status":"in-progress","subresource_uris":'
    f'{{"participants":"{ROOM}/Participants.json","recordings":"{ROOM}/Recordings.json"}},"uri":"{ROOM}.json"}}'
)
ROOM_XML = (
    f"<Conference><Sid>CF{STANDUP}</Sid><AccountSid>AC{ACME}</AccountSid>"
    "<FriendlyName>standup</FriendlyName><Status>in-progress</Status>"
    "<DateCreated>Mon, 04 May 2026 09:30:00 +0000</DateCreated><ApiVersion>2010-04-01</ApiVersion>"
    "<DateUpdated>Mon, 04 May 2026 09:30:02 +0000</DateUpdated><Region>us1</Region>"
    f"<ReasonConferenceEnded/><CallSidEndingConference/><Uri>{ROOM}</Uri>"
    f"<SubresourceUris><Participants>{ROOM}/Participants</Participants>"
    f"<Recordings>{ROOM}/Recordings</Recordings></SubresourceUris></Conference>"
)
ROOM_CSV = (
    "Sid,AccountSid,FriendlyName,Status,DateCreated,ApiVersion,DateUpdated,Region,ReasonConferenceEnded,"
    "CallSidEndingConference,Uri\r\n"
    f'CF{STANDUP},AC{ACME},standup,in-progress,"Mon, 04 May 2026 09:30:00 +0000",2010-04-01,'
    f'"Mon, 04 May 2026 09:30:02 +0000",us1,,,{ROOM}.json\r\n'
)
XML_HEAD = "<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse>"


@pytest.fixture(autouse=True)
async def rooms(store: Any) -> None:
    await enter(store, standup(), call(ALICE), call(BOB), participant(ALICE, label="alice", muted=True))


async def body(desk: Desk, path: str, content_type: str) -> str:
    response = await ask(desk, path)
    assert (response.status, response.content_type) == (200, content_type)
    return response.body.decode()


async def test_a_conference_in_json(desk: Desk) -> None:
    assert await body(desk, f"{ROOM}.json", "application/json") == ROOM_JSON


@pytest.mark.parametrize("suffix", ["", ".xml"])
async def test_a_conference_in_xml_which_is_the_default(desk: Desk, suffix: str) -> None:
    said = await body(desk, ROOM + suffix, "application/xml")
    assert said == f"{XML_HEAD}{ROOM_XML}</TwilioResponse>"


async def test_a_conference_in_csv(desk: Desk) -> None:
    assert await body(desk, f"{ROOM}.csv", "text/csv; charset=utf-8") == ROOM_CSV


async def test_a_list_in_json(desk: Desk) -> None:
    uri = f"{ROOMS}.json?Status=in-progress&PageSize=50&Page=0"
    assert await body(desk, f"{ROOMS}.json?Status=in-progress", "application/json") == (
        f'{{"conferences":[{ROOM_JSON}],"end":0,"first_page_uri":"{uri}","next_page_uri":null,"page":0,'
        f'"page_size":50,"previous_page_uri":null,"start":0,"uri":"{uri}"}}'
    )


async def test_a_list_in_xml(desk: Desk, store: Any) -> None:
    await enter(store, standup(id="1" * 32, name="<b>", created_at_ms=0, updated_at_ms=0))
    uri = f"{ROOMS}?Status=in-progress&amp;DateUpdated%3E=1970-01-01&amp;PageSize=1&amp;Page="
    said = await body(
        desk, f"{ROOMS}?Status=in-progress&DateUpdated>=1970-01-01&PageSize=1", "application/xml"
    )
    assert said == (
        f'{XML_HEAD}<Conferences page="0" pagesize="1" start="0" end="0" uri="{uri}0" firstpageuri="{uri}0" '
        f'nextpageuri="{uri}1&amp;PageToken=PACF{STANDUP}.1777887000125" previouspageuri="">'
        f"{ROOM_XML}</Conferences></TwilioResponse>"
    )
    assert "<FriendlyName>&lt;b&gt;</FriendlyName>" in await body(desk, ROOMS, "application/xml")


async def test_a_list_in_csv_has_its_header_line_even_when_empty(desk: Desk) -> None:
    assert await body(desk, f"{ROOMS}.csv", "text/csv; charset=utf-8") == ROOM_CSV
    assert (await body(desk, f"{ROOMS}.csv?Status=init", "text/csv; charset=utf-8")).count("\r\n") == 1


async def test_csv_quotes_what_would_break_its_columns(desk: Desk, store: Any) -> None:
    await enter(store, conference(1, name='a,"b"\r\nc'))
    said = await body(desk, f"{ROOMS}.csv?Status=completed", "text/csv; charset=utf-8")
    assert ',"a,""b""\r\nc",completed,' in said


async def test_a_participant_in_json_and_xml(desk: Desk) -> None:
    path = f"{ROOM}/Participants/CA{ALICE}"
    assert await body(desk, f"{path}.json", "application/json") == (
        f'{{"account_sid":"AC{ACME}","call_sid":"CA{ALICE}","call_sid_to_coach":null,"coaching":false,'
        f'"conference_sid":"CF{STANDUP}","date_created":"Mon, 04 May 2026 09:30:00 +0000",'
        '"date_updated":"Mon, 04 May 2026 09:30:00 +0000","end_conference_on_exit":false,"hold":false,'
        '"label":"alice","muted":true,"queue_time":null,"start_conference_on_enter":true,'
        f'"status":"connected","uri":"{path}.json"}}'
    )
    said = await body(desk, path, "application/xml")
    assert "<Participant>" in said
    assert "<Muted>true</Muted><Hold>false</Hold>" in said
    assert "<QueueTime/>" in said
    assert f"<Uri>{path}</Uri>" in said


async def test_errors_follow_the_suffix_too(desk: Desk) -> None:
    missing = f"{ROOMS}/CF{'0' * 32}"
    response = await ask(desk, f"{missing}.json")
    assert (response.status, response.body.decode()) == (
        404,
        f'{{"code":20404,"message":"The requested resource {missing}.json was not found",'
        '"more_info":"https://www.twilio.com/docs/errors/20404","status":404}',
    )
    for suffix in ("", ".xml", ".csv"):
        response = await ask(desk, missing + suffix)
        assert response.content_type == "application/xml"
        assert response.body.decode() == (
            f"{XML_HEAD}<RestException><Code>20404</Code>"
            f"<Message>The requested resource {missing}{suffix} was not found</Message>"
            "<MoreInfo>https://www.twilio.com/docs/errors/20404</MoreInfo><Status>404</Status></RestException>"
            "</TwilioResponse>"
        )


async def test_an_unauthenticated_error_has_a_detail_and_a_challenge(desk: Desk) -> None:
    response = await ask(desk, f"{ROOMS}.json", headers={})
    assert (response.status, response.body.decode()) == (
        401,
        '{"code":20003,"detail":"Your AccountSid or AuthToken was incorrect.","message":"Authenticate",'
        '"more_info":"https://www.twilio.com/docs/errors/20003","status":401}',
    )
    assert response.headers == (("WWW-Authenticate", 'Basic realm="Twilio API"'),)
    response = await ask(desk, ROOMS, headers={})
    assert (
        "<Code>20003</Code><Detail>Your AccountSid or AuthToken was incorrect.</Detail>"
        in response.body.decode()
    )


async def test_a_suffix_inside_a_path_is_not_one(desk: Desk) -> None:
    assert (await ask(desk, f"{A}.json/Conferences")).status == 401
    assert (await ask(desk, f"{ROOMS}.html")).status == 404
