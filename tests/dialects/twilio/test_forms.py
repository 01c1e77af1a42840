"""Bodies of POSTs."""

from typing import Any

import pytest

from dialects.cast import ALICE, STANDUP, call, enter, participant, standup
from dialects.twilio_asking import LOGIN, ROOMS, ask, read, refusal
from hubbub.dialects.contract import Desk
from hubbub.dialects.shared.query import parse_query
from hubbub.dialects.twilio.errors import TwilioError
from hubbub.dialects.twilio.form import Form

ONE = f"{ROOMS}/CF{STANDUP}/Participants/CA{ALICE}.json"


@pytest.fixture(autouse=True)
async def room(store: Any) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"Muted=true"),
        ("application/x-www-form-urlencoded; charset=utf-8", b"Muted=false&Muted=TRUE&x"),
        ("", b"Muted=1"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="Muted"\r\n\r\ntrue\r\n--b--\r\n',
        ),
    ],
)
async def test_both_kinds_of_form(desk: Desk, content_type: str, body: bytes) -> None:
    headers = {**LOGIN, "content-type": content_type}
    assert read(await ask(desk, ONE, method="POST", headers=headers, body=body))["muted"] is True


async def test_a_broken_multipart_is_refused(desk: Desk) -> None:
    headers = {**LOGIN, "content-type": "multipart/form-data; boundary=b"}
    response = await ask(desk, ONE, method="POST", headers=headers, body=b"Muted=true")
    assert refusal(response)[:2] == (400, 20001)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("F=true", True),
        ("F=TRUE", True),
        ("F=1", True),
        ("F=false", False),
        ("F=0", False),
        ("F=", False),
        ("F=nonsense", False),
        ("F=true&F=false", False),
    ],
)
def test_a_flag_is_true_or_anything_else(text: str, value: bool | None) -> None:
    assert Form(parse_query(text)).flag("F") is value


@pytest.mark.parametrize(
    "text", ["E=a&E=b", "E=a+b", "E=a,b", "E=%5B'a', 'b'%5D", 'E=["a"]&E=b', "E=+a++b+&E="]
)
def test_lists_come_as_repeated_keys_as_words_or_as_a_library_prints_them(text: str) -> None:
    assert Form(parse_query(text)).words("E", ("a", "b"), ("c",)) == ("a", "b")


def test_a_list_that_was_not_sent_is_the_default() -> None:
    assert Form([]).words("E", ("a",), ("c",)) == ("c",)
    assert Form([("E", "")]).words("E", ("a",), ("c",)) == ("c",)


def test_an_empty_text_is_a_value_and_none_is_not() -> None:
    assert Form([("U", "")]).text("U") == ""
    assert Form([]).text("U") is None


@pytest.mark.parametrize("value", ["-1", "1.5", "x", "9" * 30, "٣", "0x1"])
def test_what_is_no_number_in_range_is_refused_with_its_code(value: str) -> None:
    with pytest.raises(TwilioError) as caught:
        Form([("N", value)]).number("N", 0, 100, code=21208)
    assert (caught.value.status, caught.value.code) == (400, 21208)
