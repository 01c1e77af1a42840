"""Dates as vendors write them, from and to UTC milliseconds.

Owns RFC 2822 text, ISO 8601 text and calendar days. Formatting is cached by second, because a list page
prints the same few seconds again and again, and by day, because pages of a long history do not. Leaves which form belongs where to the dialects.
"""

import re
from calendar import timegm
from functools import lru_cache
from time import gmtime
from typing import Final

DAY_MS: Final = 86_400_000
LAST_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999: four-digit years end there."""

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY_S: Final = 86_400
_FIRST_S: Final = -62_135_596_800
"""The first second of the year 1."""
_LAST_S: Final = LAST_MS // 1000
_TWO: Final = tuple(f"{number:02d}" for number in range(60))
_THREE: Final = tuple(f"{number:03d}" for number in range(1000))
_MINUTES: Final = tuple(f"{hour}:{minute}:" for hour in _TWO[:24] for minute in _TWO)
"""`HH:MM:` for each minute of a day."""
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)


def rfc2822(at_ms: int, *, padded: bool = True) -> str:
    """`Fri, 01 Jan 2021 11:23:45 +0000` (RFC 2822 §3.3), English names, always UTC.

    Args:
        at_ms: rounded down to the second.
        padded: two digits for the day; without, `Fri, 1 Jan 2021 …`.
    """
    return _rfc2822(at_ms // 1000, padded)


@lru_cache(maxsize=8192)
def _rfc2822(second: int, padded: bool) -> str:
    day, second = divmod(min(max(second, _FIRST_S), _LAST_S), _DAY_S)
    return f"{_rfc2822_day(day, padded)} {_MINUTES[second // 60]}{_TWO[second % 60]} +0000"


@lru_cache(maxsize=8192)
def _rfc2822_day(day: int, padded: bool) -> str:
    t = gmtime(day * _DAY_S)
    month_day = f"{t.tm_mday:02d}" if padded else str(t.tm_mday)
    return f"{_DAYS[t.tm_wday]}, {month_day} {_MONTHS[t.tm_mon - 1]} {t.tm_year:04d}"


def iso_ms(at_ms: int) -> str:
    """`2022-06-17T22:19:40.375Z`: three digits of milliseconds, always UTC (RFC 3339)."""
    return f"{_iso_second(at_ms // 1000)}.{_THREE[at_ms % 1000]}Z"


def iso_s(at_ms: int) -> str:
    """`2022-06-17T22:19:40Z`, rounded down to the second (RFC 3339)."""
    return _iso_second(at_ms // 1000) + "Z"


@lru_cache(maxsize=8192)
def _iso_second(second: int) -> str:
    day, second = divmod(min(max(second, _FIRST_S), _LAST_S), _DAY_S)
    return f"{_iso_day(day)}T{_MINUTES[second // 60]}{_TWO[second % 60]}"


@lru_cache(maxsize=8192)
def _iso_day(day: int) -> str:
    t = gmtime(day * _DAY_S)
    return f"{t.tm_year:04d}-{t.tm_mon:02d}-{t.tm_mday:02d}"


def parse_iso(text: str) -> int | None:
    """UTC milliseconds of an ISO 8601 date or date-time, or None.

    A zone of `Z` or `±HH:MM`; without one it is UTC. Digits of a second past the third are cut off. A date
    alone is its midnight. A leap second is the second after.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    midnight = day_ms(int(year), int(month), int(day))
    if midnight is None:
        return None
    if hour is None:
        return midnight
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 60:
        return None
    offset_s = 0
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        if int(digits[:2]) > 23 or int(digits[2:]) > 59:
            return None
        offset_s = int(digits[:2]) * 3600 + int(digits[2:]) * 60
        if zone[0] == "-":
            offset_s = -offset_s
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second or 0) - offset_s
    return midnight + seconds * 1000 + int((fraction or "0").ljust(3, "0")[:3])


def parse_day(text: str) -> int | None:
    """UTC milliseconds of the start of a day written `YYYY-MM-DD`, strictly; None for anything else."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return None
    parts = (text[:4], text[5:7], text[8:])
    if not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return day_ms(*map(int, parts))


def day_ms(year: int, month: int, day: int) -> int | None:
    """UTC milliseconds of the start of a day of the Gregorian calendar, or None if there is no such day."""
    if not 1 <= year <= 9999 or not 1 <= month <= 12:
        return None
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _MONTH_DAYS[month - 1] + leap:
        return None
    return timegm((year, month, day, 0, 0, 0)) * 1000
