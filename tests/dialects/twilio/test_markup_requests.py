"""Twilio's request for a document: parameters and signature."""

from hubbub.dialects.shared.query import parse_form, parse_query
from hubbub.dialects.twilio.markup import TwimlLanguage
from hubbub.dialects.twilio.signing import sign
from hubbub.domain.account import Account, AccountStatus
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg, CallStatus, Direction
from hubbub.domain.ids import AccountId, CallId
from hubbub.markup.effects import Ask, Failed, Purpose
from hubbub.markup.language import MarkupCall

A = AccountId("a" * 32)
C = CallId("c" * 32)


def call(secret: str | None = "12345") -> MarkupCall:
    leg = CallLeg(
        C, A, None, None, None, "+15550001", "+15550002", Direction.INBOUND, CallStatus.RINGING, 0, 0
    )
    account = Account(A, None, "Acme", None, AccountStatus.ACTIVE, "Administrator", "5000001", 0, 0)
    return MarkupCall(leg, account, secret, headers={"X-Ticket": "7"})


def test_the_published_signature_example_verifies() -> None:
    """https://www.twilio.com/docs/usage/security, the worked example."""
    parameters = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    ]
    signature = sign("12345", "https://example.com/myapp.php?foo=1&bar=2", parameters)
    assert signature == "L/OH5YylLD5NRKLltdqwSvS0BnU="


def test_a_signature_drops_user_fragment_and_the_https_port() -> None:
    plain = sign("s", "https://example.com/a?b=c", [])
    assert sign("s", "https://me:pw@example.com:8443/a?b=c#rc=2", []) == plain
    assert sign("s", "http://example.com:8080/a", []) != sign("s", "http://example.com/a", [])


def test_a_post_carries_the_standard_parameters_as_a_signed_form() -> None:
    request = TwimlLanguage().request(
        call(), Ask(Purpose.INCOMING, WebTarget("https://acme.example/voice?x=1#rc=2"))
    )
    assert (request.url, request.method) == ("https://acme.example/voice?x=1", "POST")
    form = parse_form(request.body)
    assert dict(form) == {
        "CallSid": "CA" + C,
        "AccountSid": "AC" + A,
        "From": "+15550001",
        "To": "+15550002",
        "Caller": "+15550001",
        "Called": "+15550002",
        "CallStatus": "ringing",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
        "SipHeader_X-Ticket": "7",
    }
    headers = dict(request.headers)
    assert headers["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert headers["X-Twilio-Signature"] == sign("12345", request.url, form)


def test_twilios_own_validator_accepts_post_and_get() -> None:
    from twilio.request_validator import RequestValidator

    validator = RequestValidator("12345")
    for url in ("https://acme.example:8443/v?x=1", "http://acme.example:8080/v", "https://acme.example/"):
        post = TwimlLanguage().request(call(), Ask(Purpose.INCOMING, WebTarget(url, "POST")))
        signature = dict(post.headers)["X-Twilio-Signature"]
        assert validator.validate(post.url, dict(parse_form(post.body)), signature)
        get = TwimlLanguage().request(call(), Ask(Purpose.INCOMING, WebTarget(url, "GET")))
        assert validator.validate(get.url, {}, dict(get.headers)["X-Twilio-Signature"])


def test_a_get_carries_the_parameters_after_its_own_query() -> None:
    request = TwimlLanguage().request(
        call(), Ask(Purpose.REDIRECT, WebTarget("http://a.example/v?x=1", "GET"))
    )
    query = request.url.partition("?")[2]
    assert parse_query(query)[:2] == [("x", "1"), ("CallSid", "CA" + C)]
    assert request.body == b""


def test_a_fallback_tells_what_failed() -> None:
    ask = Ask(Purpose.INCOMING, WebTarget("http://b.example/f"), failed=Failed("11200", "http://a.example/v"))
    form = dict(parse_form(TwimlLanguage().request(call(), ask).body))
    assert (form["ErrorCode"], form["ErrorUrl"]) == ("11200", "http://a.example/v")


def test_without_a_secret_nothing_is_signed_and_it_never_shows() -> None:
    request = TwimlLanguage().request(call(None), Ask(Purpose.INCOMING, WebTarget("http://a.example/")))
    assert "X-Twilio-Signature" not in dict(request.headers)
    assert "12345" not in repr(call())
