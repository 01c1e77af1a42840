"""Calls made by the lab's server, for the scenarios: a wish in few words, and what became of it."""

from __future__ import annotations

from typing import Any

from hubbub.domain.call import CallLeg
from hubbub.domain.events import NumberedEvent
from hubbub.domain.ids import CallId
from hubbub.lab.lab import Lab
from hubbub.markup.instructions import Document, JoinConference, WaitKind, WaitMusic
from hubbub.services.calls.call_progress import CallProgress
from hubbub.services.commands import CallWish

FROM = "+15550100"


def room(name: str = "standup") -> Document:
    """A document that joins a room."""
    return Document((JoinConference(name, wait=WaitMusic(WaitKind.SILENCE)),), base_url=None)


class Placed:
    """One call that the server makes."""

    def __init__(self, lab: Lab, call_id: CallId, queue_time_ms: int, progress: list[CallProgress]) -> None:
        self._lab = lab
        self.call_id = call_id
        self.queue_time_ms = queue_time_ms
        self.progress = progress

    async def leg(self) -> CallLeg:
        leg = await self._lab.store.read.call(self.call_id)
        assert leg is not None
        return leg

    async def events(self) -> list[NumberedEvent]:
        return [each for each in await self._lab.events() if each.event.call_id == self.call_id]

    async def kinds(self) -> list[str]:
        return [str(each.event.kind) for each in await self.events() if each.event.conference_id is None]

    async def is_over(self, within_s: float = 120.0) -> CallLeg:
        """Wait for its end."""
        for _ in range(round(within_s / 0.1)):
            leg = await self.leg()
            if leg.status.is_final:
                return leg
            await self._lab.run_for(0.1)
        raise TimeoutError(f"the call is {leg.status}")


async def place(lab: Lab, to: str, **wish: Any) -> Placed:
    """Make a call as the lab's first account; when it is answered it joins the room `standup`."""
    account = await lab.store.read.account(lab.account_id)
    wanted = {"account": account, "from_": FROM, "dialect": "twilio", "begin": room(), **wish}
    progress: list[CallProgress] = []
    placed = await lab.server.place(CallWish(to=to, **wanted), watch=progress.append)
    return Placed(lab, placed.leg.id, placed.queue_time_ms, progress)
