"""What happens to those who call the applications of examples/, told once for every dialect and for any stage.

Owns the stories and what they need of a stage: telephones with a tone each, ears, time, the application's desk and the
server's log. Leaves the stage to who tells them: the lab (`scenarios`), or real processes and sockets (`interop`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias

from examples.web import MUSIC_HZ

__all__ = ["MUSIC_HZ", "NUMBER", "STORIES", "Stage", "Telephone"]

NUMBER = "+15550100"


class Telephone(Protocol):
    """Somebody's telephone; it answers when it is called, unless its settings say otherwise."""

    name: str

    @property
    def uri(self) -> str: ...
    @property
    def is_talking(self) -> bool: ...
    @property
    def is_ringing(self) -> bool: ...
    def hangs_up(self) -> None: ...
    def presses(self, digits: str) -> None: ...


class Stage(Protocol):
    """Where a story is told."""

    dialect: str

    async def phone(self, name: str, **settings: Any) -> Any:
        """A telephone; settings as in `PhoneSettings`."""

    async def carrier(self, phone: Any) -> None:
        """Calls to numbers go to this telephone from now on."""

    async def serve(self, example: str, **people: str) -> None:
        """Start the application, with `NUMBER` leading to it."""

    async def dials(self, phone: Any) -> None:
        """Dial the number and be answered."""

    async def hears(self, phone: Any, *voices: Any) -> None:
        """Soon hears exactly these, telephones or tones, for a second."""

    async def comes(self, what: Callable[[], object], within_s: float = 15.0) -> None:
        """Wait until something is so."""

    async def passes(self, seconds: float) -> None: ...

    async def cases(self) -> list[dict[str, Any]]:
        """What the application's desk shows."""

    async def push(self, button: str) -> None:
        """Push one of its buttons."""

    async def kinds(self) -> list[str]:
        """The kinds of all events in the server's log, in order."""


Story: TypeAlias = Callable[[Stage], Awaitable[None]]


async def only_case(stage: Stage) -> dict[str, Any]:
    [case] = await stage.cases()
    return case


async def the_customer_is_handed_over(stage: Stage) -> None:
    agent = await stage.phone("agent", answers_after_s=3.0)
    expert, customer = await stage.phone("expert", answers_after_s=1.5), await stage.phone("customer")
    await stage.serve("warm_transfer", agent=agent.uri, expert=expert.uri)
    await stage.dials(customer)
    await stage.hears(customer, MUSIC_HZ)
    await stage.comes(lambda: agent.is_talking)
    await stage.hears(customer, agent)
    await stage.hears(agent, customer)

    case = (await only_case(stage))["id"]
    await stage.push(f"{case}/consult")
    await stage.comes(lambda: expert.is_talking)
    await stage.hears(customer, MUSIC_HZ)
    await stage.hears(agent, expert)
    await stage.hears(expert, agent)

    await stage.push(f"{case}/complete")
    await stage.hears(customer, expert)
    await stage.hears(expert, customer)
    assert not agent.is_talking
    expert.hangs_up()
    await stage.comes(lambda: not customer.is_talking)
    await stage.passes(1.0)
    assert await stage.cases() == []
    kinds = await stage.kinds()
    assert kinds.count("call-ended") == 3
    assert kinds.count("participant-joined") == kinds.count("participant-left")
    assert kinds[-1] in ("conference-ended", "call-ended")


async def the_expert_cannot_be_had(stage: Stage) -> None:
    agent, customer = await stage.phone("agent"), await stage.phone("customer")
    expert = await stage.phone("expert", refuses_with=486)
    await stage.serve("warm_transfer", agent=agent.uri, expert=expert.uri)
    await stage.dials(customer)
    await stage.hears(customer, agent)
    await stage.push(f"{(await only_case(stage))['id']}/consult")
    await stage.passes(1.0)
    await stage.hears(customer, agent)
    await stage.hears(agent, customer)
    assert (await only_case(stage))["state"] == "talking"
    customer.hangs_up()
    await stage.comes(lambda: not agent.is_talking)
    await stage.passes(1.0)
    assert await stage.cases() == []


async def no_agent_can_be_had(stage: Stage) -> None:
    agent, expert = await stage.phone("agent", answers=False), await stage.phone("expert")
    customer = await stage.phone("customer")
    await stage.serve("warm_transfer", agent=agent.uri, expert=expert.uri)
    await stage.dials(customer)
    await stage.comes(lambda: not customer.is_talking)
    await stage.passes(1.0)
    assert await stage.cases() == []
    assert not agent.is_talking


async def a_class_is_held(stage: Stage) -> None:
    teacher, pat, kim, late = [await stage.phone(name) for name in ("teacher", "pat", "kim", "late")]
    await stage.serve("moderated_class")

    async def enters(phone: Any, key: str) -> None:
        await stage.dials(phone)
        await stage.passes(0.5)
        phone.presses(key)

    await enters(pat, "1")
    await stage.hears(pat, MUSIC_HZ)
    await enters(kim, "1")
    await stage.hears(kim, MUSIC_HZ)
    await stage.hears(pat, MUSIC_HZ)
    await enters(teacher, "2")
    await stage.hears(pat, teacher)
    await stage.hears(kim, teacher)
    await stage.hears(teacher)

    first, second = [each["id"] for each in await stage.cases()]
    await stage.push(f"{first}/ask")
    await stage.hears(teacher, pat)
    await stage.hears(kim, teacher, pat)
    await stage.push(f"{first}/thank")
    await stage.hears(teacher)
    await stage.push(f"{second}/ask")
    await stage.hears(teacher, kim)
    await stage.push(f"{second}/thank")
    await stage.hears(pat, teacher)

    await enters(late, "1")
    await stage.comes(lambda: not late.is_talking)
    assert teacher.is_talking
    teacher.hangs_up()
    await stage.comes(lambda: not pat.is_talking and not kim.is_talking)
    kinds = await stage.kinds()
    assert kinds.count("participant-joined") == kinds.count("participant-left") == 3
    assert kinds.count("participant-unmuted") == 2
    assert kinds.count("conference-ended") == 1


async def a_supervisor_helps(stage: Stage) -> None:
    agent, supervisor, customer = [await stage.phone(name) for name in ("agent", "supervisor", "customer")]
    await stage.serve("coached_support", agent=agent.uri, supervisor=supervisor.uri)
    await stage.dials(customer)
    await stage.hears(customer, agent)
    case = (await only_case(stage))["id"]
    await stage.push(f"{case}/coach")
    await stage.hears(agent, customer, supervisor)
    await stage.hears(supervisor, agent, customer)
    await stage.hears(customer, agent)
    await stage.push(f"{case}/step-in")
    await stage.hears(customer, agent, supervisor)
    await stage.hears(agent, customer, supervisor)
    await stage.push(f"{case}/step-out")
    await stage.comes(lambda: not supervisor.is_talking)
    await stage.hears(customer, agent)
    await stage.hears(agent, customer)
    customer.hangs_up()
    await stage.comes(lambda: not agent.is_talking)
    await stage.passes(1.0)
    assert await stage.cases() == []
    kinds = await stage.kinds()
    assert kinds.count("participant-joined") == kinds.count("participant-left") == 3
    assert kinds.count("conference-ended") == 1


async def the_customer_is_called_back(stage: Stage) -> None:
    agent = await stage.phone("agent", answers_after_s=4.0)
    customer = await stage.phone("customer", user="+15557001")
    await stage.carrier(customer)
    await stage.serve("call_back", agent=agent.uri)
    await asks_for_a_call(stage, customer)
    await stage.push("free")
    await stage.comes(lambda: customer.is_talking)
    await stage.hears(customer, MUSIC_HZ)
    await stage.hears(customer, agent)
    await stage.hears(agent, customer)
    customer.hangs_up()
    await stage.comes(lambda: not agent.is_talking)
    await stage.passes(1.0)
    assert await stage.cases() == []
    kinds = await stage.kinds()
    assert kinds.count("call-ended") == 3
    assert kinds.count("conference-ended") == 1


async def the_customer_does_not_answer(stage: Stage) -> None:
    agent = await stage.phone("agent")
    customer = await stage.phone("customer", user="+15557001", only_rings=True)
    await stage.carrier(customer)
    await stage.serve("call_back", agent=agent.uri)
    await asks_for_a_call(stage, customer)
    await stage.push("free")
    await stage.comes(lambda: customer.is_ringing)
    await stage.comes(lambda: not customer.is_ringing)
    await stage.passes(1.0)
    assert (await only_case(stage))["last"] in ("no-answer", "timeout")
    assert not agent.is_talking
    assert (await stage.kinds()).count("conference-created") == 0


async def asks_for_a_call(stage: Stage, customer: Any) -> None:
    await stage.dials(customer)
    await stage.passes(0.5)
    customer.presses("1")
    await stage.comes(lambda: not customer.is_talking)
    assert (await only_case(stage)) == {"id": "+15557001", "last": ""}


STORIES: dict[str, tuple[Story, tuple[str, ...]]] = {
    story.__name__: (story, dialects)
    for story, dialects in (
        (the_customer_is_handed_over, ("twilio", "bandwidth", "restcomm")),
        (the_expert_cannot_be_had, ("twilio", "bandwidth", "restcomm")),
        (no_agent_can_be_had, ("twilio", "bandwidth", "restcomm")),
        (a_class_is_held, ("twilio", "bandwidth", "restcomm")),
        (a_supervisor_helps, ("twilio", "bandwidth")),
        (the_customer_is_called_back, ("twilio", "bandwidth", "restcomm")),
        (the_customer_does_not_answer, ("twilio", "bandwidth", "restcomm")),
    )
}
"""Each story by its name, and the dialects in which it can be said: Restcomm has no coach."""
