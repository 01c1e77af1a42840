"""The applications of examples/ as docs/examples.md says to run them: a server, an application and telephones, each
over real sockets, in processes of their own but for the telephones."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import SystemRandom
from typing import Any

import httpx
import pytest
import pytest_asyncio

from example_stories import NUMBER, STORIES
from hubbub.audio.tones import VOICES_HZ
from hubbub.lab.caller import Judgement
from hubbub.phone.phone import Phone, PhoneSettings, PhoneState
from hubbub.phone.sounds import VOICE_DBFS
from interop.conftest import RunningServer
from interop.peers import free_port, output, output_file

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.xdist_group("interop")]

HOST = "127.0.0.1"
AUDIBLE_DBFS = -38.5
PATIENCE_S = 20.0
TOLD = ("the_customer_is_handed_over", "a_class_is_held", "a_supervisor_helps", "the_customer_is_called_back")
"""The stories that show an application whole; those of what goes wrong are told in the lab."""


class RealPhone:
    """A telephone at a port of this machine."""

    def __init__(self, name: str, phone: Phone, tone_hz: int) -> None:
        self.name = name
        self.phone = phone
        self.tone_hz = tone_hz

    @property
    def uri(self) -> str:
        return self.phone.uri

    @property
    def is_talking(self) -> bool:
        return self.phone.state is PhoneState.TALKING

    @property
    def is_ringing(self) -> bool:
        return self.phone.state is PhoneState.CALLING

    def hangs_up(self) -> None:
        self.phone.hangs_up()

    def presses(self, digits: str) -> None:
        self.phone.presses(digits)


class RealStage:
    """Real processes as a stage."""

    def __init__(self, server: RunningServer, dialect: str, folder: Path) -> None:
        self.server = server
        self.dialect = dialect
        self._folder = folder
        self._phones: list[RealPhone] = []
        self._application: subprocess.Popen[bytes] | None = None
        self._web = httpx.AsyncClient()
        self._url = ""

    async def phone(self, name: str, **settings: Any) -> RealPhone:
        home = f"{self.server.sip_host}:{self.server.sip_port}"
        wanted = PhoneSettings(user=name, home=home, answers=True)._replace(**settings)
        made = RealPhone(name, await Phone.open(wanted, SystemRandom(), HOST), VOICES_HZ[len(self._phones)])
        made.phone.says(made.tone_hz)
        self._phones.append(made)
        return made

    async def carrier(self, phone: RealPhone) -> None:
        target = f"sip:{phone.uri.rpartition('@')[2]}"
        await asyncio.to_thread(self.server.hubbub, "trunk", "create", "carrier", "--target", target)

    async def serve(self, example: str, **people: str) -> None:
        listen = f"{HOST}:{free_port()}"
        self._url = f"http://{listen}"
        words = ["application", "create", example, f"{self._url}/voice", "--dialect", self.dialect]
        if self.dialect != "twilio":
            words += ["--status-callback", f"{self._url}/gone"]
        await asyncio.to_thread(self.server.hubbub, *words)
        await asyncio.to_thread(self.server.hubbub, "number", "create", NUMBER, "--application", example)
        words = [sys.executable, "-m", "examples", example, self.dialect, "--listen", listen]
        words += ["--hubbub", self.server.http, "--data", str(self.server.data)]
        words += [f"{role}={uri}" for role, uri in people.items()]
        self._start(words)
        await self.comes(self._is_served)

    def _start(self, words: list[str]) -> None:
        root = Path(__file__).parents[2]
        log = output_file(self._folder)
        self._application = subprocess.Popen(words, cwd=root, stdout=log, stderr=subprocess.STDOUT)

    def _is_served(self) -> bool:
        assert self._application is not None
        assert self._application.poll() is None, output(self._folder)
        try:
            httpx.get(f"{self._url}/")
            return True
        except httpx.ConnectError:
            return False

    async def dials(self, phone: RealPhone) -> None:
        await phone.phone.dials(NUMBER)

    async def hears(self, phone: RealPhone, *voices: RealPhone | int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not (judgement := self._judge(phone, voices)):
            assert time.monotonic() < deadline, (judgement, output(self._folder))
            await asyncio.sleep(0.2)

    def _judge(self, phone: RealPhone, voices: tuple[RealPhone | int, ...]) -> Judgement:
        tones = [voice for voice in voices if isinstance(voice, int)]
        heard = phone.phone.listens([*(each.tone_hz for each in self._phones), *tones])
        expected: dict[float, float] = {
            voice.tone_hz: VOICE_DBFS for voice in voices if isinstance(voice, RealPhone)
        }
        expected |= {hz: max(heard.tones_dbfs[hz], AUDIBLE_DBFS) for hz in tones}
        return Judgement(phone.name, heard.mismatches(expected), heard)

    async def comes(self, what: Callable[[], object], within_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + within_s
        while not what():
            assert time.monotonic() < deadline, output(self._folder)
            await asyncio.sleep(0.05)

    async def passes(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def cases(self) -> Any:
        return (await self._web.get(f"{self._url}/desk")).json()

    async def push(self, button: str) -> None:
        answer = await self._web.post(f"{self._url}/desk/{button}")
        assert answer.status_code == 204, (answer.text, output(self._folder))

    async def kinds(self) -> list[str]:
        who = self.server.credentials["twilio"]
        page = await self._web.get(
            f"{self.server.http}/v1/events?limit=1000", auth=(who["account_sid"], who["auth_token"])
        )
        return [each["kind"] for each in page.json()["events"]]

    async def aclose(self) -> None:
        for each in self._phones:
            await each.phone.close()
        await self._web.aclose()
        if self._application is not None:
            self._application.terminate()
            self._application.wait(timeout=20)


@pytest_asyncio.fixture
async def stage(
    start_server: Callable[..., RunningServer], tmp_path: Path, dialect: str
) -> AsyncIterator[RealStage]:
    server = await asyncio.to_thread(start_server, "--sip-target-networks", "127.0.0.0/8")
    opened = RealStage(server, dialect, tmp_path)
    yield opened
    await opened.aclose()


@pytest.mark.parametrize(("story", "dialect"), [(name, each) for name in TOLD for each in STORIES[name][1]])
async def test_an_example_does_over_sockets_what_it_does_in_the_lab(stage: RealStage, story: str) -> None:
    await STORIES[story][0](stage)
