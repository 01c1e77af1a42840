"""The real media plane: sockets, a thread that runs the loop, and two pipes to it.

Commands go down one pipe as records of 64 bytes (a write of up to PIPE_BUF bytes is all or nothing), events
come up the other, which the event loop watches. Nothing is shared that both sides write.
"""

import asyncio
import contextlib
import fcntl
import os
import secrets
import select
import socket
import threading
from collections import deque
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from hubbub.media.control import ControlSide, as_bytes
from hubbub.media.core import apply as commands
from hubbub.media.core import counters
from hubbub.media.core.layout import EVENT_FIELDS
from hubbub.media.loop import BUSY_SCALE, new_io, run
from hubbub.media.settings import MediaSettings
from hubbub.services.ports import Log

PIPE_BYTES = 1 << 20
ATOMIC_BYTES = 4096
"""PIPE_BUF of Linux (pipe(7))."""
IP_MTU_DISCOVER, IP_PMTUDISC_DO = 10, 2
"""ip(7)."""
FIFO_PRIORITY = 10
NICE = -10
LOG_PAUSE_S = 1.0
"""Between two log lines about failures of the loop."""


class RtpPlane(ControlSide):
    """A MediaPlane over UDP. Made by `open_plane`, in a running event loop."""

    def __init__(self, settings: MediaSettings, log: Log) -> None:
        super().__init__(settings, secrets.randbits)
        self._log = log
        self._descriptors: dict[int, list[socket.socket]] = {}
        self._blocked = False
        self._backlog: deque[bytes] = deque()
        self._epoll = select.epoll()
        command_end, self._commands = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._events, event_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._pipes = [command_end, self._commands, self._events, event_end]
        for end in (self._commands, event_end):
            with contextlib.suppress(OSError):  # above the user's share of pipe memory: smaller will do
                fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._io = new_io(self.state, self._epoll.fileno(), command_end, event_end)
        # A view: asked of at every call, where a record's own attribute is slow.
        self._busy_column: NDArray[np.int64] = cast(Any, self._io.desk)["busy_share"]
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._events, self._read_events)
        self._stopped = asyncio.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="media", daemon=True)
        self._thread.start()

    async def aclose(self) -> None:
        """Stop the thread and close every socket."""
        if self._closed:
            return
        self._closed = True
        self._send([(commands.STOP,)])
        await self._stopped.wait()
        self._thread.join()
        self._loop.remove_reader(self._events)
        self._loop.remove_writer(self._commands)
        for pair in self._descriptors.values():
            for each in pair:
                each.close()
        self._descriptors.clear()
        self._epoll.close()
        for end in self._pipes:
            os.close(end)
        self._taps.end_all()

    def statistics(self) -> dict[str, float]:
        values = dict(super().statistics())
        values["late_ms_max"] = float(self._io.desk[0].latest_us) / 1000
        return values

    def _busy_share(self) -> float:
        return float(self._busy_column[0]) / BUSY_SCALE

    # --- sockets --------------------------------------------------------------------------------------

    def _bind(self, index: int, rtp_port: int) -> bool:
        rtp = self._bound(rtp_port)
        if rtp is None:
            return False
        rtcp = self._bound(rtp_port + 1)
        self._descriptors[index] = [each for each in (rtp, rtcp) if each is not None]
        self._send(
            [
                (
                    commands.OPEN_SOCKET,
                    index,
                    int(rtcp is not None),
                    rtp.fileno(),
                    rtcp.fileno() if rtcp is not None else -1,
                )
            ]
        )
        return True

    def _bound(self, port: int) -> socket.socket | None:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            made.bind((self._host, port))
        except OSError:
            made.close()
            return None
        # With "don't fragment" the system need not draw an identification for every packet (3 % of all CPU).
        made.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        for name, forced in ((socket.SO_RCVBUF, 33), (socket.SO_SNDBUF, 32)):
            try:  # SO_RCVBUFFORCE and SO_SNDBUFFORCE (socket(7)): above the system's limit, if we may
                made.setsockopt(socket.SOL_SOCKET, forced, self.settings.socket_buffer_bytes)
            except OSError:
                made.setsockopt(socket.SOL_SOCKET, name, self.settings.socket_buffer_bytes)
        return made

    def _unbind(self, index: int) -> None:
        self._send([(commands.CLOSE_SOCKET, index)])

    def _socket_gone(self, index: int) -> None:
        for each in self._descriptors.pop(index):
            each.close()
        super()._socket_gone(index)

    # --- records --------------------------------------------------------------------------------------

    def _send(self, records: list[tuple[int, ...]]) -> None:
        data = as_bytes(records)
        waited = bool(self._backlog)
        if len(data) <= ATOMIC_BYTES:
            self._backlog.append(data)
        else:
            self._backlog.extend(data[i : i + ATOMIC_BYTES] for i in range(0, len(data), ATOMIC_BYTES))
        if not waited:
            self._flush()

    def _flush(self) -> None:
        while self._backlog:
            try:
                os.write(self._commands, self._backlog[0])
            except BlockingIOError:
                self._blocked = True
                self._loop.add_writer(self._commands, self._flush)
                return
            self._backlog.popleft()
        if self._blocked:
            self._blocked = False
            self._loop.remove_writer(self._commands)

    def _read_events(self) -> None:
        try:
            data = os.read(self._events, PIPE_BYTES)
        except BlockingIOError:
            return
        for row in np.frombuffer(data, np.int64).reshape(-1, EVENT_FIELDS).tolist():
            self._take_event(tuple(row))

    # --- the thread -----------------------------------------------------------------------------------

    def _work(self) -> None:
        self._ask_for_real_time()
        quiet_until_s = 0.0
        while True:
            try:
                run(self.state, self._io)
                break
            except Exception as error:
                # A bug of ours in one packet or room; the loop goes on behind it.
                self.state.counters[counters.TICK_FAILURES] += 1
                with contextlib.suppress(RuntimeError):
                    now_s = self._loop.time()
                    if now_s >= quiet_until_s:
                        quiet_until_s = now_s + LOG_PAUSE_S
                        self._loop.call_soon_threadsafe(self._complain, repr(error))
        with contextlib.suppress(RuntimeError):  # the event loop is gone already: nobody waits
            self._loop.call_soon_threadsafe(self._stopped.set)

    def _complain(self, error: str) -> None:
        self._log.error("media-loop-failed", error=error)

    def _ask_for_real_time(self) -> None:
        """Of the scheduler: it may refuse, and then the loop is only as punctual as the machine is idle."""
        if self.settings.cpu is not None:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, {self.settings.cpu})
        if not self.settings.real_time:
            return
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
        except OSError:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def open_plane(settings: MediaSettings, log: Log) -> RtpPlane:
    """Start a media plane in the running event loop. Call `warm_up` first, or the first start takes long."""
    return RtpPlane(settings, log)
