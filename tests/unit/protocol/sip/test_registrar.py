"""The registrar's rules, RFC 3261 §10.3, one by one; and a client that registers, §10.2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.digest_server import DigestServer
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.parser import parse_message
from hubbub.protocol.sip.register_client import RegisterClient, RegisterOutcome
from hubbub.protocol.sip.registrar import (
    Binding,
    RegisterAnswer,
    RegistrarLimits,
    address_of_record,
    register,
)
from hubbub.protocol.sip.uri import SipUri
from sip_wire import Bench, reply_text

NOW_MS = 1_767_603_600_000
LIMITS = RegistrarLimits(contacts_max=3)


def request(
    *contacts: str,
    expires: str | None = None,
    cseq: int = 1,
    call_id: str = "boot-1",
    to: str = "<sip:bob@home.example>",
) -> SipRequest:
    lines = [
        "REGISTER sip:home.example SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bKr;rport",
        "Max-Forwards: 70",
        "From: <sip:bob@home.example>;tag=a",
        f"To: {to}",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} REGISTER",
        *[f"Contact: {contact}" for contact in contacts],
        *([] if expires is None else [f"Expires: {expires}"]),
        "Content-Length: 0",
        "",
        "",
    ]
    message = parse_message("\r\n".join(lines).encode())
    assert isinstance(message, SipRequest)
    return message


class Book:
    """The bindings of one address-of-record, changed as the rules say."""

    def __init__(self) -> None:
        self.kept: dict[str, Binding] = {}
        self.now_ms = NOW_MS

    def take(self, register_: SipRequest) -> RegisterAnswer:
        before = dict(self.kept)
        answer = register(register_, self.kept.values(), self.now_ms, LIMITS)
        for contact in answer.remove:
            del self.kept[contact]
        for binding in answer.put:
            self.kept[binding.contact] = binding
        if answer.status != 200:
            assert self.kept == before
        return answer

    def contacts(self) -> list[str]:
        return list(self.kept)


def test_a_contact_is_kept_for_as_long_as_it_says_and_listed() -> None:
    book = Book()
    answer = book.take(request("<sip:bob@192.0.2.4:5062>", expires="600"))
    assert (answer.status, answer.fields) == (200, [("Contact", "<sip:bob@192.0.2.4:5062>;expires=600")])
    assert book.kept["sip:bob@192.0.2.4:5062"].expires_at_ms == NOW_MS + 600_000


@pytest.mark.parametrize(
    ("contact", "expires", "seconds"),
    [
        ("<sip:b@192.0.2.4>;expires=120", "600", 120),
        ("<sip:b@192.0.2.4>", None, 3600),
        ("<sip:b@192.0.2.4>", "100000", 7200),
        ("<sip:b@192.0.2.4>;expires=soon", "600", 3600),
        ("<sip:b@192.0.2.4>", "60", 60),
    ],
)
def test_a_contacts_own_time_comes_first_and_is_held_within_bounds(
    contact: str, expires: str | None, seconds: int
) -> None:
    book = Book()
    assert book.take(request(contact, expires=expires)).status == 200
    assert [each.expires_at_ms for each in book.kept.values()] == [NOW_MS + seconds * 1000]


@pytest.mark.parametrize(
    ("contact", "expires"), [("<sip:b@192.0.2.4>;expires=59", None), ("<sip:b@192.0.2.4>", "1")]
)
def test_a_time_too_short_is_423(contact: str, expires: str | None) -> None:
    answer = Book().take(request(contact, expires=expires))
    assert (answer.status, answer.fields) == (423, [("Min-Expires", "60")])


def test_several_contacts_live_side_by_side_and_go_one_by_one() -> None:
    book = Book()
    book.take(request("<sip:bob@192.0.2.4>", "<sip:bob@192.0.2.5>;expires=900"))
    assert book.contacts() == ["sip:bob@192.0.2.4", "sip:bob@192.0.2.5"]
    answer = book.take(request("<sip:bob@192.0.2.4>;expires=0", cseq=2))
    assert answer.fields == [("Contact", "<sip:bob@192.0.2.5>;expires=900")]
    assert book.contacts() == ["sip:bob@192.0.2.5"]


def test_the_same_contact_in_other_words_is_refreshed_and_not_doubled() -> None:
    """RFC 3261 §19.1.4: hosts have no case, and an escape is the character."""
    book = Book()
    book.take(request("<sip:bob@Phone.Example>"))
    book.now_ms += 1000
    book.take(request("<sip:%62ob@phone.example>", cseq=2))
    assert book.contacts() == ["sip:bob@Phone.Example"]
    assert book.kept["sip:bob@Phone.Example"].expires_at_ms == NOW_MS + 3601_000


def test_a_query_changes_nothing_and_lists_all() -> None:
    book = Book()
    book.take(request("<sip:bob@192.0.2.4>", expires="600"))
    book.now_ms += 100_500
    answer = book.take(request(cseq=2))
    assert (answer.status, answer.put, answer.remove) == (200, (), ())
    assert answer.fields == [("Contact", "<sip:bob@192.0.2.4>;expires=500")]


def test_what_has_expired_is_neither_listed_nor_kept() -> None:
    book = Book()
    book.take(request("<sip:bob@192.0.2.4>", expires="60"))
    book.now_ms += 60_000
    assert book.take(request(cseq=2)).fields == []
    assert book.contacts() == []


def test_a_star_removes_all_and_only_with_expires_0_and_alone() -> None:
    book = Book()
    book.take(request("<sip:bob@192.0.2.4>", "<sip:bob@192.0.2.5>"))
    assert book.take(request("*", cseq=2)).status == 400
    assert book.take(request("*", expires="60", cseq=2)).status == 400
    assert book.take(request("*", "<sip:bob@192.0.2.4>", expires="0", cseq=2)).status == 400
    assert len(book.contacts()) == 2
    answer = book.take(request("*", expires="0", cseq=2))
    assert (answer.status, answer.fields, book.contacts()) == (200, [], [])


def test_a_request_that_was_overtaken_changes_nothing() -> None:
    book = Book()
    book.take(request("<sip:bob@192.0.2.4>", cseq=7))
    for late in (
        request("<sip:bob@192.0.2.4>;expires=0", cseq=6),
        request("<sip:bob@192.0.2.9>", "<sip:bob@192.0.2.4>", cseq=7),
        request("*", expires="0", cseq=7),
    ):
        assert book.take(late).status == 500
    assert book.contacts() == ["sip:bob@192.0.2.4"]


def test_a_telephone_that_was_restarted_counts_anew() -> None:
    book = Book()
    book.take(request("<sip:bob@192.0.2.4>", cseq=900))
    assert book.take(request("<sip:bob@192.0.2.4>;expires=0", cseq=1, call_id="boot-2")).status == 200
    assert book.contacts() == []


def test_too_many_contacts_are_refused_together() -> None:
    book = Book()
    book.take(request(*[f"<sip:bob@192.0.2.{number}>" for number in (1, 2, 3)]))
    assert book.take(request("<sip:bob@192.0.2.4>", cseq=2)).status == 403
    answer = book.take(request("<sip:bob@192.0.2.4>", "<sip:bob@192.0.2.1>;expires=0", cseq=2))
    assert answer.status == 200
    assert len(book.contacts()) == 3


def test_one_contact_twice_in_a_request_is_one() -> None:
    book = Book()
    answer = book.take(request("<sip:bob@192.0.2.4>;expires=600", "<sip:bob@192.0.2.4>;expires=700"))
    assert (answer.status, len(answer.fields)) == (200, 1)
    assert [each.expires_at_ms for each in book.kept.values()] == [NOW_MS + 700_000]


@pytest.mark.parametrize(
    "contact", ["<tel:+15551>", "<sip:b@>", '"Bob <sip:b@192.0.2.4>', f"<sip:{'b' * 600}@h>"]
)
def test_a_contact_that_cannot_be_called_is_malformed(contact: str) -> None:
    with pytest.raises(SipParseError):
        Book().take(request(contact))


def test_the_address_is_the_user_of_to() -> None:
    assert address_of_record(request(to="Bob <sip:%62ob@home.example>")) == "bob"
    assert address_of_record(request(to="<sip:home.example>")) is None
    assert address_of_record(request(to="<tel:+15551>")) is None


_CONTACTS = st.lists(
    st.sampled_from(
        [
            f"<sip:bob@192.0.2.{number}>{tail}"
            for number in (1, 2, 3, 4)
            for tail in ("", ";expires=0", ";expires=99")
        ]
    )
    | st.just("*"),
    max_size=4,
)


@given(
    st.lists(
        st.tuples(_CONTACTS, st.sampled_from([None, "0", "10", "300"]), st.integers(0, 400_000)), max_size=8
    )
)
def test_the_answer_always_lists_exactly_what_is_kept_and_never_too_much(
    steps: list[tuple[list[str], str | None, int]],
) -> None:
    book = Book()
    for number, (contacts, expires, later_ms) in enumerate(steps, 1):
        book.now_ms += later_ms
        answer = book.take(request(*contacts, expires=expires, cseq=number))
        assert answer.status in (200, 400, 403, 423)
        if answer.status == 200:
            listed = [NameAddr.parse(text).uri for name, text in answer.fields]
            assert sorted(str(uri) for uri in listed) == sorted(book.contacts())
            assert all(each.expires_at_ms > book.now_ms for each in book.kept.values())
            assert len(book.kept) <= LIMITS.contacts_max


# --- the client -----------------------------------------------------------------------------------------


def client(bench: Bench) -> RegisterClient:
    return bench.agent.registration(
        SipUri.parse("sip:192.0.2.1"),
        NameAddr.parse("<sip:bob@192.0.2.1>"),
        credentials=("bob", "secret"),
    )


def test_rfc3261_10_2_a_client_answers_the_challenge_and_hears_how_long_it_is_kept() -> None:
    bench = Bench()
    told: list[RegisterOutcome] = []
    client(bench).register(600, told.append, bench.now)
    first = bench.one()
    assert (first.method, str(first.cseq), first.headers.get("Expires")) == ("REGISTER", "1 REGISTER", "600")
    challenge = DigestServer("home", b"key", lambda: "salt").challenges(0)[0]
    bench.put(reply_text(first, 401, extra=f"WWW-Authenticate: {challenge}"))
    second = bench.one()
    assert (str(second.cseq), second.call_id) == ("2 REGISTER", first.call_id)
    assert 'username="bob"' in second.headers.get("Authorization")
    contact = second.headers.get("Contact")
    bench.put(reply_text(second, 200, extra=f"Contact: {contact};expires=300"))
    assert told == [RegisterOutcome(200, 300)]


def test_rfc3261_10_2_8_a_client_takes_the_shortest_time_that_a_423_allows() -> None:
    bench = Bench()
    told: list[RegisterOutcome] = []
    client(bench).register(30, told.append, bench.now)
    bench.put(reply_text(bench.one(), 423, extra="Min-Expires: 120"))
    again = bench.one()
    assert (str(again.cseq), again.headers.get("Expires")) == ("2 REGISTER", "120")
    bench.put(reply_text(again, 423, extra="Min-Expires: 240"))
    assert told == [RegisterOutcome(423)]


def test_a_registrar_that_never_answers_is_408() -> None:
    bench = Bench()
    told: list[RegisterOutcome] = []
    client(bench).register(600, told.append, bench.now)
    for _ in range(40):
        deadline = bench.agent.next_deadline()
        if deadline is None:
            break
        bench.agent.handle_timers(deadline)
    bench.take()
    assert told == [RegisterOutcome(408)]
