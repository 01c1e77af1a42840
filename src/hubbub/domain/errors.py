"""Refusals, named for what happened. No status codes: each dialect says them in its own way."""


class Refusal(Exception):
    """What was asked cannot be done, and it is the asker's doing. The message may be shown to them."""


class NotFound(Refusal):
    """The thing named does not exist, or not for this account."""

    def __init__(self, noun: str, key: str) -> None:
        super().__init__(f"{noun} {key} was not found")
        self.noun = noun
        self.key = key


class Conflict(Refusal):
    """The thing exists but its present state forbids this."""


class NameTaken(Conflict):
    """A unique name (a live room's, a number's, a label's) is in use."""


class LabelTaken(NameTaken):
    """Another active participant of the room carries this label."""


class ConferenceFull(Refusal):
    """The room holds as many participants as it may."""


class ConferenceEnded(Conflict):
    """The room named is over."""


class CoachedCallAbsent(Refusal):
    """The call to be coached is not in the room."""


class CoachedCallHeld(Refusal):
    """The call to be coached is on hold."""


class SecondCoach(Refusal):
    """The room already has a coach, and the joiner's policy allows one."""


class InvalidValue(Refusal):
    """A value breaks its rule; `field` names it in our words."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ServerDraining(Refusal):
    """The server is shutting down and takes no new calls."""


class ServerFull(Refusal):
    """A limit on calls, ports or load is reached."""
