"""The jitter buffer: loss, reordering, duplicates, bursts, drift, jumps and every packet length."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hubbub.audio import ears, g711, tones
from hubbub.media.core.layout import FRAME
from media.rig import Caller, Rig


def numbered(frame: int, length: int = FRAME) -> NDArray[np.int16]:
    """A frame that can be told from others: a constant that G.711 codes exactly."""
    level = int(g711.TABLES[g711.ULAW][0x80 + 1 + frame % 100])
    return np.full(length, level, np.int16)


class Room:
    """Alice sends, Bob hears; `tick` says which of the numbered frames he heard, None for silence."""

    def __init__(self, **changes: int) -> None:
        self.rig = Rig(**changes)
        self.alice = self.rig.caller()
        self.bob = self.rig.caller()
        mixer = self.rig.mixer()
        for caller in (self.alice, self.bob):
            self.rig.join(caller, mixer)
        self.rig.run(5)  # until nothing is played any more
        self.missed_before = self.missed()

    def tick(self) -> NDArray[np.int16]:
        return self.rig.heard_by(self.bob, self.rig.run(1))

    def missed(self) -> int:
        """Frames concealed since the room was made."""
        return self.rig.count("frames_missed") - getattr(self, "missed_before", 0)

    def packets(self, count: int, length: int = FRAME) -> list[bytes]:
        return [self.alice.packet(g711.encode_samples(0, numbered(i, length))) for i in range(count)]


def test_an_even_stream_is_heard_whole_and_one_frame_late() -> None:
    room = Room()
    for frame, packet in enumerate(room.packets(20)):
        room.alice.send(packet)
        assert np.array_equal(room.tick(), numbered(frame))
    assert room.missed() == 0


@pytest.mark.parametrize("length", [80, 160, 240, 320, 480])
def test_every_ptime_is_cut_and_joined_into_frames(length: int) -> None:
    room = Room()
    stream = np.concatenate([numbered(i, 80) for i in range(12 * 6)])
    payload = g711.encode_samples(0, stream)
    heard, sent = [], 0
    for tick in range(40):
        while sent + length <= min(len(payload), (tick + 1) * FRAME):
            room.alice.send(room.alice.packet(payload[sent : sent + length]))
            sent += length
        heard.append(room.tick())
    pcm = np.concatenate(heard)
    start = int(np.flatnonzero(pcm)[0])
    whole = sent - sent % FRAME
    gapless = [x for x in np.split(pcm[start:], range(80, len(pcm) - start, 80)) if len(x) == 80]
    blocks = [int(block[0]) for block in gapless if (block == block[0]).all() and block[0]]
    expected = [int(stream[i]) for i in range(0, whole, 80)]
    shown = [b for b in blocks if b in expected]
    assert list(dict.fromkeys(shown)) == expected, "every block once, in order"


def test_a_lost_frame_is_concealed_and_adds_no_delay() -> None:
    room = Room()
    heard = []
    for frame, packet in enumerate(room.packets(10)):
        if frame != 5:
            room.alice.send(packet)
        heard.append(room.tick())
    assert heard[5].any(), "concealed, not silent"
    assert int(heard[6][FRAME // 2]) == int(numbered(6)[0]), "blended in, then in time"
    assert np.array_equal(heard[7], numbered(7))
    assert room.rig.count("packets_lost") == 1
    assert room.missed() == 1


def test_packets_out_of_order_are_heard_in_order() -> None:
    room = Room(jitter_frames_min=2)
    packets = room.packets(10)
    for a in range(2, 10, 2):
        packets[a], packets[a + 1] = packets[a + 1], packets[a]
    heard = []
    room.alice.send(packets[0])
    for tick in range(9):
        room.alice.send(packets[tick + 1])
        heard.append(room.tick())
    sound = [h for h in heard if h.any()]
    assert [int(h[0]) for h in sound[:6]] == [int(numbered(i)[0]) for i in range(6)]
    assert room.missed() == 0


def test_a_duplicate_is_heard_once() -> None:
    room = Room()
    for frame, packet in enumerate(room.packets(10)):
        for _ in range(3):
            room.alice.send(packet)
        assert np.array_equal(room.tick(), numbered(frame))
    assert room.rig.count("drop_duplicate") == 20


def test_a_packet_that_comes_too_late_is_dropped_and_counted() -> None:
    room = Room()
    packets = room.packets(8)
    room.alice.send(packets[0])
    room.alice.send(packets[1])
    room.tick()
    room.alice.send(packets[3])
    room.alice.send(packets[4])
    for _ in range(3):
        room.tick()
    room.alice.send(packets[2])
    assert room.rig.count("drop_late") == 1


def test_an_underrun_adds_a_frame_of_delay_and_loses_nothing() -> None:
    room = Room()
    packets = room.packets(8)
    heard = []
    for tick in range(9):
        if tick != 3:
            room.alice.send(packets[tick if tick < 3 else tick - 1])
        heard.append(room.tick())
    assert [int(h[FRAME // 2]) for h in heard[4:9]] == [int(numbered(i)[0]) for i in range(3, 8)]


def test_a_stream_that_stops_fades_within_sixty_milliseconds() -> None:
    room = Room()
    for packet in room.packets(5):
        room.alice.send(packet)
        room.tick()
    fading = [int(abs(room.tick().astype(int)).max()) for _ in range(4)]
    assert fading[0] > fading[1] > fading[2] > 0
    assert fading[3] == 0


def test_what_piled_up_during_a_stall_is_not_kept_as_delay() -> None:
    room = Room()
    packets = room.packets(20)
    for packet in packets[:5]:
        room.alice.send(packet)
        room.tick()
    for _ in range(8):
        room.tick()
    for packet in packets[5:13]:
        room.alice.send(packet)
    assert np.array_equal(room.tick(), numbered(12))
    room.alice.send(packets[13])
    assert np.array_equal(room.tick(), numbered(13))


def test_a_burst_beyond_the_bound_drops_the_oldest() -> None:
    room = Room(jitter_frames_max=3)
    packets = room.packets(10)
    room.alice.send(packets[0])
    room.tick()
    for packet in packets[1:7]:
        room.alice.send(packet)
    assert np.array_equal(room.tick(), numbered(4))


def test_a_delay_that_is_not_needed_any_more_goes_away_in_quiet() -> None:
    room = Room()
    quiet = bytes([0xFE]) * FRAME
    depth = []
    for tick in range(400):
        for _ in range(5 if tick == 1 else 1):  # a burst: 80 ms that the next packets do not need
            room.alice.send(room.alice.packet(quiet))
        room.tick()
        leg = room.rig.state.ports[room.alice.slot]
        depth.append(int(leg.newest - leg.read) // FRAME)
    assert depth[1] == 4
    assert depth[-1] == 1, "one frame is kept, so that the next late packet costs nothing"
    assert room.rig.count("frames_shrunk") == 3
    assert room.missed() == 0


class Late:
    """A quiet caller whose packets are in time, but for those that come a tick late."""

    def __init__(self) -> None:
        self.room = Room()
        self.leg = self.room.rig.state.ports[self.room.alice.slot]
        self.runs(10)

    def runs(self, ticks: int) -> None:
        for _ in range(ticks):
            self._sends(1)

    def stalls(self) -> None:
        """One packet comes with the next."""
        self._sends(0)
        self._sends(2)
        assert self.leg.newest - self.leg.read == FRAME, "that has added a frame of delay"

    def ticks_until_the_delay_is_gone(self) -> int:
        for tick in range(10_000):
            self._sends(1)
            if self.leg.newest == self.leg.read:
                return tick
        raise AssertionError("it was kept for ever")

    def _sends(self, packets: int) -> None:
        for _ in range(packets):
            self.room.alice.send(self.room.alice.packet(bytes([0xFE]) * FRAME))
        self.room.tick()


def test_a_spare_frame_is_left_out_when_it_was_not_needed_for_four_seconds() -> None:
    caller = Late()
    caller.stalls()
    assert 100 <= caller.ticks_until_the_delay_is_gone() <= 300


def test_a_network_that_needs_it_again_soon_keeps_it_for_twice_as_long() -> None:
    caller = Late()
    caller.stalls()
    caller.ticks_until_the_delay_is_gone()
    for least in (400, 800):
        caller.runs(200)
        caller.stalls()
        assert least - 100 <= caller.ticks_until_the_delay_is_gone() <= least + 100


def test_a_network_that_is_late_once_a_minute_is_forgiven_each_time() -> None:
    caller = Late()
    for _ in range(4):
        caller.stalls()
        assert 100 <= caller.ticks_until_the_delay_is_gone() <= 300
        caller.runs(3000)


def test_one_stray_packet_changes_nothing() -> None:
    room = Room()
    for frame, packet in enumerate(room.packets(10)):
        if frame == 5:
            stranger = Caller(room.rig, room.alice.port_id, 0, 0, room.alice.port, ssrc=0xBAD, sequence=9)
            stranger.say(numbered(77))
        room.alice.send(packet)
        assert np.array_equal(room.tick(), numbered(frame))
    assert room.rig.count("drop_stray") == 1


@pytest.mark.parametrize(("ssrc", "sequence"), [(0xBEEF, 50), (None, 30_000), (0xBEEF, 65_535)])
def test_a_new_stream_is_followed_after_two_packets_in_a_row(ssrc: int | None, sequence: int) -> None:
    room = Room()
    for packet in room.packets(3):
        room.alice.send(packet)
        room.tick()
    room.alice.ssrc = ssrc or room.alice.ssrc
    room.alice.sequence = sequence
    room.alice.timestamp = 0x8000_0000
    heard = []
    for frame in range(20, 26):
        room.alice.say(numbered(frame))
        heard.append(room.tick())
    assert [int(h[FRAME // 2]) for h in heard[1:]] == [int(numbered(i)[0]) for i in range(21, 26)]
    assert room.rig.count("resynchronised") == 1


def test_sequence_and_timestamp_may_wrap() -> None:
    room = Room()
    room.alice.sequence = 65_530
    room.alice.timestamp = 2**32 - 5 * FRAME
    for frame in range(20):
        room.alice.say(numbered(frame))
        heard = room.tick()
        if frame > 3:
            assert np.array_equal(heard, numbered(frame))


def test_a_talk_spurt_after_silence_begins_at_once() -> None:
    room = Room()
    for packet in room.packets(3):
        room.alice.send(packet)
        room.tick()
    for _ in range(100):
        room.tick()
    room.alice.timestamp += 100 * FRAME
    for frame in range(5):
        room.alice.say(numbered(frame))
        assert np.array_equal(room.tick(), numbered(frame))


def test_random_loss_of_a_tenth_keeps_a_tone_whole() -> None:
    room = Room()
    tone = tones.generate([815], 1000, -20)
    chance = np.random.default_rng(7)
    heard = []
    for frame in range(200):
        at = frame * FRAME % len(tone)
        packet = room.alice.packet(g711.encode_samples(0, tone[at : at + FRAME]))
        if chance.random() > 0.1:
            room.alice.send(packet)
        heard.append(room.tick())
    level = ears.hear(np.concatenate(heard[20:]), [815]).tones_dbfs[815]
    assert abs(level + 20) < 1.5
