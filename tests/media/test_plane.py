"""The plane as its users see it: over real UDP, through its pipes."""

import asyncio
import os
from collections.abc import Callable

import numpy as np
import pytest

from hubbub.domain.errors import InvalidValue, ServerFull
from hubbub.media import MediaSettings, RtpPlane, open_plane
from hubbub.services.ports import (
    Clip,
    DigitHeard,
    LocalMedia,
    MediaEvent,
    MediaPlane,
    Mix,
    PlaybackEnded,
    TalkChanged,
)
from media.conftest import SETTINGS, KeptLog
from media.far_end import FRAME, FarEnd, talk

TONE = np.resize(np.array([0, 8000, 0, -8000], np.int16), FRAME)


def as_port(plane: RtpPlane) -> MediaPlane:
    """The type checker holds the plane to the port here."""
    return plane


def connect(plane: RtpPlane, far_end: FarEnd) -> LocalMedia:
    media = plane.open_port()
    far_end.send_to(media)
    plane.connect(media.port_id, far_end.remote())
    return media


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does; the test's own timeout is the limit."""
    while not condition():  # noqa: ASYNC110 - it is a thread, which sets no event
        await asyncio.sleep(0.005)


async def test_callers_in_different_rooms_do_not_hear_each_other(
    plane: RtpPlane, far_ends: Callable[..., FarEnd]
) -> None:
    alice, bob, carol = (far_ends() for _ in range(3))
    rooms = [plane.create_mixer(), plane.create_mixer()]
    for far_end, room in ((alice, 0), (bob, 0), (carol, 1)):
        plane.join(connect(plane, far_end).port_id, rooms[room], Mix())
    silence = np.zeros(FRAME, np.int16)
    await talk({alice: TONE, bob: silence, carol: silence}, [alice, bob, carol], 25)
    assert bob.heard(10).any()
    assert not carol.heard(10).any()
    assert not alice.heard(10).any()


async def test_calls_share_sockets_once_their_sources_are_known(
    plane: RtpPlane, far_ends: Callable[..., FarEnd]
) -> None:
    ports = set()
    for _ in range(5):
        far_end = far_ends()
        media = connect(plane, far_end)
        ports.add(media.rtp_port)
        fixed = plane.statistics()["sources_fixed"]
        await talk({far_end: TONE}, [], 3)
        await until(lambda before=fixed: plane.statistics()["sources_fixed"] == before + 1)  # type: ignore[misc]
        await asyncio.sleep(0)
    assert len(ports) <= 2


async def test_a_clip_is_heard_whole_and_its_end_reported(
    plane: RtpPlane, far_ends: Callable[..., FarEnd]
) -> None:
    events: list[MediaEvent] = []
    plane.subscribe(events.append)
    alice = far_ends()
    media = connect(plane, alice)
    pcm = np.tile(TONE, 10)
    playback = plane.play_to_port(media.port_id, Clip(pcm.tobytes(), "tone"))
    await until(lambda: bool(events))
    assert events == [PlaybackEnded(playback)]
    await asyncio.sleep(0.05)
    alice.listen()
    heard = alice.heard(1000)
    assert np.count_nonzero(heard) == np.count_nonzero(pcm)
    assert plane.statistics()["arena_samples_used"] == 0


async def test_a_digit_is_reported_to_listeners(plane: RtpPlane, far_ends: Callable[..., FarEnd]) -> None:
    events: list[MediaEvent] = []
    plane.subscribe(events.append)
    alice = far_ends()
    media = connect(plane, alice)
    await talk({alice: TONE}, [], 3)
    header = bytes([0x80, 101]) + alice.sequence.to_bytes(2, "big")
    header += alice.timestamp.to_bytes(4, "big") + alice.ssrc.to_bytes(4, "big")
    alice.socket.sendto(header + bytes([11, 0x80, 3, 32]), alice.target)
    await until(lambda: any(isinstance(event, DigitHeard) for event in events))
    assert DigitHeard(media.port_id, "#", 100) in events


async def test_who_talks_is_reported_to_listeners(plane: RtpPlane, far_ends: Callable[..., FarEnd]) -> None:
    events: list[MediaEvent] = []
    plane.subscribe(events.append)
    alice = far_ends()
    media = connect(plane, alice)
    plane.join(media.port_id, plane.create_mixer(), Mix())
    await talk({alice: TONE}, [], 20)
    await until(lambda: TalkChanged(media.port_id, True) in events)
    await talk({alice: np.zeros(FRAME, np.int16)}, [], 40)
    await until(lambda: TalkChanged(media.port_id, False) in events)
    assert len(events) == 2


async def test_two_planes_talk_digits_to_each_other(plane: RtpPlane) -> None:
    heard: list[MediaEvent] = []
    plane.subscribe(heard.append)
    near, far = plane.open_port(), plane.open_port()
    for one, other in ((near, far), (far, near)):
        host = FarEnd()
        plane.connect(one.port_id, host.remote(rtp_port=other.rtp_port))
        host.close()
    plane.send_digits(near.port_id, "1w#")
    await until(lambda: sum(isinstance(event, DigitHeard) for event in heard) == 2)
    digits = [event for event in heard if isinstance(event, DigitHeard)]
    assert digits == [DigitHeard(far.port_id, "1", 120), DigitHeard(far.port_id, "#", 120)]


async def test_a_thousand_ports_come_and_go_and_leave_nothing(plane: RtpPlane) -> None:
    first = plane.open_port()
    plane.close_port(first.port_id)
    files = len(os.listdir("/proc/self/fd"))
    mixer = plane.create_mixer()
    ids = set()
    for _ in range(20):
        media = [plane.open_port() for _ in range(50)]
        for each in media:
            ids.add(each.port_id)
            plane.join(each.port_id, mixer, Mix())
            plane.play_to_port(each.port_id, Clip(TONE.tobytes(), "tone"), loop=True)
        for each in media:
            plane.close_port(each.port_id)
        await until(lambda: plane.statistics()["playbacks_open"] == 0)
    assert len(ids) == 1000, "an id is never used again"
    await until(lambda: plane.statistics()["sockets_open"] <= 4)
    await until(lambda: len(os.listdir("/proc/self/fd")) <= files + 2 * 4)
    statistics = plane.statistics()
    assert statistics["ports_open"] == 0
    assert statistics["commands_refused"] == 0
    assert not any(plane.state.ports[slot].port_id for slot in range(len(plane.state.ports)))
    assert plane.state.mixers[mixer & 0xFFFFF].members == 0


async def test_a_full_plane_says_so(plane: RtpPlane) -> None:
    media = [plane.open_port() for _ in range(SETTINGS.ports_max)]
    with pytest.raises(ServerFull):
        plane.open_port()
    plane.close_port(media[0].port_id)
    assert plane.open_port().port_id not in {each.port_id for each in media}


async def test_no_free_rtp_port_is_a_full_plane() -> None:
    log = KeptLog()
    small = open_plane(
        MediaSettings(rtp_port_first=24500, rtp_port_last=24503, ports_max=8, arena_samples=1000), log
    )
    try:
        assert {small.open_port().rtp_port for _ in range(2)} == {24500, 24502}
        with pytest.raises(ServerFull):
            small.open_port()
    finally:
        await small.aclose()


@pytest.mark.parametrize("changes", [{"host": "example.com"}, {"host": "::1"}, {"codec": "G729"}])
async def test_a_far_end_that_cannot_be_is_refused(plane: RtpPlane, changes: dict[str, str]) -> None:
    far_end = FarEnd()
    far_end.close()
    with pytest.raises(InvalidValue):
        plane.connect(plane.open_port().port_id, far_end.remote(**changes))


async def test_what_is_no_digit_is_refused(plane: RtpPlane) -> None:
    with pytest.raises(InvalidValue):
        plane.send_digits(plane.open_port().port_id, "12x")


async def test_more_commands_than_a_pipe_holds_all_arrive(plane: RtpPlane) -> None:
    mixer = plane.create_mixer()
    media = plane.open_port()
    for _ in range(40_000):
        plane.join(media.port_id, mixer, Mix())
    plane.leave(media.port_id)
    await until(lambda: plane.state.ports[media.port_id & 0xFFFFF].mixer < 10)
    assert plane.statistics()["commands_refused"] == 0


async def test_closing_twice_is_closing_once() -> None:
    plane = open_plane(SETTINGS, KeptLog())
    plane.open_port()
    await plane.aclose()
    await plane.aclose()


async def test_the_load_of_the_thread_is_published_and_guards_the_door(plane: RtpPlane) -> None:
    await until(lambda: plane.statistics()["busy_share"] > 0)
    plane.settings = MediaSettings(busy_share_max=0.0)
    with pytest.raises(ServerFull):
        plane.open_port()
