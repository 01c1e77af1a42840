"""What Restcomm is told, and what it does when a document cannot be run."""

from hubbub.dialects.restcomm.markup import RcmlLanguage
from hubbub.dialects.shared.query import parse_form, parse_query
from hubbub.domain.account import Account, AccountStatus
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg, CallStatus, Direction, HangupCause
from hubbub.domain.conference import LeaveReason
from hubbub.domain.errors import ConferenceFull, LabelTaken
from hubbub.domain.ids import AccountId, CallId
from hubbub.markup.effects import (
    Answer,
    Ask,
    Fetch,
    FetchFailed,
    HangUp,
    Join,
    Joined,
    LeftConference,
    Note,
    PauseElapsed,
    Purpose,
    Refuse,
    Wait,
)
from hubbub.markup.instructions import JoinConference
from hubbub.markup.interpreter import Interpreter
from hubbub.markup.language import AfterRefusal, MarkupCall

START = WebTarget("http://acme.example/start?x=1")
LEG = CallLeg(
    CallId("c" * 32),
    AccountId("a" * 32),
    None,
    None,
    None,
    "+15550001",
    "room",
    Direction.INBOUND,
    CallStatus.RINGING,
    1_655_504_380_375,
    0,
)
ACCOUNT = Account(LEG.account_id, None, "Acme", None, AccountStatus.ACTIVE, "Administrator", "5000001", 0, 0)
CALL = MarkupCall(LEG, ACCOUNT, headers={"X-Ticket": "7"}, site="0000002a")

PARAMETERS = [
    ("CallSid", "CA" + "c" * 32),
    ("InstanceId", "ID" + "0" * 30 + "2a"),
    ("AccountSid", "AC" + "a" * 32),
    ("From", "+15550001"),
    ("To", "room"),
    ("CallStatus", "ringing"),
    ("ApiVersion", "2012-04-24"),
    ("Direction", "inbound"),
    ("CallerName", "null"),
    ("ForwardedFrom", "null"),
    ("CallTimestamp", "2022-06-17T22:19:40.375Z"),
    ("SipHeader_X-Ticket", "7"),
]


def test_a_post_is_a_form_with_the_parameters_in_order() -> None:
    request = RcmlLanguage().request(CALL, Ask(Purpose.INCOMING, START))
    assert (request.url, request.method) == (START.url, "POST")
    assert parse_form(request.body) == PARAMETERS


def test_a_get_carries_them_in_its_query() -> None:
    request = RcmlLanguage().request(CALL, Ask(Purpose.INCOMING, START._replace(method="GET")))
    assert parse_query(request.url.partition("?")[2]) == [("x", "1"), *PARAMETERS]


def first_effects(xml: str) -> list[object]:
    interpreter = Interpreter(RcmlLanguage(), answered=False)
    return list(interpreter.start(RcmlLanguage().parse(xml.encode(), "", START.url)))


def test_only_reject_and_pause_at_the_beginning_leave_a_call_unanswered() -> None:
    assert first_effects("<Response><Reject reason='busy'/></Response>") == [Refuse(HangupCause.BUSY)]
    assert first_effects("<Response><Pause/></Response>") == [Wait(1000)]
    for verb in ("<Hangup/>", "<Say>a</Say>", "<Redirect>/a</Redirect>"):
        assert first_effects(f"<Response>{verb}</Response>") == [Answer()]


def test_a_pause_and_then_a_reject_never_answers() -> None:
    interpreter = Interpreter(RcmlLanguage(), answered=False)
    interpreter.start(RcmlLanguage().parse(b"<Response><Pause/><Reject/></Response>", "", START.url))
    assert interpreter.feed(PauseElapsed(1000)) == [Refuse(HangupCause.REJECTED)]


def test_a_page_that_is_not_there_rejects_the_call_with_notification_21402() -> None:
    interpreter = Interpreter(RcmlLanguage(), answered=False)
    interpreter.start(Ask(Purpose.INCOMING, START))
    assert interpreter.feed(FetchFailed("status", "404 Not Found", 404)) == [
        Note("21402", "404 Not Found", START.url),
        Refuse(HangupCause.CALLBACK_FAILED),
    ]


def inside(dial: str = "") -> Interpreter:
    xml = f"<Response><Dial {dial}><Conference>r</Conference></Dial><Pause/></Response>"
    interpreter = Interpreter(RcmlLanguage(), answered=True)
    (join,) = interpreter.start(RcmlLanguage().parse(xml.encode(), "", START.url))
    assert isinstance(join, Join)
    interpreter.feed(Joined())
    return interpreter


def test_who_is_put_out_by_the_rooms_end_is_hung_up_unless_there_is_an_action() -> None:
    assert inside().feed(LeftConference(LeaveReason.MODERATOR_ENDED)) == [HangUp(HangupCause.COMPLETED)]
    (fetch,) = inside("action='/after'").feed(LeftConference(LeaveReason.MODERATOR_ENDED))
    assert isinstance(fetch, Fetch)
    assert fetch.ask.details == (("DialCallStatus", "completed"),)


def test_who_leaves_by_another_way_goes_on() -> None:
    assert inside().feed(LeftConference(LeaveReason.TIME_LIMIT)) == [Wait(1000)]


def test_a_full_room_is_no_error_and_the_next_verb_runs() -> None:
    verdict = RcmlLanguage().refused(JoinConference("r"), ConferenceFull("full"))
    assert (verdict.remark, verdict.then) == (None, AfterRefusal.NEXT)
    assert RcmlLanguage().refused(JoinConference("r"), LabelTaken("x")).remark is not None
