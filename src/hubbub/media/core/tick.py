"""Every 20 ms a room: hear all members, add them up once, exactly, and give each what he is to hear, made to fit.

Who is not heard by himself alone hears what all others hear, so that is encoded once for each law. Only one
who is in the sum (it is taken without his voice), or is coached, or listens to a clip, costs an encode of his
own; a room where nobody speaks costs none.
"""

from hubbub.audio import g711, limit, mix
from hubbub.audio.compile import compiled, hot, inner
from hubbub.media.core import (
    counters,
    dtmf_in,
    events,
    limiting,
    phases,
    playback,
    playout,
    rooms,
    rtcp_out,
    talk,
    taps,
    transmit,
)
from hubbub.media.core.layout import FRAME, NONE, State

CLIP_VOICES = 2
"""A clip is nobody's own voice: a sum of one clip must not look like one voice, which its owner does not hear."""


@compiled
def tick(state: State, phase: int, now_us: int) -> None:
    """Tick the rooms of one of the ten phases. Packets go to the output ring, events to theirs."""
    begin_phase(state, phase)
    tick_from(state, state.phases[phase], now_us)


@hot
def begin_phase(state: State, phase: int) -> None:
    """Count the rounds; between two of them rooms may go to another phase."""
    if phase == 0:
        state.core[0].rounds += 1
        phases.move_rooms(state)


@inner
def tick_from(state: State, mixer: int, now_us: int) -> None:
    """Tick a mixer and those behind it in its phase; after a failure, the loop goes on behind the failed one."""
    core = state.core[0]
    while mixer != NONE:
        core.ticking = mixer
        _tick_mixer(state, mixer, now_us)
        mixer = state.mixers[mixer].following
    core.ticking = NONE
    taps.tell(state, now_us)


@inner
def _tick_mixer(state: State, mixer: int, now_us: int) -> None:
    room = state.mixers[mixer]
    if room.first == NONE and room.playback == NONE and room.taps == NONE:
        room.gain = limit.UNITY
        return
    state.counters[counters.TICKS] += 1
    voices = _hear_members(state, mixer, now_us)
    voices += _play_to_room(state, mixer, voices == 0)
    gain_before = room.gain
    shared = state.limited if limiting.limit_room(state, mixer, voices) else state.total
    if room.taps != NONE:
        taps.take_mix(state, mixer, shared, voices > 0)
    if voices:
        room_codes_made = 0
    else:
        room_codes_made = 3
        _copy_silence(state)
    slot = room.first
    while slot != NONE:
        leg = state.ports[slot]
        frame = state.codes[2 + leg.law]
        alone = False
        if leg.playback != NONE and _play_to_leg(state, slot):
            limiting.stand_with_room(state, slot, mixer)
            alone = True
        elif not leg.hears or room.lobby:
            limiting.stand_with_room(state, slot, mixer)
        elif leg.coaches != NONE and _coached_mix(state, slot, voices):
            limiting.limit_own(state, slot)
            alone = True
        elif leg.active:
            if voices > 1:
                mix.copy_without(state.total, state.voice[slot], state.mix)
                if voices > 2 or leg.gain != limit.UNITY:
                    limiting.limit_own(state, slot)
                alone = True
            elif leg.gain != limit.UNITY:
                limiting.rest(state, slot)
        else:
            if leg.gain != gain_before and voices > 0:
                limiting.cross_over(state, slot, mixer)
                alone = True
            else:
                frame = state.codes[leg.law]
                if not room_codes_made & (1 << leg.law):
                    room_codes_made |= 1 << leg.law
                    g711.encode(leg.law, shared, frame, state.floats, state.bits)
                    state.counters[counters.ENCODES] += 1
            limiting.stand_with_room(state, slot, mixer)
        if alone:
            frame = state.own
            g711.encode(leg.law, state.mix, frame, state.floats, state.bits)
            state.counters[counters.ENCODES] += 1
        if leg.taps != NONE:
            taps.take_heard(state, slot, frame)
        transmit.say(state, slot, frame)
        rtcp_out.report_when_due(state, slot, now_us)
        slot = leg.following


@inner
def _hear_members(state: State, mixer: int, now_us: int) -> int:
    """Take every member's frame and make the sum. Returns how many voices are in it."""
    room = state.mixers[mixer]
    voices = streams = heard_streams = 0
    sounds = room.playback != NONE
    slot = room.first
    while slot != NONE:
        leg = state.ports[slot]
        leg.active = leg.audible = 0
        wanted = leg.heard != 0 and not room.lobby
        energy = playout.next_frame(state, slot, wanted or leg.received_taps > 0)
        if leg.playing:
            streams += 1
            heard_streams += leg.heard
            phases.note_arrival(state, slot, now_us)
        dtmf_in.expire(state, slot, now_us)
        came = energy > 0
        if not wanted or dtmf_in.mutes(state, slot):
            energy = 0
        talk.follow(state, slot, energy)
        sounds = sounds or leg.talking > 0 or leg.playback != NONE
        if energy > 0:
            leg.audible = 1
            if not leg.coaching:
                leg.active = 1
                if voices == 0:
                    mix.clear(state.total)
                voices += 1
                mix.add(state.total, state.voice[slot])
        if leg.taps != NONE:
            taps.take_voice(state, slot, came, leg.active > 0)
        _watch_silence(state, slot, now_us)
        slot = leg.following
    phases.follow(state, mixer, streams, heard_streams, sounds)
    return voices


@inner
def _play_to_room(state: State, mixer: int, fresh: bool) -> int:
    """Add the room's clips to the sum, `fresh` when nothing is in it. Returns for how many voices they stand."""
    room = state.mixers[mixer]
    row = room.playback
    before = NONE
    clips = 0
    while row != NONE:
        if playback.is_over(state, row):
            row = playback.end(state, row)
            if before == NONE:
                room.playback = row
            else:
                state.playbacks[before].following = row
            continue
        if fresh and clips == 0:
            mix.clear(state.total)
        clips += CLIP_VOICES
        playback.add_next_frame(state, row, state.total)
        before = row
        row = state.playbacks[row].following
    return clips


@inner
def _play_to_leg(state: State, slot: int) -> bool:
    """Lay the next frame of the leg's own clip in `mix`; False when its clips are over."""
    leg = state.ports[slot]
    while leg.playback != NONE and playback.is_over(state, leg.playback):
        leg.playback = playback.end(state, leg.playback)
    if leg.playback == NONE:
        return False
    mix.clear(state.mix)
    playback.add_next_frame(state, leg.playback, state.mix)
    return True


@inner
def _coached_mix(state: State, slot: int, voices: int) -> bool:
    """Lay the room with the voices of the leg's coaches in `mix`; False when none of them speaks."""
    rooms.prune_coaches(state, slot)
    leg = state.ports[slot]
    spoken = False
    row = leg.coaches
    while row != NONE:
        edge = state.edges[row]
        if state.ports[edge.coach].audible and state.ports[edge.coach].mixer == leg.mixer:
            if not spoken:
                spoken = True
                if leg.active:
                    mix.copy_without(state.total, state.voice[slot], state.mix)
                elif voices > 0:
                    mix.copy(state.total, state.mix)
                else:
                    mix.clear(state.mix)
            mix.add(state.mix, state.voice[edge.coach])
        row = edge.following
    return spoken


@inner
def _copy_silence(state: State) -> None:
    for i in range(FRAME):
        state.codes[g711.ULAW, i] = g711.ULAW_SILENCE
        state.codes[g711.ALAW, i] = g711.ALAW_SILENCE


@hot
def _watch_silence(state: State, slot: int, now_us: int) -> None:
    leg = state.ports[slot]
    limit = state.core[0].media_timeout_us
    if limit and leg.connected and leg.receives and not leg.silent and now_us - leg.last_packet_us > limit:
        leg.silent = 1
        events.report(state, events.SILENT, leg.port_id, 0, 0)
