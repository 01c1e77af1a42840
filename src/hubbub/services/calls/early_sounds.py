"""What a room hears of those who are being called into it, before they answer.

Owns the ring tone of a room, and what each leg that is being called lets one hear. Who hears whom stays
`live_rooms`'.
"""

from collections.abc import Callable
from enum import Enum

from hubbub.domain.errors import ServerFull
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.services.calls.call_progress import Answered, CallProgress, HeardEarly, Rang
from hubbub.services.calls.live_calls import LiveCalls
from hubbub.services.ports import Clip, MediaPlane


class EarlySound(Enum):
    """What one who is being called lets the room hear."""

    RINGING = "ringing"
    """Its telephone rings: the room's ring tone."""
    HEARD = "heard"
    """The far end sends sound of its own before it answers."""
    ANSWERED = "answered"
    """It has answered, and is on its way in."""


Hear = Callable[[ConferenceId, CallId, EarlySound], None]


class EarlySounds:
    """One room's: a ring tone while anybody rings, however many they are."""

    def __init__(self, media: MediaPlane, calls: LiveCalls, mixer_id: int, ringing: Clip) -> None:
        self._media = media
        self._calls = calls
        self._mixer_id = mixer_id
        self._clip = ringing
        self._sounds: dict[CallId, EarlySound] = {}
        self._playback_id: int | None = None

    def __len__(self) -> int:
        return len(self._sounds)

    def note(self, call_id: CallId, sound: EarlySound) -> None:
        self._sounds[call_id] = sound
        self._follow()

    def forget(self, call_id: CallId) -> None:
        """It has come in, or will not."""
        if self._sounds.pop(call_id, None) is not None:
            self._follow()

    def is_heard(self, call_id: CallId) -> bool:
        """Whether its port has sound for the room."""
        return self._sounds.get(call_id) is EarlySound.HEARD

    def close(self) -> None:
        self._sounds.clear()
        self._follow()

    def _follow(self) -> None:
        rings = EarlySound.RINGING in self._sounds.values()
        if rings and self._playback_id is None:
            self._play()
        elif not rings and self._playback_id is not None:
            playback_id, self._playback_id = self._playback_id, None
            self._calls.forget_playback(playback_id)
            self._media.stop_playback(playback_id)

    def _play(self) -> None:
        try:
            playback_id = self._media.play_to_mixer(self._mixer_id, self._clip)
        except ServerFull:
            return  # a room that hears no ringing is better than a call that is not made
        self._playback_id = playback_id
        self._calls.await_playback(playback_id, self._ended)

    def _ended(self, _: int) -> None:
        self._playback_id = None
        self._follow()


class FollowEarly:
    """Watches one call into a room, and lets the room hear it. What it is told comes once its place is kept."""

    def __init__(self, calls: LiveCalls, hear: Hear) -> None:
        self.call_id: CallId | None = None
        """Of the call, as soon as it has one."""
        self._calls = calls
        self._hear = hear
        self._has_sound = False

    def watch(self, progress: CallProgress) -> None:
        live = None if self.call_id is None else self._calls.get(self.call_id)
        if live is None or live.conference_id is None:
            return
        match progress:
            case Rang() if not self._has_sound:
                sound = EarlySound.RINGING
            case HeardEarly():
                self._has_sound = True
                sound = EarlySound.HEARD
            case Answered():
                sound = EarlySound.ANSWERED
            case _:
                return
        self._hear(live.conference_id, live.call_id, sound)
