"""Eight callers in every mixture of mute, hold and coaching that the APIs allow, checked at every ear.

Whether one hears another depends on what both are (talking, muted, on hold, both at once) and on whether the
other whispers to him. So every state of a coach is tried with every state of his pupil, the six others taking
all four states in turn, through one API and by ear: each arrangement is sixty-four answers.
"""

from __future__ import annotations

import itertools

import pytest

from hubbub.lab.caller import Caller
from hubbub.lab.lab import Lab

TWILIO = "/2010-04-01/Accounts/{AccountSid}"
NAMES = ("ada", "ben", "cem", "dee", "eva", "fay", "gus", "hal")
FREE, MUTED, HELD, BOTH = ((False, False), (True, False), (False, True), (True, True))
STATES = (FREE, MUTED, HELD, BOTH)
State = tuple[bool, bool]


class Room:
    """Eight callers in one room, and a hand on each."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.callers: list[Caller] = []
        self.sids: list[str] = []
        self.path = ""
        self.states = [FREE] * len(NAMES)
        self.coach: int | None = None
        self.pupil: int | None = None

    async def fill(self) -> None:
        self.callers = [self.lab.caller(name) for name in NAMES]
        for caller in self.callers:
            await caller.dial("class")
        await self.lab.run_for(1.0)
        [room] = (await self.lab.get(f"{TWILIO}/Conferences.json")).json()["conferences"]
        self.path = f"{TWILIO}/Conferences/{room['sid']}/Participants"
        by_name = {}
        for member in (await self.lab.get(f"{self.path}.json?PageSize=50")).json()["participants"]:
            call = (await self.lab.get(f"{TWILIO}/Calls/{member['call_sid']}.json")).json()
            by_name[call["from"]] = member["call_sid"]
        self.sids = [by_name[name] for name in NAMES]

    async def update(self, who: int, **form: str) -> None:
        answer = await self.lab.post(f"{self.path}/{self.sids[who]}.json", form)
        assert answer.status == 200, answer.text

    async def set_coach(self, coach: int | None, pupil: int | None) -> None:
        if self.coach is not None and self.coach != coach:
            await self.update(self.coach, Coaching="false")
        if coach is not None and pupil is not None:
            # One on hold cannot be chosen as a pupil; he can be put on hold afterwards.
            await self.set_state(pupil, FREE)
            await self.update(coach, Coaching="true", CallSidToCoach=self.sids[pupil])
        self.coach, self.pupil = coach, pupil

    async def set_state(self, who: int, state: State) -> None:
        if self.states[who] != state:
            muted, held = state
            await self.update(who, Muted=str(muted).lower(), Hold=str(held).lower(), HoldUrl="")
            self.states[who] = state

    def should_hear(self, ear: int, mouth: int) -> bool:
        if ear == mouth or self.states[ear][1] or any(self.states[mouth]):
            return False
        return mouth != self.coach or ear == self.pupil

    async def check(self) -> None:
        await self.lab.run_for(0.5)
        for ear, caller in enumerate(self.callers):
            others = [each for mouth, each in enumerate(self.callers) if self.should_hear(ear, mouth)]
            judged = caller.hears(*others, last_s=0.4) if others else caller.hears_silence(last_s=0.4)
            assert judged, (judged, self.coach, self.pupil, self.states)


async def test_every_ear_without_a_coach(lab: Lab) -> None:
    room = Room(lab)
    await room.fill()
    for turn in range(len(STATES)):
        for who in range(len(NAMES)):
            # Neighbours differ, and so do those two apart: every pair of states meets in some turn.
            await room.set_state(who, STATES[(who + who // 4 * turn + turn) % 4])
        await room.check()
    pairs = itertools.product(STATES, STATES)
    for first, second in pairs:
        await room.set_state(0, first)
        await room.set_state(7, second)
        await room.check()


@pytest.mark.parametrize("coach_state", STATES, ids=("free", "muted", "held", "muted-and-held"))
async def test_every_ear_with_a_coach(lab: Lab, coach_state: State) -> None:
    room = Room(lab)
    await room.fill()
    for turn, pupil_state in enumerate(STATES):
        coach, pupil = turn, 7 - turn
        await room.set_coach(coach, pupil)
        for who in range(len(NAMES)):
            await room.set_state(who, STATES[(who + turn) % 4])
        await room.set_state(coach, coach_state)
        await room.set_state(pupil, pupil_state)
        await room.check()
