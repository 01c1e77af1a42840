"""The world of the use cases in memory: a store, a clock that is set by hand, media and signalling that note
what they are told. The cast: Acme's callers Alice, Bob and Carol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from hubbub.domain.account import ADMINISTRATOR, Account, AccountStatus
from hubbub.domain.call import CallLeg, CallStatus, Direction, HangupCause
from hubbub.domain.conference import Conference, JoinRequest, Room
from hubbub.domain.events import EventKind, NumberedEvent
from hubbub.domain.ids import AccountId, CallId, ConferenceId
from hubbub.lab.clock import SeededEntropy
from hubbub.services.calls.end_call import EndCall
from hubbub.services.calls.live_calls import LiveCall, LiveCalls
from hubbub.services.ports import Clip, FetchRequest, LocalMedia, Mix, OutboundCall, RemoteMedia
from hubbub.services.rooms.join_conference import JoinConference
from hubbub.services.rooms.leave_conference import LeaveConference
from hubbub.services.rooms.live_rooms import LiveRooms
from hubbub.storage.memory import MemoryStore

ACME = AccountId("a" * 32)


class HandTimer:
    def __init__(self, due_s: float, callback: Callable[[], None]) -> None:
        self.due_s = due_s
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class HandClock:
    """A clock that moves when a test moves it."""

    def __init__(self) -> None:
        self.ms = 1_767_603_600_000
        self.timers: list[HandTimer] = []

    def now_ms(self) -> int:
        return self.ms

    def mono_s(self) -> float:
        return self.ms / 1000

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> HandTimer:
        timer = HandTimer(self.mono_s() + delay_s, callback)
        self.timers.append(timer)
        return timer

    async def sleep(self, delay_s: float) -> None:
        self.ms += int(delay_s * 1000)

    def pass_time(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)
        for timer in [t for t in self.timers if t.due_s <= self.mono_s() and not t.cancelled]:
            self.timers.remove(timer)
            timer.callback()


@dataclass
class NotingMedia:
    """Knows who is in which mixer, and how."""

    places: dict[int, tuple[int, Mix]] = field(default_factory=dict)
    mixers: set[int] = field(default_factory=set)
    beeps: list[tuple[int, str]] = field(default_factory=list)
    made: int = 0

    def open_port(self) -> LocalMedia:
        self.made += 1
        return LocalMedia(self.made, "127.0.0.1", 10_000 + 2 * self.made)

    def connect(self, port_id: int, remote: RemoteMedia) -> None: ...
    def close_port(self, port_id: int) -> None:
        self.places.pop(port_id, None)

    def create_mixer(self) -> int:
        self.made += 1
        self.mixers.add(self.made)
        return self.made

    def destroy_mixer(self, mixer_id: int) -> None:
        self.mixers.remove(mixer_id)

    def join(self, port_id: int, mixer_id: int, mix: Mix) -> None:
        assert mixer_id in self.mixers
        self.places[port_id] = (mixer_id, mix)

    def leave(self, port_id: int) -> None:
        self.places.pop(port_id, None)

    def play_to_port(self, port_id: int, clip: Clip, *, loop: bool = False) -> int:
        self.made += 1
        return self.made

    def play_to_mixer(self, mixer_id: int, clip: Clip) -> int:
        assert mixer_id in self.mixers
        self.beeps.append((mixer_id, clip.name))
        self.made += 1
        return self.made

    def stop_playback(self, playback_id: int) -> None: ...
    def send_digits(self, port_id: int, digits: str) -> None: ...
    def subscribe(self, listener: Callable[[Any], None]) -> None: ...
    def statistics(self) -> Mapping[str, float]:
        return {}

    async def aclose(self) -> None: ...


@dataclass
class NotingSignalling:
    """Remembers the commands given."""

    commands: list[tuple[str, CallId, HangupCause | None]] = field(default_factory=list)
    taking_calls: bool = True

    def ring(self, call_id: CallId) -> None:
        self.commands.append(("ring", call_id, None))

    def early(self, call_id: CallId) -> LocalMedia:
        self.commands.append(("early", call_id, None))
        return LocalMedia(1, "127.0.0.1", 10_000)

    def answer(self, call_id: CallId) -> LocalMedia:
        self.commands.append(("answer", call_id, None))
        return LocalMedia(1, "127.0.0.1", 10_000)

    def reject(self, call_id: CallId, cause: HangupCause) -> None:
        self.commands.append(("reject", call_id, cause))

    def hang_up(self, call_id: CallId, cause: HangupCause) -> None:
        self.commands.append(("hang up", call_id, cause))

    def place(self, call: OutboundCall) -> None: ...
    def stop_taking_calls(self) -> None:
        self.taking_calls = False


class NamedClips:
    """Clips that are only names."""

    async def load(self, request: FetchRequest) -> Clip:
        return Clip(b"\0" * 16, request.url)

    async def speak(self, text: str, *, voice: str, language: str, ssml: str = "") -> Clip:
        return Clip(b"\0" * 16, text)

    def stock(self, name: str) -> Clip:
        return Clip(b"\0" * 16, name)


class NoLog:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def debug(self, event: str, **values: Any) -> None:
        self.lines.append(("debug", event))

    def info(self, event: str, **values: Any) -> None:
        self.lines.append(("info", event))

    def warning(self, event: str, **values: Any) -> None:
        self.lines.append(("warning", event))

    def error(self, event: str, **values: Any) -> None:
        self.lines.append(("error", event))


class Stage:
    """Everything a use case needs, and short ways to act."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = HandClock()
        self.entropy = SeededEntropy(1)
        self.media = NotingMedia()
        self.signalling = NotingSignalling()
        self.clips = NamedClips()
        self.log = NoLog()
        self.calls = LiveCalls()
        self.too_old: list[ConferenceId] = []
        self.abandoned: list[CallId] = []
        self.rooms = LiveRooms(
            self.media,
            self.calls,
            self.clips,
            self.clock,
            age_limit_s=3600.0,
            too_old=self.too_old.append,
            abandon=self.abandoned.append,
        )
        self.join = JoinConference(
            self.store, self.rooms, self.clock, self.entropy, node="here", participants_max=250
        )
        self.leave = LeaveConference(self.store, self.rooms, self.clock)
        self.end = EndCall(self.store, self.calls, self.rooms, self.clock)

    async def account(self, account_id: AccountId = ACME) -> Account:
        number = str(9_000_000 + int(account_id[:2], 16))
        account = Account(account_id, None, "Acme", None, AccountStatus.ACTIVE, ADMINISTRATOR, number, 0, 0)
        async with self.store.transaction() as tx:
            await tx.put_account(account)
        return account

    async def call(self, account_id: AccountId = ACME, *, node: str = "here") -> LiveCall:
        """An answered leg with a port."""
        live = LiveCall(CallId(self.entropy.id()), account_id)
        leg = CallLeg(
            id=live.call_id,
            account_id=account_id,
            parent_id=None,
            application_id=None,
            conference_id=None,
            from_address="alice",
            to_address="standup",
            direction=Direction.INBOUND,
            status=CallStatus.IN_PROGRESS,
            created_at_ms=self.clock.now_ms(),
            updated_at_ms=self.clock.now_ms(),
            answered_at_ms=self.clock.now_ms(),
            node=node,
        )
        async with self.store.transaction() as tx:
            await tx.put_call(leg)
        self.calls.add(live)
        self.calls.bind_port(live, self.media.open_port().port_id)
        live.stored.set()
        return live

    async def enter(self, live: LiveCall, name: str = "standup", **wish: Any) -> Conference:
        assert live.account_id is not None
        return await self.join(live, live.account_id, name, JoinRequest(live.call_id, **wish))

    async def room(self, conference_id: ConferenceId) -> Room:
        room = await self.store.read.room(conference_id)
        assert room is not None
        return room

    async def events(self) -> list[NumberedEvent]:
        return await self.store.read.events(0, 100_000)

    async def kinds(self) -> list[EventKind]:
        return [numbered.event.kind for numbered in await self.events()]

    def hears(self, live: LiveCall) -> Mix | None:
        assert live.port_id is not None
        place = self.media.places.get(live.port_id)
        return place[1] if place else None


@pytest.fixture
async def stage() -> Stage:
    made = Stage()
    await made.account()
    return made
