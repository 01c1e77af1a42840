"""The plane on simulated time: the same packets, no real second spent, nothing scheduled while idle."""

import asyncio
from typing import Any

import numpy as np

from hubbub.audio import g711
from hubbub.lab.loop import SimulatedLoop
from hubbub.media import MediaSettings, SimulatedPlane
from hubbub.services.ports import Clip, LocalMedia, MediaEvent, Mix, PlaybackEnded, RemoteMedia
from media.far_end import FRAME
from media.rig import Rig

HOST = "127.0.0.1"
SETTINGS = MediaSettings(
    rtp_port_first=20000,
    rtp_port_last=20199,
    ports_max=16,
    mixers_max=4,
    playbacks_max=8,
    arena_samples=10_000,
)


class FarEnd(asyncio.DatagramProtocol):
    """Sends a constant every 20 ms of simulated time, and keeps what it hears."""

    def __init__(self, ssrc: int, level: int) -> None:
        self.ssrc = ssrc
        self.payload = g711.encode_samples(0, np.full(FRAME, level, np.int16))
        self.received: list[bytes] = []
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.received.append(data)

    async def talk(self, media: LocalMedia, frames: int) -> None:
        for frame in range(frames):
            header = bytes([0x80, 0]) + frame.to_bytes(2, "big") + (frame * FRAME).to_bytes(4, "big")
            self.transport.sendto(
                header + self.ssrc.to_bytes(4, "big") + self.payload, (HOST, media.rtp_port)
            )
            await asyncio.sleep(0.02)


async def meet(seed: int) -> tuple[list[bytes], list[bytes], list[MediaEvent]]:
    """Alice and Bob talk for a second; then a clip is played to the room."""
    plane = await SimulatedPlane.open(SETTINGS, seed)
    events: list[MediaEvent] = []
    plane.subscribe(events.append)
    mixer = plane.create_mixer()
    far_ends = [FarEnd(1, 3000), FarEnd(2, -700)]
    talks = []
    for i, far_end in enumerate(far_ends):
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda far_end=far_end: far_end,  # type: ignore[misc]
            local_addr=(HOST, 4000 + 2 * i),
        )
        media = plane.open_port()
        plane.connect(media.port_id, RemoteMedia(HOST, 4000 + 2 * i, "PCMU", 0, 101, 20, True, True))
        plane.join(media.port_id, mixer, Mix())
        talks.append(far_end.talk(media, 50))
    await asyncio.gather(*talks)
    playback = plane.play_to_mixer(mixer, Clip(np.full(480, 500, np.int16).tobytes(), "beep"))
    await asyncio.sleep(1)
    assert PlaybackEnded(playback) in events
    await plane.aclose()
    return far_ends[0].received, far_ends[1].received, events


def simulate(seed: int) -> tuple[list[bytes], list[bytes], list[MediaEvent]]:
    loop = SimulatedLoop(seed)
    try:
        return loop.run_until_complete(meet(seed))
    finally:
        loop.close()


def levels(packets: list[bytes]) -> set[int]:
    audio = [p for p in packets if p[1] & 0x7F == 0]
    return {int(v) for v in np.unique(g711.decode_bytes(0, b"".join(p[12:] for p in audio[5:45])))}


def coded(level: int) -> int:
    return int(g711.decode_bytes(0, g711.encode_samples(0, np.array([level], np.int16)))[0])


def test_each_hears_the_other_on_simulated_time() -> None:
    alice, bob, _ = simulate(1)
    assert len(alice) >= 98
    assert levels(alice) == {coded(-700)}
    assert levels(bob) == {coded(3000)}


def test_two_runs_with_one_seed_are_equal_to_the_byte() -> None:
    assert simulate(5) == simulate(5)
    assert simulate(5)[0] != simulate(6)[0]


def test_the_simulated_plane_sends_what_the_core_sends() -> None:
    """The same inputs at the same times, straight into the core, give the same packets."""
    received = simulate(1)[0]
    first = received[0]
    rig = Rig(SETTINGS)
    rig.now_us = 0
    rig.passes = 1
    mixer = rig.mixer(0, 0)
    legs = []
    for i in range(2):
        leg = rig.open()
        rig.connect(leg, 4000 + 2 * i)
        rig.command(8, leg, mixer, 3)
        legs.append(leg)
    leg = rig.state.ports[0]
    leg.ssrc_out = int.from_bytes(first[8:12], "big")
    leg.sequence_out = int.from_bytes(first[2:4], "big")
    leg.timestamp_out = int.from_bytes(first[4:8], "big")
    payloads = [g711.encode_samples(0, np.full(FRAME, level, np.int16)) for level in (3000, -700)]
    for frame in range(40):
        for i in range(2):
            header = bytes([0x80, 0]) + frame.to_bytes(2, "big") + (frame * FRAME).to_bytes(4, "big")
            data = header + (i + 1).to_bytes(4, "big") + payloads[i]
            rig.receive(0, data, 0x7F000001, 4000 + 2 * i)
        rig.now_us += 2000
        rig.run(1)
        rig.now_us -= 2000
    sent = [p.data for p in rig.sent if p.port == 4000]
    assert sent[:39] == received[:39]


def test_nothing_is_scheduled_while_no_port_is_open() -> None:
    async def idle() -> None:
        loop = asyncio.get_running_loop()
        plane = await SimulatedPlane.open(SETTINGS)
        media = plane.open_port()
        assert plane.create_mixer()
        await asyncio.sleep(0.1)
        plane.close_port(media.port_id)
        await asyncio.sleep(0.1)
        asked: list[float] = []
        plain = loop.call_at
        loop.call_at = lambda when, *rest, **more: asked.append(when) or plain(when, *rest, **more)  # type: ignore[method-assign, func-returns-value]
        await asyncio.sleep(3600)
        assert len(asked) == 1, "our own sleep"
        await plane.aclose()

    loop = SimulatedLoop(1)
    try:
        loop.run_until_complete(idle())
    finally:
        loop.close()
