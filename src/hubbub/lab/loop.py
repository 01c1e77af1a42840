"""An asyncio event loop in which time is simulated: it stands still while anything runs, and jumps when nothing does.

Owns simulated time, the order of callbacks, and asyncio's way to the simulated network. Leaves packets to `network`,
`datagrams` and `streams`.

Ordinary asyncio code runs on it unchanged: tasks, timers, datagram endpoints, servers, connections. An hour of pauses
takes as long as its callbacks. Two runs of the same program with the same seed do the same things in the same order:
callbacks due at one moment run in the order in which they were asked for, work for a thread pool runs at once in the
loop's own thread, and all chance is the network's, which is seeded. What a program itself must not do is let the order
of a set of objects, real time, or real threads decide.

What would hang on a real loop is an error here: `SimulationDeadlock` when everybody waits and nothing is scheduled,
`SimulationStalled` when callbacks chase one another without letting time pass, `SimulationOverran` past a limit.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import heapq
import ipaddress
import socket
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextvars import Context
from itertools import count
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

from hubbub.lab.datagrams import SimulatedDatagramTransport
from hubbub.lab.errors import NotSimulated, SimulationDeadlock, SimulationOverran, SimulationStalled
from hubbub.lab.network import LOOPBACK, Address, Network
from hubbub.lab.streams import SimulatedServer, SimulatedStreamTransport, connect

TURNS_WITHOUT_TIME_MAX: Final = 200_000
"""So many turns of the loop at one moment mean that time will never pass."""

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class SimulatedLoop(asyncio.BaseEventLoop):
    """The loop.

    Args:
        seed: of the network's chance.
        start_s: what `time()` begins with.
        time_limit_s: how much simulated time may pass in all; None for any.
    """

    # BaseEventLoop's own, which typeshed keeps quiet about. Stable from Python 3.4 to 3.14.
    _ready: deque[asyncio.Handle]
    _scheduled: list[_OrderedTimer]
    _stopping: bool
    _timer_cancelled_count: int
    _check_closed: Callable[[], None]

    def __init__(self, seed: int = 0, *, start_s: float = 0.0, time_limit_s: float | None = None) -> None:
        super().__init__()
        self._now_s = start_s
        self._limit_s = None if time_limit_s is None else start_s + time_limit_s
        self._turns = 0
        self._order = count()
        # BaseEventLoop asks its selector once a turn, and calls what is due before time() + this.
        self._selector = _TimeKeeper(self)
        self._clock_resolution = 0.0
        self.network = Network(self, seed)

    # --- time -------------------------------------------------------------------------------------------

    def time(self) -> float:
        """Simulated seconds."""
        return self._now_s

    def limit_time(self, seconds: float | None) -> None:
        """Allow so much simulated time from now on; None for any."""
        self._limit_s = None if seconds is None else self._now_s + seconds

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """As in asyncio; timers of one moment run in the order in which they were set."""
        self._check_closed()
        # A moment that has passed is now: BaseEventLoop calls what lies strictly before now + resolution.
        timer = _OrderedTimer(max(when, self._now_s), callback, args, self, context)
        timer.order = next(self._order)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def cancel_timers(self, belongs: Callable[[Context], bool]) -> None:
        """Cancel every timer that was set in a context of which `belongs` says so: what a process that dies takes along."""
        for timer in list(self._scheduled):
            if timer._context is not None and belongs(timer._context):
                timer.cancel()

    def _let_time_pass(self, timeout: float | None) -> None:
        """Called once a turn with how long asyncio would sleep."""
        if timeout == 0 and self._ready:
            self._turns += 1
            if self._turns > TURNS_WITHOUT_TIME_MAX:
                raise SimulationStalled(f"time stands still at {self._now_s:g} s: {self._waiting()}")
            self._release_due()
            return
        if timeout is None:
            raise SimulationDeadlock(f"at {self._now_s:g} s nothing is left to happen: {self._waiting()}")
        if not self._scheduled or self._stopping:
            return
        when = self._scheduled[0]._when
        if self._limit_s is not None and when > self._limit_s:
            raise SimulationOverran(f"the limit of {self._limit_s:g} s is reached: {self._waiting()}")
        if when > self._now_s:
            self._now_s = when
            self._turns = 0
        self._release_due()

    def _release_due(self) -> None:
        """Make ready what is due at this very moment; BaseEventLoop would only look strictly before it."""
        while self._scheduled and self._scheduled[0]._when <= self._now_s:
            timer = heapq.heappop(self._scheduled)
            timer._scheduled = False
            if timer._cancelled:
                self._timer_cancelled_count -= 1
            else:
                self._ready.append(timer)

    def _waiting(self) -> str:
        names = sorted(f"{t.get_name()} in {t.get_coro()!r}" for t in asyncio.all_tasks(self))
        return "; ".join(names) or "no task is left"

    # --- what BaseEventLoop wants of a shell ------------------------------------------------------------

    def _process_events(self, event_list: list[Any]) -> None:
        """There are no events but time."""

    def _write_to_self(self) -> None:
        """Nobody sleeps, so nobody needs waking."""

    def run_in_executor(
        self,
        executor: concurrent.futures.Executor | None,
        func: Callable[[Unpack[Ts]], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        """Run `func` in this thread, at the next turn: a thread would finish when it pleased."""
        self._check_closed()
        future: asyncio.Future[T] = self.create_future()
        self.call_soon(_run_for, future, func, args)
        return future

    # --- the network ------------------------------------------------------------------------------------

    async def create_datagram_endpoint(  # type: ignore[override]  # fewer options: the rest is refused by name
        self,
        protocol_factory: Callable[[], asyncio.DatagramProtocol],
        local_addr: tuple[str, int] | None = None,
        remote_addr: tuple[str, int] | None = None,
        **options: Any,
    ) -> tuple[SimulatedDatagramTransport, asyncio.DatagramProtocol]:
        """As in asyncio. `reuse_port`, `family` and the like make no difference; `sock` is refused."""
        _refuse(options, "sock")
        remote = None if remote_addr is None else self._address(remote_addr)
        if local_addr is not None:
            local = self._address(local_addr)
        elif remote is not None and ":" in remote.host:
            local = Address("::1", 0)
        else:
            local = Address(LOOPBACK if remote is not None else "0.0.0.0", 0)
        protocol = protocol_factory()
        transport = SimulatedDatagramTransport(self, self.network, protocol, local, remote)
        try:
            # asyncio returns once connection_made was called, which is scheduled before this.
            await asyncio.sleep(0)
        except BaseException:
            transport.close()
            raise
        return transport, protocol

    async def create_server(  # type: ignore[override]  # fewer options: the rest is refused by name
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str | Iterable[str] | None = None,
        port: int | None = None,
        *,
        start_serving: bool = True,
        **options: Any,
    ) -> SimulatedServer:
        """As in asyncio. `ssl` and `sock` are refused."""
        _refuse(options, "sock", "ssl")
        server = SimulatedServer(self, self.network, protocol_factory)  # type: ignore[arg-type]
        hosts = [host] if host is None or isinstance(host, str) else list(host)
        try:
            for each in hosts:
                server.bind(self.network.resolve(each), port or 0)
        except OSError:
            server.close()
            raise
        if start_serving:
            await server.start_serving()
        return server

    async def create_connection(  # type: ignore[override]  # fewer options: the rest is refused by name
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str | None = None,
        port: int | None = None,
        *,
        local_addr: tuple[str, int] | None = None,
        **options: Any,
    ) -> tuple[SimulatedStreamTransport, asyncio.Protocol]:
        """As in asyncio. `ssl` and `sock` are refused."""
        _refuse(options, "sock", "ssl")
        if host is None or port is None:
            raise ValueError("a connection needs a host and a port")
        remote = self._address((host, port))
        if local_addr is not None:
            local = self._address(local_addr)
        else:
            local = Address("::1" if ":" in remote.host else LOOPBACK, 0)
        return await connect(self, self.network, protocol_factory, local, remote)

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - asyncio's name
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """Literal addresses and the names that the network knows.

        Raises:
            socket.gaierror: any other name.
        """
        text = host.decode() if isinstance(host, bytes) else host
        try:
            literal = ipaddress.ip_address(self.network.resolve(LOOPBACK if text is None else text))
        except OSError as error:
            raise socket.gaierror(socket.EAI_NONAME, error.strerror or "unknown host") from None
        number = int(port or 0)
        if literal.version == 6:
            found, address = socket.AF_INET6, (str(literal), number, 0, 0)
        else:
            found, address = socket.AF_INET, (str(literal), number)  # type: ignore[assignment]
        if family not in (0, found):
            raise socket.gaierror(socket.EAI_FAMILY, f"{text!r} is of another address family")
        kinds = [type] if type else [socket.SOCK_STREAM, socket.SOCK_DGRAM]
        protocols: dict[int, int] = {
            socket.SOCK_STREAM: socket.IPPROTO_TCP,
            socket.SOCK_DGRAM: socket.IPPROTO_UDP,
        }
        return [(found, kind, protocols.get(kind, proto), "", address) for kind in kinds]

    async def getnameinfo(self, sockaddr: Any, flags: int = 0) -> tuple[str, str]:
        return str(sockaddr[0]), str(sockaddr[1])

    def _address(self, address: tuple[str, int]) -> Address:
        return Address(self.network.resolve(address[0]), address[1])


class _TimeKeeper:
    """Stands where BaseEventLoop expects a selector: instead of sleeping it lets time pass."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        self._loop._let_time_pass(timeout)
        return []


class _OrderedTimer(asyncio.TimerHandle):
    """A timer that comes after those set earlier for the same moment."""

    __slots__ = ("order",)

    order: int
    _when: float
    _scheduled: bool
    _cancelled: bool
    _context: Context | None

    def __lt__(self, other: Any) -> bool:
        # Compared a million times in a scenario; the loop makes no other timers.
        when: float = other._when
        order: int = other.order
        return self._when < when or (self._when == when and self.order < order)


def run(main: Coroutine[Any, Any, T], *, seed: int = 0, time_limit_s: float | None = None) -> T:
    """Run a program on a simulated loop of its own, as `asyncio.run` does on a real one.

    Raises:
        SimulationDeadlock, SimulationStalled, SimulationOverran: it would never end.
    """
    with asyncio.Runner(loop_factory=lambda: SimulatedLoop(seed, time_limit_s=time_limit_s)) as runner:
        return runner.run(main)


def _run_for(future: asyncio.Future[T], func: Callable[..., T], args: tuple[Any, ...]) -> None:
    if future.cancelled():
        return
    try:
        result = func(*args)
    except StopIteration as error:
        # A future cannot carry it; asyncio itself wraps it the same way.
        future.set_exception(RuntimeError(f"{func!r} raised StopIteration({error})"))
    except Exception as error:
        future.set_exception(error)
    else:
        future.set_result(result)


def _refuse(options: dict[str, Any], *names: str) -> None:
    for name in names:
        if options.get(name):
            raise NotSimulated(f"the simulated loop has no {name!r}")
