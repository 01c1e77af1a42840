"""A post office on simulated time: rooms that are followed, receivers, and the dispatcher between them."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest_asyncio

from desks import KeptLog
from hubbub.domain.account import ADMINISTRATOR, Account, AccountStatus
from hubbub.domain.application import WebTarget
from hubbub.domain.conference import Conference, ConferenceState
from hubbub.domain.delivery import Delivery, DeliveryState, Subscription
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, ConferenceId, DeliveryId, SubscriptionId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import DeliveryQuery
from hubbub.lab.clock import SeededEntropy, SimulatedClock
from hubbub.lab.customer import CustomerRequest, CustomerWeb
from hubbub.lab.loop import SimulatedLoop
from hubbub.lab.pytest_plugin import pytest_asyncio_loop_factories
from hubbub.markup.instructions import Document
from hubbub.services.deliveries.deliver import DeliverCallbacks, DeliverySettings
from hubbub.services.deliveries.word_delivery import WordDelivery
from hubbub.storage.memory import MemoryStore
from plain_callbacks import PlainCallbacks

__all__ = ["pytest_asyncio_loop_factories"]

ACME = AccountId("a" * 32)
RECEIVER = "https://acme.example/events"
OK = "fine"


@dataclass
class RoomsThatNote:
    """`RoomCommands`, as far as callbacks know it."""

    ran: list[tuple[str, Document, str]] = field(default_factory=list)
    refusal: Exception | None = None

    async def run(self, conference_id: ConferenceId, document: Document, dialect: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.ran.append((conference_id, document, dialect))


class PostOffice:
    def __init__(self, loop: SimulatedLoop) -> None:
        self.loop = loop
        self.clock = SimulatedClock(loop)
        self.entropy = SeededEntropy(3)
        self.store = MemoryStore(self.entropy)
        self.web = CustomerWeb()
        self.log = KeptLog()
        self.callbacks = PlainCallbacks()
        self.rooms = RoomsThatNote()
        self.expected_faults: list[tuple[str, str, dict[str, Any]]] = []
        self.dispatcher: DeliverCallbacks

    def open(self, **settings: Any) -> None:
        """Start a dispatcher."""
        wording = WordDelivery(
            self.store.read,
            {"plain": self.callbacks},
            base_url="http://hubbub.example",
            site="00000001",
            body_bytes_max=65_536,
        )
        self.dispatcher = DeliverCallbacks(
            self.store,
            wording,
            self.web,
            self.clock,
            self.entropy,
            self.log,
            DeliverySettings(**settings),
            rooms=self.rooms,  # type: ignore[arg-type]  # as far as callbacks know it
        )
        self.dispatcher.start()

    async def account(self) -> None:
        async with self.store.transaction() as tx:
            await tx.put_account(
                Account(ACME, None, "Acme", None, AccountStatus.ACTIVE, ADMINISTRATOR, "9900001", 0, 0)
            )

    async def follow(self, number: int, url: str = RECEIVER, **changes: Any) -> ConferenceId:
        """A room that somebody wants to hear everything of."""
        room = ConferenceId(f"{number:032x}")
        now_ms = self.clock.now_ms()
        values: dict[str, Any] = {
            "id": SubscriptionId(self.entropy.id()),
            "account_id": ACME,
            "subject_id": room,
            "dialect": "plain",
            "purpose": "conference",
            "kinds": frozenset(EventKind),
            "target": WebTarget(url),
            "fallback": None,
            "timeout_s": None,
            "created_at_ms": now_ms,
        }
        async with self.store.transaction() as tx:
            if await tx.conference(room) is None:
                await tx.put_conference(
                    Conference(
                        room, ACME, f"room-{number}", ConferenceState.IN_PROGRESS, True, now_ms, now_ms
                    )
                )
            await tx.put_subscription(Subscription(**(values | changes)))
        return room

    async def happen(self, room: ConferenceId, times: int = 1, **data: Any) -> None:
        """Something happens in a room: one transaction each."""
        for _ in range(times):
            async with self.store.transaction() as tx:
                await tx.append(
                    [Event(EventKind.PARTICIPANT_MUTED, self.clock.now_ms(), ACME, room, None, data)]
                )

    async def pass_time(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    async def deliveries(self, *states: DeliveryState) -> list[Delivery]:
        query = DeliveryQuery(states=frozenset(states) or None)
        return (await self.store.read.deliveries(query, PageRequest(10_000))).items

    async def put(self, delivery: Delivery) -> None:
        async with self.store.transaction() as tx:
            await tx.put_delivery(delivery)

    async def delivery(self, delivery_id: DeliveryId) -> Delivery:
        found = await self.store.read.delivery(delivery_id)
        assert found is not None
        return found


def numbers(requests: list[CustomerRequest], room: ConferenceId | None = None) -> list[int]:
    """Which events of a room a receiver was told of, in order."""
    told = [json.loads(request.body) for request in requests]
    return [each["number"] for each in told if room in (None, each["room"])]


@pytest_asyncio.fixture
async def post() -> AsyncIterator[PostOffice]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    loop.limit_time(200_000.0)
    office = PostOffice(loop)
    await office.account()
    office.open()
    yield office
    await office.dispatcher.aclose()
    assert [entry for entry in office.log.entries if entry[0] == "error"] == office.expected_faults
