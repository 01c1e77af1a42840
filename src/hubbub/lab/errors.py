"""What can go wrong with a simulation, as opposed to within it."""


class SimulationError(Exception):
    """The simulation cannot go on, or cannot do what was asked."""


class SimulationDeadlock(SimulationError):
    """Everybody waits and nothing is scheduled: time would jump to the end of all days."""


class SimulationStalled(SimulationError):
    """Callbacks call one another for ever without letting time pass."""


class SimulationOverran(SimulationError):
    """Simulated time passed its limit: something waits for what never comes, while timers go on."""


class NotSimulated(SimulationError):
    """A part of the outside world (files to watch, sockets of the system, TLS) that the simulated loop has not."""
