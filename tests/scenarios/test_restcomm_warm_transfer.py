"""A warm transfer: customer and agent are moved, the agent asks the expert first, and leaves the two together.

Restcomm has no verb for it: calls are moved between documents (Restcomm Connect API guide, "Modifying live calls").
"""

from __future__ import annotations

from hubbub.lab.caller import Caller
from hubbub.lab.clips import MUSIC_HZ
from hubbub.lab.lab import Lab
from scenarios.restcomm_application import NUMBER, URL, Application, rcml, room

HOLD = "<Response><Dial><Conference startConferenceOnEnter='false' beep='false'>hold</Conference></Dial></Response>"


async def support_line(lab: Lab, agent: Caller) -> Application:
    """A caller is connected to the agent; the application may move both."""
    dials = f'<Dial callerId="{NUMBER}"><Sip>{agent.uri}</Sip></Dial>'
    app = Application(
        lab,
        voice=rcml(dials),
        hold=HOLD,
        consult=room("consult"),
        help=room("help"),
        bye=rcml("<Say>Bye</Say>"),
    )
    return await app.open()


async def test_the_agent_asks_the_expert_while_the_customer_hears_music(lab: Lab) -> None:
    customer = lab.caller("customer")
    agent, expert = await lab.phone("agent"), await lab.phone("expert")
    app = await support_line(lab, agent)
    await customer.dial(NUMBER)
    await agent.is_answered()
    await lab.run_for(1.5)
    assert customer.hears(agent)
    assert agent.hears(customer)

    customers = await app.call_of("customer")
    [leg] = (await app.get(f"/Calls.json?ParentCallSid={customers}"))["calls"]
    agents = leg["sid"]
    assert leg["direction"] == "outbound-dial"
    await app.change(customers, Url=f"{URL}/hold", MoveConnectedCallLeg="true")
    await lab.run_for(1.0)
    assert {row["sid"] for row in await app.inside("hold")} == {customers, agents}
    await app.change(agents, Url=f"{URL}/consult")
    experts = await app.call(expert, "consult")
    await expert.is_answered()
    await lab.run_for(1.5)
    assert agent.hears(expert)
    assert expert.hears(agent)
    assert customer.listens(MUSIC_HZ).audible() == {MUSIC_HZ}

    for sid in (customers, agents, experts):
        await app.change(sid, Url=f"{URL}/help")
    await lab.run_for(1.5)
    assert customer.hears(agent, expert)
    await app.change(agents, Status="completed")
    assert (await agent.ends(within_s=2)).by_far_end
    await lab.run_for(1.2)
    assert customer.hears(expert)
    assert expert.hears(customer)


async def test_both_parties_of_a_call_are_put_in_one_room(lab: Lab) -> None:
    customer, agent = lab.caller("customer"), await lab.phone("agent")
    app = await support_line(lab, agent)
    await customer.dial(NUMBER)
    await agent.is_answered()
    await lab.run_for(0.5)
    await app.change(await app.call_of("customer"), Url=f"{URL}/help", MoveConnectedCallLeg="true")
    await lab.run_for(1.5)
    assert len(await app.inside("help")) == 2
    assert customer.hears(agent)
    assert agent.hears(customer)


async def test_one_who_is_moved_alone_leaves_the_other_to_the_end_of_the_call(lab: Lab) -> None:
    customer, agent = lab.caller("customer"), await lab.phone("agent")
    app = await support_line(lab, agent)
    await customer.dial(NUMBER)
    await agent.is_answered()
    await lab.run_for(0.5)
    customers = await app.call_of("customer")
    await app.change(customers, Url=f"{URL}/help")
    assert (await agent.ends(within_s=3)).by_far_end
    await lab.run_for(0.5)
    assert [row["sid"] for row in await app.inside("help")] == [customers]


async def test_the_waiting_customer_may_give_up(lab: Lab) -> None:
    customer, agent = lab.caller("customer"), await lab.phone("agent")
    app = await support_line(lab, agent)
    await customer.dial(NUMBER)
    await agent.is_answered()
    await lab.run_for(0.5)
    customers = await app.call_of("customer")
    await app.change(customers, Url=f"{URL}/hold", MoveConnectedCallLeg="true")
    await lab.run_for(0.5)
    customer.hangs_up()
    await lab.run_for(0.5)
    gone = await lab.post(
        "/restcomm/2012-04-24/Accounts/{AccountSid}/Calls/" + customers, {"Url": f"{URL}/help"}
    )
    assert gone.status == 410
    assert len(await app.inside("hold")) == 1
