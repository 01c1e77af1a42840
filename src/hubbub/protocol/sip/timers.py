"""The timer values of SIP transactions, in seconds.

Owns: the three base values (T1, T2, T4) and what RFC 3261 §17 and RFC 6026 §8 derive from them. Timers whose only
purpose is to wait for stray packets (D, I, J, K) are zero over a reliable transport, because there are none.
Leaves to others: when they run (the four machines) and the queue that finds the next one (deadlines.py).

RFC 3261 §17.1.1.1 and Table 4.
"""

from __future__ import annotations

from typing import Final

NEVER: Final = float("inf")
"""The deadline of something that is not waiting for anything."""

T1_S: Final = 0.5
"""Round-trip time estimate; the first retransmission interval."""

T2_S: Final = 4.0
"""The longest interval between retransmissions of a non-INVITE request and of an INVITE response."""

T4_S: Final = 5.0
"""The longest time that a message stays in the network."""

TIMER_B_S: Final = 64 * T1_S
"""INVITE client: give up when nothing at all came back."""

TIMER_D_S: Final = 32.0
"""INVITE client: how long a completed transaction absorbs repeated failures ("at least 32 s")."""

TIMER_F_S: Final = 64 * T1_S
"""Non-INVITE client: give up."""

TIMER_H_S: Final = 64 * T1_S
"""INVITE server: give up on the ACK of a failure."""

TIMER_I_S: Final = T4_S
"""INVITE server: absorb repeated ACKs."""

TIMER_J_S: Final = 64 * T1_S
"""Non-INVITE server: replay the answer to repeated requests."""

TIMER_K_S: Final = T4_S
"""Non-INVITE client: absorb repeated answers."""

TIMER_L_S: Final = 64 * T1_S
"""INVITE server, Accepted: absorb repeated INVITEs after a 2xx (RFC 6026 §8.7). The same on every transport."""

TIMER_M_S: Final = 64 * T1_S
"""INVITE client, Accepted: pass up repeated and forked 2xx (RFC 6026 §8.4). The same on every transport."""

TRYING_AFTER_S: Final = 0.2
"""INVITE server: send 100 Trying when the user has not said anything within 200 ms (RFC 3261 §17.2.1)."""
