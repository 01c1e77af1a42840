"""What the fragment of a Twilio webhook URL asks for.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

import pytest

from hubbub.dialects.twilio.connection_overrides import callback_policy, split_fragment
from hubbub.markup.connection import EVERY_FAILURE, ConnectionRules, RetryOn

URL = "https://example.com/voice?a=1"


def test_the_fragment_is_no_part_of_the_url() -> None:
    assert split_fragment(URL) == (URL, None)
    assert split_fragment(URL + "#top") == (URL, None)
    assert split_fragment(URL + "#rc=2#rc=3")[0] == URL


def test_every_override_is_read() -> None:
    bare, rules = split_fragment(URL + "#ct=2000&rt=3000&tt=4500&rc=3&rp=5xx,ct&sni=n&e=dublin")
    assert bare == URL
    assert rules == ConnectionRules(
        connect_timeout_s=2.0,
        read_timeout_s=3.0,
        total_timeout_s=4.5,
        attempts_max=4,
        retry_on=frozenset({RetryOn.SERVER_ERROR, RetryOn.CONNECT}),
    )


@pytest.mark.parametrize(
    "fragment", ["ct=99", "ct=10001", "rt=x", "tt=-1", "rc=6", "rc=", "rp=sometimes", "ct=²", "=", "&&", "rc"]
)
def test_what_is_out_of_range_leaves_the_default(fragment: str) -> None:
    assert split_fragment(f"{URL}#{fragment}") == (URL, None)


@pytest.mark.parametrize(
    ("word", "retry_on"),
    [
        ("ct", {RetryOn.CONNECT}),
        ("rt", {RetryOn.TIMEOUT}),
        ("4xx", {RetryOn.CLIENT_ERROR}),
        ("all", EVERY_FAILURE),
        ("4xx%2C5xx", {RetryOn.CLIENT_ERROR, RetryOn.SERVER_ERROR}),
    ],
)
def test_the_retry_policies_by_their_names(word: str, retry_on: set[RetryOn]) -> None:
    rules = split_fragment(f"{URL}#rp={word}")[1]
    assert rules is not None
    assert rules.retry_on == frozenset(retry_on)


def test_a_status_callback_is_tried_once_more_when_there_was_no_connection() -> None:
    policy = callback_policy(None)
    assert (policy.attempts_max, policy.on_connect_failure, policy.on_timeout, policy.on_status) == (
        2,
        True,
        False,
        False,
    )


def test_a_status_callback_obeys_its_fragment() -> None:
    policy = callback_policy(split_fragment(f"{URL}#rc=5&rp=5xx,rt")[1])
    assert (policy.attempts_max, policy.on_connect_failure, policy.on_timeout) == (6, False, True)
    assert (policy.on_status, policy.status_classes) == (True, {5})
    assert callback_policy(split_fragment(f"{URL}#rc=0")[1]).attempts_max == 1
