"""What is written as `To` and `From`, and the addresses that it means."""

from typing import Any

import pytest

from hubbub.domain.application import Number, Trunk
from hubbub.domain.errors import InvalidValue
from hubbub.domain.ids import AccountId, CallId, NumberId, TrunkId
from hubbub.services.calls.destinations import Destinations, Loop, OwnAddress, Unreachable
from hubbub.services.commands import CallWish
from hubbub.services.ports import CallTarget, OutboundCall, Registration
from services.conftest import ACME, Stage

GLOBEX = AccountId("b" * 32)


class Desk:
    """Destinations over the stage's store, and short ways to ask."""

    def __init__(self, stage: Stage, default_trunk: str = "") -> None:
        self.stage = stage
        self.find = Destinations(
            stage.store.read, stage.clock, loop=Loop("loop-1", "token"), default_trunk=default_trunk
        )
        self.find.own = OwnAddress("sip:192.0.2.10:5070", "calls.example")

    async def wish(self, to: str, **more: Any) -> CallWish:
        account = await self.stage.store.read.account(ACME)
        assert account is not None
        return CallWish(**{"account": account, "to": to, "from_": "+15550100", "dialect": "twilio", **more})

    async def call(self, to: str, **more: Any) -> OutboundCall:
        wish = await self.wish(to, **more)
        blank = OutboundCall(
            CallId("0" * 32), "", "", None, 30.0, wish.username, wish.password, headers=wish.headers
        )
        return await self.find.route(wish, await self.find.check(wish), blank)

    async def trunk(self, name: str, account: AccountId = ACME, **more: Any) -> Trunk:
        password = more.pop("password", None)
        wanted = {"sources": (), "username": None, "target": None, "created_at_ms": 0, **more}
        made = Trunk(TrunkId(self.stage.entropy.id()), account, name, **wanted)
        async with self.stage.store.transaction() as tx:
            await tx.put_trunk(made, password)
        return made

    async def number(self, address: str, account: AccountId = ACME) -> None:
        async with self.stage.store.transaction() as tx:
            await tx.put_number(Number(NumberId(self.stage.entropy.id()), account, address, None, 0))

    async def register(
        self, username: str, contact: str, expires_at_ms: int, account: AccountId = ACME
    ) -> None:
        source = "udp:203.0.113.7:40123"
        async with self.stage.store.transaction() as tx:
            await tx.put_registration(
                Registration(username, account, contact, source, expires_at_ms, "reg", 1)
            )


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


async def test_a_number_goes_through_the_accounts_own_trunk(desk: Desk) -> None:
    await desk.trunk("other's", GLOBEX, target="sip:other.example")
    await desk.trunk("desk", username="desk7", password="x")
    await desk.trunk(
        "carrier", target="sip:sip.carrier.example:5080;transport=tcp", username="acme", password="s"
    )
    call = await desk.call("+1 (555) 0199")
    uri = "sip:+15550199@sip.carrier.example:5080;transport=tcp"
    assert (call.to_uri, call.targets) == (uri, (CallTarget(uri, is_trusted=True),))
    assert (call.username, call.password) == ("acme", "s")
    assert call.from_uri == "sip:+15550100@calls.example"
    assert (await desk.call("+15550199", username="mine", password="own")).username == "mine"


async def test_without_one_of_its_own_the_default_trunk_takes_it(stage: Stage) -> None:
    desk = Desk(stage, default_trunk="house")
    await desk.trunk("house", GLOBEX, target="sip:house.example", username="house", password="key")
    call = await desk.call("+15550199")
    assert (call.to_uri, call.username) == ("sip:+15550199@house.example", "house")
    with pytest.raises(InvalidValue):
        await Desk(stage).call("+15550199")


async def test_a_trunk_that_is_gone_when_its_turn_comes_is_unreachable(desk: Desk) -> None:
    carrier = await desk.trunk("carrier", target="sip:carrier.example")
    wish = await desk.wish("+15550199")
    destination = await desk.find.check(wish)
    async with desk.stage.store.transaction() as tx:
        await tx.put_trunk(carrier._replace(target=None), None)
    with pytest.raises(Unreachable) as unreachable:
        await desk.find.route(wish, destination, OutboundCall(CallId("0" * 32), "", "", None, 30.0))
    assert unreachable.value.status == 503


@pytest.mark.parametrize("to", ["+15550123", "sip:+15550123@192.0.2.10:5070", "sip:+15550123@Calls.Example"])
async def test_a_number_of_this_server_is_called_by_calling_ourselves(desk: Desk, to: str) -> None:
    await desk.number("+15550123", GLOBEX)
    call = await desk.call(to)
    uri = "sip:+15550123@192.0.2.10:5070"
    assert (call.to_uri, call.targets) == (uri, (CallTarget(uri, is_trusted=True),))
    assert (call.username, call.password) == ("loop-1", "token")


@pytest.mark.parametrize("to", ["client:anna", "sip:anna@calls.example", "sip:%61nna@192.0.2.10:5070;x=1"])
async def test_a_user_is_called_where_he_is_registered_now(desk: Desk, to: str) -> None:
    await desk.trunk("desk", username="anna", password="s")
    now_ms = desk.stage.clock.now_ms()
    await desk.register("anna", "sip:anna@192.168.1.20", now_ms + 1000)
    await desk.register("anna", "sip:anna@192.168.1.21", now_ms)
    call = await desk.call(to)
    assert call.targets == (CallTarget("sip:anna@192.168.1.20", "udp:203.0.113.7:40123", is_trusted=True),)
    assert (call.to_uri, call.username) == ("sip:anna@calls.example", None)
    desk.stage.clock.pass_time(1.0)
    with pytest.raises(Unreachable) as unreachable:
        await desk.call(to)
    assert unreachable.value.status == 480


async def test_an_address_elsewhere_is_not_trusted_and_takes_only_custom_headers(desk: Desk) -> None:
    call = await desk.call(
        "sip:bob:secret@10.0.0.5:5062;transport=tcp?X-Case=7&Via=x&User-to-User=a%3Bb",
        headers={"X-Agent": "c"},
    )
    assert (call.to_uri, call.targets) == ("sip:bob@10.0.0.5:5062;transport=tcp", ())
    assert call.headers == {"X-Agent": "c", "X-Case": "7", "User-to-User": "a;b"}


async def test_another_port_of_this_host_is_elsewhere(desk: Desk) -> None:
    await desk.number("+15550123")
    assert (await desk.call("sip:+15550123@192.0.2.10:5099")).to_uri == "sip:+15550123@192.0.2.10:5099"


@pytest.mark.parametrize(
    ("from_", "uri"),
    [
        ("+1 555 0100", "sip:+15550100@calls.example"),
        ("anonymous", "sip:anonymous@calls.example"),
        ("client:carol?x=1", "sip:carol@calls.example"),
        ("Bob Smith", "sip:Bob%20Smith@calls.example"),
        ("sip:bob:pw@acme.example:5062;a=b?X=1", "sip:bob@acme.example:5062"),
    ],
)
async def test_the_caller_is_written_as_an_address_of_ours_unless_he_has_one(
    desk: Desk, from_: str, uri: str
) -> None:
    assert (await desk.call("sip:bob@far.example", from_=from_)).from_uri == uri


@pytest.mark.parametrize(
    ("to", "kept"),
    [
        ("+1 (555) 0199", "+15550199"),
        (" sip:bob@far.example?X-A=1 ", "sip:bob@far.example"),
        ("client:bob?x=1", "client:bob"),
        ("client:b%20b", "client:b b"),
    ],
)
async def test_the_leg_keeps_the_address_without_its_parameters(desk: Desk, to: str, kept: str) -> None:
    await desk.trunk("carrier", target="sip:carrier.example")
    assert (await desk.find.check(await desk.wish(to))).to_address == kept
