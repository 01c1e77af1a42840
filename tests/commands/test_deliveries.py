"""`hubbub deliveries` on a database that no server has open."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hubbub.cli import main
from hubbub.domain.account import ADMINISTRATOR, Account, AccountStatus
from hubbub.domain.application import WebTarget
from hubbub.domain.conference import Conference, ConferenceState
from hubbub.domain.delivery import Delivery, DeliveryState, Subscription
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, ConferenceId, SubscriptionId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import DeliveryQuery
from hubbub.lab.clock import SeededEntropy
from hubbub.storage import open_store

ACME, ROOM = AccountId("a" * 32), ConferenceId("c" * 32)


async def fill(data: Path) -> None:
    store = open_store(data, entropy=SeededEntropy(1))
    target = WebTarget("https://acme.example/events", "POST", "bob", "hunter2")
    kinds = frozenset(EventKind)
    async with store.transaction() as tx:
        await tx.put_account(
            Account(ACME, None, "Acme", None, AccountStatus.ACTIVE, ADMINISTRATOR, "9900001", 0, 0)
        )
        await tx.put_conference(Conference(ROOM, ACME, "standup", ConferenceState.IN_PROGRESS, True, 0, 0))
        await tx.put_subscription(
            Subscription(SubscriptionId("5" * 32), ACME, ROOM, "vonage", "room", kinds, target, None, None, 0)
        )
    for number in range(3):
        async with store.transaction() as tx:
            await tx.append([Event(EventKind.PARTICIPANT_MUTED, 1000 + number, ACME, ROOM, None, {})])
    async with store.transaction() as tx:
        first, second, _ = (await tx.deliveries(DeliveryQuery(), PageRequest(10))).items
        await tx.put_delivery(first._replace(state=DeliveryState.DEAD, attempts=2, error="connect: refused"))
        await tx.put_delivery(second._replace(state=DeliveryState.DELIVERED, attempts=1, status=200))
    await store.aclose()


async def stored(data: Path) -> list[Delivery]:
    store = open_store(data, entropy=SeededEntropy(2))
    try:
        return (await store.read.deliveries(DeliveryQuery(), PageRequest(10))).items
    finally:
        await store.aclose()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    asyncio.run(fill(tmp_path))
    return tmp_path


def hubbub(*words: str, data: Path, status: int = 0) -> str:
    result = CliRunner().invoke(main, ["deliveries", *words, "--data", str(data)])
    assert result.exit_code == status, result.output
    return result.output


def listed(*words: str, data: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(hubbub("list", "--json", *words, data=data))
    return found


def test_the_list_is_newest_first_and_narrowed_by_state(data: Path) -> None:
    assert [row["event"] for row in listed(data=data)] == [3, 2, 1]
    (dead,) = listed("--state", "dead", data=data)
    assert (dead["attempts"], dead["error"]) == (2, "connect: refused")
    assert len(listed("--state", "dead", "--state", "due", data=data)) == 2
    assert listed("--stream", "d" * 32, data=data) == []
    assert "connect: refused" in hubbub("list", data=data)


def test_one_is_shown_without_its_secrets(data: Path) -> None:
    (dead,) = listed("--state", "dead", data=data)
    text = hubbub("show", dead["id"], data=data)
    assert "hunter2" not in text
    shown = json.loads(text)
    assert shown["event"] == {"number": 1, "kind": "participant-muted", "data": {}}
    assert "vonage" in shown["why_not"]


def test_dead_ones_are_made_due_again(data: Path) -> None:
    assert hubbub("resend", "--state", "dead", data=data) == "1 due again\n"
    states = [each.state for each in asyncio.run(stored(data))]
    assert states == [DeliveryState.DUE, DeliveryState.DELIVERED, DeliveryState.DUE]


def test_one_is_made_due_again_by_its_id(data: Path) -> None:
    (delivered,) = listed("--state", "delivered", data=data)
    assert hubbub("resend", delivered["id"].upper(), data=data) == "1 due again\n"
    assert listed("--state", "delivered", data=data) == []


def test_what_is_not_there_and_what_is_not_said_are_errors(data: Path, tmp_path: Path) -> None:
    assert "not found" in hubbub("show", "9" * 32, data=data, status=1)
    assert "not found" in hubbub("resend", "9" * 32, data=data, status=1)
    assert "wanted" in hubbub("resend", data=data, status=2)
    assert "no directory" in hubbub("list", data=tmp_path / "nowhere", status=1)
