"""Subscriptions, as rows: who follows what. Passwords of their targets are sealed."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from hubbub.domain.delivery import Subscription, queue_of
from hubbub.domain.errors import InvalidValue
from hubbub.domain.events import EventKind
from hubbub.domain.ids import AccountId, SubscriptionId
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.repositories.accounts import as_list
from hubbub.storage.repositories.web_targets import target_read, target_written
from hubbub.storage.secrets import Vault

_DETAILS: Final = msgspec.json.Decoder(tuple[tuple[str, str], ...])


class Follower(NamedTuple):
    """What a new event needs to know of a subscription."""

    id: SubscriptionId
    account_id: AccountId
    subject_id: str
    kinds: frozenset[EventKind]
    next_sequence: int
    queue: int


class Subscriptions:
    """Reads and writes subscriptions."""

    __slots__ = ("_db", "_vault")

    def __init__(self, db: Connection, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def get(self, subscription_id: str) -> Subscription | None:
        row = await self._db.one("get_subscription", (subscription_id,))
        return None if row is None else self._subscription(row)

    async def some(self, ids: Sequence[str]) -> list[Subscription]:
        rows = await self._db.all("list_some_subscriptions", (as_list(ids),))
        return [self._subscription(row) for row in rows]

    async def of(self, subject_id: str) -> list[Subscription]:
        return [self._subscription(row) for row in await self._db.all("list_subscriptions", (subject_id,))]

    async def followers(self, subjects: Iterable[str]) -> list[Follower]:
        """Everybody who follows one of the subjects."""
        rows = await self._db.all("list_followers", (as_list([*subjects]),))
        return [Follower(row[0], row[1], row[2], _kinds(row[3]), row[4], row[5]) for row in rows]

    async def set_next_sequences(self, numbers: Iterable[tuple[int, SubscriptionId]]) -> None:
        await self._db.many("set_next_sequence", numbers)

    async def put(self, subscription: Subscription) -> None:
        context = _context(subscription.id)
        try:
            values = (
                *subscription[:5],
                as_list(sorted(subscription.kinds)),
                target_written(self._vault, subscription.target, context),
                target_written(self._vault, subscription.fallback, context),
                subscription.timeout_s,
                subscription.created_at_ms,
                msgspec.json.encode(subscription.details).decode(),
                queue_of(subscription.subject_id, subscription.target.url),
            )
        except UnicodeEncodeError:
            raise InvalidValue("text", "half a surrogate pair is no text that can be stored") from None
        await self._db.run("put_subscription", values)

    async def end(self, subject_id: str, purpose: str | None) -> None:
        """They follow nothing more. One that has deliveries is kept for them."""
        ended = await self._db.all("end_subscriptions", (subject_id, purpose))
        await self.forget(ended)

    async def forget(self, ids: Iterable[Row]) -> None:
        """Delete those that are over and have no deliveries left."""
        await self._db.many("forget_subscription", ids)

    def _subscription(self, row: Row) -> Subscription:
        context = _context(row[0])
        target = target_read(self._vault, row[6], context)
        assert target is not None
        fallback = target_read(self._vault, row[7], context)
        return Subscription._make(
            (*row[:5], _kinds(row[5]), target, fallback, *row[8:10], _DETAILS.decode(row[10]))
        )


@lru_cache(maxsize=256)
def _kinds(text: str) -> frozenset[EventKind]:
    # Dialects ask for a few sets again and again.
    return frozenset(map(EventKind, msgspec.json.decode(text)))


def _context(subscription_id: str) -> str:
    return f"subscription {subscription_id}"
