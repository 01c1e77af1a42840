"""Ids that are a two-letter prefix before 32 hex digits."""

from hubbub.domain.ids import is_id


def read_sid(prefix: str, text: str) -> str | None:
    """The 32 lower-case hex digits behind `prefix`, or None if `text` is no such id.

    The prefix is compared with case, the digits without.
    """
    if len(text) != len(prefix) + 32 or not text.startswith(prefix):
        return None
    digits = text[len(prefix) :].lower()
    return digits if is_id(digits) else None
