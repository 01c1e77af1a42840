"""Call me back: who leaves a number is called when an agent is free, and both meet in a room.

Restcomm Connect API guide, "Making calls".
"""

from __future__ import annotations

from hubbub.lab.lab import Lab
from scenarios.restcomm_application import NUMBER, URL, Application, conference, rcml, room


async def test_who_asks_for_it_is_called_back_and_meets_the_agent(lab: Lab) -> None:
    app = await Application(
        lab,
        voice=rcml(
            f'<Gather action="{URL}/choice" numDigits="1" timeout="5">'
            "<Say>Press one to be called back</Say></Gather>"
        ),
        choice=rcml("<Say>We will call you</Say>", "<Hangup/>"),
        agent=room("callback", endConferenceOnExit="true"),
        customer=rcml("<Say>Here we are</Say>", conference("callback")),
    ).open()
    caller = lab.caller("caller")
    await caller.dial(NUMBER)
    await lab.run_for(1.0)
    caller.presses("1")
    assert (await caller.ends(within_s=10)).by_far_end
    assert app.told("choice")[0]["Digits"] == "1"

    agent = await lab.phone("agent")
    customer = await lab.phone("customer", answers_after_s=3.0)
    await app.call(agent, "agent")
    await agent.is_answered()
    await lab.run_for(1.0)
    back = await app.call(customer, "customer", StatusCallback=f"{URL}/status", Timeout="20")
    await customer.is_answered()
    await lab.run_for(3.0)
    assert agent.hears(customer)
    assert customer.hears(agent)
    agent.hangs_up()
    assert (await customer.ends(within_s=3)).by_far_end
    await lab.run_for(1.0)
    assert [each["CallStatus"] for each in app.told("status")] == [
        "initiated",
        "ringing",
        "answered",
        "completed",
    ]
    assert (await app.get(f"/Calls/{back}.json"))["ring_duration"] == 3


async def test_who_does_not_answer_is_told_of_as_no_answer(lab: Lab) -> None:
    app = await Application(lab, customer=room("callback")).open()
    customer = await lab.phone("customer", only_rings=True)
    sid = await app.call(customer, "customer", Timeout="5", StatusCallback=f"{URL}/status")
    await lab.run_for(8.0)
    assert not customer.is_ringing
    assert (await app.get(f"/Calls/{sid}.json"))["status"] == "no-answer"
    assert [each["SequenceNumber"] for each in app.told("status")] == ["0", "1", "3"]
    assert app.told("customer") == []
