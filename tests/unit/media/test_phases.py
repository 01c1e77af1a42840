"""Rooms tick where their callers' packets wait least and are in time; they move only where hardly anybody hears it."""

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.media.core import apply as commands
from hubbub.media.core import taps
from hubbub.media.core.layout import FRAME, PHASES, SLOT_BITS
from hubbub.media.core.phases import COSTS_US, GAIN_US
from media.rig import Caller, Rig

VOICE = np.full(FRAME, 4000, np.int16)
QUIET = np.zeros(FRAME, np.int16)
YOUNG = 30
"""Ticks after which a room has had its first look."""
PAUSE = 60
"""Ticks after which those who fell silent are in a pause."""


class Street:
    """Callers who each send at a moment of their own in every 20 ms: `sends` says in which of ten."""

    def __init__(self, sends: list[int], phase: int) -> None:
        self.rig = Rig()
        self.callers = [self.rig.caller(prove=False) for _ in sends]
        self.sends = sends
        mixer = self.rig.mixer(0, phase)
        self.slot = mixer & ((1 << SLOT_BITS) - 1)
        for caller in self.callers:
            self.rig.join(caller, mixer)

    @property
    def phase(self) -> int:
        return int(self.rig.state.mixers[self.slot].phase)

    def run(self, ticks: int, pcm: NDArray[np.int16] = VOICE) -> None:
        for _ in range(ticks):
            for moment in range(PHASES):
                for caller, sends in zip(self.callers, self.sends, strict=True):
                    if sends == moment:
                        caller.say(pcm)
                self.rig.run_phases(1)

    def waits(self, phase: int | None = None) -> list[int]:
        """How many phases each packet waits for the tick; one that comes in a phase is there for its tick."""
        phase = self.phase if phase is None else phase
        return [(phase - sends) % PHASES for sends in self.sends]

    def cost_us(self, phase: int | None = None) -> int:
        return int(COSTS_US[self.waits(phase)].sum())


def test_it_is_cheapest_to_wait_a_little_and_dearest_to_have_just_missed_a_tick() -> None:
    assert int(COSTS_US.argmin()) == 2
    assert int(COSTS_US.argmax()) == PHASES - 1
    assert COSTS_US[0] > COSTS_US[5]


@pytest.mark.parametrize("phase", [0, 4, 7])
def test_a_young_room_goes_to_where_its_caller_waits_five_milliseconds(phase: int) -> None:
    street = Street([3], phase)
    street.run(YOUNG)
    assert street.cost_us() - COSTS_US.min() <= GAIN_US
    assert 2 <= street.waits()[0] <= 3


@pytest.mark.parametrize("seed", range(4))
def test_callers_wait_as_little_as_they_can_and_are_heard_without_a_gap(seed: int) -> None:
    chance = random.Random(seed)
    sends = [chance.randrange(PHASES) for _ in range(5)]
    street = Street(sends, chance.randrange(PHASES))
    street.run(YOUNG)
    best = min(street.cost_us(phase) for phase in range(PHASES))
    assert street.cost_us() - best <= GAIN_US * len(sends)
    missed = street.rig.count("frames_missed")
    street.run(50, QUIET)
    assert street.rig.count("frames_missed") == missed
    legs = [street.rig.state.ports[caller.slot] for caller in street.callers]
    held = [int(leg.newest - leg.read) // FRAME for leg in legs]
    assert held == [int(moment > street.phase) for moment in sends], (
        "what came since the tick, and nothing more"
    )


def test_a_room_in_which_two_speak_stays_until_they_pause() -> None:
    street = Street([3, 4], 5)
    street.run(YOUNG)
    here = street.phase
    street.sends = [7, 8]  # the senders' clocks drifted
    street.run(300)
    assert street.phase == here
    street.run(PAUSE, QUIET)
    assert street.cost_us() == min(street.cost_us(phase) for phase in range(PHASES))


def test_a_room_with_one_who_is_heard_follows_him_while_he_speaks() -> None:
    street = Street([3], 5)
    street.run(YOUNG)
    street.sends = [8]
    street.run(200)
    assert 2 <= street.waits()[0] <= 3


def test_a_room_in_which_something_is_played_stays_where_it_is() -> None:
    street = Street([3, 4], 5)
    street.run(YOUNG)
    here = street.phase
    street.sends = [8, 9]
    street.rig.command(commands.PLAY_TO_PORT, 1 << SLOT_BITS, street.callers[0].port_id, 0, 200 * FRAME, 0)
    street.run(100, QUIET)
    assert street.phase == here


def test_a_caller_behind_a_bad_network_keeps_his_jitter_buffer_and_moves_nobody() -> None:
    chance = random.Random(1)
    street = Street([3], 5)
    street.run(YOUNG)
    for _ in range(400):
        street.sends = [chance.randrange(PHASES)]
        street.run(1)
    moves, missed = street.rig.count("phase_moves"), street.rig.count("frames_missed")
    for _ in range(400):
        street.sends = [chance.randrange(PHASES)]
        street.run(1, QUIET)
    assert street.rig.count("phase_moves") == moves
    assert street.rig.count("frames_missed") - missed <= 4


def test_moving_costs_no_round_and_no_sound_of_a_recording() -> None:
    street = Street([3, 3], 5)
    street.run(YOUNG)
    tap = street.rig.tap(taps.RECEIVED, street.callers[0].port_id)
    street.run(2)
    before = street.phase
    street.sends = [8, 8]
    street.run(PAUSE + 128, QUIET)
    street.run(20)
    assert street.phase != before
    frames = street.rig.taken(tap)
    assert (np.diff(list(frames)) == 1).all()
    assert np.array_equal(list(frames.values())[-1], g711.decode_bytes(0, g711.encode_samples(0, VOICE)))


def test_not_all_rooms_go_where_all_far_ends_send() -> None:
    rig = Rig(ports_max=512, mixers_max=256)
    mixers = [rig.mixer(number, number % PHASES) for number in range(200)]
    callers: list[Caller] = []
    for mixer in mixers:
        for _ in range(2):
            callers.append(rig.caller(prove=False))
            rig.join(callers[-1], mixer)
    for _ in range(YOUNG + 10):
        for caller in callers:
            caller.say(QUIET)
        rig.run(1)
    members = [0] * PHASES
    for mixer in mixers:
        room = rig.state.mixers[mixer & ((1 << SLOT_BITS) - 1)]
        members[int(room.phase)] += int(room.members)
    assert rig.count("phase_moves") > 0
    assert rig.state.phase_members.tolist() == members
    assert sum(members) == 400
    assert max(members) <= 2 * 40 + 64


def test_one_stall_makes_nobody_look_late() -> None:
    street = Street([3, 3], 5)
    street.run(10)
    street.sends = [5, 5]
    street.run(1)
    street.sends = [3, 3]
    street.run(YOUNG)
    assert street.phase == 5, "two phases behind their packets, as if nothing had happened"
