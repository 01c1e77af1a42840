"""What the use cases need of the world, as protocols. `bootstrap` joins them to adapters; the lab to twins.

Nothing here touches a clock, a socket or a file: that is the point. A file for each kind of need; all names
are taken from here.
"""

from hubbub.services.ports.clock import Clock, Entropy, Timer
from hubbub.services.ports.logs import Log
from hubbub.services.ports.media import (
    Clip,
    DigitHeard,
    LocalMedia,
    MediaEvent,
    MediaPlane,
    MediaSilent,
    Mix,
    PlaybackEnded,
    RemoteMedia,
    TalkChanged,
    TapFrame,
    TapKind,
)
from hubbub.services.ports.signalling import CallEvents, CallTarget, IncomingCall, OutboundCall, Signalling
from hubbub.services.ports.store import KeptAnswer, Reader, Registration, Store, Transaction
from hubbub.services.ports.web import ClipSource, DocumentFetcher, FetchFailed, FetchRequest, FetchResponse

__all__ = [
    "CallEvents",
    "CallTarget",
    "Clip",
    "ClipSource",
    "Clock",
    "DigitHeard",
    "DocumentFetcher",
    "Entropy",
    "FetchFailed",
    "FetchRequest",
    "FetchResponse",
    "IncomingCall",
    "KeptAnswer",
    "LocalMedia",
    "Log",
    "MediaEvent",
    "MediaPlane",
    "MediaSilent",
    "Mix",
    "OutboundCall",
    "PlaybackEnded",
    "Reader",
    "Registration",
    "RemoteMedia",
    "Signalling",
    "Store",
    "TalkChanged",
    "TapFrame",
    "TapKind",
    "Timer",
    "Transaction",
]
