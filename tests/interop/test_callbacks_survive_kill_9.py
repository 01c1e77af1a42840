"""kill -9 in a storm of due callbacks, with a receiver that fails half the time.

Nothing is lost, each room is told in order, and what is sent twice carries the same token.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest

from hubbub.domain.application import WebTarget
from hubbub.domain.conference import Conference, ConferenceState
from hubbub.domain.delivery import DeliveryState, Subscription
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, CallId, ConferenceId, SubscriptionId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import DeliveryQuery
from hubbub.entropy import SystemEntropy
from hubbub.storage import open_store
from interop.conftest import RunningServer, wait_until
from interop.half_failing_receiver import HalfFailingReceiver, Receipt
from interop.peers import hang_up, sipp

pytestmark = [
    pytest.mark.interop,
    pytest.mark.slow,
    pytest.mark.xdist_group("interop"),
    pytest.mark.timeout(170),
]

ROOMS, EVENTS_EACH = 500, 10
FLAGS = ("--callback-retry", "exponential", "--callbacks-per-host-max", "64")
"""A lease is a minute: only what the server takes back at its start comes within the time of these tests."""


async def storm(data: Path, url: str) -> None:
    """What five hundred rooms leave behind when somebody is muted ten times in each: 5,000 due callbacks."""
    store = open_store(data, entropy=SystemEntropy())
    account = min(await store.read.accounts(), key=lambda each: each.created_at_ms)
    kinds = frozenset({EventKind.PARTICIPANT_MUTED})
    rooms = [ConferenceId(f"{number + 1:032x}") for number in range(ROOMS)]
    async with store.transaction() as tx:
        for number, room in enumerate(rooms):
            await tx.put_conference(
                Conference(
                    room, account.id, f"room-{number}", ConferenceState.COMPLETED, True, 1000, 1000, 1000
                )
            )
            subscription = SubscriptionId(f"{number + 1:032x}")
            await tx.put_subscription(
                Subscription(
                    subscription,
                    account.id,
                    room,
                    "twilio",
                    "conference",
                    kinds,
                    WebTarget(url),
                    None,
                    None,
                    0,
                )
            )
    for round_ in range(EVENTS_EACH):
        async with store.transaction() as tx:
            await tx.append([_muted(account.id, room, round_) for room in rooms])
    await store.aclose()


def _muted(account_id: AccountId, room: ConferenceId, round_: int) -> Event:
    data = {
        "label": None,
        "muted": True,
        "held": False,
        "coaching": False,
        "coached": None,
        "start_on_enter": True,
        "end_on_exit": False,
    }
    return Event(EventKind.PARTICIPANT_MUTED, 1000 + round_, account_id, room, CallId("9" * 32), data)


async def states(data: Path) -> set[DeliveryState]:
    store = open_store(data, entropy=SystemEntropy())
    try:
        page = await store.read.deliveries(DeliveryQuery(), PageRequest(ROOMS * EVENTS_EACH + 1))
        assert len(page.items) == ROOMS * EVENTS_EACH
        return {delivery.state for delivery in page.items}
    finally:
        await store.aclose()


def test_nothing_is_lost_order_holds_and_repetitions_carry_their_token(
    start_server: Callable[..., RunningServer],
) -> None:
    with HalfFailingReceiver(seed=1) as receiver:
        server = start_server(*FLAGS)
        asyncio.run(storm(server.data, f"http://127.0.0.1:{receiver.port}/events"))
        everything = ROOMS * EVENTS_EACH
        for share in (0.2, 0.6):
            wait_until(lambda s=share: len(receiver.taken) > s * everything, f"{share:.0%} are taken", 60)  # type: ignore[misc]
            server.process.kill()
            server.process.wait()
            server = start_server(*FLAGS)
        wait_until(lambda: len(receiver.taken) == everything, "all are taken", 90)
        wait_until(
            lambda: asyncio.run(states(server.data)) == {DeliveryState.DELIVERED}, "all are written down", 20
        )
        receipts = list(receiver.receipts)
    check(receipts)
    assert {(receipt.room, receipt.sequence) for receipt in receipts} == {
        (f"CF{room + 1:032x}", sequence + 1) for room in range(ROOMS) for sequence in range(EVENTS_EACH)
    }
    assert len(receipts) > 1.5 * everything, "the receiver did fail"


def check(receipts: Sequence[Receipt]) -> None:
    """Of each room every callback was taken, in order, and what came twice carried the same token."""
    tokens: dict[tuple[str, int], set[str]] = {}
    told: dict[str, int] = {}
    taken: dict[str, int] = {}
    for receipt in receipts:
        room = receipt.room
        tokens.setdefault((room, receipt.sequence), set()).add(receipt.token)
        assert receipt.sequence <= taken.get(room, 0) + 1, "the one before it has not been taken yet"
        assert receipt.sequence >= told.get(room, 0), "a later one has been told before"
        told[room] = receipt.sequence
        if receipt.taken:
            taken[room] = max(taken.get(room, 0), receipt.sequence)
    assert {len(each) for each in tokens.values()} == {1}
    assert len({next(iter(each)) for each in tokens.values()}) == len(tokens)
    assert taken == told, "the last of each room was taken"


CALLS, CALLED_ROOMS, MUTES_EACH = 500, 50, 8
WORDS = "start end join leave mute"


def test_a_storm_of_calls_loses_no_callback(
    start_server: Callable[..., RunningServer], tmp_path: Path
) -> None:
    """Five hundred real calls in fifty rooms, everybody muted and unmuted, killed twice in the midst of it."""

    def document(form: dict[str, str]) -> str:
        number = int("".join(filter(str.isdigit, form["From"])))
        return (
            f'<Response><Dial><Conference beep="false" waitUrl="" statusCallback="{events}"'
            f' statusCallbackEvent="{WORDS}">room-{number % CALLED_ROOMS}</Conference></Dial></Response>'
        )

    flags = (*FLAGS, "--media-silence-s", "0")
    with HalfFailingReceiver(seed=2, document=document) as receiver:
        events = f"http://127.0.0.1:{receiver.port}/events"
        server = start_server(*flags)
        server.hubbub("application", "create", "storm", f"http://127.0.0.1:{receiver.port}/voice")
        server.hubbub("number", "create", "storm", "--application", "storm")
        phones = sipp(
            tmp_path, server.sip_host, server.sip_port, "storm", calls=CALLS, rate=100, stay_ms=90_000
        )
        try:
            wait_until(lambda: joined(server.data) == CALLS, "all are inside", 60)
            mute(server)
        finally:
            server.process.kill()
            server.process.wait()
            hang_up(phones)
        due = count(server.data, "SELECT count(*) FROM deliveries")
        assert due >= CALLS + CALLED_ROOMS + CALLS * MUTES_EACH
        server = start_server(*flags)
        wait_until(lambda: len(receiver.taken) > due, "some more are taken", 60)
        server.process.kill()
        server.process.wait()
        server = start_server(*flags)
        everything = count(server.data, "SELECT count(*) FROM deliveries")
        assert everything >= 5_000
        wait_until(lambda: len(receiver.taken) == everything, "all are taken", 120)
        receipts = list(receiver.receipts)

    wanted = "('conference-started','conference-ended','participant-joined','participant-left','participant-muted','participant-unmuted')"
    assert everything == count(server.data, f"SELECT count(*) FROM events WHERE kind IN {wanted}")
    assert count(server.data, "SELECT max(number) - count(*) FROM events") == 0
    check(receipts)
    rooms = Counter(receipt.room for receipt in receipts)
    assert len(rooms) == CALLED_ROOMS


def mute(server: RunningServer) -> None:
    """Mute and unmute everybody, as fast as one client can; until then callbacks pile up."""
    who = server.credentials["twilio"]
    with httpx.Client(
        base_url=f"{server.http}/2010-04-01/Accounts/{who['account_sid']}",
        auth=(who["account_sid"], who["auth_token"]),
    ) as client:
        conferences = client.get("/Conferences.json", params={"PageSize": 1000}).json()["conferences"]
        for conference in conferences:
            path = f"/Conferences/{conference['sid']}/Participants"
            members = client.get(f"{path}.json", params={"PageSize": 1000}).json()["participants"]
            for turn in range(MUTES_EACH):
                for member in members:
                    answer = client.post(
                        f"{path}/{member['call_sid']}.json", data={"Muted": str(turn % 2 == 0).lower()}
                    )
                    assert answer.status_code == 200


def joined(data: Path) -> int:
    return count(data, "SELECT count(*) FROM participants WHERE left_at_ms IS NULL")


def count(data: Path, question: str) -> int:
    connection = sqlite3.connect(data / "hubbub.sqlite3")
    try:
        return int(connection.execute(question).fetchone()[0])
    finally:
        connection.close()
