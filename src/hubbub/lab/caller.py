"""A virtual caller: a telephone with a tone of his own, and ears that know everybody else's.

Owns what is particular to the lab: telephones that need no opening, and the question who hears whom. Leaves the
telephone itself to `phone`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.ears import Heard
from hubbub.phone.media import PRESS_MS, MediaCounters
from hubbub.phone.phone import CallOver, Phone, PhoneSettings, PhoneState
from hubbub.phone.sounds import VOICE_DBFS, Sound, tone
from hubbub.protocol.sip.message import SipRequest

if TYPE_CHECKING:
    from hubbub.lab.lab import Lab

LISTEN_S = 1.0
"""How much of the last sound is judged, unless a test says otherwise."""


class Judgement:
    """Whether an ear heard what it was to hear; as a truth value, and in words when not.

    Two make an `assert` readable: `assert alice.hears(bob)` shows what was wrong.
    """

    def __init__(self, listener: str, faults: list[str], heard: Heard) -> None:
        self.listener = listener
        self.faults = faults
        self.heard = heard

    def __bool__(self) -> bool:
        return not self.faults

    def __repr__(self) -> str:
        return f"<{self.listener}: {'; '.join(self.faults) or 'as expected'}>"


class Caller:
    """One caller. Made by `Lab.caller`.

    Args:
        lab: whose server is dialled and whose callers are known.
        settings: of the telephone.
        host: simulated address.
        tone_hz: his voice; None for one who says nothing.
        level_dbfs: how loud it is.
        name: what he is called here; None: the user part of his address.
    """

    def __init__(
        self,
        lab: Lab,
        settings: PhoneSettings,
        host: str,
        tone_hz: int | None,
        level_dbfs: float = VOICE_DBFS,
        name: str | None = None,
    ) -> None:
        self.name = settings.user if name is None else name
        self._lab = lab
        self._settings = settings
        self._phone: Phone | None = None
        self._sound = None if tone_hz is None else tone(tone_hz, level_dbfs)
        self.host = host
        self.tone_hz = tone_hz
        self.level_dbfs = level_dbfs

    def __repr__(self) -> str:
        return f"<Caller {self.name}>"

    async def phone(self) -> Phone:
        """The telephone, bound on first use."""
        if self._phone is None:
            # A generator of his own: who else calls does not change his identifiers.
            random = Random(f"{self._lab.seed} {self.name}")
            phone = await Phone.open(self._settings, random, self.host, 5060)
            phone.says(self._sound)
            self._phone = phone
        return self._phone

    # --- calling ----------------------------------------------------------------------------------------

    async def dial(
        self, target: str, *, headers: Mapping[str, str] | None = None, ring_s: float = 180.0
    ) -> None:
        """Call a room or number at the lab's server, or any SIP URI, and wait for the answer.

        Raises:
            hubbub.phone.phone.CallFailed: nobody answered.
        """
        phone = await self.phone()
        await phone.dials(target, headers=headers, ring_s=ring_s)

    async def ready(self) -> None:
        """Be there to be called at `uri`."""
        await self.phone()

    async def register(self, *, expires_s: int = 3600) -> int:
        """Tell the lab's server where he is, with `username` and `password` of his settings; for how many seconds it
        believes it. 0 takes it back.

        Raises:
            hubbub.phone.phone.RegistrationFailed: it was refused.
        """
        return await (await self.phone()).registers(expires_s=expires_s)

    @property
    def uri(self) -> str:
        """Where he can be called."""
        return f"sip:{self._settings.user}@{self.host}:5060"

    @property
    def invites(self) -> list[SipRequest]:
        """Every INVITE that came to him, the last one at the end."""
        return [] if self._phone is None else self._phone.invites

    @property
    def is_ringing(self) -> bool:
        """Whether he is being called and has not answered."""
        return self._phone is not None and self._phone.state is PhoneState.CALLING

    @property
    def hears_early(self) -> bool:
        """Whether he was to hear the far end of his call before it answered."""
        return self._phone is not None and self._phone.hears_early

    async def is_answered(self, within_s: float = 60.0) -> None:
        """Wait until a call made to him is on."""
        await asyncio.wait_for((await self.phone()).is_answered(), within_s)

    def hangs_up(self) -> None:
        """End the call; nothing happens without one."""
        if self._phone is not None:
            self._phone.hangs_up()

    async def ends(self, within_s: float = 60.0) -> CallOver:
        """Wait until his call is over, and say how it ended."""
        return await asyncio.wait_for(self._opened.ends(), within_s)

    def holds(self) -> None:
        """Put the server on hold."""
        self._opened.holds()

    def resumes(self) -> None:
        self._opened.resumes()

    @property
    def is_talking(self) -> bool:
        """Whether his call is answered and on."""
        return self._phone is not None and self._phone.state is PhoneState.TALKING

    @property
    def over(self) -> CallOver | None:
        """How his last call ended; None while one is on or before the first."""
        return self._phone.over if self._phone is not None else None

    # --- speaking ---------------------------------------------------------------------------------------

    def says(self, sound: Sound | int | None) -> asyncio.Future[None]:
        """Say a sound or a tone of so many hertz from now on; None: be silent."""
        if isinstance(sound, int):
            self.tone_hz = sound
            sound = tone(sound, self.level_dbfs)
        self._sound = sound
        if self._phone is not None:
            return self._phone.says(sound)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def presses(self, digits: str, *, by_info: bool = False, duration_ms: int = PRESS_MS) -> None:
        """Press keys."""
        self._opened.presses(digits, by_info=by_info, duration_ms=duration_ms)

    # --- listening --------------------------------------------------------------------------------------

    def heard_pcm(self, last_s: float | None = None) -> NDArray[np.int16]:
        """What he heard: int16, 8 kHz; with `last_s`, the last so many seconds."""
        if self._phone is None:
            return np.zeros(0 if last_s is None else round(8000 * last_s), np.int16)
        return self._phone.heard_pcm(last_s)

    def listens(self, *others_hz: int, last_s: float = LISTEN_S) -> Heard:
        """Levels of every voice in the lab, and of the tones given besides."""
        return self._opened.listens(self._lab.voices_hz | set(others_hz), last_s)

    def hears(
        self,
        *others: Caller | int,
        last_s: float = LISTEN_S,
        within_db: float = 1.5,
        outside_below_dbfs: float = -40.0,
    ) -> Judgement:
        """Whether he hears exactly these and nobody and nothing else.

        Args:
            others: callers, who must be as loud as they speak, or tones in hertz, who must be there at all. None:
                silence.
            last_s: judge so much of the last sound.
            within_db: how far a caller's level may be off.
            outside_below_dbfs: what everything else must be below.
        """
        tones = [other for other in others if isinstance(other, int)]
        heard = self.listens(*tones, last_s=last_s)
        expected = {}
        for other in others:
            if isinstance(other, int):
                expected[float(other)] = max(heard.tones_dbfs[other], outside_below_dbfs + within_db)
            elif other.tone_hz is not None:
                expected[float(other.tone_hz)] = other.level_dbfs
        faults = heard.mismatches(expected, within_db=within_db, outside_below_dbfs=outside_below_dbfs)
        return Judgement(self.name, [self._lab.with_names(fault) for fault in faults], heard)

    def hears_silence(self, last_s: float = LISTEN_S) -> Judgement:
        """Whether he hears nothing at all."""
        return self.hears(last_s=last_s)

    @property
    def digits_heard(self) -> str:
        """Keys that the server pressed."""
        return "" if self._phone is None else self._phone.digits_heard

    @property
    def counters(self) -> MediaCounters:
        return self._opened.counters

    async def close(self) -> None:
        """Hang up and give the telephone back."""
        if self._phone is not None:
            await self._phone.close()
            self._phone = None

    @property
    def _opened(self) -> Phone:
        if self._phone is None:
            raise RuntimeError(f"{self.name} has made no call")
        return self._phone
