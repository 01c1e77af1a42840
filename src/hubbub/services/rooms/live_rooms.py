"""The rooms mixed on this server: which mixer a conference has, and who must hear whom in it.

Owns the step from a room's flags to commands for the media plane, applied after the transaction that
changed the room: sound follows the store, never the other way. Leaves the rules to `domain.conference`.
"""

from collections.abc import Callable
from typing import NamedTuple

from hubbub.domain.conference import Outcome, Participant, Room
from hubbub.domain.ids import AccountId, CallId, ConferenceId
from hubbub.domain.room import Hearing, hearing
from hubbub.services.calls.early_sounds import EarlySound, EarlySounds
from hubbub.services.calls.live_calls import LeftInput, LiveCall, LiveCalls, RoomInput
from hubbub.services.ports import ClipSource, Clock, MediaPlane, Mix, Timer


class LiveRoom:
    """One conference's mixer and what it was last told."""

    __slots__ = ("age_timer", "climate", "early", "mixer_id", "places", "room")

    def __init__(self, mixer_id: int, room: Room, early: EarlySounds) -> None:
        self.mixer_id = mixer_id
        self.early = early
        """What is heard of those who are still being called."""
        self.room = room
        """As last stored: this node alone changes the rooms it mixes."""
        self.climate: Climate | None = None
        self.places: dict[CallId, Mix] = {}
        self.age_timer: Timer | None = None


class Climate(NamedTuple):
    """What of a room decides about everybody's hearing; while it stays, one joiner changes nobody else's."""

    is_open: bool
    awaits_second: bool
    has_coach: bool
    has_early: bool
    """Somebody who is being called is heard: one who is alone hears that, and not what is heard alone."""


def climate_of(room: Room, early: EarlySounds) -> Climate:
    return Climate(
        is_open=room.conference.moderator_present,
        awaits_second=room.awaits_second,
        has_coach=any(participant.coaching for participant in room.participants),
        has_early=len(early) > 0,
    )


class LiveRooms:
    """All rooms mixed here."""

    def __init__(
        self,
        media: MediaPlane,
        calls: LiveCalls,
        clips: ClipSource,
        clock: Clock,
        *,
        age_limit_s: float,
        too_old: Callable[[ConferenceId], None],
        abandon: Callable[[CallId], None],
    ) -> None:
        """
        Args:
            too_old: called with a room that has reached its age limit.
            abandon: called with a leg that was being called for a room that ended, or that was put out of it.
        """
        self._media = media
        self._calls = calls
        self._clips = clips
        self._clock = clock
        self._age_limit_s = age_limit_s
        self._too_old = too_old
        self._abandon = abandon
        self._rooms: dict[ConferenceId, LiveRoom] = {}
        self._names: dict[tuple[AccountId, str], ConferenceId] = {}
        self._speech: set[ConferenceId] = set()

    def __len__(self) -> int:
        return len(self._rooms)

    def room(self, conference_id: ConferenceId) -> Room | None:
        """The room as last stored, if it is mixed here: what the store would say, without asking it."""
        live = self._rooms.get(conference_id)
        return None if live is None else live.room

    def named(self, account_id: AccountId, name: str) -> Room | None:
        """The live room of this name, if it is mixed here; one that is not may still be in the store."""
        conference_id = self._names.get((account_id, name))
        return None if conference_id is None else self.room(conference_id)

    def follow_speech(self, conference_id: ConferenceId) -> None:
        """Somebody wants to hear who speaks in this room."""
        self._speech.add(conference_id)

    def follows_speech(self, conference_id: ConferenceId) -> bool:
        return conference_id in self._speech

    def mixer(self, conference_id: ConferenceId) -> int | None:
        """The mixer of a room that is mixed here."""
        live = self._rooms.get(conference_id)
        return None if live is None else live.mixer_id

    def apply(self, outcome: Outcome) -> None:
        """Make the sound follow a change that has been stored."""
        room = outcome.room
        conference_id = room.conference.id
        live = self._rooms.get(conference_id)
        if live is None:
            if not room.conference.is_live:
                return
            live = self._open(room)
        live.room = room
        for gone in outcome.changed:
            if not gone.pending or not gone.is_present:
                live.early.forget(gone.call_id)
            if not gone.is_present:
                self._take_out(live, gone, evicted=gone.call_id in outcome.evicted)
        if not room.conference.is_live:
            self._close(conference_id, live)
            return
        self._follow(live, outcome.changed)
        self._beep(live, outcome)

    def hear_early(self, conference_id: ConferenceId, call_id: CallId, sound: EarlySound) -> None:
        """Let the room hear one who is being called. No-op for one who has no place kept there."""
        live = self._rooms.get(conference_id)
        participant = None if live is None else live.room.participant(call_id)
        if live is None or participant is None or not participant.pending:
            return
        live.early.note(call_id, sound)
        self._follow(live, (participant,))

    def _follow(self, live: LiveRoom, changed: tuple[Participant, ...]) -> None:
        """Give everybody whom a change concerns the place that the room's flags say."""
        room = live.room
        climate = climate_of(room, live.early)
        everybody = climate != live.climate or climate.has_coach
        live.climate = climate
        ports = self._ports(room) if climate.has_coach else {}
        for participant in room.participants if everybody else changed:
            if participant.pending:
                self._place_early(live, participant, hearing(room, participant), ports)
            elif participant.is_present:
                self._place(live, participant, hearing(room, participant), ports)

    def _open(self, room: Room) -> LiveRoom:
        mixer_id = self._media.create_mixer()
        early = EarlySounds(self._media, self._calls, mixer_id, self._clips.stock("ringback"))
        live = LiveRoom(mixer_id, room, early)
        conference_id = room.conference.id
        self._rooms[conference_id] = live
        self._names[room.conference.account_id, room.conference.name] = conference_id
        live.age_timer = self._clock.call_later(self._age_limit_s, lambda: self._too_old(conference_id))
        return live

    def _close(self, conference_id: ConferenceId, live: LiveRoom) -> None:
        del self._rooms[conference_id]
        self._speech.discard(conference_id)
        conference = live.room.conference
        self._names.pop((conference.account_id, conference.name), None)
        if live.age_timer is not None:
            live.age_timer.cancel()
        live.early.close()
        self._media.destroy_mixer(live.mixer_id)

    def _ports(self, room: Room) -> dict[CallId, int]:
        ports: dict[CallId, int] = {}
        for participant in room.participants:
            call = self._calls.get(participant.call_id)
            if call is not None and call.port_id is not None:
                ports[participant.call_id] = call.port_id
        return ports

    def _place(
        self, live: LiveRoom, participant: Participant, wanted: Hearing, ports: dict[CallId, int]
    ) -> None:
        call = self._calls.get(participant.call_id)
        if call is None or call.port_id is None:
            return
        self._mix(live, call, call.port_id, wanted, ports)
        # Whoever is alone hears how the one whom it waits for is called.
        waiting = wanted.waiting and not (live.room.conference.moderator_present and len(live.early))
        if (call.waiting, call.held) != (waiting, wanted.held):
            call.waiting, call.held = waiting, wanted.held
            self.tell(call)

    def _place_early(
        self, live: LiveRoom, participant: Participant, wanted: Hearing, ports: dict[CallId, int]
    ) -> None:
        """One who is being called is heard where there is something to hear, and hears nothing."""
        call = self._calls.get(participant.call_id)
        if not participant.is_present or call is None or call.port_id is None:
            return
        if live.early.is_heard(participant.call_id):
            self._mix(live, call, call.port_id, wanted, ports)
        elif live.places.pop(participant.call_id, None) is not None:
            self._media.leave(call.port_id)

    def _mix(
        self, live: LiveRoom, call: LiveCall, port_id: int, wanted: Hearing, ports: dict[CallId, int]
    ) -> None:
        coached = tuple(ports[coached] for coached in wanted.coached if coached in ports)
        # A coach whose pupils are all absent is heard by nobody: the whisper must not become public.
        heard = wanted.heard and not (wanted.coached and not coached)
        mix = Mix(hears_room=wanted.hears_room, heard=heard, coached=coached)
        if live.places.get(call.call_id) != mix:
            live.places[call.call_id] = mix
            self._media.join(port_id, live.mixer_id, mix)

    @staticmethod
    def tell(call: LiveCall) -> None:
        """Let a leg know what it hears instead of its room."""
        call.inbox.put_nowait(RoomInput(call.waiting, call.held, call.hold_music, call.wait_music))

    def _take_out(self, live: LiveRoom, gone: Participant, *, evicted: bool) -> None:
        live.places.pop(gone.call_id, None)
        call = self._calls.get(gone.call_id)
        if call is None:
            return
        if call.port_id is not None:
            self._media.leave(call.port_id)
        call.conference_id = None
        call.waiting = call.held = False
        call.hold_music = call.wait_music = None
        if evicted and gone.pending:
            self._abandon(gone.call_id)
        elif evicted and gone.leave_reason is not None:
            call.inbox.put_nowait(LeftInput(gone.leave_reason))

    def _beep(self, live: LiveRoom, outcome: Outcome) -> None:
        if not outcome.room.conference.moderator_present:
            return
        for participant in outcome.changed:
            entered = participant.call_id in outcome.entered
            if entered and participant.beep.on_enter:
                self._media.play_to_mixer(live.mixer_id, self._clips.stock("beep-enter"))
            elif not participant.is_present and participant.beep.on_exit:
                self._media.play_to_mixer(live.mixer_id, self._clips.stock("beep-exit"))
