"""A load of callers for media benchmarks: one process, one socket, thousands of source addresses.

Every participant has a source address of its own (127.1.x.y) and sends 50 packets of 172 bytes a second at a phase of
its own. What comes back is judged by its RTP timestamp: late is over 20 ms behind the stream's earliest packet of those counted.
In rooms of R, the first member is silent but for one loud frame a second, which the second member listens for:
that is the delay the server adds, from the packet in to the packet out. The next three talk; the rest is silent.

Run by media_density.py; reads commands as JSON lines, answers the same way. The loop is compiled (Numba), so it
needs nothing but the project's own dependencies.
"""

import contextlib
import json
import os
import select
import socket
import sys
import threading
import time
from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

PORT = 40000
FIRST_ADDRESS = 0x7F010001
SERVER_ADDRESS = 0x7F000001
FRAME_US = 20_000
LATE_US = 20_000
BATCH = 64
PACKET = 172
BURST_EVERY = 50
DELAYS = 1 << 16
CONTROL = 32
"""CMSG_SPACE(sizeof(struct in_pktinfo))."""
IP_PKTINFO = 8

_int, _long = types.int32, types.int64
recvmmsg = types.ExternalFunction("recvmmsg", _int(_int, _long, _int, _int, _long))
sendmmsg = types.ExternalFunction("sendmmsg", _int(_int, _long, _int, _int))
clock_nanosleep = types.ExternalFunction("clock_nanosleep", _int(_int, _int, _long, _long))
clock_gettime = types.ExternalFunction("clock_gettime", _int(_int, _long))

# Columns of `people`
TARGET, OFFSET, SEQUENCE, CONTENT, BURST_US, LISTENS_TO = range(6)
# Columns of `heard`
COUNT, LATE, EARLIEST, FIRST_STAMP, LAST_STAMP, STAMP0, SEEN = range(7)
# Cells of `flags`
STOP, COUNTING, NUMBER, DESCRIPTOR, DELAYS_COUNT, SEND_LATE, SENT, FAILED = range(8)
# Contents
SILENT, PROBE, TALK = range(3)


class Load(NamedTuple):
    people: NDArray[np.int64]
    heard: NDArray[np.int64]
    order: NDArray[np.int64]
    """Participants by phase."""
    flags: NDArray[np.int64]
    delays: NDArray[np.int64]
    sounds: NDArray[np.uint8]
    """(18, 160): silence, burst, then noise."""
    in_messages: NDArray[np.int64]
    """(BATCH, 8): struct mmsghdr as 64-bit words."""
    out_messages: NDArray[np.int64]
    in_packets: NDArray[np.uint8]
    out_packets: NDArray[np.uint8]
    in_names: NDArray[np.uint8]
    out_names: NDArray[np.uint8]
    in_control: NDArray[np.uint8]
    out_control: NDArray[np.uint8]
    addresses: NDArray[np.int64]
    """Of in_messages, out_messages and time."""
    time: NDArray[np.int64]


@njit(nogil=True, cache=True)
def now_us(load: Any) -> int:
    clock_gettime(1, load.addresses[2])
    return load.time[0] * 1_000_000 + load.time[1] // 1000


@njit(nogil=True, cache=True)
def put32(cell: Any, at: int, value: int) -> None:
    cell[at] = (value >> 24) & 255
    cell[at + 1] = (value >> 16) & 255
    cell[at + 2] = (value >> 8) & 255
    cell[at + 3] = value & 255


@njit(nogil=True, cache=True)
def get32(cell: Any, at: int) -> int:
    return (
        (np.int64(cell[at]) << 24)
        | (np.int64(cell[at + 1]) << 16)
        | (np.int64(cell[at + 2]) << 8)
        | np.int64(cell[at + 3])
    )


@njit(nogil=True, cache=True)
def compose(load: Any, who: int, row: int, now: int) -> None:
    """Write a participant's next packet to a row of the outgoing batch."""
    person = load.people[who]
    sequence = person[SEQUENCE]
    person[SEQUENCE] += 1
    cell = load.out_packets[row]
    cell[0] = 0x80
    cell[1] = 0
    cell[2] = (sequence >> 8) & 255
    cell[3] = sequence & 255
    put32(cell, 4, sequence * 160)
    put32(cell, 8, 0x10000 + who)
    sound = 0
    if person[CONTENT] == TALK:
        sound = 2 + (sequence + who) % 16
    elif person[CONTENT] == PROBE and (sequence + 7 * who) % BURST_EVERY == 0:
        sound = 1
        person[BURST_US] = now
    for i in range(160):
        cell[12 + i] = load.sounds[sound, i]
    name = load.out_names[row]
    name[2] = (person[TARGET] >> 8) & 255
    name[3] = person[TARGET] & 255
    put32(load.out_control[row], 20, FIRST_ADDRESS + who)


@njit(nogil=True, cache=True)
def take_in(load: Any, row: int, now: int) -> None:
    """Judge a packet that came."""
    flags = load.flags
    cell = load.in_packets[row]
    who = get32(load.in_control[row], 24) - FIRST_ADDRESS
    if who < 0 or who >= flags[NUMBER] or cell[0] != 0x80 or (load.in_messages[row, 7] & 0xFFFFFFFF) < 172:
        return
    heard = load.heard[who]
    stamp = get32(cell, 4)
    if not heard[SEEN]:
        heard[SEEN] = 1
        heard[STAMP0] = stamp
        heard[EARLIEST] = 1 << 60
    behind = (stamp - heard[STAMP0]) & 0xFFFFFFFF
    if behind >= 0x80000000:
        behind -= 1 << 32
    arrival = now - behind * 125
    if arrival < heard[EARLIEST]:
        heard[EARLIEST] = arrival
    if flags[COUNTING]:
        if heard[COUNT] == 0:
            heard[FIRST_STAMP] = behind
        heard[COUNT] += 1
        heard[LAST_STAMP] = behind
        if arrival - heard[EARLIEST] > LATE_US:
            heard[LATE] += 1
    speaker = load.people[who, LISTENS_TO]
    if speaker >= 0 and load.people[speaker, BURST_US] > 0:
        for i in range(12, 172):
            if (cell[i] & 0x7F) < 0x10:
                if flags[COUNTING] and flags[DELAYS_COUNT] < DELAYS:
                    load.delays[flags[DELAYS_COUNT]] = now - load.people[speaker, BURST_US]
                    flags[DELAYS_COUNT] += 1
                load.people[speaker, BURST_US] = 0
                break


@njit(nogil=True, cache=True)
def run(load: Any) -> None:
    """Send and receive until told to stop."""
    flags = load.flags
    cycle = now_us(load)
    turn = 0
    while not flags[STOP]:
        now = now_us(load)
        count = 0
        while count < BATCH:
            if turn == flags[NUMBER]:
                turn = 0
                cycle += FRAME_US
            who = load.order[turn]
            due = cycle + load.people[who, OFFSET]
            if due > now:
                break
            turn += 1
            if load.people[who, TARGET]:
                if now - due > 5000:
                    flags[SEND_LATE] += 1
                compose(load, who, count, now)
                count += 1
        if count:
            sent = sendmmsg(flags[DESCRIPTOR], load.addresses[1], count, 0x40)
            flags[SENT] += max(sent, 0)
            flags[FAILED] += count - max(sent, 0)
        busy = count == BATCH
        for _ in range(8):
            for i in range(BATCH):
                load.in_messages[i, 1] = 16
                load.in_messages[i, 5] = 64
            got = recvmmsg(flags[DESCRIPTOR], load.addresses[0], BATCH, 0x40, 0)
            if got > 0:
                now = now_us(load)
                for i in range(got):
                    take_in(load, i, now)
            if got < BATCH:
                break
            busy = True
        if not busy:
            load.time[0] = 0
            load.time[1] = 200_000
            clock_nanosleep(1, 0, load.addresses[2], 0)


def new_load(number: int, room_size: int, descriptor: int) -> Load:
    rng = np.random.default_rng(1)
    people = np.zeros((number, 6), np.int64)
    people[:, OFFSET] = rng.integers(0, FRAME_US, number)
    people[:, SEQUENCE] = rng.integers(0, 1000, number)
    place = np.arange(number) % room_size
    people[:, CONTENT] = np.select([place == 0, (place >= 2) & (place < 5)], [PROBE, TALK], SILENT)
    people[:, LISTENS_TO] = np.where(place == 1, np.arange(number) - 1, -1)
    sounds = np.full((18, 160), 0xFF, np.uint8)
    sounds[1] = np.where(np.arange(160) % 16 < 8, 0x85, 0x05)
    sounds[2:] = rng.integers(0x30, 0x50, (16, 160)) | 0x80 * rng.integers(0, 2, (16, 160))
    in_names, out_names = np.zeros((BATCH, 16), np.uint8), np.zeros((BATCH, 16), np.uint8)
    in_control, out_control = np.zeros((BATCH, 64), np.uint8), np.zeros((BATCH, 64), np.uint8)
    in_packets, out_packets = np.zeros((BATCH, 2048), np.uint8), np.zeros((BATCH, PACKET), np.uint8)
    out_names[:, 0] = socket.AF_INET
    for i, byte in enumerate(SERVER_ADDRESS.to_bytes(4, "big")):
        out_names[:, 4 + i] = byte
    out_control[:, 0] = 28  # cmsg_len: header and struct in_pktinfo; level is IPPROTO_IP, 0
    out_control[:, 12] = IP_PKTINFO
    in_messages, out_messages = np.zeros((BATCH, 8), np.int64), np.zeros((BATCH, 8), np.int64)
    vectors = []
    for messages, names, control, packets, length in (
        (in_messages, in_names, in_control, in_packets, 2048),
        (out_messages, out_names, out_control, out_packets, PACKET),
    ):
        vector = np.zeros((BATCH, 2), np.int64)
        vector[:, 0] = packets.ctypes.data + packets.shape[1] * np.arange(BATCH)
        vector[:, 1] = length
        vectors.append(vector)
        messages[:, 0] = names.ctypes.data + 16 * np.arange(BATCH)
        messages[:, 1] = 16
        messages[:, 2] = vector.ctypes.data + 16 * np.arange(BATCH)
        messages[:, 3] = 1
        messages[:, 4] = control.ctypes.data + 64 * np.arange(BATCH)
        messages[:, 5] = CONTROL if messages is out_messages else 64
    clock = np.zeros(2, np.int64)
    flags = np.zeros(8, np.int64)
    flags[NUMBER], flags[DESCRIPTOR] = number, descriptor
    load = Load(
        people,
        np.zeros((number, 7), np.int64),
        np.argsort(people[:, OFFSET], kind="stable"),
        flags,
        np.zeros(DELAYS, np.int64),
        sounds,
        in_messages,
        out_messages,
        in_packets,
        out_packets,
        in_names,
        out_names,
        in_control,
        out_control,
        np.array([in_messages.ctypes.data, out_messages.ctypes.data, clock.ctypes.data]),
        clock,
    )
    _KEPT.extend(vectors)
    return load


_KEPT: list[NDArray[np.int64]] = []
"""What only the system has pointers to."""


def open_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    for forced, plain in ((33, socket.SO_RCVBUF), (32, socket.SO_SNDBUF)):
        try:
            made.setsockopt(socket.SOL_SOCKET, forced, 32 << 20)
        except OSError:
            made.setsockopt(socket.SOL_SOCKET, plain, 32 << 20)
    made.bind(("0.0.0.0", PORT))
    return made


def summary(load: Load, seconds: float, joined: int) -> dict[str, Any]:
    heard = load.heard[:joined]
    got = heard[heard[:, COUNT] > 0]
    expected = np.maximum((got[:, LAST_STAMP] - got[:, FIRST_STAMP]) // 160 + 1, int(seconds * 50) - 1)
    silent = joined - len(got)
    expected_total = int(expected.sum()) + silent * int(seconds * 50)
    missing = int(np.maximum(expected - got[:, COUNT], 0).sum()) + silent * int(seconds * 50)
    late = int(heard[:, LATE].sum())
    delays = load.delays[: load.flags[DELAYS_COUNT]] / 1000
    return {
        "expected": expected_total,
        "missing": missing,
        "late": late,
        "bad_share": (missing + late) / max(1, expected_total),
        "delay_ms_median": round(float(np.median(delays)), 1) if len(delays) else None,
        "delay_ms_p99": round(float(np.percentile(delays, 99)), 1) if len(delays) else None,
        "delays": len(delays),
        "generator_late": int(load.flags[SEND_LATE]),
        "generator_failed": int(load.flags[FAILED]),
        "generator_sent": int(load.flags[SENT]),
        "silent_participants": silent,
    }


def main() -> None:
    number, room_size = int(sys.argv[1]), int(sys.argv[2])
    if len(sys.argv) > 3:
        os.sched_setaffinity(0, {int(sys.argv[3])})
    bound = open_socket()
    load = new_load(number, room_size, bound.fileno())
    warm = new_load(1, 1, bound.fileno())
    warm.flags[STOP] = 1
    run(warm)

    def work() -> None:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
        run(load)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    print(json.dumps({"ready": True, "first_address": FIRST_ADDRESS, "port": PORT}), flush=True)
    joined = 0
    while select.select([sys.stdin], [], []):
        line = sys.stdin.readline()
        if not line:
            break
        command = json.loads(line)
        if "targets" in command:
            for who, port in command["targets"]:
                load.people[who, TARGET] = port
            joined += len(command["targets"])
            print(json.dumps({"joined": joined}), flush=True)
        elif "count_s" in command:
            load.flags[SEND_LATE] = load.flags[FAILED] = load.flags[SENT] = 0
            load.heard[:, [COUNT, LATE, SEEN]] = 0
            load.flags[COUNTING] = 1
            time.sleep(command["count_s"])
            load.flags[COUNTING] = 0
            print(json.dumps(summary(load, command["count_s"], joined)), flush=True)
        else:
            break
    load.flags[STOP] = 1
    thread.join()


if __name__ == "__main__":
    main()
