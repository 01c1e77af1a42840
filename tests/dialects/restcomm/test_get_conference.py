"""GET /Accounts/{AccountSid}/Conferences/{ConferenceSid}.

Restcomm Connect API guide, "Conference resource".
"""

from typing import Any

import pytest

from dialects.cast import ACME, GLOBEX, STANDUP, SUBSIDIARY, account, enter, standup
from dialects.restcomm_asking import ACCOUNT, ROOMS, ask, is_empty, read
from hubbub.dialects.contract import Desk, DialectSettings

SID = "CF" + STANDUP
URI = f"/2012-04-24/Accounts/AC{ACME}/Conferences/{SID}"


async def test_a_conference_in_json_to_the_byte(desk: Desk, store: Any) -> None:
    await enter(store, standup())
    assert (await ask(desk, f"{ROOMS}/{SID}.json")).body.decode() == (
        "{\n"
        f'  "sid": "{SID}",\n'
        '  "date_created": "Mon, 4 May 2026 09:30:00 +0000",\n'
        '  "date_updated": "Mon, 4 May 2026 09:30:02 +0000",\n'
        f'  "account_sid": "AC{ACME}",\n'
        '  "status": "RUNNING_MODERATOR_PRESENT",\n'
        '  "api_version": "2012-04-24",\n'
        '  "friendly_name": "standup",\n'
        f'  "uri": "{URI}.json",\n'
        '  "subresource_uris": {\n'
        f'    "participants": "{URI}/Participants.json"\n'
        "  }\n"
        "}"
    )


async def test_a_conference_in_xml_to_the_byte(desk: Desk, store: Any) -> None:
    await enter(store, standup())
    body = (
        "  <Conference>\n"
        f"    <Sid>{SID}</Sid>\n"
        "    <DateCreated>Mon, 4 May 2026 09:30:00 +0000</DateCreated>\n"
        "    <DateUpdated>Mon, 4 May 2026 09:30:02 +0000</DateUpdated>\n"
        f"    <AccountSid>AC{ACME}</AccountSid>\n"
        "    <Status>RUNNING_MODERATOR_PRESENT</Status>\n"
        "    <ApiVersion>2012-04-24</ApiVersion>\n"
        "    <FriendlyName>standup</FriendlyName>\n"
        f"    <Uri>{URI}</Uri>\n"
        "    <SubresourceUris>\n"
        f"      <Participants>{URI}/Participants</Participants>\n"
        "    </SubresourceUris>\n"
        "  </Conference>\n"
    )
    response = await ask(desk, f"{ROOMS}/{SID}")
    assert response.content_type == "application/xml"
    assert response.body.decode() == f"<RestcommResponse>\n{body}</RestcommResponse>"
    classic = desk._replace(settings=DialectSettings(restcomm_object_level=True))
    indented = "".join(f"  {line}\n" for line in body.splitlines())
    assert (await ask(classic, f"{ROOMS}/{SID}")).body.decode() == (
        '<RestcommResponse>\n  <object class="org.restcomm.connect.dao.entities.ConferenceDetailRecord">\n'
        f"{indented}  </object>\n</RestcommResponse>"
    )


@pytest.mark.parametrize(
    "sid",
    ["CF" + "0" * 32, "CF" + "z" * 32, "CFx", "x", "AC" + STANDUP, "%00", "%FF", "[", "CF" + STANDUP + "0"],
)
async def test_an_unknown_or_malformed_sid_is_404_and_empty(desk: Desk, store: Any, sid: str) -> None:
    await enter(store, standup())
    assert is_empty(await ask(desk, f"{ROOMS}/{sid}"), 404)


async def test_a_conference_of_a_stranger_is_403_and_empty(desk: Desk, store: Any) -> None:
    await enter(store, standup(account_id=GLOBEX))
    assert is_empty(await ask(desk, f"{ROOMS}/{SID}"), 403)


async def test_a_parent_reads_a_childs_conference_under_the_childs_url_only(desk: Desk, store: Any) -> None:
    await enter(store, standup(account_id=SUBSIDIARY))
    under_child = ACCOUNT.replace(ACME, SUBSIDIARY)
    assert read(await ask(desk, f"{under_child}/Conferences/{SID}.json"))["account_sid"] == "AC" + SUBSIDIARY
    assert is_empty(await ask(desk, f"{ROOMS}/{SID}"), 403)


@pytest.mark.parametrize("text", ["Acme", "boss%40acme.example", "boss@acme.example"])
async def test_the_path_may_name_the_account_and_uris_echo_what_it_said(
    desk: Desk, store: Any, text: str
) -> None:
    await enter(store, standup())
    named = ROOMS.replace("AC" + ACME, text)
    said = read(await ask(desk, f"{named}.json"))
    assert said["total"] == 1
    assert said["uri"] == f"/2012-04-24/Accounts/{text.replace('%40', '@')}/Conferences"
    assert said["conferences"][0]["uri"] == f"{URI}.json"
    assert read(await ask(desk, f"{named}/{SID}.json"))["sid"] == SID


async def test_a_name_with_brackets_is_echoed_without_them(desk: Desk, store: Any) -> None:
    await enter(store, account(ACME, "9900000", "[x] y/z"))
    said = await ask(desk, f"{ROOMS.replace('AC' + ACME, '[x]%20y%2Fz')}.json")
    assert read(said)["uri"] == "/2012-04-24/Accounts/%5Bx%5D%20y%2Fz/Conferences"
