"""A mute is silence at every ear within 60 ms of the reply, to the sample; so are hold and putting out. An unmute is
heard within 100 ms."""

from __future__ import annotations

import pytest

from hubbub.audio import g711
from hubbub.audio.ears import hear
from hubbub.lab.caller import Caller
from hubbub.lab.lab import SERVER_HOST, SIP_PORT, Lab
from hubbub.lab.network import Packet
from hubbub.phone.sounds import tone
from hubbub.protocol.rtp.packet import RtpPacket, is_rtcp
from scenarios.test_a_room_is_steered import TWILIO, room_sid, sid_of

GONE_S = 0.060
THERE_S = 0.100
SILENCE = bytes([g711.ULAW_SILENCE]) * 160
WITHIN_DB = 2.5
"""Of a tone, judged by a fiftieth of a second."""


class Sent:
    """Every packet of sound that the server sends."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._sent: list[tuple[float, str, bytes]] = []
        lab.network.tap(self._note)

    def _note(self, packet: Packet) -> None:
        source = packet.source
        if packet.protocol != "udp" or source.host != SERVER_HOST or source.port == SIP_PORT:
            return
        if not is_rtcp(packet.data):
            payload = RtpPacket.parse(packet.data).payload
            self._sent.append((packet.sent_s, packet.destination.host, payload))

    async def from_now(self, listener: Caller, delay_s: float, for_s: float = 0.6) -> list[bytes]:
        """What is sent to a listener from `delay_s` after now on."""
        begin_s = self._lab.now_s + delay_s
        await self._lab.run_for(max(0.0, begin_s + for_s - self._lab.now_s))
        return self.since(listener, begin_s)

    def since(self, listener: Caller, begin_s: float) -> list[bytes]:
        found = [codes for at_s, host, codes in self._sent if host == listener.host and at_s >= begin_s]
        assert len(found) >= 25, "there is sound to judge"
        return found


def says(codes: bytes, *voices: Caller) -> bool:
    """Whether a packet is one voice's own codes, to the sample; of several, whether each is in it as loud as it speaks."""
    if not voices:
        return codes == SILENCE
    if len(voices) == 1:
        hz = voices[0].tone_hz
        assert hz is not None
        return codes in 2 * tone(hz, voices[0].level_dbfs).encoded(g711.ULAW)
    levels = {float(each.tone_hz): each.level_dbfs for each in voices if each.tone_hz is not None}
    heard = hear(g711.decode_bytes(g711.ULAW, codes), levels, window_ms=20)
    return not heard.mismatches(levels, within_db=WITHIN_DB)


async def three_in(lab: Lab, offset_s: float) -> tuple[Caller, Caller, Caller, str]:
    """Three in a room, and Bob's place in it. The moment of a request against the mixer's own tick is `offset_s`."""
    alice, bob, carol = (
        lab.caller(name, hz, codecs=("PCMU",))
        for name, hz in (("alice", 500), ("bob", 1100), ("carol", 1900))
    )
    for caller in (alice, bob, carol):
        await caller.dial("standup")
    await lab.run_for(1.0 + offset_s)
    room = await room_sid(lab)
    return (
        alice,
        bob,
        carol,
        f"{TWILIO}/Conferences/{room}/Participants/{await sid_of(lab, room, 'bob')}.json",
    )


OFFSETS = [0.0, 0.0031, 0.0079, 0.0125, 0.0194]


@pytest.mark.parametrize("offset_s", OFFSETS)
async def test_one_who_is_muted_is_gone_from_every_ear_and_comes_back(lab: Lab, offset_s: float) -> None:
    sent = Sent(lab)
    alice, bob, carol, path = await three_in(lab, offset_s)
    now_s = lab.now_s
    assert (await lab.post(path, {"Muted": "true"})).status == 200
    muted_s = lab.now_s
    await lab.run_for(0.7)
    assert all(says(codes, carol) for codes in sent.since(alice, muted_s + GONE_S))
    assert all(says(codes, alice) for codes in sent.since(carol, muted_s + GONE_S))
    assert not says(sent.since(alice, now_s - 0.1)[0], carol), "he was there before"
    assert (await lab.post(path, {"Muted": "false"})).status == 200
    assert all(says(codes, bob, carol) for codes in await sent.from_now(alice, THERE_S))
    assert all(says(codes, alice, bob) for codes in sent.since(carol, lab.now_s - 0.6))


@pytest.mark.parametrize("offset_s", OFFSETS)
async def test_one_who_is_held_is_gone_from_every_ear_and_hears_nobody(lab: Lab, offset_s: float) -> None:
    sent = Sent(lab)
    alice, bob, carol, path = await three_in(lab, offset_s)
    lab.customer("https://acme.example/", lambda _: "<Response><Pause length='60'/></Response>")
    assert (await lab.post(path, {"Hold": "true", "HoldUrl": "https://acme.example/hold"})).status == 200
    assert all(says(codes, carol) for codes in await sent.from_now(alice, GONE_S))
    assert all(says(codes, alice) for codes in sent.since(carol, lab.now_s - 0.6))
    assert all(says(codes) for codes in sent.since(bob, lab.now_s - 0.6))
    assert (await lab.post(path, {"Hold": "false"})).status == 200
    assert all(says(codes, bob, carol) for codes in await sent.from_now(alice, THERE_S))
    assert all(says(codes, alice, carol) for codes in sent.since(bob, lab.now_s - 0.6))


@pytest.mark.parametrize("offset_s", OFFSETS)
async def test_one_who_is_put_out_is_gone_from_every_ear(lab: Lab, offset_s: float) -> None:
    sent = Sent(lab)
    alice, _, carol, path = await three_in(lab, offset_s)
    assert (await lab.request("DELETE", path)).status == 204
    assert all(says(codes, carol) for codes in await sent.from_now(alice, GONE_S))
    assert all(says(codes, alice) for codes in sent.since(carol, lab.now_s - 0.6))
