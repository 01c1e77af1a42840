"""What a story needs about it, whosever words it is told in: a server, a customer, a wiretap and telephones.

Owns what everybody hears and what the log says. Leaves the vendor's words to the stages made of it, and what is done
to the steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count, groupby
from pathlib import Path
from typing import Self

from interop.conftest import RunningServer, events_after, start, wait_until
from interop.customer import Customer
from interop.hearing import Ear, Tones, tones_of, wait_until_heard
from interop.peers import baresip, free_port, hang_up, sipp, tone_wav
from interop.telephones import Office
from interop.wiretap import Wiretap

STAY_S = 100
SOUND_S = 1.5
FLAGS = ("--calls-per-second", "0", "--media-silence-s", "0")
TWO_AT_ONCE = -1
"""Stands for sounds that overlap, where one is expected after another."""
_RTP_FIRST, _RTP_EACH = 20_200, 20


class Stage(ABC):
    """To be used as a context.

    Args:
        folder: where everybody keeps files.
        voices_hz: the tones that callers speak.
        sounds_hz: the tones of the customer's sounds, each at `/NAME.wav`.

    Attributes:
        server, customer: themselves.
        wire: between the client and the server.
        office: where telephones are set up.
        ears: of those who have one, by their voice.
        voices: of those who are expected in the room.
    """

    def __init__(self, folder: Path, voices_hz: Collection[int], sounds_hz: Mapping[str, int]) -> None:
        self.folder = folder
        self.closing = ExitStack()
        self.ears: dict[int, Ear] = {}
        self.voices = list(voices_hz)
        self._tones_hz = (*voices_hz, *sounds_hz.values())
        self._sounds_hz = sounds_hz
        self._numbers = count()
        self.server: RunningServer
        self.customer: Customer
        self.wire: Wiretap
        self.office: Office

    def __enter__(self) -> Self:
        try:
            self._build()
            self.open()
        except BaseException:
            self.closing.close()
            raise
        return self

    def _build(self) -> None:
        self.server = start(self.folder / "data", *FLAGS)
        self.closing.callback(_end, self.server)
        self.customer = self.closing.enter_context(Customer())
        self.wire = self.closing.enter_context(Wiretap(self.server.http))
        self.office = self.closing.enter_context(Office(self.server, self.folder, self._tones_hz, STAY_S))
        for name, hz in self._sounds_hz.items():
            sound = tone_wav(self.folder / f"{name}.wav", hz, SOUND_S)
            self.customer.serves_sound(f"/{name}.wav", sound.read_bytes())

    def __exit__(self, *_: object) -> None:
        self.closing.close()

    @abstractmethod
    def open(self) -> None:
        """Set up what the story begins with."""

    # --- the telephones ---------------------------------------------------------------------------------

    def desk(self, name: str, voice_hz: int) -> None:
        """Set up a telephone that registers and answers."""
        self.ears[voice_hz] = self.office.desk(name, voice_hz).ear

    def dials_in(self, name: str, voice_hz: int, number: str) -> None:
        """Let a baresip call a number of the server."""
        folder = self.folder / name
        folder.mkdir()
        first = _RTP_FIRST + next(self._numbers) * _RTP_EACH
        process = baresip(
            folder,
            f"sip:{number}@{self.server.sip_host}:{self.server.sip_port}",
            sip_port=free_port(),
            rtp_ports=f"{first}-{first + _RTP_EACH - 2}",
            tone_hz=voice_hz,
            seconds=STAY_S,
        )
        self.closing.callback(hang_up, process)
        self.ears[voice_hz] = Ear(folder / "dump", self._tones_hz)

    def silent_sipps_dial_in(self, number: str, calls: int) -> None:
        folder = self.folder / "silent"
        folder.mkdir()
        where = (self.server.sip_host, self.server.sip_port)
        process = sipp(folder, *where, number, calls=calls, stay_ms=STAY_S * 1000)
        self.closing.callback(hang_up, process)

    def hear(self, expected: Mapping[int, Tones]) -> None:
        """Wait until each ear, named by its voice, hears exactly these, and goes on doing so for half a second."""
        wait_until_heard({self.ears[hz]: tones for hz, tones in expected.items()})

    def all_hear_one_another(self, *, but: int = 0, apart: Tones | None = None) -> None:
        """As `hear`: everybody who is expected in the room hears the others.

        Args:
            but: one who is not heard.
            apart: what that one hears; None: all others, like everybody.
        """
        heard = [hz for hz in self.voices if hz != but]
        expected = {hz: tones_of(*heard) - {hz} for hz in self.voices if hz in self.ears}
        self.hear(expected if apart is None else expected | {but: apart})

    def played(self, since: Mapping[Ear, tuple[Path, int] | None]) -> dict[Ear, list[int]]:
        """Which of the customer's sounds each ear heard since then, one after another, and where two were at once."""
        return {ear: self._sounds(ear, moment) for ear, moment in since.items()}

    def _sounds(self, ear: Ear, since: tuple[Path, int] | None) -> list[int]:
        known = frozenset(self._sounds_hz.values())
        quarters = [tones & known for tones in ear.last(since, 1000) if tones is not None]
        found: list[int] = []
        for sounds, run in groupby(quarters):
            # In one quarter of a second alone, one may have ended and the next begun.
            if len(sounds) == 1 or (len(sounds) > 1 and len(list(run)) > 1):
                each = min(sounds) if len(sounds) == 1 else TWO_AT_ONCE
                if not found or found[-1] != each:
                    found.append(each)
        return found

    # --- the log ----------------------------------------------------------------------------------------

    @contextmanager
    def logs(self, *kinds: str, in_any_order: bool = False) -> Iterator[None]:
        """What is done in this context writes exactly these events, apart from who begins and ceases to speak."""
        before = events_after(self.server, 0)
        last = before[-1]["number"] if before else 0
        yield

        def found() -> list[str]:
            kinds_found = [each["kind"] for each in events_after(self.server, last)]
            return [kind for kind in kinds_found if not kind.startswith("speech-")]

        try:
            wait_until(lambda: len(found()) >= len(kinds), "the events are in the log", 5)
        except AssertionError:
            """Shown below."""
        logged = found()
        wanted = list(kinds)
        assert (sorted(logged) == sorted(wanted)) if in_any_order else (logged == wanted), f"logged: {logged}"


def _end(server: RunningServer) -> None:
    server.stop()
    if server.process.stdout is not None:
        server.process.stdout.close()
