"""The scripted caller of `hubbub call`: what it does, and what it reports."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from hubbub.audio.ears import hear
from hubbub.audio.tones import FLOOR_DBFS
from hubbub.phone.phone import PhoneSettings
from hubbub.phone.script import CallReport, CallScript, local_host, run_call
from hubbub.phone.sounds import VOICE_DBFS, tone
from unit.phone.telephones import BOB_HZ, network, telephone


async def call(script: CallScript) -> CallReport:
    return await run_call(script, host="10.0.0.1", random=Random(1), settings=PhoneSettings("alice"))


async def test_a_call_that_is_answered_speaks_presses_listens_and_reports() -> None:
    async with telephone("bob", answers=True) as bob:
        bob.says(BOB_HZ)
        report = await call(CallScript(bob.uri, seconds=5, play=tone(1370), digits="5#"))
        assert report.exit_status == 0
        assert report.seconds == pytest.approx(5)
        assert report.heard.shape == (40_000,)
        assert hear(report.heard[8000:], [BOB_HZ, 1370]).mismatches({BOB_HZ: VOICE_DBFS}) == []
        assert 249 <= report.packets_sent <= 252
        assert 249 <= report.packets_received <= 252
        assert report.heard_dbfs == pytest.approx(VOICE_DBFS, abs=0.2)
        assert report.summary().startswith("answered, 5.0 s, 251 packets sent")
        assert "ended by hang-up by us" in report.summary()
        await bob.ends()
        assert bob.digits_heard == "5#"
        assert 1370 in bob.listens([1370], last_s=2).audible()
    assert not network().bound


async def test_a_call_that_the_far_end_ends_is_over_at_once() -> None:
    async with telephone("bob", answers=True) as bob:
        asyncio.get_running_loop().call_later(3, bob.hangs_up)
        report = await call(CallScript(bob.uri, seconds=None, digits="1"))
        assert report.seconds == pytest.approx(3, abs=0.01)
        assert "ended by hang-up by the far end" in report.summary()
        assert report.heard_seconds == 0


async def test_a_call_that_is_refused_exits_with_one_and_says_why() -> None:
    async with telephone("bob") as bob:
        report = await call(CallScript(bob.uri))
        assert report.exit_status == 1
        assert report.summary() == "not answered: rejected (486)"
        assert (report.status, report.heard_dbfs, len(report.heard)) == (486, FLOOR_DBFS, 0)
    assert not network().bound


async def test_nobody_there_is_reported_too() -> None:
    report = await call(CallScript("sip:bob@10.0.0.2"))
    assert report.summary().startswith("not answered: no-response")
    assert report.exit_status == 1


async def test_a_target_that_is_no_address_is_refused_before_anything_is_bound_for_long() -> None:
    with pytest.raises(ValueError, match="no home"):
        await call(CallScript("standup"))
    with pytest.raises(ValueError, match="sip: address"):
        await call(CallScript("sips:x@10.0.0.2"))
    with pytest.raises(ValueError, match="no key"):
        await call(CallScript("sip:x@10.0.0.2", digits="5x"))
    await asyncio.sleep(0)
    assert not network().bound


async def test_our_own_address_is_the_one_that_faces_the_far_end() -> None:
    assert await local_host("127.0.0.1") == "127.0.0.1"
    await asyncio.sleep(0)
    assert not network().bound
