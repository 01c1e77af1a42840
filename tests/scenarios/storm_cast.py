"""Who takes part in a storm: callers who come and go, telephones that are called, and a customer who is not well.

All that they do is drawn from the storm's seed; nobody here looks at what the server answers.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import Final

from hubbub.audio.tones import generate
from hubbub.audio.wav import write_wav
from hubbub.lab.caller import Caller
from hubbub.lab.customer import CustomerAnswer, CustomerRequest
from hubbub.lab.lab import Lab
from hubbub.phone.phone import CallFailed

URL: Final = "https://acme.example"
ROOMS: Final = ("red", "green", "blue")
NUMBERS: Final = {"t": "+15550101", "b": "+15550102", "r": "+15550103"}
DIALECTS: Final = {"t": "twilio", "b": "bandwidth", "r": "restcomm"}
CALLERS: Final = ("ada", "ben", "cem", "dee", "eva", "fay")
LABELS: Final = ("desk", "guest")
BEEP_HZ: Final = 1200


class Cast:
    """Everybody outside of the server.

    Args:
        seed: of all that they do.
    """

    def __init__(self, lab: Lab, seed: int) -> None:
        self.lab = lab
        self.callers: list[Caller] = []
        self.phones: list[Caller] = []
        self.may_act = asyncio.Event()
        """Clear while the storm holds its breath."""
        self.is_over = False
        self.is_well = False
        """Whether the customer's servers answer at once and with sense."""
        self.told: dict[str, list[str]] = {}
        """The tokens that came to each callback address, in order; empty for a dialect that sends none."""
        self._random = Random(f"customer {seed}")
        self._seed = seed
        self._tasks: list[asyncio.Task[None]] = []
        self._addresses = 0
        self._sound = write_wav(generate([BEEP_HZ], 700, -20))

    async def enter(self) -> None:
        """Let them all begin."""
        lab = self.lab
        lab.customer(URL, self._answer)
        for letter, number in NUMBERS.items():
            await lab.number(number, f"{URL}/{letter}/voice", dialect=DIALECTS[letter])
        self.callers = [lab.caller(name) for name in CALLERS]
        self.phones = [
            await lab.phone("gus"),
            await lab.phone("hal", answers_after_s=0.7),
            await lab.phone("ivy"),
            await lab.phone("jan", answers_after_s=0.2),
            await lab.phone("kay", answers=False),
            await lab.phone("lea", only_rings=True),
        ]
        self.may_act.set()
        for caller in self.callers:
            self._spawn(self._come_and_go(caller))
        for phone in self.phones[2:4]:
            self._spawn(self._hang_up_soon(phone))

    def addresses(self) -> list[str]:
        """Where calls may be made to: one that nobody has is the last."""
        return [*(phone.uri for phone in self.phones), "sip:nobody@10.9.9.9"]

    def callback(self) -> str:
        """A new address for callbacks: what comes to it are the deliveries of one wish."""
        self._addresses += 1
        return f"{URL}/told/{self._addresses}"

    async def leave(self) -> None:
        """Everybody hangs up, and the customer is well from now on."""
        self.is_over = self.is_well = True
        self.may_act.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for caller in (*self.callers, *self.phones):
            await caller.close()

    def _spawn(self, work: object) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))  # type: ignore[arg-type]  # a coroutine

    async def _come_and_go(self, caller: Caller) -> None:
        random = Random(f"{self._seed} {caller.name}")
        targets = [*NUMBERS.values(), *NUMBERS.values(), *ROOMS]
        while True:
            await self._pause(random.uniform(0, 2))
            try:
                await caller.dial(random.choice(targets), ring_s=20)
            except CallFailed:
                continue
            for _ in range(random.randrange(1, 6)):
                await self._pause(random.uniform(0, 2.5))
                if caller.is_talking and random.random() < 0.3:
                    caller.presses(random.choice("12*#"), by_info=random.random() < 0.2)
            if random.random() < 0.7:
                caller.hangs_up()
            try:
                await caller.ends(within_s=6)
            except TimeoutError:
                await caller.close()

    async def _hang_up_soon(self, phone: Caller) -> None:
        """Answer, and be gone while the server is still busy with that."""
        random = Random(f"{self._seed} {phone.name}")
        while True:
            await self._pause(0.02)
            if phone.is_talking and random.random() < 0.3:
                phone.hangs_up()
            elif phone.is_ringing and random.random() < 0.05:
                await phone.close()
                await phone.ready()

    async def _pause(self, seconds: float) -> None:
        await self.lab.run_for(seconds)
        await self.may_act.wait()

    # --- the customer -----------------------------------------------------------------------------------

    def _answer(self, request: CustomerRequest) -> CustomerAnswer:
        path = request.url.removeprefix(URL).partition("?")[0]
        random = self._random
        if path.endswith(".wav"):
            return CustomerAnswer(self._sound, content_type="audio/wav")
        is_told = path.startswith("/told/")
        if is_told:
            self.told.setdefault(path, []).append(request.headers.get("i-twilio-idempotency-token", ""))
        after_s = 0.0 if self.is_well else random.choice((0, 0, 0, 0.02, 0.3, 0.3, 2.0))
        chance = random.random()
        if not self.is_well and chance < 0.12:
            wrong = ("<Response><Dial></Respo", "nonsense", "<Response><Fly/></Response>", "\x00\xff")
            status = random.choice((200, 200, 500, 404, 204))
            slow = random.random() < 0.1
            return CustomerAnswer(random.choice(wrong), status, after_s=40 if slow else after_s)
        if is_told:
            return CustomerAnswer(status=204, after_s=after_s)
        if path == "/b/room" or path == "/b/announce":
            return CustomerAnswer(self.room_bxml(random), after_s=after_s)
        if path == "/t/announce":
            return CustomerAnswer(
                "<Response><Say>Now hear this</Say><Play>/x.wav</Play></Response>", after_s=after_s
            )
        return CustomerAnswer(self.document(path[1], random), after_s=after_s)

    def room_bxml(self, random: Random) -> str:
        """BXML for a conference."""
        verbs = (
            "<SpeakSentence>Now hear this</SpeakSentence>",
            f"<PlayAudio>{URL}/x.wav</PlayAudio>",
            "<StartRecording/>",
            "<StopRecording/>",
            "<PauseRecording/>",
            "<ResumeRecording/>",
            "<Pause duration='1'/>",
        )
        return _response(*random.sample(verbs, random.randrange(1, 4)))

    def document(self, letter: str, random: Random) -> str:
        """A document for a call, in the dialect whose name begins so."""
        if random.random() < 0.6:
            return _response(self._join(letter, random))
        if letter == "b":
            return self._bxml(random)
        voice = f"{URL}/{letter}/voice"
        return _response(
            *random.choice(
                (
                    ("<Say>Welcome</Say>", self._join(letter, random)),
                    (f'<Gather timeout="2" numDigits="1" action="{voice}"><Say>Press a key</Say></Gather>',),
                    (f'<Record maxLength="3" timeout="2" action="{voice}"/>',),
                    (
                        f'<Dial timeout="4" action="{voice}"><Sip>{random.choice(self.addresses())}</Sip></Dial>',
                    ),
                    (f'<Dial timeLimit="3"><Sip>{self.phones[0].uri}</Sip></Dial>', "<Say>Bye</Say>"),
                    (f"<Play>{URL}/x.wav</Play>", f"<Redirect>{voice}</Redirect>"),
                    ('<Pause length="2"/>', self._join(letter, random)),
                    ("<Hangup/>",),
                    ("<Reject/>",),
                    (),
                )
            )
        )

    def _bxml(self, random: Random) -> str:
        voice = f"{URL}/b/voice"
        verbs = random.choice(
            (
                ("<SpeakSentence>Welcome</SpeakSentence>", self._join("b", random)),
                (f'<Gather firstDigitTimeout="2" maxDigits="1" gatherUrl="{voice}"/>',),
                (f'<Record maxDuration="3" silenceTimeout="2" recordCompleteUrl="{voice}"/>',),
                (
                    f'<Transfer callTimeout="4" transferCompleteUrl="{voice}">'
                    f"<SipUri>{random.choice(self.addresses())}</SipUri></Transfer>",
                ),
                ("<StartRecording/>", self._join("b", random)),
                (f"<PlayAudio>{URL}/x.wav</PlayAudio>", f'<Redirect redirectUrl="{voice}"/>'),
                ('<Pause duration="2"/>', self._join("b", random)),
                ("<Hangup/>",),
            )
        )
        return _response(*verbs)

    def _join(self, letter: str, random: Random) -> str:
        """A verb that joins a room, with some of the attributes that there are."""
        room = random.choice(ROOMS)
        wishes: dict[str, str] = {}
        if letter == "b":
            offered = {
                "mute": "true",
                "hold": "true",
                "conferenceEventUrl": self.callback(),
                "callIdsToCoach": "c-95ac8d6e-1a31c52e-b38f-4198-93c1-51633ec68f8d",
            }
            wishes = {key: value for key, value in offered.items() if random.random() < 0.2}
            return f"<Conference{_words(wishes)}>{room}</Conference>"
        offered = {
            "muted": "true",
            "beep": random.choice(("true", "false", "onEnter", "onExit")),
            "startConferenceOnEnter": "false",
            "waitUrl": "",
            "statusCallback": self.callback(),
            "maxParticipants": "3",
        }
        wishes = {key: value for key, value in offered.items() if random.random() < 0.25}
        if letter == "t" and random.random() < 0.15:
            wishes["participantLabel"] = random.choice(LABELS)
        if "statusCallback" in wishes:
            wishes["statusCallbackEvent"] = "start end join leave mute hold speaker"
        if random.random() < 0.08:
            wishes["endConferenceOnExit"] = "true"
        dial = {"hangupOnStar": "true", "action": f"{URL}/{letter}/voice", "timeLimit": "5"}
        around = {key: value for key, value in dial.items() if random.random() < 0.25}
        if random.random() < 0.15:
            around["record"] = "true" if letter == "r" else "record-from-answer"
        return f"<Dial{_words(around)}><Conference{_words(wishes)}>{room}</Conference></Dial>"


def _response(*verbs: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{"".join(verbs)}</Response>'


def _words(attributes: dict[str, str]) -> str:
    return "".join(f' {key}="{value}"' for key, value in attributes.items())
