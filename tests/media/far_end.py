"""A far end over real UDP: sends a tone, keeps what it hears. Paced by real time, as a phone is."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.services.ports import LocalMedia, RemoteMedia

FRAME = 160
HOST = "127.0.0.1"


class FarEnd:
    def __init__(self, law: int = g711.ULAW, ssrc: int = 1) -> None:
        self.law = law
        self.ssrc = ssrc
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind((HOST, 0))
        self.port: int = self.socket.getsockname()[1]
        self.sequence = ssrc % 1000
        self.timestamp = ssrc * 7
        self.target: tuple[str, int] = (HOST, 9)
        self.received: list[bytes] = []

    @property
    def payload_type(self) -> int:
        return 8 if self.law == g711.ALAW else 0

    def remote(self, **changes: int | str | bool | None) -> RemoteMedia:
        """How the plane is told about this one."""
        remote = RemoteMedia(
            HOST,
            self.port,
            "PCMA" if self.law == g711.ALAW else "PCMU",
            self.payload_type,
            101,
            20,
            True,
            True,
        )
        return remote._replace(**changes)  # type: ignore[arg-type]

    def send_to(self, media: LocalMedia) -> None:
        self.target = (media.host, media.rtp_port)

    def say(self, pcm: NDArray[np.int16]) -> None:
        header = bytes([0x80, self.payload_type]) + (self.sequence & 0xFFFF).to_bytes(2, "big")
        header += (self.timestamp & 0xFFFFFFFF).to_bytes(4, "big") + self.ssrc.to_bytes(4, "big")
        self.sequence += 1
        self.timestamp += len(pcm)
        self.socket.sendto(header + g711.encode_samples(self.law, pcm), self.target)

    def listen(self) -> None:
        """Take in what has come."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.received.append(self.socket.recv(2048))

    def heard(self, frames: int) -> NDArray[np.int16]:
        """The samples of the last `frames` audio packets."""
        audio = [p for p in self.received if p[1] & 0x7F == self.payload_type]
        return g711.decode_bytes(self.law, b"".join(p[12:] for p in audio[-frames:]))

    def close(self) -> None:
        self.socket.close()


async def talk(speakers: dict[FarEnd, NDArray[np.int16]], listeners: list[FarEnd], frames: int) -> None:
    """Let each speaker say its samples, round and round, for so many 20 ms frames of real time."""
    begun_s = time.monotonic()
    for frame in range(frames):
        for far_end, pcm in speakers.items():
            at = frame * FRAME % len(pcm)
            far_end.say(pcm[at : at + FRAME])
        await asyncio.sleep(max(0.0, begun_s + (frame + 1) * 0.02 - time.monotonic()))
        for far_end in listeners:
            far_end.listen()
