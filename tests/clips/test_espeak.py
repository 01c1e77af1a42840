"""The speech engine as a program: found, spoken with, missing, broken, slow."""

import asyncio
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from hubbub.clips import open_clips
from hubbub.clips.decoder import ClipLimits, decode
from hubbub.clips.espeak import EspeakEngine, find_program
from hubbub.clips.speech import Voice
from hubbub.domain.errors import InvalidValue
from wav_bytes import wav_file

ENGLISH = Voice("en-US", is_female=False)


class KeptLog:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, event: str, **values: Any) -> None: ...
    def info(self, event: str, **values: Any) -> None: ...
    def error(self, event: str, **values: Any) -> None: ...
    def warning(self, event: str, **values: Any) -> None:
        self.lines.append(event)


def program(folder: Path, script: str) -> tuple[str, ...]:
    path = folder / "engine"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return (str(path),)


async def test_it_speaks() -> None:
    command = find_program("")
    assert command is not None
    engine = EspeakEngine(command, ClipLimits())
    short = decode(await engine.speak("Hello.", ENGLISH), ClipLimits())
    long = decode(await engine.speak("Hello. This is a much longer sentence.", ENGLISH), ClipLimits())
    woman = decode(await engine.speak("Hello.", Voice("de-DE", is_female=True)), ClipLimits())
    assert 0.2 < len(short) / 16_000 < 3
    assert len(long) > 1.5 * len(short)
    assert woman != short


async def test_whatever_the_text_it_answers_with_sound_or_a_refusal() -> None:
    engine = EspeakEngine(("espeak-ng",), ClipLimits())
    for text in ("-w /tmp/x --version", "<break time='9999s'/>", "&lt;", "你好", "…", "x" * 4000):
        decode(await engine.speak(text, ENGLISH), ClipLimits())


def test_the_operators_program_is_taken_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own,) = program(tmp_path, "exit 0")
    assert find_program(own) == (own,)
    assert find_program(str(tmp_path / "gone")) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("hubbub.clips.espeak.find_spec", lambda name: None)
    assert find_program("") is None
    (tmp_path / "engine").rename(tmp_path / "espeak-ng")
    assert find_program("") == (str(tmp_path / "espeak-ng"),)


async def test_the_library_of_a_wheel_speaks_as_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    command = find_program("")
    assert command is not None
    engine = EspeakEngine(command, ClipLimits())
    british = Voice("en-GB", is_female=True)
    said = decode(await engine.speak("Hello.", british), ClipLimits())
    assert 0.2 < len(said) / 16_000 < 3
    paused = await engine.speak("Hello. You.", british, 'Hello. <break time="3000ms"/> You.')
    assert len(decode(paused, ClipLimits())) / 16_000 > 3


async def test_the_text_goes_in_by_standard_input_alone(tmp_path: Path) -> None:
    command = program(
        tmp_path,
        f"""if [ "$1" = --voices ]; then echo head; echo ' 5 en-us x'; exit; fi
            echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/text; cat {tmp_path}/sound""",
    )
    (tmp_path / "sound").write_bytes(wav_file(bytes(320)))
    engine = EspeakEngine(command, ClipLimits())
    assert decode(await engine.speak("--help; rm", Voice("en-US", is_female=True)), ClipLimits()) == bytes(
        320
    )
    assert (tmp_path / "arguments").read_text() == "-v en-us+f3 -b 1 --stdin --stdout\n"
    assert (tmp_path / "text").read_text() == "--help; rm"


async def test_an_engine_that_fails_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="status 3"):
        await EspeakEngine(program(tmp_path, "exit 3"), ClipLimits()).speak("hello", ENGLISH)
    with pytest.raises(InvalidValue, match="cannot be run"):
        await EspeakEngine((str(tmp_path / "gone"),), ClipLimits()).speak("hello", ENGLISH)


async def test_an_engine_that_hangs_is_ended(tmp_path: Path) -> None:
    command = program(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    with pytest.raises(InvalidValue, match="too long"):
        await EspeakEngine(command, ClipLimits(speech_timeout_s=0.3)).speak("hello", ENGLISH)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_a_caller_who_goes_ends_the_engine(tmp_path: Path) -> None:
    started = tmp_path / "pid"
    command = program(tmp_path, f"echo $$ > {tmp_path}/new; mv {tmp_path}/new {started}; exec sleep 60")
    task = asyncio.ensure_future(EspeakEngine(command, ClipLimits()).speak("hello", ENGLISH))
    for _ in range(1000):
        if started.exists():
            break
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


class NoWeb:
    async def fetch_sound(self, request: object) -> Any:
        raise AssertionError("nothing is fetched here")


async def test_a_missing_engine_is_one_line_at_the_start_and_a_refusal_at_use() -> None:
    log = KeptLog()
    clips = open_clips(NoWeb(), program="/nowhere/espeak-ng", log=log)
    assert log.lines == ["speech is off"]
    with pytest.raises(InvalidValue, match="/nowhere/espeak-ng was not found"):
        await clips.speak("hello", voice="", language="")
    await clips.aclose()
