"""Who is where: members of a mixer, mixers of a phase, and who coaches whom. All are linked lists of slots.

A leg is always in exactly one mixer; one that joined none is in the lobby of its phase.
"""

from hubbub.audio import limit
from hubbub.audio.compile import inner
from hubbub.media.core import phases
from hubbub.media.core.layout import NONE, PHASES, State


@inner
def enter(state: State, slot: int, mixer: int) -> None:
    """Make a leg a member; it must not be one of any mixer."""
    leg = state.ports[slot]
    room = state.mixers[mixer]
    leg.mixer = mixer
    leg.gain = room.gain
    leg.gain_held = room.gain_held
    leg.preceding = NONE
    leg.following = room.first
    if room.first != NONE:
        state.ports[room.first].preceding = slot
    room.first = slot
    room.members += 1
    state.phase_members[room.phase] += 1
    leg.came = leg.came_again = leg.came_before = 0


@inner
def exit_room(state: State, slot: int) -> None:
    """Take a leg out of its mixer; it coaches nobody any more."""
    leg = state.ports[slot]
    room = state.mixers[leg.mixer]
    if leg.preceding == NONE:
        room.first = leg.following
    else:
        state.ports[leg.preceding].following = leg.following
    if leg.following != NONE:
        state.ports[leg.following].preceding = leg.preceding
    leg.mixer = leg.following = leg.preceding = NONE
    room.members -= 1
    state.phase_members[room.phase] -= 1
    leg.coaching = leg.active = leg.audible = 0


@inner
def coach(state: State, coach_slot: int, coached_slot: int) -> bool:
    """Let a coach be heard by one more leg. False when there is no room for it."""
    core = state.core[0]
    if core.edges_free == NONE:
        return False
    row = core.edges_free
    edge = state.edges[row]
    core.edges_free = edge.following
    edge.coach = coach_slot
    edge.epoch = state.ports[coach_slot].coaching
    edge.following = state.ports[coached_slot].coaches
    state.ports[coached_slot].coaches = row
    return True


@inner
def prune_coaches(state: State, slot: int) -> None:
    """Drop from a leg's coaches those that left, or whose set of listeners is another now."""
    leg = state.ports[slot]
    before = NONE
    row = leg.coaches
    while row != NONE:
        edge = state.edges[row]
        if state.ports[edge.coach].coaching == edge.epoch:
            before = row
            row = edge.following
        else:
            row = _free_edge(state, row)
            if before == NONE:
                leg.coaches = row
            else:
                state.edges[before].following = row


@inner
def drop_coaches(state: State, slot: int) -> None:
    """Forget who coaches a leg that closes."""
    leg = state.ports[slot]
    while leg.coaches != NONE:
        leg.coaches = _free_edge(state, leg.coaches)


@inner
def _free_edge(state: State, row: int) -> int:
    core = state.core[0]
    after = state.edges[row].following
    state.edges[row].following = core.edges_free
    core.edges_free = row
    return after


@inner
def open_mixer(state: State, mixer: int, mixer_id: int, phase: int) -> bool:
    """Add a mixer to a phase. False when its row is in use."""
    room = state.mixers[mixer]
    if room.mixer_id != 0:
        return False
    room.mixer_id = mixer_id
    room.phase = phase % PHASES
    room.first = room.playback = room.taps = room.wish = NONE
    room.members = room.lobby = 0
    room.gain = limit.UNITY
    room.gain_held = room.stream_ticks = room.pause_ticks = 0
    phases.enter_phase(state, mixer)
    return True


@inner
def close_mixer(state: State, mixer: int) -> None:
    """Remove a mixer without members from its phase."""
    phases.leave_phase(state, mixer)
    state.mixers[mixer].mixer_id = 0
