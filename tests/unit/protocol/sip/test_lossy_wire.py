"""Thousands of calls over a bad network: every one ends in the same state at both ends, and nothing is left.

Two user agents on simulated time. Each call plays one of several plots (answer and hang up from either side, refuse,
give up while it rings, hold, digits, hang up on the spot, silence); the network loses, doubles and reorders.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    Digit,
    EndCause,
    IncomingCall,
    MediaAnswer,
    MediaOffer,
    OfferRefused,
)
from hubbub.protocol.sip.settings import UserAgentLimits
from hubbub.protocol.sip.uri import SipUri
from hubbub.protocol.sip.user_agent import UserAgent
from sip_wire import ANSWER, HOLD, OFFER, Weather, Wire, settings

CALLER, CALLEE = ("192.0.2.1", 5060), ("192.0.2.2", 5060)
PLOTS = (
    "caller hangs up",
    "callee hangs up",
    "both hang up",
    "callee refuses",
    "caller gives up",
    "caller gives up as callee answers",
    "hold and digits",
    "hang up at once",
    "reliable ringing",
    "no offer",
)
FAIR = Weather()
BAD = Weather(loss=0.15, duplication=0.1, delay_s=(0.005, 0.4))
AWFUL = Weather(loss=0.4, duplication=0.2, delay_s=(0.0, 1.5))


class Play:
    """Both ends of all calls, and what each end saw."""

    def __init__(self, seed: int, weather: Weather, count: int, transport: str = "UDP") -> None:
        self.wire = Wire(seed, weather)
        self.random = random.Random(seed * 31)
        self.transport = transport
        self.count = count
        self.sides: dict[str, dict[str, list[Any]]] = {"caller": {}, "callee": {}}
        self.calls: dict[str, dict[str, Any]] = {"caller": {}, "callee": {}}
        limits = UserAgentLimits(unanswered_s_max=120.0)
        self.caller = UserAgent(settings(CALLER[0], limits=limits), random.Random(seed + 1))
        self.callee = UserAgent(settings(CALLEE[0], limits=limits), random.Random(seed + 2))
        self.wire.add(self.caller, *CALLER, self._on_caller)
        self.wire.add(self.callee, *CALLEE, self._on_callee)
        self.plots: dict[str, str] = {}

    def run(self) -> None:
        for number in range(self.count):
            self.wire.at(number * 0.05, lambda number=number: self._dial(number))  # type: ignore[misc]
        self.wire.run(self.count * 0.05 + 40.0)
        # Whoever still talks after the plots are over hangs up; what remains are the timers of the protocol.
        for calls in self.calls.values():
            for call in calls.values():
                call.hang_up(self.wire.now)
        self.wire.run(self.wire.now + 1_000)

    def _dial(self, number: int) -> None:
        plot = PLOTS[number % len(PLOTS)]
        bob = NameAddr(None, SipUri("sip", f"bob{number}", None, *CALLEE))
        if self.transport != "UDP":
            bob = NameAddr(None, bob.uri.with_param("transport", self.transport.lower()))  # type: ignore[union-attr]
        call = self.caller.invite(bob.uri, bob, bob, self.wire.now, sdp=None if plot == "no offer" else OFFER)
        self.plots[call.call_id] = plot
        self.calls["caller"][call.call_id] = call
        if plot.startswith("caller gives up"):
            self._later(self.random.uniform(0.0, 2.0), lambda: call.hang_up(self.wire.now))

    def _later(self, delay_s: float, action: Any) -> None:
        self.wire.at(self.wire.now + delay_s, action)

    def _note(self, side: str, event: Any) -> Any:
        call = event.call
        self.calls[side][call.call_id] = call
        self.sides[side].setdefault(call.call_id, []).append(event)
        return call

    def _on_caller(self, event: Any) -> None:
        call = self._note("caller", event)
        plot = self.plots[call.call_id]
        match event:
            case CallAnswered(sdp=sdp):
                if plot == "no offer":
                    assert sdp == OFFER
                    call.acknowledge(ANSWER, self.wire.now)
                if plot in ("caller hangs up", "both hang up", "no offer", "reliable ringing"):
                    self._later(1.0, lambda: call.hang_up(self.wire.now))
                elif plot == "hang up at once":
                    call.hang_up(self.wire.now)
                elif plot == "hold and digits":
                    self._later(0.1, lambda: call.reoffer(HOLD, self.wire.now))
                    self._later(0.2, lambda: call.send_info_digit("7", 100, self.wire.now))
            case MediaOffer():
                call.answer_offer(ANSWER, self.wire.now)
            case _:
                pass

    def _on_callee(self, event: Any) -> None:
        call = self._note("callee", event)
        plot = self.plots[call.call_id]
        match event:
            case IncomingCall():
                sdp = OFFER if plot == "no offer" else ANSWER
                if plot == "callee refuses":
                    self._later(0.3, lambda: call.reject(486, self.wire.now))
                elif plot == "caller gives up":
                    call.ring(self.wire.now)
                elif plot == "reliable ringing":
                    call.ring(self.wire.now, ANSWER, 183)
                    self._later(0.5, lambda: call.answer(sdp, self.wire.now))
                else:
                    call.ring(self.wire.now)
                    self._later(self.random.uniform(0.0, 1.0), lambda: call.answer(sdp, self.wire.now))
            case CallConfirmed():
                if plot in ("callee hangs up", "both hang up"):
                    self._later(1.0, lambda: call.hang_up(self.wire.now))
                elif plot == "hold and digits":
                    self._later(0.15, lambda: call.reoffer(HOLD, self.wire.now))
                    self._later(8.0, lambda: call.hang_up(self.wire.now))
            case MediaOffer():
                call.answer_offer(ANSWER, self.wire.now)
            case _:
                pass

    # --- what must hold -------------------------------------------------------------------------------

    def assert_nothing_left(self) -> None:
        for agent in (self.caller, self.callee):
            assert agent.call_count == 0
            assert agent.transaction_count == 0
            assert agent.timer_count == 0
            assert agent.next_deadline() is None

    def assert_every_call_ended_once_at_each_end(self) -> None:
        for side in ("caller", "callee"):
            for call_id, events in self.sides[side].items():
                ends = [event for event in events if isinstance(event, CallEnded)]
                assert len(ends) == 1, (side, self.plots[call_id], events)
                assert events[-1] is ends[0]
        assert len(self.sides["caller"]) == self.count

    def assert_one_call_is_one_call(self) -> None:
        for events in self.sides["callee"].values():
            kinds = Counter(type(event) for event in events)
            assert kinds[IncomingCall] == 1
            assert kinds[CallConfirmed] <= 1
            assert kinds[Digit] <= 1
        for events in self.sides["caller"].values():
            kinds = Counter(type(event) for event in events)
            assert kinds[CallAnswered] <= 1
            assert kinds[MediaAnswer] + kinds[OfferRefused] <= 1

    def causes(self, plot: str) -> Counter[tuple[EndCause, EndCause | None]]:
        """How the calls of a plot ended at the two ends."""
        counts: Counter[tuple[EndCause, EndCause | None]] = Counter()
        for call_id, events in self.sides["caller"].items():
            if self.plots[call_id] == plot:
                other = self.sides["callee"].get(call_id)
                counts[events[-1].cause, other[-1].cause if other else None] += 1
        return counts


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_in_fair_weather_every_plot_ends_as_written(transport: str) -> None:
    play = Play(1, FAIR, 10 * len(PLOTS), transport)
    play.run()
    play.assert_nothing_left()
    play.assert_every_call_ended_once_at_each_end()
    play.assert_one_call_is_one_call()
    hung_up = (EndCause.HANG_UP, EndCause.HANG_UP)
    for plot in ("caller hangs up", "callee hangs up", "both hang up", "hang up at once", "no offer"):
        assert play.causes(plot) == {hung_up: 10}, plot
    assert play.causes("hold and digits") == {hung_up: 10}
    assert play.causes("reliable ringing") == {hung_up: 10}
    assert play.causes("callee refuses") == {(EndCause.REJECTED, EndCause.REJECTED): 10}
    assert play.causes("caller gives up") == {(EndCause.CANCELLED, EndCause.CANCELLED): 10}
    for call_id, events in play.sides["callee"].items():
        kinds = [type(event) for event in events]
        if play.plots[call_id] == "hold and digits":
            assert kinds.count(Digit) == 1
            assert kinds.count(MediaOffer) == 1
            assert kinds.count(MediaAnswer) == 1
    ringing = [
        event
        for call_id, events in play.sides["caller"].items()
        if play.plots[call_id] == "reliable ringing"
        for event in events
        if isinstance(event, CallProgress)
    ]
    assert [event.sdp for event in ringing] == [ANSWER] * 10
    if transport == "UDP":
        # A BYE that the callee sends while the ACK is still on its way would be the only stray.
        assert play.caller.counters == {}


@pytest.mark.parametrize("seed", range(8))
def test_in_bad_weather_every_call_ends_once_at_each_end_and_nothing_is_left(seed: int) -> None:
    play = Play(seed, BAD, 300)
    play.run()
    play.assert_nothing_left()
    play.assert_every_call_ended_once_at_each_end()
    play.assert_one_call_is_one_call()
    # 15 % loss is well within what retransmission mends: nobody may end alone.
    for plot in ("caller hangs up", "callee hangs up", "both hang up", "no offer", "reliable ringing"):
        assert play.causes(plot) == {(EndCause.HANG_UP, EndCause.HANG_UP): 30}, plot
    assert play.causes("callee refuses") == {(EndCause.REJECTED, EndCause.REJECTED): 30}
    assert sum(play.causes("caller gives up").values()) == 30


@pytest.mark.parametrize("seed", range(4))
def test_in_awful_weather_nothing_is_left_either(seed: int) -> None:
    play = Play(100 + seed, AWFUL, 300)
    play.run()
    play.assert_nothing_left()
    play.assert_every_call_ended_once_at_each_end()
    play.assert_one_call_is_one_call()


def test_a_network_that_dies_in_the_middle_leaves_nothing() -> None:
    play = Play(5, FAIR, 200)
    play.wire.at(4.0, lambda: setattr(play.wire, "weather", Weather(loss=1.0)))
    play.run()
    play.assert_nothing_left()
    play.assert_every_call_ended_once_at_each_end()


def test_the_same_seed_gives_the_same_bytes() -> None:
    runs = []
    for _ in range(2):
        play = Play(3, BAD, 60)
        play.wire.keep_sent = True
        play.run()
        runs.append(play.wire.sent)
    assert runs[0] == runs[1]
    assert len(runs[0]) > 500
