"""Who of many may send now, so that a slow host takes no turn away from the others. Pure.

A host has a few turns at once; what it cannot take soon is handed back, to be tried later. One that only fails
has fewer. The cast: a *job* is anything to be sent, a *host* the key it is counted by.
"""

from collections import deque
from typing import Final, Generic, NamedTuple, TypeVar

J = TypeVar("J")

PATIENCE_S: Final = 1.0
"""How long a job may wait here for its host."""
PARK_MIN_S: Final = 0.25
PARK_MAX_S: Final = 10.0
FAILING_ROUNDS: Final = 2
"""When all its turns have failed so often in a row a host has `FAILING_TURNS`, until something succeeds."""
FAILING_TURNS: Final = 2
HOSTS_MAX: Final = 4096
"""Hosts remembered while nothing is sent to them."""
_WEIGHT: Final = 0.2


class Handed(NamedTuple, Generic[J]):
    """A job that is handed back, and after how long its host may have a turn for it."""

    job: J
    after_s: float


class _Host(Generic[J]):
    __slots__ = ("began", "failures", "mean_s", "ready", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[tuple[J, float]] = deque()
        self.began: list[float] = []
        """When those that are being sent were begun."""
        self.mean_s = 0.0
        self.failures = 0
        self.ready = False
        """It stands in the line of hosts."""


class HostGate(Generic[J]):
    """
    Args:
        turns_max: jobs sent at once.
        turns_per_host_max: to one host.
    """

    def __init__(self, turns_max: int, turns_per_host_max: int) -> None:
        self._turns_max = turns_max
        self._per_host = turns_per_host_max
        self._hosts: dict[str, _Host[J]] = {}
        self._ready: deque[str] = deque()
        """Hosts in turn, each at most once, that have a job waiting and a turn free, or did when they came here."""
        self.running = 0
        self.waiting = 0

    def offer(self, host: str, job: J, now_s: float) -> Handed[J] | None:
        """Let a job wait for its turn; it is handed back at once if that would take too long."""
        entry = self._hosts.get(host)
        if entry is None:
            self._forget_idle()
            entry = self._hosts[host] = _Host()
        if len(entry.began) >= self._turns(entry):
            wait_s = (len(entry.waiting) + 1) * self._pace_s(entry, now_s)
            if wait_s > PATIENCE_S:
                return Handed(job, _parked_s(wait_s))
        entry.waiting.append((job, now_s))
        self.waiting += 1
        self._line_up(host, entry)
        return None

    def take(self, now_s: float) -> tuple[str, J] | None:
        """The next job, which is now being sent; hosts take turns."""
        if self.running >= self._turns_max:
            return None
        for _ in range(len(self._ready)):
            host = self._ready.popleft()
            entry = self._hosts[host]
            entry.ready = False
            if not entry.waiting or len(entry.began) >= self._turns(entry):
                # The latter comes back when one of its own is finished.
                continue
            job, _since = entry.waiting.popleft()
            self.waiting -= 1
            entry.began.append(now_s)
            self.running += 1
            self._line_up(host, entry)
            return host, job
        return None

    def finished(self, host: str, began_s: float, now_s: float, *, failed: bool) -> None:
        """A job of the host, taken at `began_s`, is over."""
        entry = self._hosts[host]
        entry.began.remove(began_s)
        self.running -= 1
        entry.failures = entry.failures + 1 if failed else 0
        entry.mean_s += _WEIGHT * (now_s - began_s - entry.mean_s)
        self._line_up(host, entry)

    def expired(self, now_s: float) -> list[Handed[J]]:
        """The jobs that have waited too long; they wait no more."""
        handed: list[Handed[J]] = []
        if not self.waiting:
            return handed
        for entry in self._hosts.values():
            if not entry.waiting or now_s - entry.waiting[0][1] < PATIENCE_S:
                continue
            pace_s = self._pace_s(entry, now_s)
            place = 0
            while entry.waiting and now_s - entry.waiting[0][1] >= PATIENCE_S:
                place += 1
                handed.append(Handed(entry.waiting.popleft()[0], _parked_s(place * pace_s)))
        self.waiting -= len(handed)
        return handed

    def withdraw(self) -> list[J]:
        """All that wait."""
        jobs = [job for entry in self._hosts.values() for job, _ in entry.waiting]
        for entry in self._hosts.values():
            entry.waiting.clear()
        self.waiting = 0
        return jobs

    def _line_up(self, host: str, entry: _Host[J]) -> None:
        if entry.waiting and not entry.ready:
            entry.ready = True
            self._ready.append(host)

    def _turns(self, entry: _Host[J]) -> int:
        if entry.failures < FAILING_ROUNDS * self._per_host:
            return self._per_host
        return min(FAILING_TURNS, self._per_host)

    def _pace_s(self, entry: _Host[J], now_s: float) -> float:
        """How often the host has a turn to give."""
        oldest_s = now_s - entry.began[0] if entry.began else 0.0
        return max(entry.mean_s, oldest_s) / self._turns(entry)

    def _forget_idle(self) -> None:
        if len(self._hosts) >= HOSTS_MAX:
            for host in [h for h, e in self._hosts.items() if not (e.began or e.waiting or e.ready)]:
                del self._hosts[host]


def _parked_s(wait_s: float) -> float:
    return min(PARK_MAX_S, max(PARK_MIN_S, wait_s))
