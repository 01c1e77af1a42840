"""POST Accounts/{AccountSid}/Calls.

Restcomm Connect API guide, "Making calls".
"""

from xml.etree import ElementTree

import pytest

from dialects.acting_commands import ActingCommands
from dialects.cast import ACME, DEVELOPER, INTERN, SUBSIDIARY, basic
from dialects.restcomm_asking import ACCOUNT, LOGIN, ask, is_empty, is_explained, read
from hubbub.dialects.contract import Desk
from hubbub.domain.application import WebTarget
from hubbub.domain.errors import InvalidValue, ServerDraining, ServerFull
from hubbub.domain.events import EventKind
from hubbub.markup.effects import Ask, Purpose
from hubbub.services.commands import CallWish

CALLS = f"{ACCOUNT}/Calls"
LEAST = {"From": "+15550100", "To": "+15550111", "Url": "https://app.example/rcml"}


def wish_of(acting: ActingCommands) -> CallWish:
    name, (wish,), _ = acting.last
    assert name == "place"
    assert isinstance(wish, CallWish)
    return wish


async def test_a_call_is_queued_and_answered_with_200(desk: Desk, acting: ActingCommands) -> None:
    said = read(await ask(desk, f"{CALLS}.json", form=LEAST))
    assert (said["from"], said["to"], said["status"]) == ("+15550100", "+15550111", "queued")
    assert said["direction"] == "outbound-api"
    assert "start_time" not in said
    wish = wish_of(acting)
    assert (wish.account.id, wish.dialect, wish.timeout_s, wish.callbacks) == (ACME, "restcomm", 60.0, ())
    assert wish.begin == Ask(Purpose.ANSWERED, WebTarget("https://app.example/rcml", "POST"), None)
    assert read(await ask(desk, f"{CALLS}/{said['sid']}.json")) == said


async def test_the_xml_answer_has_the_root_of_all_others(desk: Desk) -> None:
    said = await ask(desk, CALLS, form=LEAST)
    assert (said.status, said.content_type) == (200, "application/xml")
    root = ElementTree.fromstring(said.body)
    assert root.tag == "RestcommResponse"
    assert root.findtext("./Call/Status") == "queued"


async def test_every_parameter_is_taken(desk: Desk, acting: ActingCommands) -> None:
    await ask(
        desk,
        CALLS,
        form=LEAST
        | {
            "Method": "get",
            "FallbackUrl": "https://app.example/fallback",
            "FallbackMethod": "GET",
            "Timeout": "7",
            "StatusCallback": "https://app.example/status",
            "StatusCallbackMethod": "GET",
            "StatusCallbackEvent": "initiated,answered completed",
        },
    )
    wish = wish_of(acting)
    assert isinstance(wish.begin, Ask)
    assert wish.begin.target.method == "GET"
    assert wish.fallback == wish.begin.fallback == WebTarget("https://app.example/fallback", "GET")
    assert wish.timeout_s == 7.0
    [callback] = wish.callbacks
    assert callback.target == WebTarget("https://app.example/status", "GET")
    assert callback.kinds == {EventKind.CALL_PLACED, EventKind.CALL_ANSWERED, EventKind.CALL_ENDED}


async def test_without_a_word_all_four_events_are_told(desk: Desk, acting: ActingCommands) -> None:
    await ask(desk, CALLS, form=LEAST | {"StatusCallback": "https://app.example/status"})
    [callback] = wish_of(acting).callbacks
    assert callback.target.method == "POST"
    assert callback.kinds == {
        EventKind.CALL_PLACED,
        EventKind.CALL_RANG,
        EventKind.CALL_ANSWERED,
        EventKind.CALL_ENDED,
    }


@pytest.mark.parametrize(
    ("to", "means"),
    [
        ("+15550111", "+15550111"),
        (" 5550111 ", "5550111"),
        ("client:bob", "client:bob"),
        ("clientbob", "client:bob"),
        ("sip:bob@host", "sip:bob@host"),
        ("bob@host:5080", "sip:bob@host:5080"),
        ("sips:bob@host", "sips:bob@host"),
        ("client@host", "sip:client@host"),
    ],
)
async def test_to_is_a_sip_address_a_client_or_a_number(
    desk: Desk, acting: ActingCommands, to: str, means: str
) -> None:
    await ask(desk, CALLS, form=LEAST | {"To": to})
    assert wish_of(acting).to == means


@pytest.mark.parametrize("name", ["From", "To", "Url"])
@pytest.mark.parametrize("value", [None, "", "  "])
async def test_what_is_missing_is_400_and_named(
    desk: Desk, acting: ActingCommands, name: str, value: str | None
) -> None:
    form = {key: each for key, each in LEAST.items() if key != name}
    if value is not None:
        form[name] = value
    assert is_explained(await ask(desk, CALLS, form=form), 400, name.encode())
    assert acting.asked == []


@pytest.mark.parametrize(
    "more",
    [
        {"Url": "app.example"},
        {"Url": "ftp://app.example/"},
        {"FallbackUrl": "x"},
        {"StatusCallback": "x"},
        {"Timeout": "soon"},
        {"Timeout": "0"},
        {"Timeout": "-1"},
        {"Timeout": "٣"},
    ],
)
async def test_nonsense_is_400_and_named(desk: Desk, acting: ActingCommands, more: dict[str, str]) -> None:
    [name] = more
    assert is_explained(await ask(desk, CALLS, form=LEAST | more), 400, name.encode())
    assert acting.asked == []


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (InvalidValue("to", "nothing that can be called"), 400),
        (ServerFull("no port is left"), 500),
        (ServerDraining("stopping"), 500),
    ],
)
async def test_what_cannot_be_called_says_why(
    desk: Desk, acting: ActingCommands, refusal: Exception, status: int
) -> None:
    acting.refusal = refusal
    assert is_explained(await ask(desk, CALLS, form=LEAST), status, str(refusal).encode())


async def test_the_body_is_a_form_of_either_kind_and_no_other(desk: Desk, acting: ActingCommands) -> None:
    parts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in LEAST.items()
    )
    multipart = LOGIN | {"content-type": "multipart/form-data; boundary=b"}
    body = f"{parts}--b--\r\n".encode()
    assert (await ask(desk, CALLS, method="POST", headers=multipart, body=body)).status == 200
    torn = await ask(desk, CALLS, method="POST", headers=multipart, body=parts.encode())
    assert is_explained(torn, 400, b"multipart")
    json = LOGIN | {"content-type": "application/json"}
    assert is_empty(await ask(desk, CALLS, method="POST", headers=json, body=b"{}"), 415)
    assert len(acting.asked) == 1


async def test_the_first_of_a_repeated_name_counts(desk: Desk, acting: ActingCommands) -> None:
    headers = LOGIN | {"content-type": "application/x-www-form-urlencoded"}
    body = b"From=a&From=b&To=%2B1&Url=https://app.example/"
    await ask(desk, CALLS, method="POST", headers=headers, body=body)
    assert wish_of(acting).from_ == "a"


async def test_calls_are_made_with_the_right_to_create_for_oneself_and_those_below(
    desk: Desk, acting: ActingCommands
) -> None:
    for account_id, login in ((INTERN, "intern-token"), (DEVELOPER, "dev-token")):
        path = CALLS.replace(ACME, account_id)
        assert is_empty(await ask(desk, path, headers=basic("AC" + account_id, login), form=LEAST), 403)
    labs = CALLS.replace(ACME, SUBSIDIARY)
    assert (await ask(desk, labs, form=LEAST)).status == 200
    assert wish_of(acting).account.id == SUBSIDIARY
    upwards = await ask(desk, CALLS, headers=basic("AC" + SUBSIDIARY, "labs-token"), form=LEAST)
    assert is_empty(upwards, 403)
