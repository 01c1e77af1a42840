"""What can be wrong with a session description, and why an offer is refused.

Owns two families: `SdpError`, the peer sent what is no session description or no answer to our offer; and
`OfferRefused`, the description is sound but leads to no session. A SIP user agent answers both with 488, the first
also with 400 (RFC 3261 §13.3.1.3, §21.4.26); that is its affair.
"""

from __future__ import annotations


class SdpError(Exception):
    """The remote side sent something that is not well-formed SDP, or that breaks offer/answer.

    Args:
        reason: what is wrong, in words fit for a log line.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OfferRefused(Exception):
    """A sound description with which no session of ours can be made."""


class NoAudioStream(OfferRefused):
    """There is no audio stream over plain RTP that is not switched off."""


class NoCommonCodec(OfferRefused):
    """There is an audio stream, but no codec that both sides speak."""


class StreamRejected(OfferRefused):
    """The answer switched off the audio stream that we offered."""
