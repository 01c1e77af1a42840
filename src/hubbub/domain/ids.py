"""One typed id per noun, each 128 bits written as 32 lower-case hex digits.

Owns the shape of an id. Knows no vendor prefix: `CF…` and `conf-…` are two spellings of one
`ConferenceId`, made and read by the dialects. Hex text rather than `uuid.UUID`, because ids are made once
and rendered thousands of times (docs/adr/0003-ids-and-times-are-plain.md).
"""

import re
from typing import Final, NewType

AccountId = NewType("AccountId", str)
ApplicationId = NewType("ApplicationId", str)
NumberId = NewType("NumberId", str)
TrunkId = NewType("TrunkId", str)
CallId = NewType("CallId", str)
ConferenceId = NewType("ConferenceId", str)
CredentialId = NewType("CredentialId", str)
RecordingId = NewType("RecordingId", str)
SubscriptionId = NewType("SubscriptionId", str)
DeliveryId = NewType("DeliveryId", str)

HEX32: Final = re.compile(r"[0-9a-f]{32}\Z")


def is_id(text: str) -> bool:
    """Whether `text` is 32 lower-case hex digits."""
    return HEX32.match(text) is not None


def uuid_text(hex32: str) -> str:
    """An id in the dashed form of a UUID (RFC 9562 §4), lower case."""
    return f"{hex32[:8]}-{hex32[8:12]}-{hex32[12:16]}-{hex32[16:20]}-{hex32[20:]}"
