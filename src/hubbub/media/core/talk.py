"""Who is talking: 60 ms above the level begins it; `talk_hangover` without a frame above a lower one ends it.

Two levels and a pause, so that neither a breath nor a voice near the level makes talking come and go.
"""

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
    if not leg.talking:
        leg.loud_ticks = leg.loud_ticks + 1 if energy > core.talk_energy else 0
        if leg.loud_ticks >= ATTACK_TICKS:
            leg.talking = 1
            leg.quiet_ticks = 0
            events.report(state, events.TALK, leg.port_id, 1, 0)
        return
    leg.quiet_ticks = leg.quiet_ticks + 1 if energy <= core.quiet_energy else 0
    if leg.quiet_ticks > core.talk_hangover:
        leg.loud_ticks = 0
        leg.talking = 0
        events.report(state, events.TALK, leg.port_id, 0, 0)
