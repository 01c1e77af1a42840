"""Where a call goes when an instruction with an outcome is over. Pure.

Owns which author is asked next, and when nobody is; the asking itself is for `interpreter`.
"""

from typing import NamedTuple

from hubbub.domain.application import WebTarget
from hubbub.markup import effects as fx
from hubbub.markup.effects import Purpose

Concluding = fx.Collect | fx.Connect | fx.ConnectTo | fx.Attend | fx.TakeMessage
"""Effects that have an outcome."""


class FollowUp(NamedTuple):
    purpose: Purpose
    action: WebTarget | None
    """Asked for the next document; None: the next instruction runs."""
    fallback: WebTarget | None
    hang_up: bool = False
    """Without an action the call ends instead."""


def follow_up(effect: Concluding, outcome: fx.Outcome) -> FollowUp:
    """What follows `outcome`, which came of `effect`."""
    match effect, outcome:
        case fx.Collect(gather), fx.Collected():
            wanted = bool(outcome.digits) or gather.action_on_empty
            return _asked(Purpose.GATHER, gather.action if wanted else None, gather.action_fallback)
        case fx.Connect(dial), fx.Connected():
            hang_up = dial.hang_up_after and outcome.bridged
            return FollowUp(Purpose.DIALLED, dial.action, dial.action_fallback, hang_up)
        case fx.ConnectTo(bridge), _:
            return _asked(Purpose.BRIDGED, bridge.action, bridge.action_fallback)
        case fx.Attend(meet), _:
            return _asked(Purpose.BRIDGE_TARGET, meet.action, meet.action_fallback)
        case fx.TakeMessage(record), fx.MessageTaken():
            wanted = record.action_on_empty or not outcome.is_empty
            return _asked(Purpose.RECORDED, record.action if wanted else None, record.action_fallback)
        case _:
            # An outcome of something else, which was over this very moment.
            return FollowUp(Purpose.ACTION, None, None)


def _asked(purpose: Purpose, action: WebTarget | None, fallback: WebTarget | None) -> FollowUp:
    return FollowUp(purpose, action, fallback)
