"""Values of Twilio's query parameters, read strictly.

Names are case-sensitive, unknown ones are ignored, of a repeated one the last counts.
https://www.twilio.com/docs/voice/api/conference-resource#read-multiple-conference-resources
"""

from typing import NamedTuple

from hubbub.dialects.shared.dates import DAY_MS, parse_day, parse_iso
from hubbub.dialects.twilio.errors import invalid


class Span(NamedTuple):
    """An inclusive range of time; None is open."""

    from_ms: int | None = None
    until_ms: int | None = None


def read_days(parameters: dict[str, str], name: str, *, times: bool = False) -> Span:
    """The range that `name`, `name<` and `name>` leave, all of them together.

    The plain form is the whole UTC day, `>` is at or after its midnight, `<` at or before it, to the second
    that is printed. There is no strict form: `DateCreated<=2020-07-07` is a parameter called `DateCreated<`.

    Args:
        times: accept a date with a time too, as the Recordings and Calls lists do; the plain form is then
            that second.

    Raises:
        TwilioError: 400, for anything but a date of the form YYYY-MM-DD.
    """
    from_ms: int | None = None
    until_ms: int | None = None
    for sign in ("", ">", "<"):
        text = parameters.get(name + sign)
        if text is None:
            continue
        at_ms = parse_iso(text) if times else parse_day(text)
        if at_ms is None:
            raise invalid(name + sign, "a date is written YYYY-MM-DD")
        if sign != "<":
            from_ms = at_ms if from_ms is None else max(from_ms, at_ms)
        if sign != ">":
            length_ms = DAY_MS if sign == "" and len(text) == len("YYYY-MM-DD") else 1000
            last_ms = at_ms + length_ms - 1
            until_ms = last_ms if until_ms is None else min(until_ms, last_ms)
    return Span(from_ms, until_ms)


def read_flag(parameters: dict[str, str], name: str) -> bool | None:
    """True for `true` in any case, False for anything else, None when not sent."""
    text = parameters.get(name)
    return None if text is None else text.lower() in ("true", "1")


def read_count(parameters: dict[str, str], name: str) -> int | None:
    """A whole number, None when not sent; numbers past a billion count as a billion.

    Raises:
        TwilioError: 400, for what is no whole number.
    """
    text = parameters.get(name)
    if text is None:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise invalid(name, "it is a whole number")
    count = 1_000_000_000 if len(digits.lstrip("0")) > 9 else int(digits)
    return -count if text.startswith("-") else count
