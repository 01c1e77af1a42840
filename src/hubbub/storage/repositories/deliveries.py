"""Deliveries, as rows: made with their events, leased in order, listed.

`delivery_queues` names the first open delivery of each queue and when it may be taken. Every change to a
delivery keeps it so, in the same transaction; what waits behind a first one is never looked at.
"""

from collections.abc import Sequence
from typing import Any, Final

from hubbub.domain.delivery import Delivery, DeliveryState
from hubbub.domain.events import NumberedEvent
from hubbub.domain.ids import DeliveryId, SubscriptionId
from hubbub.domain.paging import Page, PageRequest
from hubbub.domain.queries import DeliveryQuery
from hubbub.services.ports import Entropy
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.repositories.accounts import as_list
from hubbub.storage.repositories.bounds import check
from hubbub.storage.repositories.keyset import KeysetList, Walk, one_of
from hubbub.storage.repositories.subscriptions import Follower, Subscriptions

TOKEN_DIGITS: Final = 32
_STATE: Final = {state.value: state for state in DeliveryState}


class Deliveries:
    """Reads and writes deliveries."""

    __slots__ = ("_db", "_entropy", "_subscriptions")

    def __init__(self, db: Connection, subscriptions: Subscriptions, entropy: Entropy) -> None:
        self._db = db
        self._subscriptions = subscriptions
        self._entropy = entropy

    async def get(self, delivery_id: str) -> Delivery | None:
        row = await self._db.one("get_delivery", (delivery_id,))
        return None if row is None else _delivery(row)

    async def next_due_ms(self) -> int | None:
        row = await self._db.one("get_next_ready")
        return None if row is None else row[0]

    async def make(self, events: Sequence[NumberedEvent]) -> bool:
        """Write what the subscriptions make of new events; whether they made anything."""
        subjects = dict.fromkeys([each for entry in events for each in entry.event.subjects])
        if not subjects:
            return False
        followers = await self._subscriptions.followers(subjects)
        if not followers:
            return False
        made, sequences = made_of(events, followers, self._entropy)
        if not made:
            return False
        await self._db.many("put_delivery", made)
        await self._subscriptions.set_next_sequences([(number, own) for own, number in sequences.items()])
        firsts: dict[int, Delivery] = {}
        for each in made:
            firsts.setdefault(each.queue, each)
        await self._db.many(
            "lead_queue", [(e.queue, e.id, e.event_number, e.due_at_ms) for e in firsts.values()]
        )
        return True

    async def lease(self, now_ms: int, until_ms: int, limit: int, node: str | None) -> list[Delivery]:
        rows = await self._db.all("list_ready", (now_ms, limit))
        if not rows:
            return []
        taken = [leased(_delivery(row[:-1]), now_ms, until_ms, node) for row in rows]
        await self._db.run("lease_deliveries", (until_ms, now_ms, node, as_list([row[-1] for row in rows])))
        await self._db.run("postpone_queues", (until_ms, as_list([delivery.queue for delivery in taken])))
        return taken

    async def release(self, node: str, now_ms: int) -> int:
        released: list[Row] = []
        for (account_id,) in await self._db.all("list_delivery_accounts"):
            released += await self._db.all("release_deliveries", (now_ms, account_id, node))
        await self._find_firsts({queue for (queue,) in released})
        return len(released)

    async def put(self, delivery: Delivery) -> None:
        await self._db.run("put_delivery", delivery)
        await self._find_firsts({delivery.queue})

    async def settle(self, deliveries: Sequence[Delivery]) -> None:
        rows = [
            (d.state, d.attempts, d.due_at_ms, d.leased_until_ms, d.updated_at_ms, d.status, d.error, d.id)
            for d in deliveries
        ]
        await self._db.many("settle_delivery", rows)
        await self._find_firsts({delivery.queue for delivery in deliveries})

    async def _find_firsts(self, queues: set[int]) -> None:
        await self._db.run("end_queues", (as_list([*queues]),))
        await self._db.many("find_first_of_queue", [(queue,) for queue in queues])

    async def forget(self, before_ms: int, limit: int) -> int:
        """Delete delivered ones, and the subscriptions that were kept for them only."""
        rows = await self._db.all("forget_deliveries", (before_ms, limit))
        await self._subscriptions.forget(set(rows))
        return len(rows)

    async def page(self, query: DeliveryQuery, page: PageRequest) -> Page[Delivery]:
        check(page)
        if query.states == frozenset():
            return Page([], False, False, None if page.total_limit is None else 0)
        rows, has_more, has_previous, total = await KeysetList(self._db).page(await self._walk(query), page)
        return Page([_delivery(row) for row in rows], has_more, has_previous, total)

    async def _walk(self, query: DeliveryQuery) -> Walk:
        states = query.states
        if query.stream is not None:
            compares = states is not None or query.account_id is not None
            filters = (query.account_id, one_of(DeliveryState if states is None else states))
            return Walk("deliveries", "stream", ((query.stream,),), filters=filters if compares else None)
        accounts: list[Any] = [query.account_id]
        if query.account_id is None:
            accounts = [row[0] for row in await self._db.all("list_delivery_accounts")]
        if states is None or len(states) == len(DeliveryState):
            return Walk("deliveries", "account", tuple((account,) for account in accounts))
        if DeliveryState.DELIVERED in states:
            heads = tuple((account,) for account in accounts)
            return Walk("deliveries", "account", heads, filters=(None, one_of(states)))
        return Walk(
            "deliveries", "state", tuple((account, state) for account in accounts for state in sorted(states))
        )


def made_of(
    events: Sequence[NumberedEvent], followers: Sequence[Follower], entropy: Entropy
) -> tuple[list[Delivery], dict[SubscriptionId, int]]:
    """The deliveries that events become, and the next sequence of each subscription that got one."""
    by_subject: dict[str, list[Follower]] = {}
    for follower in sorted(followers):
        by_subject.setdefault(follower.subject_id, []).append(follower)
    sequences: dict[SubscriptionId, int] = {}
    made = []
    for number, _, event in events:
        for subject in dict.fromkeys(event.subjects):
            for follower in by_subject.get(subject, ()):
                if event.kind not in follower.kinds:
                    continue
                sequence = sequences.get(follower.id, follower.next_sequence)
                sequences[follower.id] = sequence + 1
                made.append(
                    Delivery(
                        id=DeliveryId(entropy.id()),
                        subscription_id=follower.id,
                        account_id=follower.account_id,
                        event_number=number,
                        stream=subject,
                        queue=follower.queue,
                        sequence=sequence,
                        token=entropy.token(TOKEN_DIGITS),
                        state=DeliveryState.DUE,
                        attempts=0,
                        due_at_ms=event.occurred_at_ms,
                        leased_until_ms=None,
                        created_at_ms=event.occurred_at_ms,
                        updated_at_ms=event.occurred_at_ms,
                    )
                )
    return made, sequences


def leased(delivery: Delivery, now_ms: int, until_ms: int, node: str | None) -> Delivery:
    """The delivery in a sender's hands."""
    return delivery._replace(
        state=DeliveryState.SENDING,
        attempts=delivery.attempts + 1,
        leased_until_ms=until_ms,
        updated_at_ms=now_ms,
        leased_by=node,
    )


def _delivery(row: Row) -> Delivery:
    """A delivery from the columns of `Delivery`, in its order."""
    return Delivery._make((*row[:8], _STATE[row[8]], *row[9:]))
