"""A server in a process of its own, three telephones, a tone each: how long after the reply to a request the last packet
left in which somebody could still be heard, or the first in which he could.

What a request takes effect in is exact on simulated time (tests/scenarios); here it is the real media thread's, on a
machine that does other things, too. So several tries are judged by their median, and when a packet left is reckoned from
its RTP timestamp: the packet that came soonest tells when timestamp zero was.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from random import SystemRandom
from typing import Any

import httpx
import pytest

from hubbub.audio import g711
from hubbub.audio.ears import hear
from hubbub.phone.media import PhoneMedia
from hubbub.phone.phone import Phone, PhoneSettings
from hubbub.phone.sounds import VOICE_DBFS, tone
from hubbub.protocol.rtp.packet import RtpPacket, is_rtcp, timestamp_distance
from interop.conftest import RunningServer

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

ALICE_HZ, BOB_HZ, CAROL_HZ = 500, 1100, 1900
GONE_S, THERE_S = 0.060, 0.100
TRIES = 5
HEARD_DBFS = VOICE_DBFS - 3
GONE_DBFS = -50.0
SETTLED_S = 0.4
"""How long to listen after a request."""


class Ear:
    """What came to one telephone: RTP timestamps against our own clock."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._came: list[tuple[float, int, bytes]] = []

    def take(self, data: bytes) -> None:
        if is_rtcp(data):
            return
        packet = RtpPacket.parse(data)
        if self._first is None:
            self._first = packet.timestamp_rtp
        self._came.append(
            (time.monotonic(), timestamp_distance(packet.timestamp_rtp, self._first), packet.payload)
        )

    def levels(self, hz: int, since_s: float) -> list[tuple[float, float]]:
        """When each packet left, from a moment on, and how loud a tone was in it, dBFS."""
        zero_s = min(at_s - position / 8000 for at_s, position, _ in self._came)
        found = [
            (zero_s + position / 8000, _level(codes, hz))
            for _, position, codes in self._came
            if zero_s + position / 8000 >= since_s
        ]
        assert len(found) >= 10, "there is sound to judge"
        return found


def _level(codes: bytes, hz: int) -> float:
    heard = hear(g711.decode_bytes(g711.ULAW, codes), [ALICE_HZ, BOB_HZ, CAROL_HZ], window_ms=20)
    return heard.tones_dbfs[hz]


def gone_after(ear: Ear, hz: int, replied_s: float) -> float:
    """How long after the reply the last packet left in which a tone was."""
    return max(
        [at_s - replied_s for at_s, level in ear.levels(hz, replied_s) if level > GONE_DBFS], default=0.0
    )


def there_after(ear: Ear, hz: int, replied_s: float) -> float:
    """How long after the reply the last packet left in which a tone was not yet as loud as it is said."""
    return max(
        [at_s - replied_s for at_s, level in ear.levels(hz, replied_s) if level < HEARD_DBFS], default=0.0
    )


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> dict[PhoneMedia, Ear]:
    """Of every telephone, in the order in which they were answered."""
    found: dict[PhoneMedia, Ear] = {}
    received = PhoneMedia.datagram_received

    def noting(self: PhoneMedia, data: bytes, addr: Any) -> None:
        found.setdefault(self, Ear()).take(data)
        received(self, data, addr)

    monkeypatch.setattr(PhoneMedia, "datagram_received", noting)
    return found


async def dialling(server: RunningServer, hz: int, ears: dict[PhoneMedia, Ear]) -> tuple[Phone, Ear]:
    home = f"{server.sip_host}:{server.sip_port}"
    settings = PhoneSettings(user=f"tone-{hz}", home=home, codecs=("PCMU",))
    phone = await Phone.open(settings, SystemRandom(), "127.0.0.1")
    phone.says(tone(hz))
    known = set(ears)
    await phone.dials("standup")
    for _ in range(500):
        new = set(ears) - known
        if new:
            return phone, ears[new.pop()]
        await asyncio.sleep(0.02)
    raise AssertionError("no sound comes")


async def test_a_mute_a_hold_and_their_ends_are_heard_in_time(
    server: RunningServer, ears: dict[PhoneMedia, Ear]
) -> None:
    who = server.credentials["twilio"]
    phones = [await dialling(server, hz, ears) for hz in (ALICE_HZ, BOB_HZ, CAROL_HZ)]
    (_, at_alice), (_, at_bob), (_, at_carol) = phones
    root = f"{server.http}/2010-04-01/Accounts/{who['account_sid']}"
    async with httpx.AsyncClient(auth=(who["account_sid"], who["auth_token"])) as client:
        (room,) = (await client.get(f"{root}/Conferences.json")).json()["conferences"]
        place = f"{root}/Conferences/{room['sid']}/Participants"
        listed = (await client.get(f"{place}.json")).json()["participants"]
        calls = {
            each["call_sid"]: (await client.get(f"{root}/Calls/{each['call_sid']}.json")).json()
            for each in listed
        }
        (bob,) = [sid for sid, call in calls.items() if f"tone-{BOB_HZ}" in call["from"]]

        async def median(
            form: dict[str, str],
            after: Callable[[Ear, int, float], float],
            *heard: tuple[Ear, int],
            undo: dict[str, str],
        ) -> float:
            """How long a change takes at the slowest of some ears."""
            took = []
            for _ in range(TRIES):
                await client.post(f"{place}/{bob}.json", data=undo)
                await asyncio.sleep(SETTLED_S)
                reply = await client.post(f"{place}/{bob}.json", data=form)
                replied_s = time.monotonic()
                assert reply.status_code == 200, reply.text
                await asyncio.sleep(SETTLED_S)
                took.append(max(after(ear, hz, replied_s) for ear, hz in heard))
            return statistics.median(took)

        others = [(at_alice, BOB_HZ), (at_carol, BOB_HZ)]
        muted, unmuted = {"Muted": "true"}, {"Muted": "false"}
        held, resumed = {"Hold": "true", "HoldUrl": ""}, {"Hold": "false"}
        await asyncio.sleep(1.0)
        assert there_after(at_alice, BOB_HZ, time.monotonic() - SETTLED_S) == 0.0, "he is heard to begin with"
        assert await median(muted, gone_after, *others, undo=unmuted) <= GONE_S
        assert await median(unmuted, there_after, *others, undo=muted) <= THERE_S
        everybody = [*others, (at_bob, ALICE_HZ), (at_bob, CAROL_HZ)]
        assert await median(held, gone_after, *everybody, undo=resumed) <= GONE_S
        assert await median(resumed, there_after, *everybody, undo=held) <= THERE_S
        assert (await client.delete(f"{place}/{bob}.json")).status_code == 204
        replied_s = time.monotonic()
        await asyncio.sleep(SETTLED_S)
        assert max(gone_after(ear, hz, replied_s) for ear, hz in others) <= 4 * GONE_S, "one try alone"
    await asyncio.gather(*(phone.close() for phone, _ in phones))
