"""A running media plane and far ends for tests over real UDP."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from hubbub.media import MediaSettings, RtpPlane, open_plane, warm_up
from media.far_end import FarEnd


class KeptLog:
    """Implements `services.ports.Log`; keeps errors for the test."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, dict[str, Any]]] = []

    def debug(self, event: str, **values: Any) -> None: ...
    def info(self, event: str, **values: Any) -> None: ...
    def warning(self, event: str, **values: Any) -> None: ...
    def error(self, event: str, **values: Any) -> None:
        self.errors.append((event, values))


SETTINGS = MediaSettings(
    rtp_port_first=23000,
    rtp_port_last=23999,
    ports_max=256,
    mixers_max=64,
    playbacks_max=64,
    taps_max=16,
    arena_samples=1 << 20,
    media_timeout_ms=0,
)


@pytest.fixture(scope="session")
def compiled_core() -> None:
    """Without it the first test would talk before the loop runs."""
    warm_up(lambda line: None)


@pytest.fixture
async def plane(compiled_core: None) -> AsyncIterator[RtpPlane]:
    log = KeptLog()
    plane = open_plane(SETTINGS, log)
    yield plane
    await plane.aclose()
    assert log.errors == []


@pytest.fixture
def far_ends() -> Iterator[Callable[..., FarEnd]]:
    made: list[FarEnd] = []

    def make(law: int = 0) -> FarEnd:
        made.append(FarEnd(law, ssrc=1000 + len(made)))
        return made[-1]

    yield make
    for far_end in made:
        far_end.close()
