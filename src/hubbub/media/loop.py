"""The real-time loop: one thread, without the GIL, that alone makes system calls and reads the clock.

Every 2 ms it wakes, reads what packets and commands came, ticks the rooms of one of the ten phases and sends.
It wakes at absolute times, so lateness does not add up; late by a whole frame, it leaves ticks out and counts
them. All its memory is allocated before it starts.
"""

from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import compiled, inner, wide
from hubbub.media import system
from hubbub.media.core import apply as commands
from hubbub.media.core import counters, events, rtcp_in
from hubbub.media.core.apply import apply, skip
from hubbub.media.core.ingest import take_packet
from hubbub.media.core.layout import (
    EVENT_FIELDS,
    FRAME_US,
    NONE,
    OUT_BYTES,
    PHASE_US,
    PHASES,
    Rows,
    State,
    rows,
)
from hubbub.media.core.tick import begin_phase, tick_from
from hubbub.media.core.wire import get16, get32
from hubbub.media.system import EVENT_DATA, EVENT_WORDS

BATCH = 64
"""Messages of one system call; larger batches measured no faster."""
DATAGRAM_BYTES = 2048
COMMANDS_READ = 512
BUSY_WINDOW_US = 1_000_000
BUSY_SCALE = 10_000


class Desk:
    """The one row about the loop."""

    command_pipe: int
    event_pipe: int
    epoll: int
    next_pass_us: int
    """When the next pass is due, on the monotonic clock; 0: not yet decided."""
    passes: int
    read_max: int
    """Packets that one pass reads, so that a flood cannot stop the tick."""
    send_max: int
    """Packets that one pass sends: a big room is sent in slices."""
    message_next: int
    """Of the batch received: the first that is not ingested. After a failure the loop goes on behind it."""
    message_count: int
    message_key: int
    window_start_us: int
    window_busy_us: int
    busy_share: int
    """Of the last second, in ten-thousandths."""
    latest_us: int
    """The latest that a pass began, of the last second."""
    latest_now_us: int
    # --- addresses of the arrays below, for the system
    messages_in: int
    messages_out: int
    readable: int
    interest: int
    time: int
    commands: int
    events: int
    out_bytes: int


class Message:
    """struct mmsghdr; see `system.MESSAGE`."""

    name: int
    name_length: int
    vectors: int
    vector_count: int
    control: int
    control_length: int
    flags: int
    length: int


class Io(NamedTuple):
    """The loop's own memory. A key is a socket's slot times two, plus one for its RTCP port."""

    desk: Rows[Desk]
    descriptors: NDArray[np.int64]
    """(keys,): file descriptors; NONE: not open."""
    messages_in: Rows[Message]
    messages_out: Rows[Message]
    vectors_in: NDArray[np.int64]
    """(BATCH, 2): struct iovec."""
    vectors_out: NDArray[np.int64]
    names_in: NDArray[np.uint8]
    """(BATCH, 16): struct sockaddr_in."""
    names_out: NDArray[np.uint8]
    datagrams: NDArray[np.uint8]
    """(BATCH, DATAGRAM_BYTES)."""
    readable: NDArray[np.uint32]
    """(BATCH, EVENT_WORDS): struct epoll_event."""
    interest: NDArray[np.uint32]
    """(1, EVENT_WORDS)."""
    time: NDArray[np.int64]
    """struct timespec."""
    commands: NDArray[np.int64]
    """(COMMANDS_READ, 8)."""
    first: NDArray[np.int64]
    """(keys,): while sending, the first and last packet of each socket, and those sockets."""
    last: NDArray[np.int64]
    touched: NDArray[np.int64]
    following: NDArray[np.int64]
    """(output ring,): the next packet of the same socket."""


def new_io(state: State, epoll: int, command_pipe: int, event_pipe: int) -> Io:
    """Memory for a loop over `state`, its structures joined by pointers."""
    keys = 2 * len(state.sockets)
    vectors_in, vectors_out = np.zeros((BATCH, 2), np.int64), np.zeros((BATCH, 2), np.int64)
    names_in, names_out = np.zeros((BATCH, 16), np.uint8), np.zeros((BATCH, 16), np.uint8)
    datagrams = np.zeros((BATCH, DATAGRAM_BYTES), np.uint8)
    messages_in, messages_out = rows(Message, BATCH), rows(Message, BATCH)
    assert messages_in.dtype == system.MESSAGE
    vectors_in[:, 0] = datagrams.ctypes.data + DATAGRAM_BYTES * np.arange(BATCH)
    vectors_in[:, 1] = DATAGRAM_BYTES
    names_out[:, 0] = system.AF_INET
    for messages, names, vectors in (
        (messages_in, names_in, vectors_in),
        (messages_out, names_out, vectors_out),
    ):
        messages["name"] = names.ctypes.data + 16 * np.arange(BATCH)
        messages["name_length"] = 16
        messages["vectors"] = vectors.ctypes.data + 16 * np.arange(BATCH)
        messages["vector_count"] = 1
    io = Io(
        desk=rows(Desk, 1),
        descriptors=np.full(keys, NONE, np.int64),
        messages_in=messages_in,
        messages_out=messages_out,
        vectors_in=vectors_in,
        vectors_out=vectors_out,
        names_in=names_in,
        names_out=names_out,
        datagrams=datagrams,
        readable=np.zeros((BATCH, EVENT_WORDS), np.uint32),
        interest=np.zeros((1, EVENT_WORDS), np.uint32),
        time=np.zeros(2, np.int64),
        commands=np.zeros((COMMANDS_READ, commands.FIELDS), np.int64),
        first=np.full(keys, NONE, np.int64),
        last=np.full(keys, NONE, np.int64),
        touched=np.zeros(keys, np.int64),
        following=np.zeros(len(state.outs), np.int64),
    )
    desk = io.desk[0]
    desk.epoll, desk.command_pipe, desk.event_pipe = epoll, command_pipe, event_pipe
    expected = len(state.ports) // PHASES
    desk.read_max = 2 * expected + 4 * BATCH
    desk.send_max = 2 * expected + BATCH
    desk.messages_in = messages_in.ctypes.data
    desk.messages_out = messages_out.ctypes.data
    desk.readable = io.readable.ctypes.data
    desk.interest = io.interest.ctypes.data
    desk.time = io.time.ctypes.data
    desk.commands = io.commands.ctypes.data
    desk.events = cast(Any, state.events).ctypes.data
    desk.out_bytes = cast(Any, state.out_bytes).ctypes.data
    return io


@compiled
def run(state: State, io: Io) -> bool:
    """Run until a STOP command; then True. Whatever it raises, it can be called again and goes on."""
    desk = io.desk[0]
    if state.core[0].ticking != NONE:  # the room that failed has missed its tick; those behind it have not
        tick_from(state, state.mixers[state.core[0].ticking].following, _now_us(io))
    if desk.next_pass_us == 0:
        desk.next_pass_us = _now_us(io)
    going_on = True
    while going_on:
        _sleep_until(io, desk.next_pass_us)
        started = _now_us(io)
        _receive(state, io, started)
        _keep_time(state, io, started - desk.next_pass_us)
        going_on = _obey(state, io, started)
        begin_phase(state, desk.passes % PHASES)
        tick_from(state, wide(state.phases[desk.passes % PHASES]), started)
        _send(state, io)
        _tell(state, io)
        _measure(io, started)
    return True


@inner
def _keep_time(state: State, io: Io, late: int) -> None:
    """Count lateness, leave out whole frames that were missed, and say when the next pass is due.

    After receiving: what came meanwhile is what must be left out.
    """
    desk = io.desk[0]
    if late > PHASE_US:
        state.counters[counters.PASSES_LATE] += 1
    desk.latest_now_us = max(desk.latest_now_us, late)
    if late >= FRAME_US:
        missed = late // FRAME_US
        skip(state, missed)
        desk.next_pass_us += missed * FRAME_US
        desk.passes += missed * PHASES
    desk.next_pass_us += PHASE_US
    desk.passes += 1


@inner
def _now_us(io: Io) -> int:
    system.clock_gettime(system.CLOCK_MONOTONIC, io.desk[0].time)
    return wide(io.time[0]) * 1_000_000 + wide(io.time[1]) // 1000


@inner
def _sleep_until(io: Io, moment_us: int) -> None:
    io.time[0] = moment_us // 1_000_000
    io.time[1] = moment_us % 1_000_000 * 1000
    system.clock_nanosleep(system.CLOCK_MONOTONIC, system.TIMER_ABSTIME, io.desk[0].time, 0)


@inner
def _measure(io: Io, started: int) -> None:
    desk = io.desk[0]
    now = _now_us(io)
    desk.window_busy_us += now - started
    if desk.window_start_us == 0:
        desk.window_start_us = started
    elapsed = now - desk.window_start_us
    if elapsed >= BUSY_WINDOW_US:
        desk.busy_share = desk.window_busy_us * BUSY_SCALE // elapsed
        desk.latest_us = desk.latest_now_us
        desk.window_start_us = now
        desk.window_busy_us = desk.latest_now_us = 0


@inner
def _receive(state: State, io: Io, now_us: int) -> None:
    """Read and ingest what came, at most `read_max` packets; each socket has its turn of one batch."""
    desk = io.desk[0]
    _ingest_batch(state, io, now_us)  # what a failure left
    read = 0
    while read < desk.read_max:
        ready = system.epoll_wait(desk.epoll, desk.readable, BATCH, 0)
        more = ready == BATCH
        for i in range(ready):
            key = wide(io.readable[i, EVENT_DATA])
            count = system.recvmmsg(io.descriptors[key], desk.messages_in, BATCH, system.MSG_DONTWAIT, 0)
            if count > 0:
                desk.message_key = key
                desk.message_next = 0
                desk.message_count = count
                read += count
                more = more or count == BATCH
                _ingest_batch(state, io, now_us)
        if not more:
            return


@inner
def _ingest_batch(state: State, io: Io, now_us: int) -> None:
    desk = io.desk[0]
    socket = desk.message_key >> 1
    is_rtcp = desk.message_key & 1
    while desk.message_next < desk.message_count:
        i = desk.message_next
        desk.message_next += 1
        port = get16(io.names_in[i], 2)
        address = get32(io.names_in[i], 4)
        length = io.messages_in[i].length & 0xFFFFFFFF
        io.messages_in[i].name_length = 16  # the system wrote here how long the name was
        if is_rtcp:
            rtcp_in.take_reports(state, socket, io.datagrams[i], length, address, port - 1, now_us)
        else:
            take_packet(state, socket, io.datagrams[i], length, address, port, now_us)


@inner
def _obey(state: State, io: Io, now_us: int) -> bool:
    """Read and apply commands. False when one was STOP."""
    desk = io.desk[0]
    going_on = True
    size = COMMANDS_READ * commands.RECORD_BYTES
    while True:
        count = system.read(desk.command_pipe, desk.commands, size) // commands.RECORD_BYTES
        for i in range(count):
            command = io.commands[i]
            if command[0] == commands.STOP:
                going_on = False
            elif command[0] == commands.CLOSE_SOCKET:
                _forget_socket(state, io, command[1])
            apply(state, command, now_us)
            if command[0] == commands.OPEN_SOCKET:
                _watch(io, 2 * command[1], command[3])
                if command[2]:
                    _watch(io, 2 * command[1] + 1, command[4])
        if count < COMMANDS_READ:
            return going_on


@inner
def _watch(io: Io, key: int, descriptor: int) -> None:
    io.descriptors[key] = descriptor
    for word in range(EVENT_WORDS):
        io.interest[0, word] = 0
    io.interest[0, 0] = system.EPOLLIN
    io.interest[0, EVENT_DATA] = key
    system.epoll_ctl(io.desk[0].epoll, system.EPOLL_CTL_ADD, descriptor, io.desk[0].interest)


@inner
def _forget_socket(state: State, io: Io, socket: int) -> None:
    for key in range(2 * socket, 2 * socket + 2):
        if io.descriptors[key] != NONE:
            system.epoll_ctl(io.desk[0].epoll, system.EPOLL_CTL_DEL, io.descriptors[key], io.desk[0].interest)
            io.descriptors[key] = NONE
    events.report(state, events.SOCKET_GONE, socket, 0, 0)


@inner
def _send(state: State, io: Io) -> None:
    """Send what is in the output ring, at most `send_max`, sorted by socket: a batch has one socket."""
    core = state.core[0]
    until = min(core.out_head, core.out_tail + io.desk[0].send_max)
    sockets = 0
    size = len(state.outs)
    while core.out_tail < until:
        row = core.out_tail % size
        core.out_tail += 1
        out = state.outs[row]
        key = 2 * out.socket + out.rtcp
        io.following[row] = NONE
        if io.first[key] == NONE:
            io.first[key] = row
            io.touched[sockets] = key
            sockets += 1
        else:
            io.following[io.last[key]] = row
        io.last[key] = row
    for i in range(sockets):
        key = wide(io.touched[i])
        row = wide(io.first[key])
        io.first[key] = NONE
        while row != NONE:
            row = _send_batch(state, io, key, row)
    if core.out_tail == core.out_head:
        core.out_tail = core.out_head = 0  # the first rows are still in the cache


@inner
def _send_batch(state: State, io: Io, key: int, row: int) -> int:
    """Send a socket's packets from `row` on, as many as one call takes. Returns the first of the rest."""
    desk = io.desk[0]
    count = 0
    while row != NONE and count < BATCH:
        out = state.outs[row]
        name = io.names_out[count]
        name[2] = out.port >> 8
        name[3] = out.port & 0xFF
        name[4] = (out.address >> 24) & 0xFF
        name[5] = (out.address >> 16) & 0xFF
        name[6] = (out.address >> 8) & 0xFF
        name[7] = out.address & 0xFF
        io.vectors_out[count, 0] = desk.out_bytes + row * OUT_BYTES
        io.vectors_out[count, 1] = out.length
        count += 1
        row = wide(io.following[row])
    sent = 0
    while sent < count and io.descriptors[key] != NONE:
        done = system.sendmmsg(
            io.descriptors[key], desk.messages_out + 64 * sent, count - sent, system.MSG_DONTWAIT
        )
        if done <= 0:  # the first cannot be sent: no route, no room, or not allowed. Real time does not wait.
            state.counters[counters.DROP_OUTPUT] += 1
            done = 1
        sent += done
    return row


@inner
def _tell(state: State, io: Io) -> None:
    """Write events to the pipe; what it does not take stays for the next pass."""
    core = state.core[0]
    size = state.events.shape[0]
    record = 8 * EVENT_FIELDS
    while core.events_tail < core.events_head:
        start = core.events_tail % size
        count = min(core.events_head - core.events_tail, size - start, 4096 // record)
        written = system.write(io.desk[0].event_pipe, io.desk[0].events + start * record, count * record)
        if written < record:
            return
        core.events_tail += written // record
