"""Twelve callers over real RTP: each hears exactly the eleven others within 1.5 dB, and himself never."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.audio.tones import VOICES_HZ
from hubbub.phone.sounds import VOICE_DBFS
from scenarios.over_real_sip.conftest import OpenPhone, Patience

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.xdist_group("interop")]
VOICES = VOICES_HZ[:12]


async def test_twelve_callers_each_hear_exactly_the_eleven_others(
    phones: OpenPhone, patience: Patience
) -> None:
    callers = [await phones() for _ in VOICES]
    for caller in callers:
        await caller.dials("standup")
    await asyncio.sleep(2.0)
    for listener, own in zip(callers, VOICES, strict=True):
        expected = {float(hz): VOICE_DBFS for hz in VOICES if hz != own}
        await patience.until_right(
            lambda listener=listener, expected=expected: listener.listens(VOICES).mismatches(  # type: ignore[misc]
                expected, within_db=1.5, outside_below_dbfs=-40
            )
        )


async def test_tcp_keys_and_hanging_up_work_for_real(phones: OpenPhone, patience: Patience) -> None:
    alice, bob = await phones(transport="TCP"), await phones()
    await alice.dials("standup")
    await bob.dials("standup")
    await patience.until_right(lambda: bob.listens(VOICES[:2]).mismatches({float(VOICES[0]): VOICE_DBFS}))
    alice.presses("12")
    await asyncio.sleep(0.6)
    alice.hangs_up()
    over = await asyncio.wait_for(alice.ends(), 5)
    assert not over.by_far_end
    await patience.until_right(lambda: bob.listens(VOICES[:2]).mismatches({}))
