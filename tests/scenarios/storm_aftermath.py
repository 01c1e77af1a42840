"""What is left when a storm is over: nothing but history, and that without a gap."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, Final

import soundfile

from hubbub.domain.call import CallLeg
from hubbub.domain.delivery import Delivery, DeliveryState
from hubbub.domain.events import EventKind
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import CallQuery, DeliveryQuery, RecordingQuery
from hubbub.domain.recording import AudioFormat, Recording, RecordingState
from hubbub.lab.lab import Lab

from .storm_writes import TWILIO

RECORDING_SLACK_MS: Final = 250


async def aftermath(lab: Lab, before: dict[str, object], told: dict[str, list[str]]) -> list[str]:
    """What is wrong.

    Args:
        before: what was held when nothing had happened yet.
        told: the tokens that came to each callback address, in order.
    """
    looking = _Aftermath(lab, told)
    await looking.look(before)
    return looking.faults


class _Aftermath:
    def __init__(self, lab: Lab, told: dict[str, list[str]]) -> None:
        self._lab = lab
        self._told = told
        self.faults: list[str] = []

    async def look(self, before: dict[str, object]) -> None:
        lab, faults = self._lab, self.faults
        after = await what_is_held(lab)
        faults += [
            f"{key}: {before[key]} before, {after[key]} after" for key in before if before[key] != after[key]
        ]
        faults += [f"logged: {line}" for line in lab.log.lines if line.level == "error"]
        await self._check_events()
        async for call in _every_call(lab):
            if not call.status.is_final:
                faults.append(f"call {call.id} is {call.status} for ever")
        for recording in await _recordings(lab):
            await self._check_recording(recording)
        await self._check_deliveries()

    async def _check_events(self) -> None:
        events = await self._lab.events()
        if [each.number for each in events] != list(range(1, len(events) + 1)):
            self.faults.append("event numbers have a gap")
        rooms: dict[str, list[int | None]] = {}
        opened: Counter[str] = Counter()
        for each in events:
            event = each.event
            if event.conference_id is None:
                continue
            rooms.setdefault(event.conference_id, []).append(each.conference_number)
            if event.kind is EventKind.CONFERENCE_CREATED:
                opened[event.conference_id] += 1
            elif event.kind is EventKind.CONFERENCE_ENDED:
                opened[event.conference_id] -= 1
        for room, numbers in rooms.items():
            if numbers != list(range(1, len(numbers) + 1)):
                self.faults.append(f"event numbers of room {room} have a gap: {numbers}")
            if opened[room] != 0:
                self.faults.append(f"room {room} began and ended {opened[room]:+d}")

    async def _check_recording(self, recording: Recording) -> None:
        if recording.state in (RecordingState.DELETED, RecordingState.ABSENT):
            return
        if recording.state is not RecordingState.COMPLETED:
            self.faults.append(f"recording {recording.id} is {recording.state}: {recording.why}")
            return
        media = await self._lab.server.keeping.recordings.open(recording.id, AudioFormat.WAV)
        data = b"".join([chunk async for chunk in media.chunks])
        samples = len(soundfile.read(io.BytesIO(data), dtype="int16")[0])
        if samples * 1000 // 8000 != recording.duration_ms:
            self.faults.append(f"recording {recording.id}: {samples} samples, {recording.duration_ms} ms")
        folder = self._lab._folder / "recordings" / recording.id[:2] / recording.id
        if recording.trim_silence or recording.duration_ms is None:
            return
        lines = [json.loads(line) for line in (folder / "timeline.jsonl").read_text().splitlines()]
        places = [line["sample"] for line in lines if "sample" in line]
        if places and max(places) > samples + 8 * RECORDING_SLACK_MS:
            self.faults.append(f"recording {recording.id}: {samples} samples, timeline {lines}: {recording}")
        if recording.why == "server-crashed":
            return
        wanted_ms = await self._timeline_ms(recording)
        if abs(wanted_ms - recording.duration_ms) > RECORDING_SLACK_MS:
            self.faults.append(f"{recording}: {recording.duration_ms} ms, not {wanted_ms}: {lines}")

    async def _timeline_ms(self, recording: Recording) -> int:
        """How long it must be, by the events."""
        total = since = 0
        for each in await self._lab.events():
            event = each.event
            if event.data.get("recording_id") != recording.id:
                continue
            now_ms = event.occurred_at_ms
            if event.kind in (EventKind.RECORDING_STARTED, EventKind.RECORDING_RESUMED):
                if event.kind is EventKind.RECORDING_STARTED or recording.skips_pauses:
                    since = now_ms
            elif since and (
                event.kind is EventKind.RECORDING_STOPPED
                or (event.kind is EventKind.RECORDING_PAUSED and recording.skips_pauses)
            ):
                total, since = total + now_ms - since, 0
        return total

    async def _check_deliveries(self) -> None:
        sequences: dict[str, list[int]] = {}
        tokens: dict[str, int] = {}
        async for row in _every_delivery(self._lab):
            sequences.setdefault(row.subscription_id, []).append(row.sequence)
            tokens[row.token] = row.event_number
            if row.state not in (DeliveryState.DELIVERED, DeliveryState.DEAD):
                self.faults.append(f"delivery is {row.state} for ever: {row}")
            if row.attempts == 0:
                self.faults.append(f"delivery was never tried: {row}")
        for subscription, numbers in sequences.items():
            if sorted(numbers) != list(range(len(numbers))):
                self.faults.append(f"sequences of subscription {subscription}: {sorted(numbers)}")
        for address, came in self._told.items():
            order = [tokens[token] for token in dict.fromkeys(came) if token in tokens]
            if order != sorted(order):
                self.faults.append(f"callbacks came to {address} in the order {order}")


async def _recordings(lab: Lab) -> list[Recording]:
    page = await lab.store.read.recordings(RecordingQuery(frozenset({lab.account_id})), PageRequest(1000))
    return page.items


async def _every_call(lab: Lab) -> AsyncIterator[CallLeg]:
    page = await lab.store.read.calls(CallQuery(frozenset({lab.account_id})), PageRequest(1000))
    for each in page.items:
        yield each


async def _every_delivery(lab: Lab) -> AsyncIterator[Delivery]:
    after: Cursor | None = None
    while True:
        page = await lab.store.read.deliveries(DeliveryQuery(), PageRequest(1000, after=after))
        for each in page.items:
            yield each
        if not page.has_more:
            return
        after = Cursor(page.items[-1].created_at_ms, page.items[-1].id)


async def what_is_held(lab: Lab) -> dict[str, object]:
    """Everything that calls might leave behind."""
    server = lab.server
    media = lab.media.statistics()
    held: dict[str, object] = {
        # Sockets for sound, of two ports each, are kept for the next call.
        "addresses": len(lab.network.bound) - 2 * int(media["sockets_open"]),
        "tasks": sorted(_name(task) for task in asyncio.all_tasks()),
        "calls": len(server.calls),
        "rooms": len(server.rooms),
        "recordings": server.keeping.recordings.statistics()["running"],
    }
    for name, value in media.items():
        if name.endswith(("_open", "_used")) and name != "sockets_open":
            held[f"media {name}"] = value
    for name in ("calls", "transactions", "timers"):
        held[f"sip {name}"] = server.sip.statistics()[name]
    for status in ("init", "in-progress"):
        listed = await lab.get(f"{TWILIO}/Conferences.json?Status={status}")
        held[f"rooms {status}"] = len(listed.json()["conferences"])
    return held


def _name(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", "?")
