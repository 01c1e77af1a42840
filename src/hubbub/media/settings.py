"""What an operator may choose about the media plane, and its fixed limits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Every default is meant for one core of a small server."""

    host: str = "127.0.0.1"
    """The IPv4 address to bind."""
    advertised_host: str | None = None
    """What far ends are told to send to, when that is not `host` (1:1 NAT)."""
    rtp_port_first: int = 10000
    rtp_port_last: int = 19999
    """Even ports of the range carry RTP, the odd one above each its RTCP (RFC 3550 §11)."""
    ports_max: int = 4096
    """Legs at once."""
    mixers_max: int = 2048
    playbacks_max: int = 8192
    taps_max: int = 512
    """Sounds being recorded at once, a mix or a port each; 40 KiB of memory each."""
    arena_samples: int = 1 << 25
    """Room for clips being played: 70 minutes; pages are taken from the system as they are used."""
    media_timeout_ms: int = 60_000
    """Without RTP for so long, MediaSilent is reported; 0 never."""
    jitter_frames_min: int = 1
    """20 ms frames that the jitter buffer starts with."""
    jitter_frames_max: int = 10
    talk_level_dbov: float = -45.0
    """Louder than this is talking."""
    talk_hysteresis_db: float = 5.0
    """Who talks goes on talking until his voice is lower by so much."""
    talk_hangover_ms: int = 500
    rtcp_interval_ms: int = 5_000
    """Between two reports of one leg (RFC 3550 §6.2's minimum); 0 never."""
    busy_share_max: float = 0.8
    """Of the media thread's time; above it no new leg is taken."""
    socket_buffer_bytes: int = 4 << 20
    real_time: bool = True
    """Ask for SCHED_FIFO, else a better nice value; refused is fine."""
    cpu: int | None = None
    """The core to keep the media thread on."""
