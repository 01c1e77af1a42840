"""How much of a customer's markup the server is willing to run."""

from typing import NamedTuple


class MarkupLimits(NamedTuple):
    """Bounds on documents; operators may change them (docs/settings.md)."""

    document_bytes_max: int = 65_536
    """Twilio error 11750, Bandwidth "BXML document 64 KB"."""
    depth_max: int = 16
    """Elements inside one another; the deepest real verb has four."""
    elements_max: int = 1_000
    documents_in_a_row_max: int = 30
    """Documents fetched without a moment of sound, silence or room between: more is taken for a loop."""
    documents_per_call_max: int = 5_000
    fetch_timeout_s: float = 15.0
    """For one document in all: Twilio's and Bandwidth's hard limit."""
    text_characters_max: int = 4_096
    """Of one spoken text."""
    strict: bool = False
    """Keep a vendor's own limits where this server has wider ones."""


DEFAULT_LIMITS = MarkupLimits()
