"""Big-endian numbers in packets. Every read is 64 bits wide: a byte shifted as a byte would lose its top."""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import hot, wide


@hot
def get16(packet: NDArray[np.uint8], at: int) -> int:
    return (wide(packet[at]) << 8) | wide(packet[at + 1])


@hot
def get32(packet: NDArray[np.uint8], at: int) -> int:
    return (get16(packet, at) << 16) | get16(packet, at + 2)


@hot
def put16(packet: NDArray[np.uint8], at: int, value: int) -> None:
    packet[at] = (value >> 8) & 0xFF
    packet[at + 1] = value & 0xFF


@hot
def put32(packet: NDArray[np.uint8], at: int, value: int) -> None:
    put16(packet, at, (value >> 16) & 0xFFFF)
    put16(packet, at + 2, value & 0xFFFF)


@hot
def ahead16(later: int, earlier: int) -> int:
    """How far one 16-bit number is ahead of another, -32768 to 32767 (RFC 1982)."""
    return ((later - earlier + 0x8000) & 0xFFFF) - 0x8000


@hot
def ahead32(later: int, earlier: int) -> int:
    """How far one 32-bit number is ahead of another."""
    return ((later - earlier + 0x80000000) & 0xFFFFFFFF) - 0x80000000
