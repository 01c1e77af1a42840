"""A storm: everything that can happen to calls, rooms and recordings, many at once, in an order drawn from a seed.

    python -m tests.scenarios.storm --seeds 200

Owns the course of a storm and what must hold in it and after it. Callers, telephones and the customer are in
`storm_cast`, the requests in `storm_writes`, what the APIs say and who should hear whom in `storm_views`, the steps
of each row in `storm_rows`, what may be left in `storm_aftermath`.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any, Final

from hubbub.domain.call import CallStatus
from hubbub.domain.ids import uuid_text
from hubbub.lab import loop
from hubbub.lab.caller import Caller
from hubbub.lab.lab import SETTINGS, Lab

from .storm_aftermath import aftermath, what_is_held
from .storm_cast import NUMBERS, Cast
from .storm_rows import watched
from .storm_views import hex32, judge, look
from .storm_writes import BANDWIDTH, TWILIO, Write, Writer

SETTLE_S: Final = 1.2
LISTEN_S: Final = 0.6
AFTERWARDS_S: Final = 3 * 3600.0
"""Longer than any callback is tried again, and than anything a call has set going may take."""


class Storm:
    """One storm.

    Args:
        bursts: how many times something is written, by up to ten requests at once.
        crashes: whether the server dies in the middle, once.
    """

    def __init__(self, lab: Lab, seed: int, *, bursts: int = 25, crashes: bool = False) -> None:
        self.lab = lab
        self.faults: list[str] = []
        self.answers: Counter[int] = Counter()
        self._seed = seed
        self._random = Random(f"storm {seed}")
        self._bursts = bursts
        self._crash_at = self._random.randrange(bursts) if crashes else -1
        self._cast = Cast(lab, seed)
        self._writer: Writer
        self._created: list[str] = []
        """Paths of what a 2xx said was made."""

    async def rage(self) -> None:
        """From the first call until nothing is left; `faults` says what was wrong."""
        lab = self.lab
        before = await what_is_held(lab)
        await self._cast.enter()
        number = await lab.store.read.number(NUMBERS["b"])
        assert number is not None
        assert number.application_id is not None
        self._writer = Writer(self._cast, Random(f"writer {self._seed}"), uuid_text(number.application_id))
        for turn in range(self._bursts):
            await lab.run_for(self._random.choice((0, 0.02, 0.1, 0.5, 1.0)))
            await self._learn()
            if turn == self._crash_at:
                await self._crash()
            elif turn % 8 == 7:
                await self._hold_breath()
            else:
                await self._burst(self._random.randrange(1, 11))
        await self._cast.leave()
        await lab.run_for(AFTERWARDS_S)
        self.faults += await aftermath(lab, before, self._cast.told)

    # --- writing ----------------------------------------------------------------------------------------

    async def _learn(self) -> None:
        """Ask what there is."""
        known, get = self._writer.known, self.lab.get
        if rooms := (await get(f"{BANDWIDTH}/conferences")).json():
            known.site = rooms[0]["id"][5:13]
        listed = (await get(f"{TWILIO}/Conferences.json?PageSize=8")).json()["conferences"]
        listed.sort(key=lambda room: room["status"] == "completed")
        known.rooms = [hex32(each["sid"]) for each in listed]
        known.members = [
            (room, hex32(each["call_sid"]))
            for room in known.rooms
            for each in (await get(f"{TWILIO}/Conferences/CF{room}/Participants.json")).json()["participants"]
        ]
        calls = (await get(f"{TWILIO}/Calls.json?PageSize=30")).json()["calls"]
        known.calls = [hex32(each["sid"]) for each in calls]
        known.live_calls = [
            hex32(each["sid"]) for each in calls if each["status"] in ("queued", "ringing", "in-progress")
        ]
        recordings = (await get(f"{TWILIO}/Recordings.json?PageSize=12")).json()["recordings"]
        known.recordings = [
            ("Conferences", hex32(each["conference_sid"]), hex32(each["sid"]))
            if each["conference_sid"]
            else ("Calls", hex32(each["call_sid"]), hex32(each["sid"]))
            for each in recordings
        ]

    async def _burst(self, count: int) -> None:
        writes = [self._writer.draw() for _ in range(count)]
        delays = [self._random.choice((0, 0, 0, 0.01, 0.05)) for _ in writes]
        if count > 1:
            await asyncio.gather(*map(self._send, writes, delays))
        else:
            await self._send(writes[0], is_alone=True)
            await look(self.lab, self._writer.known, self.faults)

    async def _send(self, write: Write, after_s: float = 0.0, *, is_alone: bool = False) -> None:
        if after_s:
            await self.lab.run_for(after_s)
        answer = await self.lab.request(write.method, write.path, **write.options)
        self.answers[answer.status] += 1
        if answer.status >= 500 or answer.status < 200:
            self.faults.append(f"{write} is answered by {answer.status}: {answer.text[:300]}")
        if answer.status >= 400:
            kind = answer.headers.get("content-type", "")
            # Restcomm explains itself in plain text.
            worded = "json" in kind or "xml" in kind or "/restcomm/" in write.path
            if answer.body and not worded:
                self.faults.append(f"{write} is refused as {kind}: {answer.text[:200]}")
            return
        if answer.status == 201:
            self._note_created(write, answer.json())
        elif is_alone and "/Participants/" in write.path and write.method == "POST":
            await self._read_back(write, answer.json())

    def _note_created(self, write: Write, made: dict[str, Any]) -> None:
        if "callId" in made:
            self._created.append(f"{BANDWIDTH}/calls/{made['callId']}")
        elif write.path.endswith("/Participants.json"):
            self._created.append(f"{TWILIO}/Calls/{made['call_sid']}.json")
        else:
            self._created.append(f"{write.path.removesuffix('.json')}/{made['sid']}.json")

    async def _read_back(self, write: Write, said: dict[str, Any]) -> None:
        """What a write answered is what is read at once, unless the one it was about has left."""
        answer = await self.lab.get(write.path)
        if answer.status == 200 and answer.json() | {"queue_time": None} != said | {"queue_time": None}:
            self.faults.append(f"{write} answered {said}, and then {answer.json()}")

    async def _crash(self) -> None:
        """The server dies while requests are under way; what it had answered is there when it comes back."""
        writes = [asyncio.ensure_future(self._send(self._writer.draw(), 0.01 * turn)) for turn in range(10)]
        await self.lab.run_for(self._random.choice((0.0, 0.02, 0.05, 0.08)))
        before = await self.lab.events()
        await self.lab.crash()
        for write in writes:
            write.cancel()
        # Who asks a server that dies gets no answer, however it dies.
        await asyncio.gather(*writes, return_exceptions=True)
        await self.lab.run_for(self._random.choice((0.0, 0.5, 5.0)))
        await self.lab.restart()
        if (await self.lab.events())[: len(before)] != before:
            self.faults.append("events were lost in the crash")
        for path in self._created:
            if (await self.lab.get(path)).status not in (200, 404):
                self.faults.append(f"{path} was made and cannot be read after the crash")

    # --- looking ----------------------------------------------------------------------------------------

    async def _hold_breath(self) -> None:
        """Nobody does anything for a moment, and every ear is asked."""
        lab, known = self.lab, self._writer.known
        self._cast.may_act.clear()
        await lab.run_for(SETTLE_S)
        before = await look(lab, known, self.faults)
        callers = await self._at_the_far_ends()
        await lab.run_for(LISTEN_S + 0.2)
        after = await look(lab, known, self.faults)
        settled = {room for room in sorted(before) if after.get(room) == before[room]}
        self.faults += judge(before, callers, settled, LISTEN_S)
        self._cast.may_act.set()

    async def _at_the_far_ends(self) -> dict[str, Caller]:
        """Which of the cast is at the far end of each live call."""
        found = {}
        names = {caller.name: caller for caller in self._cast.callers}
        uris = {phone.uri: phone for phone in self._cast.phones}
        for live in self.lab.server.calls:
            leg = await self.lab.store.read.call(live.call_id)
            if leg is not None and leg.status is CallStatus.IN_PROGRESS:
                caller = uris.get(leg.to_address) or names.get(leg.from_address)
                if caller is not None:
                    found[str(leg.id)] = caller
        # Whoever vanished and came back may have a second leg, until its silence is noticed: no ear is at that one.
        legs = Counter(caller.name for caller in found.values())
        return {call_id: caller for call_id, caller in found.items() if legs[caller.name] == 1}


def run(seed: int, *, bursts: int = 25) -> str:
    """One storm on a loop of its own; what it came to, as a digest.

    Raises:
        AssertionError: something was wrong; the message says all of it.
    """

    async def main() -> str:
        random = Random(f"weather {seed}")
        settings = dataclasses.replace(SETTINGS, calls_per_second=10)
        faults: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: faults.append(f"loop: {context.get('message')} {context.get('exception')!r}")
        )
        async with Lab(seed=seed, settings=settings, time_limit_s=None) as lab:
            if random.random() < 0.4:
                lab.conditions(delay_s=0.02, jitter_s=0.01)
            storm = Storm(lab, seed, bursts=bursts, crashes=seed % 4 == 3)
            with watched(storm.faults.append):
                await storm.rage()
            faults += storm.faults
            told = [tuple(each) for each in await lab.events()]
            digest = hashlib.sha256(repr((lab.trace_digest(), told, sorted(storm.answers.items()))).encode())
        assert not faults, "\n".join(_first_of_each(faults))
        return digest.hexdigest()

    return loop.run(main())


def _first_of_each(faults: list[str]) -> Iterator[str]:
    seen = dict.fromkeys(faults)
    yield from list(seen)[:12]
    if len(seen) > 12:
        yield f"… and {len(seen) - 12} more"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--bursts", type=int, default=25)
    options = parser.parse_args()
    bad = []
    for seed in range(options.first, options.first + options.seeds):
        began = time.process_time()
        try:
            digest = run(seed, bursts=options.bursts)
        except Exception as error:  # the next seed is worth a try
            bad.append(seed)
            _say(f"seed {seed}: {type(error).__name__}: {error}")
        else:
            _say(f"seed {seed}: {digest[:12]}, {time.process_time() - began:.1f} s")
    _say(f"{options.seeds - len(bad)} of {options.seeds} storms passed; not: {bad}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
