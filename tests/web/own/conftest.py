"""Acme with a sub-account, Globex beside it, and clients of our own API who speak for them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from desks import HandClock, make_desk
from hubbub.dialects.contract import Desk
from hubbub.domain.account import (
    ADMINISTRATOR,
    Account,
    AccountStatus,
    Credential,
    CredentialKind,
)
from hubbub.domain.application import WebTarget
from hubbub.domain.conference import Conference, ConferenceState
from hubbub.domain.delivery import Subscription
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, ConferenceId, CredentialId, SubscriptionId
from hubbub.services.deliveries.resend_deliveries import ResendDeliveries
from hubbub.services.deliveries.show_delivery import ShowDelivery
from hubbub.services.deliveries.word_delivery import WordDelivery
from hubbub.storage.memory import MemoryStore
from hubbub.web.app import build_app
from hubbub.web.own import EventFeed, OwnApi
from hubbub.web.settings import WebSettings
from plain_callbacks import PlainCallbacks

ACME, ACME_EAST, GLOBEX = (AccountId(letter * 32) for letter in "abc")
ROOMS = {account: ConferenceId(account[:31] + "0") for account in (ACME, ACME_EAST, GLOBEX)}
SECRET = "s3cret"
ACME_LOGIN = ("AC" + ACME, SECRET)
GLOBEX_LOGIN = ("AC" + GLOBEX, SECRET)


class Place:
    """The store and the API over it."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.desk: Desk = make_desk(self.store)
        assert isinstance(self.desk.clock, HandClock)
        self.clock = self.desk.clock
        self.feed = EventFeed(self.store, self.clock)
        wording = WordDelivery(
            self.store.read,
            {"plain": PlainCallbacks()},
            base_url="http://hubbub.example",
            site="00000001",
            body_bytes_max=65_536,
        )
        self.api = OwnApi(
            self.feed,
            ShowDelivery(self.store.read, wording),
            ResendDeliveries(self.store, self.clock),
            streams_max=2,
        )
        self.shell = build_app(self.desk, [self.api], WebSettings(), CollectorRegistry(), dict)

    async def fill(self) -> None:
        async with self.store.transaction() as tx:
            for number, (account_id, parent) in enumerate(((ACME, None), (ACME_EAST, ACME), (GLOBEX, None))):
                await tx.put_account(
                    Account(
                        account_id,
                        parent,
                        "x",
                        None,
                        AccountStatus.ACTIVE,
                        ADMINISTRATOR,
                        f"990000{number}",
                        0,
                        0,
                    )
                )
                for kind, name in (
                    (CredentialKind.AUTH_TOKEN, account_id),
                    (CredentialKind.USER, f"user-{number}"),
                    (CredentialKind.API_KEY, f"{number:032x}"),
                ):
                    credential = Credential(CredentialId(f"{kind}{number}"), account_id, kind, name, (), 0)
                    await tx.put_credential(credential, SECRET)
                room = ROOMS[account_id]
                await tx.put_conference(
                    Conference(room, account_id, "standup", ConferenceState.IN_PROGRESS, True, 0, 0)
                )

    async def happen(self, account_id: AccountId = ACME, times: int = 1, **data: Any) -> None:
        for _ in range(times):
            async with self.store.transaction() as tx:
                await tx.append(
                    [
                        Event(
                            EventKind.PARTICIPANT_MUTED,
                            self.clock.now_ms(),
                            account_id,
                            ROOMS[account_id],
                            None,
                            data,
                        )
                    ]
                )

    async def follow(self, account_id: AccountId = ACME, **changes: Any) -> None:
        values: dict[str, Any] = {
            "id": SubscriptionId("5" * 31 + account_id[0]),
            "account_id": account_id,
            "subject_id": ROOMS[account_id],
            "dialect": "plain",
            "purpose": "conference",
            "kinds": frozenset(EventKind),
            "target": WebTarget("https://bob:hunter2@acme.example/events", "POST", "bob", "hunter2"),
            "fallback": None,
            "timeout_s": None,
            "created_at_ms": 0,
        }
        async with self.store.transaction() as tx:
            await tx.put_subscription(Subscription(**(values | changes)))

    def client(self, login: tuple[str, str] | None = ACME_LOGIN) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.shell),  # type: ignore[arg-type]
            base_url="http://test",
            auth=login,
        )


@pytest.fixture
async def place() -> Place:
    made = Place()
    await made.fill()
    return made


@pytest.fixture
async def acme(place: Place) -> AsyncIterator[httpx.AsyncClient]:
    async with place.client() as client:
        yield client
