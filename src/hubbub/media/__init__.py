"""The real-time plane: RTP in, mixed, RTP out."""

from hubbub.media.plane import RtpPlane, open_plane
from hubbub.media.settings import MediaSettings
from hubbub.media.simulated import SimulatedPlane
from hubbub.media.warm_up import warm_up

__all__ = ["MediaSettings", "RtpPlane", "SimulatedPlane", "open_plane", "warm_up"]
