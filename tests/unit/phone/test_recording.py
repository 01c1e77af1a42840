"""What was heard: packets find their place by their timestamps, whatever the network did to them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.audio.tones import generate
from hubbub.phone import recording as recording_module
from hubbub.phone.recording import Recording
from hubbub.protocol.rtp.packet import RtpPacket

START_S = 50.0
SPOKEN = g711.decode_bytes(g711.ULAW, g711.encode_samples(g711.ULAW, generate([440], 1000, -10)))
CODES = g711.encode_samples(g711.ULAW, generate([440], 1000, -10))


def packet(number: int, *, base_rtp: int = 0, ssrc: int = 1) -> RtpPacket:
    payload = CODES[160 * number : 160 * number + 160]
    return RtpPacket(0, number, (base_rtp + 160 * number) % (1 << 32), ssrc, payload)


def heard(arrivals: list[tuple[float, RtpPacket]], until_s: float = 1.0) -> NDArray[np.int16]:
    recording = Recording(START_S)
    for at_s, each in sorted(arrivals, key=lambda arrival: arrival[0]):
        recording.add(each, g711.ULAW, START_S + at_s)
    return recording.pcm(START_S + until_s)


def test_packets_in_time_make_the_sound_that_was_spoken() -> None:
    pcm = heard([(0.02 * n, packet(n)) for n in range(50)])
    assert np.array_equal(pcm, SPOKEN)


@given(st.data(), st.integers(0, 0xFFFF_FFFF))
def test_order_duplicates_and_the_wrap_make_no_difference(data: st.DataObject, base_rtp: int) -> None:
    arrivals = [(0.0, packet(0, base_rtp=base_rtp))]
    for number in range(1, 50):
        copies = data.draw(st.integers(1, 2))
        for _ in range(copies):
            delay_s = data.draw(st.floats(0, 0.15))
            arrivals.append((0.02 * number + delay_s, packet(number, base_rtp=base_rtp)))
    assert np.array_equal(heard(arrivals, until_s=1.1)[:8000], SPOKEN)


def test_what_never_came_is_silence_in_its_place() -> None:
    pcm = heard([(0.02 * n, packet(n)) for n in range(50) if not 10 <= n < 15])
    assert not pcm[1600:2400].any()
    assert np.array_equal(pcm[:1600], SPOKEN[:1600])
    assert np.array_equal(pcm[2400:], SPOKEN[2400:])


def test_a_new_source_begins_when_its_first_packet_comes() -> None:
    first = [(0.02 * n, packet(n)) for n in range(10)]
    second = [(0.6 + 0.02 * n, packet(n, base_rtp=99_999, ssrc=2)) for n in range(10)]
    pcm = heard(first + second)
    assert np.array_equal(pcm[4800:6400], SPOKEN[:1600])
    assert not pcm[1600:4800].any()


def test_timestamps_that_jump_begin_anew_rather_than_far_away() -> None:
    jumped = [(0.4 + 0.02 * n, packet(n, base_rtp=8000 * 3600)) for n in range(10)]
    pcm = heard([(0.02 * n, packet(n)) for n in range(10)] + jumped)
    assert len(pcm) < 9000
    assert np.array_equal(pcm[3200:4800], SPOKEN[:1600])


def test_the_last_seconds_have_exactly_that_length() -> None:
    recording = Recording(START_S)
    assert len(recording.pcm(START_S + 0.5, last_s=2.0)) == 16_000
    for n in range(50):
        recording.add(packet(n), g711.ULAW, START_S + 0.02 * n)
    assert np.array_equal(recording.pcm(START_S + 1.0, last_s=0.5), SPOKEN[4000:])


def test_a_stream_that_ended_is_followed_by_silence_up_to_now() -> None:
    recording = Recording(START_S)
    for n in range(50):
        recording.add(packet(n), g711.ULAW, START_S + 0.02 * n)
    assert len(recording.pcm(START_S + 5.0)) == 40_000
    assert not recording.pcm(START_S + 5.0, last_s=3.0).any()
    # A moment ago it still sounded: the rest may be on its way, and silence is not made up.
    assert np.array_equal(recording.pcm(START_S + 1.1, last_s=0.5), SPOKEN[4000:])


def test_old_sound_is_dropped(monkeypatch: object) -> None:
    monkeypatch.setattr(recording_module, "KEPT_S_MAX", 0.5)  # type: ignore[attr-defined]
    recording = Recording(START_S)
    for n in range(50):
        recording.add(packet(n), g711.ULAW, START_S + 0.02 * n)
    kept = recording.pcm(START_S + 1.0)
    assert 4000 <= len(kept) <= 4320
    assert np.array_equal(kept, SPOKEN[-len(kept) :])
