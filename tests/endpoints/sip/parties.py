"""SIP endpoints for the tests of this folder, with a media plane and use cases that only note what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from hubbub.domain.application import Trunk
from hubbub.domain.call import HangupCause
from hubbub.domain.errors import ServerFull
from hubbub.domain.ids import AccountId, CallId, TrunkId
from hubbub.endpoints.sip.endpoint import SipEndpoint, SipSettings
from hubbub.lab.clock import SeededEntropy, SimulatedClock
from hubbub.services.ports import (
    IncomingCall,
    LocalMedia,
    MediaPlane,
    OutboundCall,
    Reader,
    RemoteMedia,
    Store,
)

ACME, GLOBEX = AccountId("a" * 32), AccountId("b" * 32)
SERVER, OTHER = "10.0.0.1", "10.0.0.2"


class NotedPlane:
    """A media plane that opens ports and notes who is on the other side."""

    def __init__(self, host: str, ports_max: int = 100) -> None:
        self.host = host
        self.ports_max = ports_max
        self.open: dict[int, LocalMedia] = {}
        self.remotes: dict[int, list[RemoteMedia]] = {}
        self._next = 1

    def open_port(self) -> LocalMedia:
        if len(self.open) >= self.ports_max:
            raise ServerFull("no port left")
        media = LocalMedia(self._next, self.host, 10_000 + 2 * self._next)
        self.open[self._next] = media
        self._next += 1
        return media

    def connect(self, port_id: int, remote: RemoteMedia) -> None:
        assert port_id in self.open
        self.remotes.setdefault(port_id, []).append(remote)

    def close_port(self, port_id: int) -> None:
        del self.open[port_id]

    @property
    def last(self) -> RemoteMedia:
        """The newest far end."""
        return self.remotes[max(self.remotes)][-1]


class NotedLog:
    """A log that keeps everything and fails a test that logs an error it did not expect."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, Mapping[str, Any]]] = []

    def debug(self, event: str, **values: Any) -> None:
        self.lines.append(("debug", event, values))

    def info(self, event: str, **values: Any) -> None:
        self.lines.append(("info", event, values))

    def warning(self, event: str, **values: Any) -> None:
        self.lines.append(("warning", event, values))

    def error(self, event: str, **values: Any) -> None:
        self.lines.append(("error", event, values))


class NotedEvents:
    """Use cases that note what signalling reports; `on_incoming` says what to do with a call."""

    def __init__(self) -> None:
        self.notes: list[tuple[Any, ...]] = []
        self.calls: list[IncomingCall] = []
        self.on_incoming: Callable[[IncomingCall], None] = lambda call: None

    def incoming(self, call: IncomingCall) -> None:
        self.calls.append(call)
        self.notes.append(("incoming", call.to_address))
        self.on_incoming(call)

    def rang(self, call_id: CallId) -> None:
        self.notes.append(("rang",))

    def early_media(self, call_id: CallId, media: LocalMedia) -> None:
        self.notes.append(("early media", media.port_id))

    def answered(self, call_id: CallId, media: LocalMedia) -> None:
        self.notes.append(("answered", media.port_id))

    def digit(self, call_id: CallId, digit: str, duration_ms: int) -> None:
        self.notes.append(("digit", digit, duration_ms))

    def ended(self, call_id: CallId, cause: HangupCause, sip_status: int | None) -> None:
        self.notes.append(("ended", cause, sip_status))

    @property
    def end(self) -> tuple[HangupCause, int | None]:
        """How the one call ended."""
        (ended,) = [note for note in self.notes if note[0] == "ended"]
        return ended[1], ended[2]


class TrunkBook:
    """The part of the store that knows trunks."""

    def __init__(self) -> None:
        self.kept: list[tuple[Trunk, str | None]] = []
        self.asked = 0
        self.fails = False

    def add(
        self,
        account_id: AccountId,
        *,
        sources: tuple[str, ...] = (),
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        trunk = Trunk(TrunkId("c" * 32), account_id, "t", sources, username, None, 0)
        self.kept.append((trunk, password))

    async def trunks(self) -> list[Trunk]:
        self.asked += 1
        if self.fails:
            raise OSError("the disk is gone")
        await asyncio.sleep(0.01)
        return [trunk for trunk, _ in self.kept]

    async def trunk_secret(self, username: str) -> tuple[Trunk, str] | None:
        for trunk, password in self.kept:
            if trunk.username == username and password is not None:
                return trunk, password
        return None


class Party:
    """One endpoint and all that it was joined to."""

    def __init__(
        self,
        host: str,
        ports_max: int = 100,
        store: Store | None = None,
        permits: Callable[[str], bool] = lambda address: True,
        **settings: Any,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.plane = NotedPlane(host, ports_max)
        self.book = TrunkBook()
        self.log = NotedLog()
        self.events = NotedEvents()
        settings.setdefault("open_networks", ("10.0.0.0/8",))
        self.endpoint = SipEndpoint(
            SipSettings(host=host, **settings),
            media=cast(MediaPlane, self.plane),
            reader=cast(Reader, self.book) if store is None else store.read,
            clock=SimulatedClock(loop),
            entropy=SeededEntropy(sum(host.encode())),
            log=self.log,
            store=store,
            permits=permits,
        )
        self.uri = ""
        self._placed = 0

    def place(self, to_uri: str, **changes: Any) -> CallId:
        """Makes a call from `anna@HOST`."""
        self._placed += 1
        call_id = CallId(f"{self._placed:032x}")
        call = OutboundCall(
            call_id, to_uri, f"sip:anna@{self.plane.host}", changes.pop("display_name", "Anna"), 30.0
        )
        self.endpoint.place(call._replace(**changes))
        return call_id

    def answers(self) -> None:
        """From now on every call is answered at once."""
        self.events.on_incoming = lambda call: void(self.endpoint.answer(call.call_id))


def void(value: object) -> None:
    """For a lambda whose value is not wanted."""


@asynccontextmanager
async def party(host: str, **settings: Any) -> AsyncIterator[Party]:
    """An endpoint that listens; its log must hold no error at the end."""
    one = Party(host, **settings)
    one.uri = await one.endpoint.start(one.events)
    try:
        yield one
    finally:
        await one.endpoint.aclose()
    if not one.book.fails:
        assert [line for line in one.log.lines if line[0] == "error"] == []
    assert one.plane.open == {}


@asynccontextmanager
async def two_parties(**settings: Any) -> AsyncIterator[tuple[Party, Party]]:
    """A server that answers every call, and somebody who calls."""
    async with party(SERVER, **settings) as server, party(OTHER) as other:
        server.answers()
        yield server, other
