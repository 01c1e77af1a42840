"""Who is talking: 60 ms above the level begins it, `talk_hangover` below ends it."""

from hubbub.audio.compile import hot
from hubbub.media.core import events
from hubbub.media.core.layout import State

ATTACK_TICKS = 3
"""Loud frames in a row before someone talks: a click does not."""


@hot
def follow(state: State, slot: int, energy: int) -> None:
    """Take note of a leg's frame; 0 is silence, also a muted one's."""
    leg = state.ports[slot]
    core = state.core[0]
    if energy > core.talk_energy:
        leg.quiet_ticks = 0
        leg.loud_ticks += 1
        if not leg.talking and leg.loud_ticks >= ATTACK_TICKS:
            leg.talking = 1
            events.report(state, events.TALK, leg.port_id, 1, 0)
        return
    leg.loud_ticks = 0
    leg.quiet_ticks += 1
    if leg.talking and leg.quiet_ticks > core.talk_hangover:
        leg.talking = 0
        events.report(state, events.TALK, leg.port_id, 0, 0)
