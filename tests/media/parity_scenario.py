"""A seeded quarter of an hour of everything, in a second: prints one digest a tick of what the core sent, said and took.

Run as a program, once compiled and once with NUMBA_DISABLE_JIT=1; see tests/unit/media/test_parity.py.
"""

from __future__ import annotations

import hashlib
import random
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from hubbub.audio import g711
from hubbub.media.core import apply as commands
from hubbub.media.core import rtcp_in, taps
from hubbub.media.core.layout import SLOT_BITS
from media.rig import Caller, Rig

TICKS = 150
MIXERS = 3


class Chaos:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.rig = Rig(media_timeout_ms=400, rtcp_interval_ms=300, jitter_frames_max=6)
        self.rig.command(commands.OPEN_SOCKET, 1, 1)
        self.mixers = [self.rig.mixer(i, i) for i in range(MIXERS)]
        self.callers: list[Caller] = []
        self.playbacks = 0
        self.kept: list[tuple[Caller, bytes]] = []
        """Packets held back, to come late."""

    def step(self) -> None:
        do = self.chance.random
        if len(self.callers) < 9 and do() < 0.3:
            law = self.chance.choice((g711.ULAW, g711.ALAW))
            frames = self.chance.choice((1, 1, 2, 3))
            self.callers.append(
                self.rig.caller(law, socket=self.chance.randrange(2), frames=frames, prove=False)
            )
        for caller in list(self.callers):
            self.send(caller)
            if do() < 0.2:
                self.disturb(caller)
        for caller, data in self.kept:
            if do() < 0.5:
                caller.send(data)
        self.kept = [kept for kept in self.kept if do() < 0.5]
        self.rig.run(1)

    def send(self, caller: Caller) -> None:
        length = self.chance.choice((80, 160, 160, 160, 240, 480, 37))
        peak = self.chance.choice((0, 10, 3000, 32767))
        pcm = np.array([self.chance.randint(-peak, peak) for _ in range(length)], np.int16)
        data = caller.packet(g711.encode_samples(caller.law, pcm), marker=self.chance.random() < 0.1)
        fate = self.chance.random()
        if fate < 0.1:
            return
        if fate < 0.2:
            self.kept.append((caller, data))
            return
        caller.send(data)
        if fate < 0.3:
            caller.send(data)

    def disturb(self, caller: Caller) -> None:
        kind = self.chance.randrange(15)
        rig, chance = self.rig, self.chance
        mixer = chance.choice(self.mixers)
        if kind == 0:
            rig.join(caller, mixer, hears=chance.random() < 0.8, heard=chance.random() < 0.8)
        elif kind == 1:
            rig.coach(caller, mixer, *chance.sample(self.callers, min(2, len(self.callers))))
        elif kind == 2:
            rig.command(commands.LEAVE, caller.port_id)
        elif kind == 3 and chance.random() < 0.3:
            rig.command(commands.CLOSE_PORT, caller.port_id)
            self.callers.remove(caller)
        elif kind == 4:
            caller.ssrc += 1
            caller.sequence += 1000
        elif kind == 5:
            caller.timestamp += chance.choice((-5000, 400, 1600, 100000))
        elif kind == 6:
            event = bytes([chance.randrange(18), chance.choice((0, 0x80)), 0, chance.randrange(256)])
            caller.send(caller.packet(event, payload_type=101))
        elif kind == 7:
            rig.command(commands.SEND_DIGITS, caller.port_id, 3, chance.getrandbits(15), 0, 0, 0)
        elif kind == 8:
            self.playbacks += 1
            playback = 1 << SLOT_BITS | self.playbacks % 32
            to_port = chance.random() < 0.5
            rig.command(
                commands.PLAY_TO_PORT if to_port else commands.PLAY_TO_MIXER,
                playback,
                caller.port_id if to_port else mixer,
                chance.randrange(1000),
                chance.randrange(800),
                int(chance.random() < 0.2),
            )
        elif kind == 9:
            rig.command(commands.STOP_PLAYBACK, 1 << SLOT_BITS | chance.randrange(32))
        elif kind == 10:
            rig.connect(
                caller.port_id, caller.port + chance.randrange(2), law=caller.law, flags=chance.randrange(4)
            )
        elif kind == 11:
            data = chance.randbytes(chance.randrange(1, 64))
            rig.receive(caller.socket, bytes([0x80 | data[0] & 0x7F]) + data[1:], caller.address, caller.port)
        elif kind == 12:
            tap = 1 << SLOT_BITS | chance.randrange(16)
            what = chance.randrange(4)
            target = mixer if what == taps.MIX else caller.port_id
            rig.command(commands.OPEN_TAP, tap, what, target, rig.rounds + chance.randrange(3))
        elif kind == 13:
            tap = 1 << SLOT_BITS | chance.randrange(16)
            rig.command(commands.CLOSE_TAP, tap, rig.rounds + chance.randrange(3))
        else:
            report = bytes([0x81, 201, 0, 7]) + caller.ssrc.to_bytes(4, "big") + chance.randbytes(24)
            packet = np.frombuffer(report, np.uint8)
            rtcp_in.ingest(
                rig.state, caller.socket, packet, len(report), caller.address, caller.port, rig.now_us
            )


def main(seed: int) -> None:
    chaos = Chaos(seed)
    chaos.rig.state.arena[:2000] = np.random.default_rng(seed).integers(-20000, 20000, 2000)
    for _ in range(TICKS):
        sent, said = len(chaos.rig.sent), len(chaos.rig.events)
        chaos.step()
        news = [(p.address, p.port, p.rtcp, p.data) for p in chaos.rig.sent[sent:]]
        taken = [(tap, number, pcm.tobytes()) for tap, number, pcm in chaos.rig.read_taps()]
        digest = hashlib.sha256(repr((news, chaos.rig.events[said:], taken)).encode()).hexdigest()
        sys.stdout.write(f"{len(news)} {digest}\n")
    sys.stdout.write(f"{chaos.rig.state.counters.tolist()}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
