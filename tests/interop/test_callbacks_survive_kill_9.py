"""kill -9 in a storm of due callbacks, with a receiver that fails half the time.

Nothing is lost, each room is told in order, and what is sent twice carries the same token.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

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
from interop.half_failing_receiver import HalfFailingReceiver

pytestmark = [
    pytest.mark.interop,
    pytest.mark.slow,
    pytest.mark.xdist_group("interop"),
    pytest.mark.timeout(170),
]

ROOMS, EVENTS_EACH = 500, 10
FLAGS = ("--callback-lease-s", "1", "--callback-retry", "exponential", "--callbacks-per-host-max", "64")


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
    assert set(tokens) == {
        (f"CF{room + 1:032x}", sequence + 1) for room in range(ROOMS) for sequence in range(EVENTS_EACH)
    }
    assert {len(each) for each in tokens.values()} == {1}
    assert len({next(iter(each)) for each in tokens.values()}) == everything
    assert len(receipts) > 1.5 * everything, "the receiver did fail"
