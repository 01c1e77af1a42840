"""Sound goes in by track and position, and comes out as files: aligned, of one length, in the shape asked for."""

from __future__ import annotations

import wave

import numpy as np
import pytest

from hubbub.domain.errors import InvalidValue, NotFound
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import AudioFormat
from hubbub.services.recordings.recording_files import Blend
from recordings.conftest import ID, RATE, Shelf, level_of, say, tone


async def test_one_track_comes_out_to_the_sample(shelf: Shelf) -> None:
    sound = tone(440, 1.3)
    say(shelf.begin(), "mix", sound)
    finished = await shelf.library.finish(ID, len(sound))
    assert (finished.samples, finished.duration_ms) == (len(sound), 1300)
    assert finished.size_bytes == 44 + 2 * len(sound)
    np.testing.assert_array_equal(await shelf.sound_of(), sound)


async def test_what_positions_leave_out_is_silence(shelf: Shelf) -> None:
    writer, sound = shelf.begin(), tone(440, 0.5)
    say(writer, "mix", sound, 100)
    say(writer, "mix", sound, 9000)
    await shelf.library.finish(ID, 14_000)
    wanted = np.zeros(14_000, np.int16)
    wanted[100:4100] = wanted[9000:13_000] = sound
    np.testing.assert_array_equal(await shelf.sound_of(), wanted)


async def test_tracks_are_as_long_as_the_mix_and_a_late_one_begins_with_silence(shelf: Shelf) -> None:
    writer = shelf.begin(Blend.MIX_AND_TRACKS)
    say(writer, "mix", tone(440, 2.0))
    say(writer, "alice", tone(500, 2.0))
    say(writer, "bob", tone(700, 0.5), 8000)
    await shelf.library.finish(ID, 16_000)
    tracks = {name: await shelf.sound_of(track=name) for name in ("alice", "bob")}
    assert {len(each) for each in tracks.values()} == {len(await shelf.sound_of())} == {16_000}
    assert not tracks["bob"][:8000].any()
    assert not tracks["bob"][12_000:].any()
    np.testing.assert_array_equal(tracks["bob"][8000:12_000], tone(700, 0.5))
    with pytest.raises(NotFound):
        await shelf.sound_of(track="carol")


async def test_an_hour_of_a_late_joiners_silence_takes_no_room(shelf: Shelf) -> None:
    writer = shelf.begin(Blend.MIX_AND_TRACKS)
    writer.append("mix", 3600 * RATE - 160, bytes(320))
    say(writer, "bob", tone(700, 0.1), 3600 * RATE - 800)
    await shelf.library.finish(ID, 3600 * RATE)
    files = [shelf.folder / "sound.wav", shelf.folder / "track-bob.wav"]
    assert {each.stat().st_size for each in files} == {44 + 2 * 3600 * RATE}
    assert sum(each.stat().st_blocks for each in files) * 512 < 1 << 20


async def test_both_sides_of_a_call_are_added_and_clipped_once(shelf: Shelf) -> None:
    writer = shelf.begin(Blend.SUM)
    loud = np.full(1600, 30_000, np.int16)
    say(writer, "inbound", loud)
    say(writer, "outbound", np.concatenate([loud[:800], -loud[:800]]))
    await shelf.library.finish(ID, 1600)
    sound = await shelf.sound_of()
    assert (sound[:800] == 32_767).all()
    assert not sound[800:].any()


async def test_two_sides_lie_left_and_right_and_mix_down_to_one(shelf: Shelf) -> None:
    writer = shelf.begin(Blend.SIDE_BY_SIDE)
    left, right = tone(440, 1.0), tone(1000, 1.0, 3000)
    say(writer, "left", left)
    say(writer, "right", right)
    await shelf.library.finish(ID, 8000)
    np.testing.assert_array_equal(await shelf.sound_of(), np.stack([left, right], axis=1))
    np.testing.assert_array_equal(await shelf.sound_of(channels=2), np.stack([left, right], axis=1))
    np.testing.assert_array_equal(await shelf.sound_of(channels=1), left + right)
    with pytest.raises(InvalidValue):
        await shelf.sound_of(channels=3)


async def test_the_first_lies_left_and_the_rest_of_the_mix_right(shelf: Shelf) -> None:
    writer = shelf.begin(Blend.FIRST_AND_REST)
    first, rest = tone(440, 1.0), tone(1000, 1.0, 3000)
    say(writer, "first", first)
    say(writer, "mix", first + rest)
    await shelf.library.finish(ID, 8000)
    np.testing.assert_array_equal(await shelf.sound_of(), np.stack([first, rest], axis=1))


async def test_mono_has_no_second_channel(shelf: Shelf) -> None:
    say(shelf.begin(), "mix", tone(440, 0.2))
    await shelf.library.finish(ID, 1600)
    with pytest.raises(InvalidValue):
        await shelf.sound_of(channels=2)
    assert len(await shelf.sound_of(channels=1)) == 1600


@pytest.mark.parametrize("stereo", [False, True])
@pytest.mark.parametrize("format_", [AudioFormat.MP3, AudioFormat.FLAC, AudioFormat.OPUS])
async def test_other_formats_hold_the_same_tones(shelf: Shelf, format_: AudioFormat, stereo: bool) -> None:
    writer = shelf.begin(Blend.SIDE_BY_SIDE if stereo else Blend.SUM)
    say(writer, "left", tone(440, 2.0))
    if stereo:
        say(writer, "right", tone(1000, 2.0, 4000))
    await shelf.library.finish(ID, 16_000)
    sound = await shelf.sound_of(format_)
    assert len(sound) / shelf.rate == pytest.approx(2.0, abs=0.1)
    middle = sound[shelf.rate // 2 : -shelf.rate // 2]
    left, right = (middle[:, 0], middle[:, 1]) if stereo else (middle, None)
    assert level_of(440, left, shelf.rate) == pytest.approx(8000, rel=0.1)
    if right is not None:
        assert level_of(1000, right, shelf.rate) == pytest.approx(4000, rel=0.1)
        assert level_of(440, right, shelf.rate) < 200
        assert level_of(1000, left, shelf.rate) < 200
    if format_ is AudioFormat.FLAC:
        np.testing.assert_array_equal(sound, await shelf.sound_of())


async def test_the_format_asked_for_is_there_when_it_is_finished(shelf: Shelf) -> None:
    say(shelf.begin(format=AudioFormat.MP3), "mix", tone(440, 1.0))
    finished = await shelf.library.finish(ID, 8000)
    assert finished.size_bytes == (shelf.folder / "sound.mp3").stat().st_size
    assert len(await shelf.bytes_of(AudioFormat.MP3)) == finished.size_bytes


async def test_a_range_is_the_bytes_asked_for(shelf: Shelf) -> None:
    say(shelf.begin(), "mix", tone(440, 20.0))
    await shelf.library.finish(ID, 160_000)
    everything = await shelf.bytes_of()
    assert await shelf.bytes_of(first_byte=10, last_byte=150_009) == everything[10:150_010]
    assert await shelf.bytes_of(first_byte=320_040) == everything[-4:]
    assert await shelf.bytes_of(first_byte=0, last_byte=10**9) == everything
    with pytest.raises(InvalidValue):
        await shelf.bytes_of(first_byte=320_045)


async def test_silence_at_both_ends_goes_when_asked_and_all_tracks_alike(shelf: Shelf) -> None:
    writer = shelf.begin(Blend.MIX_AND_TRACKS, trim_silence=True)
    for track in ("mix", "alice"):
        say(writer, track, tone(440, 1.0), 16_000)
    say(writer, "bob", tone(700, 0.5, 5.0), 0)  # too soft to be a voice
    finished = await shelf.library.finish(ID, 40_000)
    assert finished.samples == 8000 + 2 * 1600
    sound = await shelf.sound_of()
    np.testing.assert_array_equal(sound[1600:-1600], tone(440, 1.0))
    np.testing.assert_array_equal(await shelf.sound_of(track="alice"), sound)
    assert len(await shelf.sound_of(track="bob")) == len(sound)
    assert {"sample": 14_400, "what": "trimmed-to", "samples": 11_200} in shelf.timeline()


async def test_nothing_is_left_of_silence_that_is_trimmed(shelf: Shelf) -> None:
    say(shelf.begin(trim_silence=True), "mix", np.zeros(8000, np.int16))
    assert (await shelf.library.finish(ID, 8000)).samples == 0


async def test_it_says_whether_anybody_speaks_when_asked(shelf: Shelf) -> None:
    say(shelf.begin(silent_is_absent=True), "mix", np.zeros(8000, np.int16))
    assert (await shelf.library.finish(ID, 8000)).has_voice is False
    await shelf.library.delete(ID)
    say(shelf.begin(silent_is_absent=True), "mix", tone(440, 0.1), 7000)
    assert (await shelf.library.finish(ID, 8000)).has_voice is True


async def test_the_timeline_has_sample_positions(shelf: Shelf) -> None:
    writer = shelf.begin()
    say(writer, "mix", tone(440, 1.0))
    writer.note(4000, "muted", {"call": "c" * 32})
    await shelf.library.finish(ID, 8000)
    assert shelf.timeline() == [
        {"sample": 0, "what": "started"},
        {"sample": 4000, "what": "muted", "call": "c" * 32},
        {"sample": 8000, "what": "stopped"},
    ]


async def test_what_is_deleted_is_gone_and_may_be_deleted_again(shelf: Shelf) -> None:
    say(shelf.begin(), "mix", tone(440, 0.2))
    await shelf.library.finish(ID, 1600)
    await shelf.library.delete(ID)
    assert not shelf.folder.exists()
    await shelf.library.delete(ID)
    with pytest.raises(NotFound):
        await shelf.bytes_of()


async def test_what_was_never_recorded_is_not_found(shelf: Shelf) -> None:
    with pytest.raises(NotFound):
        await shelf.library.open(
            RecordingId("f" * 32), AudioFormat.WAV, channels=None, track=None, first_byte=0, last_byte=None
        )


async def test_the_file_is_a_wav_to_other_programs(shelf: Shelf) -> None:
    say(shelf.begin(Blend.SIDE_BY_SIDE), "left", tone(440, 0.2))
    await shelf.library.finish(ID, 1600)
    with wave.open(str(shelf.folder / "sound.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth(), file.getnframes()) == (
            2,
            8000,
            2,
            1600,
        )
