"""Restcomm's SIDs: two letters and 32 hex digits, which are our own id.

Call SIDs also come as `ID…-CA…` (69 characters); such a one was imported and is kept as given.
Restcomm Connect API guide, "Calls", "Conferences".
"""

import re
from typing import Final

from hubbub.dialects.shared.sids import read_sid
from hubbub.domain.account import Account
from hubbub.domain.call import CallLeg
from hubbub.domain.ids import AccountId, CallId, ConferenceId, RecordingId
from hubbub.services.ports import Reader

_CALL: Final = re.compile(r"(?:[a-zA-Z0-9]{34}-)?[a-zA-Z0-9]{34}")


def call_sid(call: CallLeg) -> str:
    return "CA" + call.id if call.given_id is None else call.given_id


def is_well_formed(text: str) -> bool:
    """Whether `text` has a SID's shape, `[a-zA-Z0-9]{34}`: such a one may be unknown, others are malformed."""
    return len(text) == 34 and text.isascii() and text.isalnum()


def is_call_sid(text: str) -> bool:
    """Whether `text` has the shape of a call's SID, short or long."""
    return _CALL.fullmatch(text) is not None


def instance_id(site: str) -> str:
    """This server's, which Restcomm prints with its calls."""
    return "ID" + site.rjust(32, "0")


def read_recording_sid(text: str) -> RecordingId | None:
    digits = read_sid("RE", text)
    return None if digits is None else RecordingId(digits)


def read_account_sid(text: str) -> AccountId | None:
    digits = read_sid("AC", text)
    return None if digits is None else AccountId(digits)


def read_conference_sid(text: str) -> ConferenceId | None:
    digits = read_sid("CF", text)
    return None if digits is None else ConferenceId(digits)


async def find_call(reader: Reader, account: Account, text: str) -> CallLeg | None:
    """The call with this SID, whoever owns it; one with a SID of its own making only if `account` owns it."""
    digits = read_sid("CA", text)
    call = None if digits is None else await reader.call(CallId(digits))
    if call is None or call.given_id is not None:
        call = await reader.call_by_given_id(account.id, text)
    return call
