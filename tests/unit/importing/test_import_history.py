"""`hubbub import FILE`: what is taken, what is refused and how that is said."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hubbub.domain.account import ADMINISTRATOR, AccountStatus, CredentialKind, Role
from hubbub.domain.call import CallStatus, Direction
from hubbub.domain.conference import Conference, ConferenceState, EndReason
from hubbub.domain.events import EventKind
from hubbub.domain.ids import AccountId, CallId, ConferenceId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import ConferenceQuery, ParticipantQuery
from hubbub.importing import ImportLimits, ImportReport, import_history
from hubbub.importing.values import read_call_id, read_conference_id, read_time
from hubbub.services.ports import Store
from hubbub.storage import open_store
from hubbub.storage.memory import MemoryStore

NOW = 1_800_000_000_000
ACME = "AC" + "a" * 32
CF = "CF" + "1" * 32
CA = "CA" + "2" * 32
RESTCOMM_CALL = "ID" + "3" * 32 + "-CA" + "4" * 32


class Dice:
    """The same ids in every run."""

    def __init__(self) -> None:
        self._count = 0

    def id(self) -> str:
        self._count += 1
        return f"{self._count:032x}"

    def token(self, size: int) -> str:
        return self.id()[-size:].rjust(size, "0")

    def random(self) -> float:
        self._count += 1
        return self._count % 997 / 997


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else open_store(tmp_path, entropy=Dice())
    yield made
    await made.aclose()


ACCOUNT = {"type": "account", "sid": ACME, "auth_token": "tok", "friendly_name": "Acme"}
CONFERENCE = {
    "type": "conference",
    "id": CF,
    "account_sid": ACME,
    "name": "standup",
    "state": "completed",
    "created_at": "2020-07-13T17:29:57.504Z",
}
CALL = {
    "type": "call",
    "id": CA,
    "account_sid": ACME,
    "conference_id": CF,
    "from": "+15550100",
    "to": "+15550199",
    "direction": "inbound",
    "status": "completed",
    "created_at": "2020-07-13T17:29:50Z",
}
PARTICIPANT = {"type": "participant", "conference_id": CF, "call_id": CA, "joined_at": "2020-07-13T17:29:58Z"}


async def load(store: Store, *records: Any, limits: ImportLimits | None = None) -> ImportReport:
    lines = [record if isinstance(record, bytes) else json.dumps(record).encode() for record in records]
    return await import_history(
        store,
        io.BytesIO(b"\n".join(lines)),
        lambda *_: None,
        now_ms=NOW,
        entropy=Dice(),
        limits=limits or ImportLimits(),
    )


async def conference(store: Store, key: str = "1" * 32) -> Conference:
    found = await store.read.conference(ConferenceId(key))
    assert found is not None
    return found


async def test_a_whole_history_is_taken(store: Store) -> None:
    report = await load(store, ACCOUNT, CONFERENCE, CALL, PARTICIPANT)
    assert report == ImportReport(4, 4, 0, 0, [])
    room = await conference(store)
    assert (room.account_id, room.name, room.state) == ("a" * 32, "standup", ConferenceState.COMPLETED)
    assert room.created_at_ms == 1_594_661_397_504
    assert room.node is None
    member = await store.read.member(room.id, CallId("2" * 32))
    assert member is not None
    assert member.call.status is CallStatus.COMPLETED
    assert member.call.direction is Direction.INBOUND
    assert member.call.conference_id == room.id
    assert member.participant.joined_at_ms == 1_594_661_398_000
    # Nobody is present in a room that is over.
    assert (await store.read.members(ParticipantQuery(room.id), PageRequest(10))).items == []


async def test_importing_again_changes_nothing(store: Store) -> None:
    again = {**PARTICIPANT, "joined_at": "2020-07-13T17:29:59Z", "left_at": "2020-07-13T17:30:01Z"}
    history = [
        ACCOUNT | {"bandwidth": {"account_id": "99", "username": "u", "password": "p"}, "parent_sid": None},
        {"type": "role", "name": "Developer", "permissions": ["RestComm:*:Calls"]},
        CONFERENCE,
        CALL,
        CALL | {"id": RESTCOMM_CALL},
        PARTICIPANT,
        again,
    ]
    assert (await load(store, *history))[:4] == (7, 7, 0, 0)
    events = await store.read.events(0, 100)
    assert (await load(store, *history))[:4] == (7, 0, 7, 0)
    assert await store.read.events(0, 100) == events
    assert (await load(store, *history[:3], CALL | {"to": "+15550111"}, *history[4:]))[:4] == (7, 1, 6, 0)


async def test_each_batch_leaves_one_event_for_each_account(store: Store) -> None:
    other = "AC" + "b" * 32
    await load(
        store,
        ACCOUNT,
        ACCOUNT | {"sid": other},
        *(CONFERENCE | {"id": f"CF{n:032x}", "account_sid": ACME if n % 2 else other} for n in range(6)),
        limits=ImportLimits(batch_lines=4),
    )
    log = [entry.event for entry in await store.read.events(0, 100)]
    assert {event.kind for event in log} == {EventKind.HISTORY_IMPORTED}
    assert [(event.account_id[0], event.data["lines"]) for event in log] == [
        ("a", 2),
        ("b", 2),
        ("b", 2),
        ("a", 2),
    ]


async def test_a_bad_line_is_named_and_the_rest_goes_on(store: Store) -> None:
    report = await load(
        store,
        ACCOUNT,
        b"",
        CONFERENCE | {"state": "over"},
        b"{not json",
        CONFERENCE,
        PARTICIPANT,
    )
    assert (report.lines, report.applied, report.failed) == (5, 2, 3)
    assert report.errors[0] == "line 3: conference.state: 'over' is not one of init, in-progress or completed"
    assert report.errors[1].startswith("line 4: not a JSON object")
    assert report.errors[2] == f"line 6: participant.call_id: there is no call {CA}"


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (b"[1]", "expected `object`, got `array`"),
        (b"null", "expected `object`, got `null`"),
        (b"\xff\xfe", "not a JSON object"),
        (b"[" * 100_000, ""),
        ({"type": "room"}, "type: 'room' is not one of account, role, conference, call or participant"),
        ({"sid": ACME}, "object missing required field `type`"),
        (CONFERENCE | {"name": 5}, "conference.name: expected `str`, got `int`"),
        (CONFERENCE | {"name": ""}, "conference.name: a room name has 1 to 128 characters"),
        (CONFERENCE | {"name": "a\tb"}, "conference.name: a room name has no control characters"),
        ({k: v for k, v in CONFERENCE.items() if k != "created_at"}, "missing required field `created_at`"),
        (CONFERENCE | {"id": "CF1"}, "conference.id: 'CF1' is neither CF"),
        (CONFERENCE | {"id": "conf-" + "1" * 32}, "conference.id: 'conf-1111"),
        (CONFERENCE | {"account_sid": "AC" + "f" * 32}, "conference.account_sid: there is no account ACff"),
        (CONFERENCE | {"account_sid": "acme"}, "conference.account_sid: 'acme' is not AC and 32"),
        (CONFERENCE | {"created_at": "yesterday"}, "conference.created_at: 'yesterday' is no time"),
        (CONFERENCE | {"created_at": -1}, "conference.created_at: '-1' lies outside"),
        (CONFERENCE | {"created_at": 10**30}, "conference.created_at"),
        (CONFERENCE | {"updated_at": True}, "conference.updated_at: expected `int | str | null`, got `bool`"),
        (CONFERENCE | {"event_method": "PUT"}, "conference.event_method: 'PUT' is not one of GET or POST"),
        (CONFERENCE | {"reason_ended": "boredom"}, "conference.reason_ended: 'boredom' is not one of"),
        (
            CONFERENCE | {"state": "init", "completed_at": 5},
            "conference.state: 'init', but the record says how",
        ),
        (CALL | {"id": ""}, "call.id: a call id has 1 to 256 printable characters"),
        (CALL | {"id": "a\nb"}, "call.id: a call id has"),
        (CALL | {"status": "lost"}, "call.status: 'lost' is not one of"),
        (CALL | {"direction": "up"}, "call.direction: 'up' is not one of"),
        (CALL | {"conference_id": "CF" + "9" * 32}, "call.conference_id: there is no conference CF99"),
        (CALL | {"status": "ringing", "ended_at": 9}, "call.ended_at: a call that is ringing has not ended"),
        (PARTICIPANT | {"call_id": "x"}, "participant.call_id: there is no call x"),
        ({"type": "role", "name": "R", "permissions": ["Read"]}, "role.permissions: 'Read' is not Domain"),
        ({"type": "role", "name": ADMINISTRATOR, "permissions": []}, "role.name: not empty, and not"),
        (ACCOUNT | {"sid": "AC" + "A" * 32}, "account.sid: "),
        (ACCOUNT | {"parent_sid": ACME}, "account.parent_sid: the account would stand above itself"),
        (ACCOUNT | {"parent_sid": "AC" + "e" * 32}, "account.parent_sid: there is no account"),
        (ACCOUNT | {"status": "gone"}, "account.status: 'gone' is not one of"),
        (
            ACCOUNT | {"bandwidth": {"account_id": "12x"}},
            "account.bandwidth.account_id: '12x' is not a number",
        ),
        (ACCOUNT | {"bandwidth": {"username": "u"}}, "account.bandwidth: a username and a password"),
        (ACCOUNT | {"bandwidth": []}, "account.bandwidth: expected `object | null`, got `array`"),
        (ACCOUNT | {"auth_token": ""}, "account.auth_token: must not be empty"),
    ],
)
async def test_what_is_wrong_is_said_precisely(store: Store, record: Any, message: str) -> None:
    await load(store, ACCOUNT, CONFERENCE)
    accounts, room = await store.read.accounts(), await conference(store)
    events = await store.read.events(0, 100)
    report = await load(store, record)
    assert (report.lines, report.failed, report.applied) == (1, 1, 0)
    assert message in report.errors[0]
    assert report.errors[0].startswith("line 1: ")
    assert await store.read.accounts() == accounts
    assert await conference(store) == room
    assert await store.read.events(0, 100) == events


async def test_a_refused_account_leaves_no_half(store: Store) -> None:
    taken = {"account_id": "7", "username": "shared", "password": "p"}
    await load(store, ACCOUNT | {"bandwidth": taken})
    other = {"type": "account", "sid": "AC" + "b" * 32, "auth_token": "other"}
    report = await load(
        store,
        other | {"bandwidth": taken},
        other | {"bandwidth": {"username": "shared", "password": "mine"}},
    )
    assert report.failed == 2
    assert "account.bandwidth.account_id: 7 is another account's" in report.errors[0]
    assert "account.bandwidth.username: 'shared' is another account's" in report.errors[1]
    assert len(await store.read.accounts()) == 1
    assert await store.read.signing_secret(AccountId("b" * 32)) is None


async def test_an_account_brings_its_ways_in(store: Store) -> None:
    child = "AC" + "c" * 32
    await load(
        store,
        ACCOUNT | {"bandwidth": {"account_id": "9900001", "username": "user", "password": "pass"}},
        {"type": "account", "sid": child, "parent_sid": ACME, "status": "suspended", "role": "Developer"},
        {"type": "role", "name": "Developer", "permissions": ["RestComm:*:Calls"]},
    )
    assert await store.read.verify_secret(CredentialKind.AUTH_TOKEN, "a" * 32, "tok") is not None
    found = await store.read.verify_secret(CredentialKind.USER, "user", "pass")
    assert found is not None
    assert found.account_id == "a" * 32
    below = await store.read.account(AccountId("c" * 32))
    assert below is not None
    assert (below.parent_id, below.status, below.role) == ("a" * 32, AccountStatus.SUSPENDED, "Developer")
    assert below.bandwidth_id.isdigit()
    assert await store.read.role("Developer") == Role("Developer", ("RestComm:*:Calls",))


async def test_what_an_account_record_leaves_out_stays(store: Store) -> None:
    await load(store, ACCOUNT | {"email": "ops@acme.example", "bandwidth": {"account_id": "5"}})
    report = await load(store, {"type": "account", "sid": ACME, "friendly_name": "Acme & Co"})
    assert report.applied == 1
    account = await store.read.account(AccountId("a" * 32))
    assert account is not None
    assert account[:4] == ("a" * 32, None, "Acme & Co", "ops@acme.example")
    assert account.bandwidth_id == "5"
    assert await store.read.signing_secret(AccountId("a" * 32)) == "tok"


async def test_imported_live_rooms_belong_to_no_node_and_stay_live(store: Store) -> None:
    room = CONFERENCE | {"state": "in-progress", "moderator_present": False}
    report = await load(
        store,
        ACCOUNT,
        room,
        CALL | {"status": "in-progress"},
        PARTICIPANT | {"muted": True, "label": "bob"},
        room | {"id": "CF" + "5" * 32},
        CALL | {"id": "CA" + "6" * 32, "status": "in-progress"},
        PARTICIPANT | {"call_id": "CA" + "6" * 32, "label": "bob"},
    )
    assert report.errors == [
        "line 5: conference.name: another live conference is called 'standup'",
        "line 7: participant.label: 'bob' is another participant's",
    ]
    found = await store.read.live_conference(AccountId("a" * 32), "standup")
    assert found is not None
    assert found.node is None
    assert not found.moderator_present
    (member,) = (await store.read.members(ParticipantQuery(found.id), PageRequest(10))).items
    assert (member.participant.muted, member.participant.left_at_ms) == (True, None)
    async with store.transaction() as tx:
        assert await tx.live_rooms("node-1") == []
        assert await tx.live_calls("node-1") == []


async def test_what_this_server_is_serving_is_not_overwritten(store: Store) -> None:
    await load(store, ACCOUNT, CONFERENCE | {"state": "init"})
    room = (await conference(store))._replace(node="node-1")
    async with store.transaction() as tx:
        await tx.put_conference(room)
    report = await load(store, CONFERENCE)
    assert report.errors == ["line 1: conference.id: this server is serving it"]
    assert await conference(store) == room


async def test_nobody_imports_over_another_account(store: Store) -> None:
    other = "AC" + "b" * 32
    await load(store, ACCOUNT, ACCOUNT | {"sid": other}, CONFERENCE, CALL)
    report = await load(
        store,
        CONFERENCE | {"account_sid": other},
        CALL | {"account_sid": other, "conference_id": None},
        CALL | {"account_sid": other, "id": "CA" + "7" * 32},
    )
    assert report.errors == [
        "line 1: conference.id: belongs to another account",
        "line 2: call.id: belongs to another account",
        "line 3: call.conference_id: the conference belongs to another account",
    ]


async def test_a_completed_room_ends_when_it_was_last_updated_unless_the_record_says_when(
    store: Store,
) -> None:
    await load(store, ACCOUNT, CONFERENCE | {"updated_at": 1_600_000_000_000})
    assert (await conference(store)).completed_at_ms == 1_600_000_000_000
    ended = {"completed_at": 1_600_000_000_001, "reason_ended": "last-participant-left", "call_ending": CA}
    await load(store, CONFERENCE | ended)
    room = await conference(store)
    assert (room.updated_at_ms, room.completed_at_ms) == (1_600_000_000_001, 1_600_000_000_001)
    assert (room.reason_ended, room.call_ending) == (EndReason.LAST_LEFT, "2" * 32)


def test_conference_ids_of_three_forms_are_understood() -> None:
    uuid = "0f1e2d3c-4b5a-4697-8877-665544332211"
    digits = uuid.replace("-", "")
    assert read_conference_id("CF" + digits) == (digits, None)
    assert read_conference_id(f"conf-1a2b3c4d-{uuid}") == (digits, "1a2b3c4d")
    assert read_conference_id(f"conf-{uuid}") == (digits, "")


def test_call_ids_that_are_not_ours_are_kept_as_given() -> None:
    uuid = "0f1e2d3c-4b5a-4697-8877-665544332211"
    digits = uuid.replace("-", "")
    assert read_call_id("CA" + digits) == (digits, None, None)
    assert read_call_id(f"c-1a2b3c4d-{uuid}") == (digits, "1a2b3c4d", None)
    assert read_call_id(f"c-{uuid}") == (digits, "", None)
    for given in (RESTCOMM_CALL, "CA" + "A" * 32, "call 7", f"conf-{uuid}"):
        key = read_call_id(given)
        assert key.given_id == given
        assert len(key.id) == 32
    assert read_call_id("x").id != read_call_id("y").id


async def test_a_given_call_id_finds_its_call(store: Store) -> None:
    await load(
        store, ACCOUNT, CONFERENCE, CALL | {"id": RESTCOMM_CALL}, PARTICIPANT | {"call_id": RESTCOMM_CALL}
    )
    leg = await store.read.call_by_given_id(AccountId("a" * 32), RESTCOMM_CALL)
    assert leg is not None
    assert leg.id == read_call_id(RESTCOMM_CALL).id
    assert await store.read.member(ConferenceId("1" * 32), leg.id) is not None


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("2020-07-13T17:29:57.504Z", 1_594_661_397_504),
        ("2020-07-13T19:29:57.504+02:00", 1_594_661_397_504),
        ("2020-07-13 17:29:57", 1_594_661_397_000),
        ("2020-07-13", 1_594_598_400_000),
        ("Mon, 13 Jul 2020 17:29:57 +0000", 1_594_661_397_000),
        ("Mon, 13 Jul 2020 17:29:57 GMT", 1_594_661_397_000),
        ("Wed, 1 Jun 2016 06:05:04 +0300", 1_464_750_304_000),
        (1_594_661_397_504, 1_594_661_397_504),
        (0, 0),
    ],
)
def test_times_of_three_kinds_are_understood(text: str | int, at_ms: int) -> None:
    assert read_time(text) == at_ms


async def test_line_ends_marks_and_monsters(store: Store) -> None:
    data = (
        b"\xef\xbb\xbf"
        + json.dumps(ACCOUNT).encode()
        + b"\r\n\r\n  \n"
        + b'{"type": "role", "name": "'
        + b"x" * 5000
        + b'"}\n'
        + json.dumps(CONFERENCE).encode()
    )
    seen: list[tuple[int, int, int]] = []
    report = await import_history(
        store,
        io.BytesIO(data),
        lambda done, total, lines: seen.append((done, total, lines)),
        now_ms=NOW,
        entropy=Dice(),
        limits=ImportLimits(line_bytes_max=1000),
    )
    assert report == ImportReport(3, 2, 0, 1, ["line 4: longer than 1000 bytes"])
    assert seen == [(len(data), 0, 3)]


async def test_a_file_reports_how_far_it_is(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_bytes(b"\n".join(json.dumps(r).encode() for r in (ACCOUNT, CONFERENCE, CALL)) + b"\n")
    seen: list[tuple[int, int, int]] = []
    await import_history(
        store,
        file,
        lambda done, total, lines: seen.append((done, total, lines)),
        now_ms=NOW,
        entropy=Dice(),
        limits=ImportLimits(batch_lines=2),
    )
    size = file.stat().st_size
    assert [(total, lines) for _, total, lines in seen] == [(size, 2), (size, 3)]
    assert seen[-1][0] == size
    (entry, _) = await store.read.events(0, 10)
    assert entry.event.data == {"lines": 2, "source": "history.jsonl"}


async def test_only_the_first_errors_are_kept(store: Store) -> None:
    report = await load(store, *[b"x"] * 50, limits=ImportLimits(errors_kept=3, batch_lines=2))
    assert report.failed == 50
    assert [error.partition(":")[0] for error in report.errors] == ["line 1", "line 2", "line 3"]


async def test_imported_rooms_are_in_the_list(store: Store) -> None:
    rooms = [
        CONFERENCE | {"id": f"CF{n:032x}", "created_at": 1_600_000_000_000 + n, "name": f"r{n}"}
        for n in range(30)
    ]
    await load(store, ACCOUNT, *rooms)
    page = await store.read.conferences(
        ConferenceQuery(AccountId("a" * 32)), PageRequest(10, offset=20, total_limit=100)
    )
    assert [room.name for room in page.items] == [f"r{n}" for n in range(20, 30)]
    assert page.total == 30
