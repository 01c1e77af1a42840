"""The core's whole state: one tuple of arrays, allocated once.

A leg, room, socket or clip being played is a row, found by its slot. Rows are records, not one array per
field: Numba compiles a tuple of eighty arrays ten times slower than one array of records, and a packet
touches many fields of one leg. Samples and codes, which are walked as a whole, have arrays of their own.

An id names a row for ever: the slot in its low 20 bits, above it a generation that counts how often the slot
was used. A command or event with an old generation is about something gone.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import level, limit
from hubbub.media.core import counters
from hubbub.media.settings import MediaSettings

FRAME = 160
"""Samples of a tick: 20 ms at 8 kHz."""
FRAME_US = 20_000
PHASES = 10
"""Rooms tick in ten groups, one every 2 ms."""
PHASE_US = FRAME_US // PHASES
BLOCK = 80
"""Samples the receive ring keeps account of together: 10 ms, the shortest ptime."""
RING = 32 * BLOCK
"""Samples of the receive ring: 320 ms."""
BLOCKS = RING // BLOCK
PACKET_MAX = 1500
"""Longer datagrams are dropped."""
PAYLOAD_MAX = 800
"""G.711 bytes in one packet: 100 ms."""
FRAMES_PER_PACKET_MAX = 3
OUT_BYTES = 512
"""Of an outgoing packet: a header and 60 ms, or a report."""
DIGITS_QUEUED_MAX = 64
TAP_ROUNDS_KEPT = 64
"""Rounds that the ring of taken frames holds when every tap is open: more than a second."""
GHOSTS = 1024
NONE = -1
"""No slot."""
SLOT_BITS = 20
SLOT_MASK = (1 << SLOT_BITS) - 1
EVENT_FIELDS = 8

Row = TypeVar("Row", covariant=True)


class Rows(Protocol[Row]):
    """A record array, as far as the type checker needs to know it. Indexing gives a view, not a copy."""

    def __getitem__(self, slot: int) -> Row: ...
    def __setitem__(self, slot: int, row: Any) -> None: ...
    def __len__(self) -> int: ...


class Core:
    """The one row about the core itself."""

    coach_epoch: int
    """The last number given to a coach's set of listeners."""
    edges_free: int
    """First free row of `edges`."""
    out_head: int
    """Packets ever put in the output ring; the row is this modulo the ring's size."""
    out_tail: int
    """Packets ever taken out of it."""
    events_head: int
    events_tail: int
    ticking: int
    """The mixer being ticked, NONE outside: where to go on after a failure."""
    table_mask: int
    """Size of `sources`, less one."""
    rounds: int
    """Of all ten phases, counted: the axis on which taps place what they take."""
    taps_head: int
    """Frames ever taken; the row is this modulo the ring's size."""
    taps_tail: int
    """Frames that the control side has read."""
    taps_told: int
    """Frames that the control side knows of."""
    taps_due_us: int
    """When it may be told again."""
    wishes: int
    """Rooms that wish for another phase."""
    jitter_min: int
    """Samples the jitter buffer starts with."""
    jitter_max: int
    talk_energy: int
    """Of a frame; more is talking."""
    quiet_energy: int
    """Of a frame; as little or less is not."""
    talk_hangover: int
    """Ticks."""
    media_timeout_us: int
    rtcp_interval_us: int


class Port:
    """One leg's row. What packets and ticks touch stands together: a row spans a dozen cache lines."""

    # --- every packet: whose it is
    port_id: int
    """0: the row is free."""
    socket: int
    key_address: int
    """The source it is listed under in `sources`."""
    key_port: int
    """0: it is not listed."""
    key_negotiated: int
    """It is also listed under the negotiated address."""
    fixed: int
    ssrc_in: int
    connected: int
    """The far end is known."""
    payload_type: int
    event_type: int
    """The payload type of telephone events; NONE: not negotiated."""
    receives: int
    """It may send to us."""
    last_packet_us: int
    silent: int
    """MediaSilent was reported."""
    # --- every packet: its place in the stream
    started: int
    sequence_in: int
    """The newest, extended by its wraps."""
    seen: int
    """Bit n: sequence_in - n was received."""
    packets_in: int
    timestamp_in: int
    """RTP timestamp of the newest audio packet, at place `place_in` of our own count of samples."""
    place_in: int
    packet_samples: int
    """Length of the last audio packet."""
    transit: int
    jitter: int
    """Interarrival jitter times 16 (RFC 3550 A.8)."""
    # --- packets and ticks: the jitter buffer; places are samples since the stream started
    newest: int
    """Place behind the newest sample that came."""
    read: int
    """Place of the next sample to play; a multiple of BLOCK."""
    playing: int
    concealing: int
    """Samples of concealment in a row; 0: none."""
    stood_for: int
    """Frames of concealment played without moving on: each stands for one that may turn out to be lost."""
    shrink: int
    """A frame is to be left out."""
    depth_least: int
    """Least depth at a tick since the window began."""
    depth_ticks: int
    """Age of that window."""
    calm_windows: int
    """Windows in a row in which a whole frame of delay was not needed."""
    patience: int
    """So many of them before a frame is left out; doubled by underruns that follow."""
    bare_windows: int
    """Windows since one was left out, up to half a minute."""
    came: int
    """Bit n: since the window began, a tick's newest packet came n phases before it."""
    came_again: int
    """The same, more than once."""
    came_before: int
    """The same as `came_again`, of the window before."""
    unbroken: int
    """Samples played since the stream began or broke, as far as concealment looks back."""
    # --- every tick: place in the room
    law: int
    following: int
    """The next member of the same mixer."""
    hears: int
    heard: int
    active: int
    """In this tick its voice is in the sum."""
    audible: int
    """In this tick it has a voice, be it for the sum or as a coach."""
    coaching: int
    """This coach's epoch; 0: not a coach."""
    coaches: int
    """First of the edges that name who coaches this port."""
    playback: int
    """The clip this port hears instead of the room; others wait beneath it."""
    gain: int
    """Of what it hears; see core/limiting.py."""
    gain_held: int
    taps: int
    """First of the taps on this port."""
    received_taps: int
    """So many of them take what comes, heard or not."""
    digit: int
    """The telephone event going on; NONE: none."""
    mute_until: int
    """Audio before this place was sent with a digit."""
    talking: int
    loud_ticks: int
    quiet_ticks: int
    # --- every tick: the stream sent
    sends: int
    """We may send to it."""
    send_address: int
    """Where packets go: negotiated, then the fixed source."""
    send_port: int
    frames_per_packet: int
    ssrc_out: int
    sequence_out: int
    timestamp_out: int
    marker: int
    """The next packet opens a talk spurt."""
    packets_out: int
    octets_out: int
    sending: int
    """What `send_digits` is at: 0 nothing, else a step of core/dtmf_out.py."""
    digits_count: int
    rtcp_next_us: int
    # --- seldom: place in the room
    mixer: int
    preceding: int
    # --- seldom: fixing the source
    remote_address: int
    """As negotiated."""
    remote_port: int
    near_ssrc: int
    """The last packet from the negotiated address."""
    near_sequence: int
    near_seen: int
    far_address: int
    """The last packet from anywhere else."""
    far_port: int
    far_ssrc: int
    far_sequence: int
    far_seen: int
    stray_seen: int
    stray_ssrc: int
    stray_sequence: int
    # --- seldom: concealment
    anchor: int
    """Place where the concealment began."""
    lag: int
    # --- seldom: digits received
    digit_timestamp: int
    digit_duration: int
    """RTP units of the segment going on."""
    digit_before: int
    """RTP units of its full segments before."""
    digit_last_us: int
    digit_done: int
    """`digit_timestamp` is of a digit that was reported."""
    # --- seldom: packets of several frames, and digits sent
    pending: int
    """Frames waiting for their packet to be full."""
    pending_timestamp: int
    digits_head: int
    sending_ticks: int
    sending_timestamp: int
    # --- seldom: reports
    sequence_base: int
    packets_in_prior: int
    expected_prior: int
    peer_report: int
    """Middle 32 bits of the NTP time of the last sender report."""
    peer_report_us: int
    peer_fraction_lost: int
    """Of what we sent, in 256ths, as the far end last said."""
    peer_lost: int
    peer_jitter: int
    round_trip_us: int


class Socket:
    """One bound RTP port, and the RTCP port above it."""

    open: int
    waiting: int
    """The one leg whose source may still be anybody's."""
    legs: int
    has_rtcp: int


class Mixer:
    """One room; the first ten rows are lobbies, one a phase, where nobody hears anybody."""

    mixer_id: int
    """0: the row is free."""
    phase: int
    following: int
    """The next mixer of the same phase."""
    first: int
    """First member."""
    members: int
    lobby: int
    playback: int
    """First clip being played to all."""
    gain: int
    """Of what all hear who are not in the sum."""
    gain_held: int
    taps: int
    """First of the taps on the mix."""
    stream_ticks: int
    """Ticks since a member's stream was first played."""
    pause_ticks: int
    """Ticks in a row in which nobody talked and nothing was played."""
    wish: int
    """The phase that it goes to before the next round, or NONE."""


class Playback:
    """A clip being played."""

    playback_id: int
    """0: the row is free."""
    offset: int
    """First sample, in the arena."""
    length: int
    position: int
    loop: int
    port: int
    """To this port's slot, or NONE."""
    mixer: int
    """To this mixer's slot, or NONE."""
    following: int
    """The next of the same port or mixer."""


class Tap:
    """Takes sound from one port or mixer."""

    tap_id: int
    """0: the row is free."""
    kind: int
    """One of core/taps.py."""
    port: int
    """On this port's slot, or NONE."""
    mixer: int
    """On this mixer's slot, or NONE."""
    following: int
    """The next of the same port or mixer."""
    begin: int
    """The first round it may have."""
    due: int
    """The first round of which it has nothing yet."""
    until: int
    """The round before which it ends."""


class Edge:
    """One coach of one port, in the list of that port's coaches."""

    coach: int
    epoch: int
    """Valid while the coach's own epoch is the same."""
    following: int


class Ghost:
    """A stream whose leg closed not long ago, and may not know it yet."""

    socket: int
    address: int
    port: int
    ssrc: int
    sequence: int
    """Where the stream was last."""
    until_us: int


class Out:
    """One packet to send; its bytes are the same row of `out_bytes`."""

    socket: int
    rtcp: int
    """From the socket's RTCP port."""
    address: int
    port: int
    length: int


class State(NamedTuple):
    """Everything the core knows. Addresses are IPv4 as integers."""

    core: Rows[Core]
    ports: Rows[Port]
    sockets: Rows[Socket]
    mixers: Rows[Mixer]
    playbacks: Rows[Playback]
    taps: Rows[Tap]
    edges: Rows[Edge]
    outs: Rows[Out]
    ghosts: Rows[Ghost]
    """(GHOSTS,): found by their place in `sources`, modulo."""
    blank: Rows[Port]
    """One row, what a leg starts from."""
    phases: NDArray[np.int64]
    """(PHASES,): first mixer of each phase."""
    phase_members: NDArray[np.int64]
    """(PHASES,): members of all mixers of each phase."""
    phase_costs: NDArray[np.int64]
    """(PHASES,): scratch of core/phases.py."""
    sources: NDArray[np.int64]
    """Open addressing: the slot of the leg whose packets come from a (socket, address, port), or may; else NONE."""
    counters: NDArray[np.int64]
    events: NDArray[np.int64]
    """(ring, EVENT_FIELDS)."""
    out_bytes: NDArray[np.uint8]
    """(ring, OUT_BYTES)."""
    ring: NDArray[np.uint8]
    """(ports, RING): G.711 codes received, at their place modulo RING."""
    have: NDArray[np.uint8]
    """(ports, BLOCKS): 1 where the block of the ring holds sound not yet played."""
    voice: NDArray[np.int16]
    """(ports, FRAME): what each said in this tick."""
    pending: NDArray[np.uint8]
    """(ports, FRAMES_PER_PACKET_MAX * FRAME): codes of a packet not yet full."""
    digits: NDArray[np.uint8]
    """(ports, DIGITS_QUEUED_MAX): a ring of events to send."""
    arena: NDArray[np.int16]
    """Clips."""
    tap_marks: NDArray[np.int64]
    """(ring, 2): the tap's id and the round of each frame taken."""
    tap_pcm: NDArray[np.int16]
    """(ring, FRAME): the frames."""
    total: NDArray[np.int32]
    """(FRAME,): the exact sum of a room."""
    limited: NDArray[np.int32]
    """(FRAME,): the same, made to fit."""
    mix: NDArray[np.int32]
    """(FRAME,): what one hears."""
    codes: NDArray[np.uint8]
    """(4, FRAME): the shared frame of each law, and silence of each law."""
    own: NDArray[np.uint8]
    """(FRAME,): a frame for one listener alone."""
    floats: NDArray[np.float32]
    """(FRAME,): scratch of the encoder."""
    bits: NDArray[np.int32]
    """The same memory."""
    history: NDArray[np.int16]
    """(HISTORY,): scratch of the concealment."""


def rows(kind: type[Any], count: int) -> Any:
    """`count` zeroed records with the fields of `kind`, 64 bits each; pages are touched when first used."""
    fields = [(name, np.int64) for name in kind.__annotations__]
    return np.zeros(count, np.dtype(fields)).view(np.recarray)


def slot_of(row_id: int) -> int:
    """The row that an id names, if the id is still good."""
    return row_id & SLOT_MASK


def new_state(settings: MediaSettings) -> State:
    """An empty core: no leg, no room but the ten lobbies."""
    ports = settings.ports_max
    mixers = PHASES + settings.mixers_max
    edges = 4 * ports
    out = 1 << (2 * ports + 64).bit_length()
    events = 1 << (4 * ports + 1024).bit_length()
    table = 1 << (4 * ports).bit_length()
    taken = 1 << (settings.taps_max * TAP_ROUNDS_KEPT).bit_length()
    floats = np.zeros(FRAME, np.float32)
    codes = np.zeros((4, FRAME), np.uint8)
    codes[2], codes[3] = 0xFF, 0xD5
    state = State(
        core=cast(Rows[Core], rows(Core, 1)),
        ports=rows(Port, ports),
        sockets=rows(Socket, max(1, (settings.rtp_port_last - settings.rtp_port_first + 1) // 2)),
        mixers=rows(Mixer, mixers),
        playbacks=rows(Playback, settings.playbacks_max),
        taps=rows(Tap, settings.taps_max),
        edges=rows(Edge, edges),
        outs=rows(Out, out),
        ghosts=rows(Ghost, GHOSTS),
        blank=rows(Port, 1),
        phases=np.arange(PHASES, dtype=np.int64),
        phase_members=np.zeros(PHASES, np.int64),
        phase_costs=np.zeros(PHASES, np.int64),
        sources=np.full(table, NONE, np.int64),
        counters=np.zeros(counters.COUNT, np.int64),
        events=np.zeros((events, EVENT_FIELDS), np.int64),
        out_bytes=np.zeros((out, OUT_BYTES), np.uint8),
        ring=np.zeros((ports, RING), np.uint8),
        have=np.zeros((ports, BLOCKS), np.uint8),
        voice=np.zeros((ports, FRAME), np.int16),
        pending=np.zeros((ports, FRAMES_PER_PACKET_MAX * FRAME), np.uint8),
        digits=np.zeros((ports, DIGITS_QUEUED_MAX), np.uint8),
        arena=np.zeros(settings.arena_samples, np.int16),
        tap_marks=np.zeros((taken, 2), np.int64),
        tap_pcm=np.zeros((taken, FRAME), np.int16),
        total=np.zeros(FRAME, np.int32),
        limited=np.zeros(FRAME, np.int32),
        mix=np.zeros(FRAME, np.int32),
        codes=codes,
        own=np.zeros(FRAME, np.uint8),
        floats=floats,
        bits=floats.view(np.int32),
        history=np.zeros(320, np.int16),
    )
    core = state.core[0]
    core.table_mask = table - 1
    core.ticking = NONE
    core.jitter_min = settings.jitter_frames_min * FRAME
    core.jitter_max = settings.jitter_frames_max * FRAME
    core.talk_energy = level.energy_at(settings.talk_level_dbov, FRAME)
    core.quiet_energy = level.energy_at(settings.talk_level_dbov - settings.talk_hysteresis_db, FRAME)
    core.talk_hangover = settings.talk_hangover_ms * 1000 // FRAME_US
    core.media_timeout_us = settings.media_timeout_ms * 1000
    core.rtcp_interval_us = settings.rtcp_interval_ms * 1000
    following = cast(Any, state.edges)["following"]
    following[:-1] = np.arange(1, edges)
    following[-1] = NONE
    for phase in range(PHASES):
        lobby = state.mixers[phase]
        lobby.mixer_id = (1 << SLOT_BITS) | phase
        lobby.phase = phase
        lobby.lobby = 1
        lobby.following = lobby.first = lobby.playback = lobby.taps = lobby.wish = NONE
        lobby.gain = limit.UNITY
    blank = state.blank[0]
    blank.mixer = blank.following = blank.preceding = NONE
    blank.coaches = blank.playback = blank.taps = blank.event_type = blank.digit = NONE
    blank.gain = limit.UNITY
    return state
