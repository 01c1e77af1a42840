"""Who may be called and who calls: each has a tone for a voice, and a desk an ear that can be asked while it hears.

Owns the desks, which are baresips that register, and the sipps round them, until all hang up together.
"""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from itertools import count
from pathlib import Path
from typing import NamedTuple

from interop.conftest import RunningServer, wait_until
from interop.hearing import Ear
from interop.peers import answering_sipp, free_port, hang_up, output, registered_baresip, sipp

_RTP_FIRST, _RTP_EACH = 19_600, 20


class Desk(NamedTuple):
    """One telephone."""

    name: str
    """Registered as; `client:NAME` calls it."""
    tone_hz: int
    ear: Ear
    address: str
    """Where it is reached without its registration: a SIP URI."""
    process: subprocess.Popen[str]

    def hangs_up(self) -> None:
        hang_up(self.process)


class Office:
    """The telephones round one server. To be used as a context; all hang up at its end.

    Args:
        folder: where they keep their files.
        tones_hz: all tones that may be heard.
        seconds: they live at most so long.
    """

    def __init__(
        self, server: RunningServer, folder: Path, tones_hz: Collection[int], seconds: int = 90
    ) -> None:
        self._server = server
        self._folder = folder
        self._tones_hz = tones_hz
        self._seconds = seconds
        self._numbers = count()
        self._desks: list[Desk] = []
        self._others: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Office:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*(desk.process for desk in self._desks), *self._others):
            hang_up(process)

    def desk(self, name: str, tone_hz: int, *, answers: bool = True) -> Desk:
        """Set up a telephone that registers; it answers every call, or lets every call ring."""
        folder = self._folder / name
        folder.mkdir()
        self._server.hubbub("trunk", "create", name, "--username", name, "--password", "right")
        port = free_port()
        first = _RTP_FIRST + next(self._numbers) * _RTP_EACH
        process = registered_baresip(
            folder,
            f"{self._server.sip_host}:{self._server.sip_port}",
            name,
            "right",
            sip_port=port,
            rtp_ports=f"{first}-{first + _RTP_EACH - 2}",
            tone_hz=tone_hz,
            seconds=self._seconds,
            answers=answers,
        )
        ear = Ear(folder / "dump", self._tones_hz)
        made = Desk(name, tone_hz, ear, f"sip:{name}@127.0.0.1:{port}", process)
        self._desks.append(made)
        return made

    def sipp(self, name: str, room: str, tone_hz: int) -> subprocess.Popen[str]:
        """Let sipp call into a room and speak until it is ended."""
        folder = self._folder / name
        folder.mkdir()
        where = (self._server.sip_host, self._server.sip_port)
        self._others.append(sipp(folder, *where, room, stay_ms=1000 * self._seconds, tone_hz=tone_hz))
        return self._others[-1]

    def carrier(
        self, name: str, tone_hz: int, how: str = "plainly", *, calls: int = 1
    ) -> subprocess.Popen[str]:
        """Let sipp answer so many calls to numbers, as `peers.SIPP_ANSWERS` says, and speak in them."""
        folder = self._folder / name
        folder.mkdir()
        port = free_port()
        self._others.append(answering_sipp(folder, port, how, calls=calls, tone_hz=tone_hz))
        self._server.hubbub("trunk", "create", name, "--target", f"sip:127.0.0.1:{port}")
        return self._others[-1]

    def is_open(self) -> None:
        """Wait until all are registered."""
        for desk in self._desks:
            wait_until(
                lambda desk=desk: "200 OK" in output(self._folder / desk.name),  # type: ignore[misc]
                f"{desk.name} is registered",
                20,
            )
