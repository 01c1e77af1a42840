"""Watches every row that the server writes in a storm: no step but those of the state tables.

Reads the row as it was through the same transaction, which changes nothing about the run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from hubbub.domain import call, delivery, recording
from hubbub.domain.conference import ConferenceState
from hubbub.storage.unit_of_work import SqlTransaction

CONFERENCE_STEPS = {
    ConferenceState.INIT: {ConferenceState.INIT, ConferenceState.IN_PROGRESS, ConferenceState.COMPLETED},
    ConferenceState.IN_PROGRESS: {ConferenceState.IN_PROGRESS, ConferenceState.COMPLETED},
    ConferenceState.COMPLETED: set(),
}


@contextlib.contextmanager
def watched(fault: Callable[[str], None]) -> Iterator[None]:
    """While it is open, `fault` is told of each forbidden step."""
    put_call, put_conference = SqlTransaction.put_call, SqlTransaction.put_conference
    put_participants, put_recording = SqlTransaction.put_participants, SqlTransaction.put_recording
    put_delivery, settle_deliveries = SqlTransaction.put_delivery, SqlTransaction.settle_deliveries

    def step(what: str, row: Any, before: Any, state: str, table: dict[Any, Any]) -> None:
        old, new = getattr(before, state), getattr(row, state)
        if old != new and new not in table[old]:
            fault(f"{what} {row.id} went from {old} to {new}")

    async def of_call(tx: SqlTransaction, row: call.CallLeg) -> None:
        before = await tx.call(row.id)
        if before is not None:
            step("call", row, before, "status", call.TRANSITIONS)
            if before.status.is_final and row != before:
                fault(f"call {row.id} was over and changed: {before} {row}")
        await put_call(tx, row)

    async def of_conference(tx: SqlTransaction, row: Any) -> None:
        before = await tx.conference(row.id)
        if before is not None:
            if row.state not in CONFERENCE_STEPS[before.state]:
                fault(f"conference {row.id} went from {before.state} to {row.state}")
            if before.moderator_present and not row.moderator_present:
                fault(f"conference {row.id} forgot its moderator")
        await put_conference(tx, row)

    async def of_participants(tx: SqlTransaction, rows: Any) -> None:
        for row in rows:
            found = await tx.member(row.conference_id, row.call_id)
            before = None if found is None else found.participant
            if before is None or before.joined_at_ms != row.joined_at_ms:
                continue
            if before.left_at_ms is not None and row != before and row.left_at_ms is not None:
                fault(f"participant {row.call_id} left twice")
            if row.pending and not before.pending:
                fault(f"participant {row.call_id} is being called again")
        await put_participants(tx, rows)

    async def of_recording(tx: SqlTransaction, row: Any) -> None:
        before = await tx.recording(row.id)
        if before is not None:
            step("recording", row, before, "state", recording.TRANSITIONS)
        await put_recording(tx, row)

    async def of_delivery(tx: SqlTransaction, row: Any) -> None:
        before = await tx.delivery(row.id)
        if before is not None:
            step("delivery", row, before, "state", delivery.TRANSITIONS)
        await put_delivery(tx, row)

    async def of_deliveries(tx: SqlTransaction, rows: Any) -> None:
        for row in rows:
            before = await tx.delivery(row.id)
            if before is None:
                fault(f"delivery {row.id} was settled and never made")
            else:
                step("delivery", row, before, "state", delivery.TRANSITIONS)
        await settle_deliveries(tx, rows)

    watchers = {
        "put_call": of_call,
        "put_conference": of_conference,
        "put_participants": of_participants,
        "put_recording": of_recording,
        "put_delivery": of_delivery,
        "settle_deliveries": of_deliveries,
    }
    with contextlib.ExitStack() as stack:
        for name, watcher in watchers.items():
            stack.enter_context(mock.patch.object(SqlTransaction, name, watcher))
        yield
