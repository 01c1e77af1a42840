"""What Bandwidth is told, and what it does when a document cannot be run."""

import json

from hubbub.dialects.bandwidth.markup import BxmlLanguage
from hubbub.dialects.shared.query import parse_query
from hubbub.domain.account import Account, AccountStatus
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg, CallStatus, Direction, HangupCause
from hubbub.domain.errors import ConferenceFull, SecondCoach
from hubbub.domain.ids import AccountId, ApplicationId, CallId
from hubbub.markup.effects import Answer, Ask, Fetch, Fetched, FetchFailed, Note, Purpose, Refuse
from hubbub.markup.instructions import Document, JoinConference
from hubbub.markup.interpreter import Interpreter
from hubbub.markup.language import AfterRefusal, MarkupCall

START = WebTarget("https://acme.example/start?x=1")
PLAN_B = WebTarget("https://acme.example/plan-b")
LEG = CallLeg(
    CallId("c" * 32),
    AccountId("a" * 32),
    None,
    ApplicationId("b" * 32),
    None,
    "+15550001",
    "+15550002",
    Direction.INBOUND,
    CallStatus.RINGING,
    1_655_504_380_375,
    0,
    sip_call_id="abc@host",
    tag="t",
)
ACCOUNT = Account(LEG.account_id, None, "Acme", None, AccountStatus.ACTIVE, "Administrator", "5000001", 0, 0)


def call(leg: CallLeg = LEG) -> MarkupCall:
    return MarkupCall(
        leg,
        ACCOUNT,
        headers={"X-Ticket": "7"},
        base_url="http://127.0.0.1:8080",
        now_ms=1_655_504_381_000,
    )


def test_initiate_carries_the_documented_keys_and_no_nulls() -> None:
    request = BxmlLanguage().request(call(), Ask(Purpose.INCOMING, START))
    assert (request.url, request.method) == (START.url, "POST")
    assert dict(request.headers)["Content-Type"] == "application/json"
    call_id = "c-00000001-cccccccc-cccc-cccc-cccc-cccccccccccc"
    assert json.loads(request.body) == {
        "eventType": "initiate",
        "eventTime": "2022-06-17T22:19:41.000Z",
        "accountId": "5000001",
        "applicationId": "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb",
        "from": "+15550001",
        "to": "+15550002",
        "direction": "inbound",
        "callId": call_id,
        "callUrl": f"http://127.0.0.1:8080/api/v2/accounts/5000001/calls/{call_id}",
        "startTime": "2022-06-17T22:19:40.375Z",
        "sipCallId": "abc@host",
        "sipHeaders": {"x-ticket": "7"},
    }


def test_initiate_tells_who_sent_the_call_on() -> None:
    request = BxmlLanguage().request(
        call(LEG._replace(forwarded_from="+15550111")), Ask(Purpose.INCOMING, START)
    )
    assert json.loads(request.body)["diversion"] == {"origTo": "+15550111"}


def test_a_call_of_ours_starts_when_it_leaves_the_queue() -> None:
    leg = LEG._replace(direction=Direction.OUTBOUND_API, placed_at_ms=LEG.created_at_ms + 4000)
    event = json.loads(BxmlLanguage().request(call(leg), Ask(Purpose.ANSWERED, START)).body)
    assert event["enqueuedTime"] == "2022-06-17T22:19:40.375Z"
    assert event["startTime"] == "2022-06-17T22:19:44.375Z"


def test_answer_tells_the_tag_and_the_moment_of_the_answer() -> None:
    leg = LEG._replace(direction=Direction.OUTBOUND_API, answered_at_ms=1_655_504_380_999)
    event = json.loads(BxmlLanguage().request(call(leg), Ask(Purpose.ANSWERED, START)).body)
    assert event["eventType"] == "answer"
    assert event["direction"] == "outbound"
    assert event["enqueuedTime"] == "2022-06-17T22:19:40.375Z"
    assert event["answerTime"] == "2022-06-17T22:19:40.999Z"
    assert event["tag"] == "t"


def test_a_get_carries_everything_in_the_query() -> None:
    ask = Ask(Purpose.INCOMING, START._replace(method="GET", username="u", password="p"))
    request = BxmlLanguage().request(call(), ask)
    query = dict(parse_query(request.url.partition("?")[2]))
    assert query["x"] == "1"
    assert query["from"] == "+15550001"
    assert "%2B15550001" in request.url
    assert json.loads(query["sipHeaders"]) == {"x-ticket": "7"}
    assert (request.username, request.password) == ("u", "p")
    assert request.body == b""


def running(xml: str) -> list[object]:
    """The first effects for an unanswered call that is answered with `xml`."""
    interpreter = Interpreter(BxmlLanguage(), answered=False)
    document = BxmlLanguage().parse(xml.encode(), "", START.url)
    return list(interpreter.start(document))


def test_what_answers_a_call_and_what_refuses_it() -> None:
    assert running("<Response/>") == [Refuse(HangupCause.REJECTED)]
    assert running("<Response><Hangup/></Response>") == [Refuse(HangupCause.REJECTED)]
    assert running("<Response><Conference>r</Conference></Response>") == [Answer()]
    assert running("<Response><Pause/></Response>") == [Answer()]
    assert not isinstance(running('<Response><Ring answerCall="false"/></Response>')[0], Answer)


def test_a_web_server_that_fails_has_its_fallback_and_then_ends_the_call() -> None:
    interpreter = Interpreter(BxmlLanguage(), answered=False)
    interpreter.start(Ask(Purpose.INCOMING, START, PLAN_B))
    note, fetch = interpreter.feed(FetchFailed("status", "500", 500))
    assert note == Note("callback-error", "500", START.url)
    assert isinstance(fetch, Fetch)
    assert (fetch.ask.purpose, fetch.ask.target) == (Purpose.INCOMING, PLAN_B)
    assert interpreter.feed(FetchFailed("timeout", "slow"))[-1] == Refuse(HangupCause.CALLBACK_FAILED)


def test_wrong_bxml_and_unsupported_verbs_end_the_call_without_a_fallback() -> None:
    for xml, code, cause in (
        ("<Response><Dance/></Response>", "invalid-bxml", HangupCause.DOCUMENT_INVALID),
        ("<Response><Refer/></Response>", "application-error", HangupCause.APPLICATION_ERROR),
    ):
        interpreter = Interpreter(BxmlLanguage(), answered=False)
        interpreter.start(Ask(Purpose.INCOMING, START, PLAN_B))
        note, refuse = interpreter.feed(Fetched(START.url, "", xml.encode()))
        assert isinstance(note, Note)
        assert note.code == code
        assert refuse == Refuse(cause)


def test_a_full_room_and_a_second_coach_end_the_call() -> None:
    for refusal in (ConferenceFull("full"), SecondCoach("two")):
        verdict = BxmlLanguage().refused(JoinConference("r"), refusal)
        assert verdict.then is AfterRefusal.HANG_UP
        assert verdict.cause is HangupCause.APPLICATION_ERROR


def test_an_empty_reply_has_no_verbs() -> None:
    assert BxmlLanguage().parse(b"", "", START.url) == Document((), START.url)
