"""One frame of a leg's voice, every 20 ms, from what the ring holds: the reading side of the jitter buffer.

It starts when a frame is there. An underrun plays concealment without moving on. If what was missing comes
late, the delay has grown by 20 ms, on evidence; if it never comes, it is left out and nothing has grown. After
60 ms playing stops and waits for sound anew.

When for two seconds the least depth stayed more than a frame above what it started with, a quiet frame is left
out: that takes late bursts back, and the drift of the sender's clock. The last spare frame is left out when
it was not needed for `patience`, four seconds at first. An underrun within half a minute of that tells that it was
needed, and doubles the patience: a network that is late now and then keeps its frame, one that was late once does not.
Bounds: `jitter_min` and `jitter_max`.
"""

from hubbub.audio import conceal, g711
from hubbub.audio.compile import hot, inner
from hubbub.media.core import counters
from hubbub.media.core.jitter import skip_to
from hubbub.media.core.layout import BLOCK, BLOCKS, FRAME, RING, State

NOTHING = 0
"""The energy of a frame with no voice in it."""
WINDOW_TICKS = 100
PATIENCE_MIN = 2
PATIENCE_MAX = 320
"""Windows: four seconds, and ten minutes."""
PROVEN_WINDOWS = 15
"""Half a minute without the last spare frame, and it was right to leave it out."""


@hot
def next_frame(state: State, slot: int, wanted: bool) -> int:
    """Take the leg's frame of this tick to its row of `voice`.

    Args:
        wanted: False to let it go unheard (muted, or not in a room): nothing is decoded.

    Returns: its energy, the sum of squares; 0 when it is silence, and then `voice` is not to be read.
    """
    leg = state.ports[slot]
    if not leg.playing and not _start(state, slot):
        return NOTHING
    if leg.newest - leg.read < FRAME:
        return _underrun(state, slot, wanted)
    _leave_out_lost(state, slot)
    _watch_depth(state, slot)
    energy = _take(state, slot, wanted)
    if (
        leg.shrink
        and leg.newest - leg.read >= FRAME
        and (not wanted or leg.concealing > 0 or energy < state.core[0].talk_energy)
    ):
        leg.shrink = 0
        state.counters[counters.FRAMES_SHRUNK] += 1
        energy = _take(state, slot, wanted)
    if leg.law == g711.ALAW and energy == FRAME * g711.ALAW_IDLE_SQUARE:
        # A-law has no zero. A frame of nothing but its quietest codes is silence.
        return NOTHING
    return energy


@inner
def _start(state: State, slot: int) -> bool:
    leg = state.ports[slot]
    wish = max(FRAME, state.core[0].jitter_min)
    if leg.newest - leg.read < wish:
        return False
    # What piled up while nothing was played would only be delay.
    skip_to(state, slot, leg.newest - max(wish, leg.packet_samples))
    leg.playing = 1
    leg.patience = PATIENCE_MIN
    leg.calm_windows = 0
    leg.bare_windows = PROVEN_WINDOWS
    leg.depth_least = RING
    leg.depth_ticks = leg.shrink = leg.concealing = leg.unbroken = leg.stood_for = 0
    return True


@inner
def _underrun(state: State, slot: int, wanted: bool) -> int:
    leg = state.ports[slot]
    state.counters[counters.FRAMES_MISSED] += 1
    if not leg.concealing:
        _begin_concealment(state, slot, leg.read, wanted)
    if leg.concealing >= conceal.FADE:
        leg.playing = leg.concealing = leg.unbroken = 0
        return NOTHING
    leg.stood_for += 1
    if leg.bare_windows < PROVEN_WINDOWS:
        leg.patience = min(2 * leg.patience, PATIENCE_MAX)
    else:
        leg.patience = PATIENCE_MIN
    return _conceal(state, slot, 0, FRAME, wanted)


@hot
def _leave_out_lost(state: State, slot: int) -> None:
    """Move past lost frames in whose place concealment was played already: then a loss adds no delay."""
    leg = state.ports[slot]
    while leg.stood_for > 0 and leg.newest - leg.read >= 2 * FRAME:
        cell = leg.read // BLOCK
        if state.have[slot, cell % BLOCKS] or state.have[slot, (cell + 1) % BLOCKS]:
            break
        leg.read += FRAME
        leg.stood_for -= 1
    leg.stood_for = 0


@hot
def _watch_depth(state: State, slot: int) -> None:
    leg = state.ports[slot]
    leg.depth_least = min(leg.depth_least, leg.newest - leg.read)
    leg.depth_ticks += 1
    if leg.depth_ticks == WINDOW_TICKS:
        spare = leg.depth_least - max(FRAME, state.core[0].jitter_min)
        leg.calm_windows = leg.calm_windows + 1 if spare >= FRAME else 0
        leg.bare_windows = min(leg.bare_windows + 1, PROVEN_WINDOWS)
        leg.shrink = 1 if spare > FRAME or leg.calm_windows >= leg.patience else 0
        if leg.shrink:
            leg.calm_windows = 0
            if spare <= FRAME:
                leg.bare_windows = 0
        leg.depth_least = RING
        leg.depth_ticks = 0


@hot
def _take(state: State, slot: int, wanted: bool) -> int:
    """Read two blocks on, concealing one that was lost. Returns the energy."""
    leg = state.ports[slot]
    energy = 0
    missed = False
    for half in range(2):
        cell = leg.read // BLOCK % BLOCKS
        if state.have[slot, cell]:
            state.have[slot, cell] = 0
            if wanted:
                energy += g711.decode(
                    leg.law, state.ring[slot], cell * BLOCK, state.voice[slot], half * BLOCK, BLOCK
                )
                if leg.concealing > 0 and half == 0 and leg.unbroken >= conceal.HISTORY:
                    _recall(state, slot)
                    conceal.blend_in(state.history, leg.lag, leg.concealing, state.voice[slot])
                leg.unbroken = min(leg.unbroken + BLOCK, RING)
            leg.concealing = 0
        else:
            missed = True
            if not leg.concealing:
                _begin_concealment(state, slot, leg.read, wanted)
            energy += _conceal(state, slot, half * BLOCK, BLOCK, wanted)
        leg.read += BLOCK
    if missed:
        state.counters[counters.FRAMES_MISSED] += 1
    if not wanted:
        leg.unbroken = 0
    return energy


@inner
def _begin_concealment(state: State, slot: int, place: int, wanted: bool) -> None:
    leg = state.ports[slot]
    leg.anchor = place
    if wanted and leg.unbroken >= conceal.HISTORY:
        _recall(state, slot)
        leg.lag = conceal.pitch_lag(state.history)


@inner
def _conceal(state: State, slot: int, at: int, count: int, wanted: bool) -> int:
    leg = state.ports[slot]
    energy = 0
    if wanted:
        if leg.unbroken >= conceal.HISTORY:
            _recall(state, slot)
            energy = conceal.fill(state.history, leg.lag, leg.concealing, state.voice[slot], at, count)
        else:
            voice = state.voice[slot]
            for i in range(at, at + count):
                voice[i] = 0
    leg.concealing += count
    return energy


@inner
def _recall(state: State, slot: int) -> None:
    """Decode what was played before the concealment; the ring still holds it."""
    leg = state.ports[slot]
    for block in range(conceal.HISTORY // BLOCK):
        place = leg.anchor - conceal.HISTORY + block * BLOCK
        g711.decode(
            leg.law, state.ring[slot], place // BLOCK % BLOCKS * BLOCK, state.history, block * BLOCK, BLOCK
        )
