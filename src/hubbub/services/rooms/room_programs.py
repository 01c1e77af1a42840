"""Documents that run in a room: announcements, and those a dialect lets a customer queue.

Documents for one room run one after another, in the order they came, and so do those for one participant;
what is under way ends with the room. Owns the queues and the effects of such documents; leaves their verbs
to the language, and who hears them to the mixer.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hubbub.domain.errors import Conflict, NotFound, Refusal, ServerFull
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.domain.room import participant_data
from hubbub.markup import effects as fx
from hubbub.markup.instructions import FOREVER, Document, Play, RecordingControl, Say, Setting
from hubbub.markup.interpreter import Interpreter
from hubbub.markup.language import MarkupLanguage, MarkupRoom
from hubbub.markup.limits import MarkupLimits
from hubbub.services.calls.live_calls import LiveCalls
from hubbub.services.commands import RecordingCommands
from hubbub.services.documents.ask_customer import fetch_document, load_sound, load_speech
from hubbub.services.documents.document_recordings import control_room
from hubbub.services.ports import (
    Clip,
    ClipSource,
    Clock,
    DocumentFetcher,
    Log,
    MediaPlane,
    Store,
)
from hubbub.services.rooms.live_rooms import LiveRooms

QUEUE_MAX: Final = 100
"""Documents that may wait for one room; more are refused."""


@dataclass(frozen=True, slots=True)
class Programme:
    """One document to run."""

    conference_id: ConferenceId
    call_id: CallId | None
    """Who is to hear it; None: everybody."""
    begin: fx.Ask | Document
    dialect: str
    announces: bool
    """Its end is an event."""


class _RoomOver(Exception):
    """There is nobody left to play to."""


class RoomPrograms:
    """All rooms' documents. A queue has a task while something is in it, and none otherwise."""

    def __init__(
        self,
        store: Store,
        calls: LiveCalls,
        rooms: LiveRooms,
        media: MediaPlane,
        clock: Clock,
        log: Log,
        *,
        languages: Mapping[str, MarkupLanguage],
        fetcher: DocumentFetcher,
        clips: ClipSource,
        limits: MarkupLimits,
        recordings: RecordingCommands | None = None,
        base_url: str,
        site: str,
    ) -> None:
        self._store = store
        self._calls = calls
        self._rooms = rooms
        self._media = media
        self._clock = clock
        self._log = log
        self._languages = languages
        self._fetcher = fetcher
        self._clips = clips
        self._limits = limits
        self._recordings = recordings
        self._base_url = base_url
        self._site = site
        self._queues: dict[tuple[ConferenceId, CallId | None], deque[Programme]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def enqueue(self, programme: Programme) -> None:
        """Run it after those that wait for the same ears.

        Raises:
            ServerFull: too many wait.
        """
        key = (programme.conference_id, programme.call_id)
        queue = self._queues.get(key)
        if queue is None:
            self._queues[key] = deque([programme])
            self._spawn(self._run_queue(key))
            return
        if len(queue) >= QUEUE_MAX:
            raise ServerFull(f"{QUEUE_MAX} documents wait for this conference")
        queue.append(programme)

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_queue(self, key: tuple[ConferenceId, CallId | None]) -> None:
        queue = self._queues[key]
        try:
            while queue:
                # It stays at the head while it runs, so that what comes now waits behind it.
                await self._run(queue[0])
                queue.popleft()
        finally:
            del self._queues[key]

    async def _run(self, programme: Programme) -> None:
        why: str | None = None
        try:
            why = await _Run(self, programme).to_the_end()
        except _RoomOver:
            return
        except Exception as error:  # a fault of ours must not stop the room's other documents
            self._log.error("a room's document failed", exc_info=error, conference=programme.conference_id)
            why = "internal"
        if programme.announces:
            await self._tell(programme, why)

    async def _tell(self, programme: Programme, why: str | None) -> None:
        """Write that an announcement is over."""
        url = programme.begin.target.url if isinstance(programme.begin, fx.Ask) else None
        data: dict[str, object] = {"url": url}
        kind = EventKind.ANNOUNCEMENT_ENDED
        if why is not None:
            kind = EventKind.ANNOUNCEMENT_FAILED
            data["why"] = why
        async with self._store.transaction() as tx:
            room = self._rooms.room(programme.conference_id)
            if room is None:
                return
            participant = room.participant(programme.call_id) if programme.call_id else None
            if participant is not None:
                data |= participant_data(participant)
            conference = room.conference
            now_ms = self._clock.now_ms()
            await tx.append(
                [Event(kind, now_ms, conference.account_id, conference.id, programme.call_id, data)]
            )

    # --- what a run needs -----------------------------------------------------------------------------------

    def language(self, dialect: str) -> MarkupLanguage:
        return self._languages[dialect]

    @property
    def limits(self) -> MarkupLimits:
        return self._limits

    async def fetch(self, programme: Programme, ask: fx.Ask) -> fx.Fetched | fx.FetchFailed:
        request = self.language(programme.dialect).room_request(await self._markup_room(programme), ask)
        return await fetch_document(self._fetcher, ask, request, self._limits)

    async def _markup_room(self, programme: Programme) -> MarkupRoom:
        reader = self._store.read
        conference = await reader.conference(programme.conference_id)
        account = None if conference is None else await reader.account(conference.account_id)
        if conference is None or account is None:
            raise _RoomOver
        call = None if programme.call_id is None else await reader.call(programme.call_id)
        return MarkupRoom(
            conference=conference,
            account=account,
            call=call,
            signing_secret=await reader.signing_secret(account.id),
            base_url=self._base_url,
            site=self._site,
            now_ms=self._clock.now_ms(),
        )

    async def speak(self, programme: Programme, say: Say) -> fx.PlaybackEnded | fx.PlaybackFailed:
        return await self._sound(programme, await load_speech(self._clips, say), say.loop)

    async def play(self, programme: Programme, play: Play) -> fx.PlaybackEnded | fx.PlaybackFailed:
        return await self._sound(programme, await load_sound(self._clips, play), play.loop)

    async def wait(self, duration_ms: int) -> fx.PauseElapsed:
        await self._clock.sleep(duration_ms / 1000)
        return fx.PauseElapsed(duration_ms)

    async def record(self, programme: Programme, control: RecordingControl) -> None:
        """Begin, end, pause or resume the room's recording. Raises Refusal."""
        if self._recordings is None:
            raise Conflict("this server records nothing")
        await control_room(self._recordings, programme.conference_id, control, programme.dialect)

    async def note(self, programme: Programme, note: fx.Note) -> None:
        async with self._store.transaction() as tx:
            conference = await tx.conference(programme.conference_id)
            if conference is None:
                return
            data: dict[str, object] = {"code": note.code, "message": note.message, "url": note.url}
            now_ms = self._clock.now_ms()
            await tx.append(
                [
                    Event(
                        EventKind.DOCUMENT_FAILED,
                        now_ms,
                        conference.account_id,
                        conference.id,
                        programme.call_id,
                        data,
                    )
                ]
            )

    async def _sound(
        self, programme: Programme, clip: Clip | fx.PlaybackFailed, loop: int
    ) -> fx.PlaybackEnded | fx.PlaybackFailed:
        if isinstance(clip, fx.PlaybackFailed):
            return clip
        heard_ms = 0
        turn = 0
        while clip.duration_ms and (loop == FOREVER or turn < loop):
            ended = asyncio.Event()
            try:
                playback_id = self._begin(programme, clip)
            except ServerFull as error:
                return fx.PlaybackFailed("server-full", str(error))
            self._calls.await_playback(playback_id, lambda _id, ended=ended: ended.set())  # type: ignore[misc]
            try:
                await ended.wait()
            finally:
                if not ended.is_set():
                    self._calls.forget_playback(playback_id)
                    self._media.stop_playback(playback_id)
            heard_ms += clip.duration_ms
            turn += 1
        return fx.PlaybackEnded(heard_ms)

    def _begin(self, programme: Programme, clip: Clip) -> int:
        """Begin to play to whom it is for.

        Raises:
            _RoomOver: there is nobody.
            ServerFull: the media plane has no memory left for sound.
        """
        mixer_id = self._rooms.mixer(programme.conference_id)
        if mixer_id is None:
            raise _RoomOver
        if programme.call_id is None:
            return self._media.play_to_mixer(mixer_id, clip)
        call = self._calls.get(programme.call_id)
        if call is None or call.port_id is None or call.conference_id != programme.conference_id:
            raise _RoomOver
        return self._media.play_to_port(call.port_id, clip)

    def check(self, conference_id: ConferenceId, call_id: CallId | None) -> None:
        """Whether there is anybody to play to.

        Raises:
            NotFound: the room, or the participant in it.
        """
        room = self._rooms.room(conference_id)
        if room is None:
            raise NotFound("conference", conference_id)
        if call_id is not None and room.participant(call_id) is None:
            raise NotFound("participant", call_id)


class _Run:
    """One document's run."""

    def __init__(self, programs: RoomPrograms, programme: Programme) -> None:
        self._programs = programs
        self._programme = programme
        self._why: str | None = None

    async def to_the_end(self) -> str | None:
        """None, or why nothing or not all of it was heard."""
        programs, programme = self._programs, self._programme
        interpreter = Interpreter(
            programs.language(programme.dialect),
            answered=True,
            setting=Setting.ROOM,
            limits=programs.limits,
        )
        effects = deque(interpreter.start(programme.begin))
        while effects:
            effect = effects.popleft()
            if isinstance(effect, fx.Finish | fx.HangUp | fx.Refuse):
                break
            outcome = await self._perform(effect)
            if outcome is not None:
                effects.extend(interpreter.feed(outcome))
        return self._why

    async def _perform(self, effect: fx.Effect) -> fx.Input | None:
        programs, programme = self._programs, self._programme
        outcome: fx.Input | None = None
        match effect:
            case fx.Fetch():
                outcome = await programs.fetch(programme, effect.ask)
            case fx.Speak():
                outcome = await programs.speak(programme, effect.say)
            case fx.PlayClip():
                outcome = await programs.play(programme, effect.play)
            case fx.Wait():
                outcome = await programs.wait(effect.duration_ms)
            case fx.ControlRecording():
                try:
                    await programs.record(programme, effect.control)
                except Refusal as refusal:
                    code = programs.language(programme.dialect).recording_refused_code
                    await programs.note(programme, fx.Note(code, str(refusal)))
            case fx.Note():
                await programs.note(programme, effect)
                self._why = effect.message
            case _:
                self._why = f"{type(effect).__name__} is not for a room"
        if isinstance(outcome, fx.FetchFailed | fx.PlaybackFailed):
            self._why = outcome.message
        return outcome
