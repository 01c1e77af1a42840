"""A whole server on simulated time, with callers, customers and a network to make trouble with.

    async with Lab(seed=1) as lab:
        alice, bob = lab.caller("alice"), lab.caller("bob")
        await alice.dial("standup")
        await bob.dial("standup")
        await lab.run_for(2.0)
        assert alice.hears(bob)

Owns building the simulated world and the verbs a scenario needs. The cast: `Lab` is the laboratory; its server is the
real one, with every part of it, on a `SimulatedLoop`; a `Caller` is a telephone with a tone of his own; a `Customer`
answers for a customer's web server. Two runs with one seed do the same to the byte: `trace_digest` says so.

Must run on a `SimulatedLoop`: use `hubbub.lab.loop.run`, or the pytest plugin `hubbub.lab.pytest_plugin`.
"""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import re
import tempfile
import weakref
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from hubbub.audio.tones import VOICES_HZ
from hubbub.bootstrap import start_server
from hubbub.config import Settings, parse_range
from hubbub.credentials import read_credentials
from hubbub.domain.application import Application, Number, Trunk, WebTarget
from hubbub.domain.events import NumberedEvent
from hubbub.domain.ids import AccountId, ApplicationId, NumberId, TrunkId
from hubbub.lab.caller import Caller
from hubbub.lab.clips import SOUNDS_HZ, LabClips
from hubbub.lab.clock import SeededEntropy, SimulatedClock
from hubbub.lab.customer import Customer, CustomerWeb, Handler
from hubbub.lab.errors import SimulationError
from hubbub.lab.log import LabLog
from hubbub.lab.loop import SimulatedLoop
from hubbub.lab.network import Conditions
from hubbub.lab.web import LabClient, LabResponse
from hubbub.media import MediaSettings, SimulatedPlane
from hubbub.phone.phone import PhoneSettings
from hubbub.phone.sounds import VOICE_DBFS
from hubbub.recordings import RecordingLibrary, open_recordings
from hubbub.server import Server, World
from hubbub.services.ports import Store
from hubbub.storage import open_store
from hubbub.storage.memory import MemoryStore

SERVER_HOST: Final = "10.0.0.1"
SIP_PORT: Final = 5060
BASE_URL: Final = f"http://{SERVER_HOST}:8080"
CALLER_NETWORK: Final = "10.1"
"""Callers live at 10.1.x.y, one address each."""
TIME_LIMIT_S: Final = 6 * 3600.0
"""A scenario that waits for what never comes ends here, by an error."""

SETTINGS: Final = Settings(
    http=f"{SERVER_HOST}:8080",
    sip=f"{SERVER_HOST}:{SIP_PORT}",
    rtp=f"{SERVER_HOST}:10000-19999",
    sip_open_networks="10.0.0.0/8",
    sip_target_networks="10.0.0.0/8",
    ports_max=512,
)
"""The settings of the lab's server, where a scenario does not say otherwise."""

_LIFE: ContextVar[object] = ContextVar("life", default=None)
"""Set in everything that the server does, to what stands for its present life."""
_FREQUENCY: Final = re.compile(r"\b(\d+) Hz")


class Lab:
    """The laboratory.

    Args:
        seed: of all chance: identifiers, secrets, the network's luck.
        settings: of the server; `dataclasses.replace(SETTINGS, …)` makes others.
        store: "sqlite", the real one in a temporary directory, or "memory", its twin.
        time_limit_s: how much simulated time the scenario may take; None for any.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        settings: Settings = SETTINGS,
        store: str = "sqlite",
        time_limit_s: float | None = TIME_LIMIT_S,
    ) -> None:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, SimulatedLoop):
            raise SimulationError("a Lab needs a simulated loop: see hubbub.lab.loop.run")
        self.seed = seed
        self.settings = settings
        self.loop = loop
        self.network = loop.network
        self.network.reseed(seed)
        loop.limit_time(time_limit_s)
        self.clock = SimulatedClock(loop)
        self.entropy = SeededEntropy(seed)
        self.log = LabLog(self.clock)
        self.web = CustomerWeb()
        self.clips = LabClips(self.web)
        self.callers: list[Caller] = []
        self.credentials: dict[str, dict[str, str]] = {}
        """The first account's, per dialect, as in credentials.json."""
        self.store: Store
        self.media: SimulatedPlane
        self.recordings: RecordingLibrary
        self.server: Server
        self.client: LabClient
        self._store_kind = store
        self._dials: dict[str | None, Conditions] = {}
        self._folder = Path()
        self._life: object = None
        self._lives = 0
        self._context = contextvars.copy_context()
        """In which the present life's work is done."""
        self._server_tasks: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.loop.set_task_factory(self._make_task)  # type: ignore[arg-type]  # typeshed wants a generator too
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="hubbub-lab-")))
        await self._start()
        self.credentials = read_credentials(self._folder)
        self.client = self._make_client()
        return self

    def _make_client(self) -> LabClient:
        return LabClient(self.server.shell, BASE_URL, self.credentials, self._context)

    async def _start(self) -> None:
        """Start the server in a context of its own: whatever it sets going can be told by that."""
        self._life = object()
        self._lives += 1
        self._server_tasks.clear()
        self._context = contextvars.copy_context()
        self._context.run(_LIFE.set, self._life)
        self.server = await self.loop.create_task(self._start_server(), context=self._context.copy())

    def _make_task(
        self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **options)
        context = options.get("context") or contextvars.copy_context()
        if context.get(_LIFE) is not None:
            self._server_tasks.add(task)
        return task

    async def _start_server(self) -> Server:
        folder = self._folder
        in_memory = self._store_kind == "memory"
        self.store = MemoryStore(self.entropy) if in_memory else open_store(folder, entropy=self.entropy)
        self.media = SimulatedPlane(media_settings(self.settings), self.seed + (self._lives << 32))
        self.recordings = open_recordings(folder / "recordings", self.log)
        world = World(
            clock=self.clock,
            entropy=self.entropy,
            log=self.log,
            store=self.store,
            media=self.media,
            fetcher=self.web,
            clips=self.clips,
            recordings=self.recordings,
            credentials_folder=folder,
        )
        return await start_server(self.settings, world, lambda line: None)

    async def crash(self) -> None:
        """Let the server die as by `kill -9`: nobody is told, nothing more is written, its addresses are free."""
        if self._store_kind == "memory":
            raise SimulationError("a store in memory dies with its server")
        self.log.is_mute = True
        await self.server.sip.abort()
        await self.store.aclose()
        self.recordings.die()
        self.loop.cancel_timers(lambda context: context.get(_LIFE) is self._life)
        # What is cancelled may set something going in its last breath.
        while dying := [task for task in self._server_tasks if not task.done()]:
            for task in sorted(dying, key=lambda task: task.get_name()):
                task.cancel()
            await asyncio.gather(*dying, return_exceptions=True)
        await self.media.aclose()

    async def restart(self) -> None:
        """Start the server again on what it left behind."""
        self.log.is_mute = False
        await self._start()
        self.client = self._make_client()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async with self._stack:
            try:
                for caller in self.callers:
                    await caller.close()
            finally:
                await self.server.close()
                self.loop.set_task_factory(None)

    # --- the cast ---------------------------------------------------------------------------------------

    def caller(
        self,
        name: str,
        tone_hz: int | None = None,
        *,
        is_silent: bool = False,
        level_dbfs: float = VOICE_DBFS,
        **settings: Any,
    ) -> Caller:
        """A caller with an address and a voice of his own.

        Args:
            name: what he is called here, and the user part of his address, unless `user` says another.
            tone_hz: his voice; None for the next of `audio.tones.VOICES_HZ`.
            is_silent: he says nothing.
            level_dbfs: how loud he is.
            settings: further fields of `phone.PhoneSettings`: codecs, username, password, answers, …
        """
        number = len(self.callers)
        if is_silent:
            tone_hz = None
        elif tone_hz is None:
            tone_hz = VOICES_HZ[number % len(VOICES_HZ)]
        wanted = PhoneSettings(**{"user": name, "home": f"{SERVER_HOST}:{SIP_PORT}", **settings})
        host = f"{CALLER_NETWORK}.{number // 250}.{number % 250 + 1}"
        caller = Caller(self, wanted, host, tone_hz, level_dbfs, name)
        self.callers.append(caller)
        return caller

    async def phone(self, name: str, tone_hz: int | None = None, **settings: Any) -> Caller:
        """A telephone that can be called at its `uri`, and answers at once unless `settings` say otherwise.

        `answers_after_s=3` rings first, `only_rings=True` for ever, `answers=False` is busy, `refuses_with=603` refuses,
        `redirects_to=(uri,)` sends the call on, `early_hz=620` is heard before it answers. An address with no telephone
        at all is any other, such as `sip:nobody@10.9.9.9`. Arguments as for `caller`.
        """
        callee = self.caller(name, tone_hz, **{"answers": True, **settings})
        await callee.ready()
        return callee

    def customer(self, url_prefix: str, handler: Handler) -> Customer:
        """A customer's web server beneath a URL: a function from `CustomerRequest` to markup or a WAV file."""
        return self.web.add(url_prefix, handler)

    @property
    def account_id(self) -> AccountId:
        """The first account's."""
        return AccountId(self.credentials["twilio"]["account_sid"].removeprefix("AC"))

    async def application(
        self,
        url: str,
        *,
        dialect: str = "twilio",
        method: str = "POST",
        fallback_url: str | None = None,
        status_url: str | None = None,
    ) -> Application:
        """An application of the first account; `status_url` is told when its calls are over."""
        application = Application(
            id=ApplicationId(self.entropy.id()),
            account_id=self.account_id,
            friendly_name=url,
            dialect=dialect,
            voice=WebTarget(url, method),
            fallback=None if fallback_url is None else WebTarget(fallback_url, method),
            status_callback=None if status_url is None else WebTarget(status_url),
            created_at_ms=self.clock.now_ms(),
        )
        async with self.store.transaction() as tx:
            await tx.put_application(application)
        return application

    async def number(self, address: str, url: str | None = None, **options: Any) -> Number:
        """A number of the first account, leading to a new application at `url`; None: to the room of its name."""
        application = None if url is None else await self.application(url, **options)
        number = Number(
            id=NumberId(self.entropy.id()),
            account_id=self.account_id,
            address=address,
            application_id=None if application is None else application.id,
            created_at_ms=self.clock.now_ms(),
        )
        async with self.store.transaction() as tx:
            await tx.put_number(number)
        return number

    async def trunk(
        self,
        name: str,
        *,
        sources: tuple[str, ...] = (),
        username: str | None = None,
        password: str | None = None,
        target: str | None = None,
    ) -> Trunk:
        """A peer that may call as the first account, by address (`10.1.0.1/32`) or with a password; with a `target`
        (`sip:10.1.0.9`), one that numbers are called through."""
        trunk = Trunk(
            id=TrunkId(self.entropy.id()),
            account_id=self.account_id,
            name=name,
            sources=sources,
            username=username,
            target=target,
            created_at_ms=self.clock.now_ms(),
        )
        async with self.store.transaction() as tx:
            await tx.put_trunk(trunk, password)
        return trunk

    # --- time -------------------------------------------------------------------------------------------

    @property
    def now_s(self) -> float:
        """Simulated seconds since the loop began."""
        return self.loop.time()

    async def run_for(self, seconds: float) -> None:
        """Let so much time pass."""
        await asyncio.sleep(seconds)

    async def run_until(self, condition: Callable[[], object], within_s: float = 10.0) -> None:
        """Let time pass until something is so, looking every 20 ms.

        Raises:
            TimeoutError: it was not so within that time.
        """
        deadline = self.loop.time() + within_s
        while not condition():
            if self.loop.time() >= deadline:
                raise TimeoutError(f"not so within {within_s:g} s")
            await asyncio.sleep(0.02)

    # --- trouble ----------------------------------------------------------------------------------------

    def conditions(self, *callers: Caller, **dials: float) -> None:
        """Turn dials of `network.Conditions` on the way to and from these callers, or everybody's.

        Dials not named stay as they are.
        """
        hosts: list[str | None] = [caller.host for caller in callers]
        for host in hosts or [None]:
            current = self._dials.get(host, self._dials.get(None, Conditions()))
            changed = self._dials[host] = dataclasses.replace(current, **dials)
            self.network.set_conditions(changed, source=host)
            if host is not None:
                self.network.set_conditions(changed, destination=host)

    def loss(self, share: float, *callers: Caller) -> None:
        """Let so many of the packets vanish, 0 to 1."""
        self.conditions(*callers, loss=share)

    def delay(self, seconds: float, *callers: Caller) -> None:
        """Let every packet take so long."""
        self.conditions(*callers, delay_s=seconds)

    def jitter(self, seconds: float, *callers: Caller) -> None:
        """Let packets take up to so much longer."""
        self.conditions(*callers, jitter_s=seconds)

    def duplication(self, share: float, *callers: Caller) -> None:
        """Let so many of the packets arrive twice."""
        self.conditions(*callers, duplication=share)

    def reordering(self, share: float, *callers: Caller) -> None:
        """Let so many of the packets be overtaken."""
        self.conditions(*callers, reordering=share)

    # --- looking ----------------------------------------------------------------------------------------

    async def get(self, path: str, **options: Any) -> LabResponse:
        """GET from the server, as the first account; options as in `LabClient.request`.

        `{AccountSid}` and `{accountId}` in the path stand for the first account's.
        """
        return await self.client.get(self._filled(path), **options)

    async def post(self, path: str, form: dict[str, Any] | None = None, **options: Any) -> LabResponse:
        """POST a form to the server, as the first account."""
        return await self.client.post(self._filled(path), form, **options)

    async def request(self, method: str, path: str, **options: Any) -> LabResponse:
        """Any other request, as the first account."""
        return await self.client.request(method, self._filled(path), **options)

    async def events(self, after: int = 0) -> list[NumberedEvent]:
        """The event log from a number on."""
        found: list[NumberedEvent] = []
        while page := await self.store.read.events(found[-1].number if found else after, 1000):
            found += page
        return found

    async def event_kinds(self, after: int = 0) -> list[str]:
        """Only the kinds of the events, in order."""
        return [str(each.event.kind) for each in await self.events(after)]

    def trace_digest(self) -> str:
        """SHA-256 over every packet of the simulated network so far."""
        return self.network.trace_digest()

    @property
    def voices_hz(self) -> set[int]:
        """Every tone that anybody in the lab may say, the server's own sounds among them."""
        return set(SOUNDS_HZ) | {caller.tone_hz for caller in self.callers if caller.tone_hz is not None}

    def with_names(self, text: str) -> str:
        """A fault in which voices have names beside their frequencies."""
        names = {caller.tone_hz: caller.name for caller in self.callers if caller.tone_hz is not None}
        return _FREQUENCY.sub(
            lambda found: f"{names[hz]} ({hz} Hz)" if (hz := int(found[1])) in names else found[0], text
        )

    def _filled(self, path: str) -> str:
        return path.replace("{AccountSid}", self.credentials["twilio"]["account_sid"]).replace(
            "{accountId}", self.credentials["bandwidth"]["account_id"]
        )


def media_settings(settings: Settings) -> MediaSettings:
    """The simulated media plane's settings: the server's own, but for memory that no scenario needs."""
    host, first, last = parse_range(settings.rtp)
    return MediaSettings(
        host=host,
        advertised_host=settings.advertised_host or None,
        rtp_port_first=first,
        rtp_port_last=last,
        ports_max=settings.ports_max,
        mixers_max=settings.ports_max,
        playbacks_max=4 * settings.ports_max,
        taps_max=settings.taps_max,
        arena_samples=1 << 22,
        media_timeout_ms=int(settings.media_silence_s * 1000),
        busy_share_max=settings.busy_share_max,
    )
