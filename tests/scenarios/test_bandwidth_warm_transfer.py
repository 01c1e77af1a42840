"""A warm transfer: the agent speaks with the expert while the customer is on hold, brings them together, and leaves.

Bandwidth has no verb for it: it is three calls and a conference (https://dev.bandwidth.com/docs/voice/guides/conferences).
"""

from __future__ import annotations

from typing import Any

from hubbub.lab.caller import Caller
from hubbub.lab.lab import Lab
from scenarios.bandwidth_application import NUMBER, Application, bxml, conference


class SupportLine(Application):
    """A customer who dials gets a room of his own; agents and experts are called into it."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.room_name = ""

    async def open(self) -> SupportLine:
        await super().open()
        self.on("initiate", self._initiate)
        self.on("answer", lambda event: bxml(conference(self.room_name)))
        return self

    def _initiate(self, event: dict[str, Any]) -> str:
        self.room_name = f"support-{event['callId'][-12:]}"
        return bxml(conference(self.room_name, conferenceEventUrl="/events"), "<Hangup/>")

    async def call_in(self, somebody: Caller) -> str:
        """Call somebody into the customer's room; the call's id once he is there."""
        answer = await self.post(
            "/calls",
            **{
                "to": somebody.uri,
                "from": NUMBER,
                "applicationId": self.id,
                "answerUrl": "https://acme.example/answer",
                "disconnectUrl": "https://acme.example/bye",
            },
        )
        await somebody.is_answered()
        call_id: str = answer.json()["callId"]
        return call_id

    async def update(self, call_id: str, **flags: object) -> None:
        room = await self.room(self.room_name)
        await self.put(f"/conferences/{room['id']}/members/{call_id}", **flags)


async def test_the_agent_asks_the_expert_first_and_leaves_the_customer_with_him(lab: Lab) -> None:
    app = await SupportLine(lab).open()
    customer = lab.caller("customer")
    agent, expert = await lab.phone("agent"), await lab.phone("expert")
    await customer.dial(NUMBER)
    await lab.run_for(0.5)
    [member] = (await app.room(app.room_name))["activeMembers"]
    agents = await app.call_in(agent)
    await lab.run_for(1.5)
    assert customer.hears(agent)
    assert agent.hears(customer)

    await app.update(member["callId"], hold=True)
    await app.call_in(expert)
    await lab.run_for(1.5)
    assert agent.hears(expert)
    assert expert.hears(agent)
    assert customer.hears_silence()

    await app.update(member["callId"], hold=False)
    await lab.run_for(1.2)
    assert expert.hears(agent, customer)
    assert customer.hears(agent, expert)

    await app.post(f"/calls/{agents}", state="completed")
    await lab.run_for(1.2)
    assert agent.over is not None
    assert customer.hears(expert)
    assert expert.hears(customer)
    assert [event["callId"] for event in app.of_type("disconnect")] == [agents]

    customer.hangs_up()
    await lab.run_for(1.0)
    room = await app.room(app.room_name)
    assert len(room["activeMembers"]) == 1
    await app.post(f"/conferences/{room['id']}", status="completed")
    assert (await expert.ends(within_s=5)).by_far_end
    await lab.run_for(0.5)
    assert app.types().count("conferenceMemberExit") == 3
    assert app.types().count("conferenceCompleted") == 1


async def test_a_coach_whispers_to_the_agent_and_not_to_the_customer(lab: Lab) -> None:
    app = await SupportLine(lab).open()
    customer = lab.caller("customer")
    agent, coach = await lab.phone("agent"), await lab.phone("coach")
    await customer.dial(NUMBER)
    await lab.run_for(0.5)
    agents = await app.call_in(agent)
    await lab.run_for(0.5)
    app.on("answer", lambda event: bxml(conference(app.room_name, callIdsToCoach=agents)))
    coaches = await app.call_in(coach)
    await lab.run_for(1.5)
    assert customer.hears(agent)
    assert agent.hears(customer, coach)
    assert coach.hears(customer, agent)
    # A second coach would be heard by the whole room, so the call ends instead.
    second = await lab.phone("second")
    await app.call_in(second)
    assert (await second.ends(within_s=5)).by_far_end
    await lab.run_for(0.5)
    (bye,) = app.of_type("disconnect")
    assert bye["cause"] == "application-error"
    await app.update(coaches, mute=True)
    await lab.run_for(1.2)
    assert agent.hears(customer)
