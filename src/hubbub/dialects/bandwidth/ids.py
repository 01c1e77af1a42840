"""Bandwidth's ids: a prefix, eight hex digits of a site, and a UUID.

`conf-1a2b3c4d-0f1e2d3c-4b5a-4697-8877-665544332211` has 50 characters, a call's `c-…` 47. Both are spellings
of our own 128-bit id, so no mapping is kept. Ids of 2020 had no site (`conf-` and a UUID, 41 characters): a
row that was imported with one says `site == ""` and is printed that way.

Bandwidth API reference, "Voice", `conferenceId`, `callId`.
"""

from typing import Final, NamedTuple

from hubbub.domain.call import CallLeg
from hubbub.domain.ids import CallId, ConferenceId, RecordingId, is_id, uuid_text

CONFERENCE: Final = "conf-"
CALL: Final = "c-"
RECORDING: Final = "r-"
_HEX: Final = frozenset("0123456789abcdef")


class Parsed(NamedTuple):
    """What an id says."""

    site: str
    """Eight hex digits, or "" in the old form."""
    id: str
    """32 hex digits."""


def render(prefix: str, site: str, hex32: str) -> str:
    """The id as Bandwidth writes it; the inverse of `parse`."""
    return f"{prefix}{site}-{uuid_text(hex32)}" if site else prefix + uuid_text(hex32)


def parse(prefix: str, text: str) -> Parsed | None:
    """Take an id apart, or None where it is malformed. Lower case only, since that is what is printed."""
    if not text.startswith(prefix):
        return None
    rest = text[len(prefix) :]
    site = ""
    if len(rest) == 45:
        site, rest = rest[:8], rest[9:]
        if not _HEX.issuperset(site) or text[len(prefix) + 8] != "-":
            return None
    if len(rest) != 36:
        return None
    hex32 = rest.replace("-", "")
    return Parsed(site, hex32) if is_id(hex32) and uuid_text(hex32) == rest else None


def conference_text(conference_id: ConferenceId, site: str | None, own_site: str) -> str:
    """A conference's id. `site` is the row's own, None for this server's `own_site`."""
    return render(CONFERENCE, own_site if site is None else site, conference_id)


def call_text(call: CallLeg, own_site: str) -> str:
    """A call's id, which is also its member id: as an import gave it where we could not rebuild it."""
    if call.given_id is not None:
        return call.given_id
    return render(CALL, own_site if call.site is None else call.site, call.id)


def unknown_call_text(call_id: CallId, own_site: str) -> str:
    """The id of a call that is not stored (yet): coaching may name one that is still to come."""
    return render(CALL, own_site, call_id)


def recording_text(recording_id: RecordingId, own_site: str) -> str:
    """A recording's id. Recordings are made here, so the site is always this server's."""
    return render(RECORDING, own_site, recording_id)
