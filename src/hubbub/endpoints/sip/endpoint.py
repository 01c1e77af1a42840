"""The SIP endpoint as bootstrap builds it: signalling, gate and shell in one.

Owns starting and stopping, and the task in which the gate asks the store about a caller.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from hubbub.endpoints.sip.dialler import Dialler, Permits
from hubbub.endpoints.sip.gate import Gate
from hubbub.endpoints.sip.registrations import Registrations
from hubbub.endpoints.sip.settings import SipSettings
from hubbub.endpoints.sip.shell import SipShell
from hubbub.endpoints.sip.signalling import SipSignalling
from hubbub.protocol.sip.admission import Deny, Verdict
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.routing import Peer
from hubbub.services.ports import CallEvents, Clock, Entropy, Log, MediaPlane, Reader, Store

__all__ = ["SipEndpoint", "SipSettings"]


class EntropyBits:
    """The server's chance in the shape of `random.Random`, as the protocol layer takes it."""

    __slots__ = ("_entropy",)

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy

    def getrandbits(self, k: int, /) -> int:
        """A number of k random bits."""
        digits = (k + 3) // 4
        return int(self._entropy.token(digits), 16) >> (digits * 4 - k)

    def random(self) -> float:
        """0 <= x < 1."""
        return self._entropy.random()


class SipEndpoint(SipSignalling):
    """Implements `Signalling` on a port of its own."""

    def __init__(
        self,
        settings: SipSettings,
        *,
        media: MediaPlane,
        reader: Reader,
        clock: Clock,
        entropy: Entropy,
        log: Log,
        store: Store | None = None,
        permits: Permits = lambda address: True,
    ) -> None:
        """
        Args:
            reader: knows the trunks.
            store: where registrations are kept; None: nobody can register.
            permits: which IP addresses customers may have called.
        """
        super().__init__(media, clock, entropy, log)
        self._settings = settings
        registrations = None if store is None else Registrations(store, clock, settings.register)
        self._gate = Gate(settings, reader, clock, entropy, log, self._find_out, registrations)
        self._shell = SipShell(settings, EntropyBits(entropy), self._gate.judge, self.on_event, log)
        self._dialler = Dialler(self._shell, permits, log)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, events: CallEvents) -> str:
        """Listen, and report calls to `events`. Returns the URI that the endpoint is reached at.

        Raises:
            OSError: the address cannot be had.
        """
        self._events = events
        await self._shell.open()
        host = self._shell.reached_at
        return f"sip:[{host}]:{self._shell.port}" if ":" in host else f"sip:{host}:{self._shell.port}"

    @property
    def loop_credentials(self) -> tuple[str, str]:
        """User name and password with which a call of ours may come back to us."""
        return self._gate.loop

    @property
    def is_listening(self) -> bool:
        """Whether calls can come in."""
        return self._shell.is_open

    def statistics(self) -> Mapping[str, float]:
        """Counters and gauges for the metrics page."""
        return {
            **self._shell.statistics(),
            "legs": len(self._legs),
            "logins_refused": self._gate.logins_refused,
        }

    async def aclose(self) -> None:
        """Stop listening, once the far ends know what ended; calls that are still there are left as they are."""
        for task in list(self._tasks):
            task.cancel()
        self._dialler.close()
        await self._shell.finish()
        await self.abort()

    async def abort(self) -> None:
        """Stop listening and tell nobody, as a process that dies."""
        for task in list(self._tasks):
            task.cancel()
        self._dialler.close()
        await self._shell.aclose()
        for leg in list(self._legs.values()):
            self._close(leg)

    def _find_out(self, request: SipRequest, source: Peer) -> None:
        task = asyncio.get_running_loop().create_task(self._ask(request, source))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, request: SipRequest, source: Peer) -> None:
        verdict: Verdict = Deny(500)
        try:
            verdict = await self._gate.find_out(request, source)
        except Exception as error:  # a store that fails must not leave the caller without an answer
            self._log.error("a caller could not be judged", source=str(source), exc_info=error)
        finally:
            if self._shell.is_open:
                self._shell.do(lambda now: self._shell.agent.admit(request, source, verdict, now))
