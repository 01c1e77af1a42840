"""Whatever comes is put where it belongs, or dropped and counted by cause; nobody else notices."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.media.core import rtcp_in
from hubbub.media.core.layout import FRAME
from media.rig import Rig

GOOD = bytes([0x80, 0]) + (101).to_bytes(2, "big") + (5160).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "drop_short"),
        (b"\x80", "drop_short"),
        (bytes(11), "drop_short"),
        (bytes(200), "drop_version"),
        (b"\x40" + bytes(200), "drop_version"),
        (b"\xc0" + bytes(200), "drop_version"),
        (b"\x80" + bytes(1500), "drop_long"),
        (b"\x80" + bytes(11 + 801), "drop_long"),
        (b"\x80" + bytes(11), "drop_length"),
        (b"\x8f" + bytes(60), "drop_length"),
        (b"\x90" + bytes(14), "drop_length"),
        (b"\x90" + bytes(11) + b"\x00\x00\xff\xff" + bytes(160), "drop_length"),
        (b"\xa0" + bytes(30), "drop_length"),
        (b"\xa0" + bytes(30) + b"\xff", "drop_length"),
        (b"\x80\x60" + bytes(170), "drop_payload_type"),
        (b"\x80\xc8\x00\x06" + bytes(10), "drop_rtcp"),
        (b"\x80\xc8\x00\x06" + bytes(200), "drop_rtcp"),
    ],
)
def test_every_malformed_packet_is_counted_by_its_cause(data: bytes, cause: str) -> None:
    rig = Rig()
    caller = rig.caller()
    before = rig.count(cause)
    caller.send(data)
    assert rig.count(cause) == before + 1
    leg = rig.state.ports[caller.slot]
    assert leg.sequence_in == 101, "the stream is where it was"


def test_csrcs_an_extension_and_padding_are_passed_over() -> None:
    rig = Rig()
    mixer = rig.mixer()
    alice, bob = rig.caller(), rig.caller()
    for caller in (alice, bob):
        rig.join(caller, mixer)
    plain = alice.packet(bytes([0x80]) * FRAME)
    dressed = bytes([0x80 | 0x20 | 0x10 | 2]) + plain[1:12] + bytes(8)
    dressed += b"\xbe\xde\x00\x01" + bytes(4) + plain[12:] + b"\x00\x00\x03"
    alice.send(dressed)
    assert (rig.heard_by(bob, rig.run(1)) == 32124).all()


def bystander_hears(rig: Rig) -> bool:
    """Whether two others of the room still hear each other."""
    mixer = rig.mixer(5)
    alice, bob = rig.caller(), rig.caller()
    for caller in (alice, bob):
        rig.join(caller, mixer)
    alice.say(np.full(FRAME, 4000, np.int16))
    return bool(rig.heard_by(bob, rig.run(1)).any())


@given(st.lists(st.binary(max_size=400), max_size=20), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_random_bytes_disturb_nothing(datagrams: list[bytes], first: int) -> None:
    rig = Rig()
    caller = rig.caller()
    for data in datagrams:
        caller.send(bytes([0x80 | first << 4]) + data)
        rig.run(1)
        packet = np.frombuffer(b"\x80" + data, np.uint8)
        rtcp_in.ingest(rig.state, 0, packet, packet.size, caller.address, caller.port, rig.now_us)
    assert bystander_hears(rig)


def test_ten_thousand_mutated_packets_disturb_nothing() -> None:
    rig = Rig()
    caller = rig.caller()
    rig.join(caller, rig.mixer())
    chance = random.Random(11)
    for i in range(10_000):
        if chance.random() < 0.2:
            data = bytearray(caller.packet(bytes([chance.randrange(16), 0x80, 0, 200]), payload_type=101))
        else:
            data = bytearray(caller.packet(bytes([chance.randrange(256)]) * chance.choice((80, 160, 800))))
        for _ in range(chance.randrange(4)):
            data[chance.randrange(min(len(data), 20))] = chance.randrange(256)
        caller.send(bytes(data[: chance.randrange(1, len(data) + 1)] if chance.random() < 0.1 else data))
        if i % 3 == 0:
            rig.run(1)
    assert rig.count("packets_in") >= 10_000
    assert bystander_hears(rig)
