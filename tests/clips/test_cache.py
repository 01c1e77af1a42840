"""How long a fetched sound may be used, and which go when there is no room."""

import pytest

from hubbub.clips.cache import LIFETIME_MAX_S, Cached, ClipCache, lifetime_s
from hubbub.services.ports import Clip


@pytest.mark.parametrize(
    ("headers", "lifetime"),
    [
        ({}, 0.0),
        ({"cache-control": "max-age=60"}, 60.0),
        ({"cache-control": "public, Max-Age=60, immutable"}, 60.0),
        ({"cache-control": 'max-age="60"'}, 60.0),
        ({"cache-control": "max-age=60", "age": "50"}, 10.0),
        ({"cache-control": "max-age=60", "age": "90"}, 0.0),
        ({"cache-control": "max-age=soon"}, 0.0),
        ({"cache-control": "max-age=-5"}, 0.0),
        ({"cache-control": "max-age=99999999999999999999"}, LIFETIME_MAX_S),
        ({"cache-control": "no-store, max-age=60"}, None),
        ({"cache-control": "no-cache, max-age=60"}, 0.0),
        ({"cache-control": "max-age=60", "vary": "*"}, 0.0),
        ({"date": "Mon, 05 Jan 2026 09:00:00 GMT", "expires": "Mon, 05 Jan 2026 09:01:00 GMT"}, 60.0),
        ({"date": "Mon, 05 Jan 2026 09:00:00 GMT", "expires": "0"}, 0.0),
        ({"date": "Mon, 05 Jan 2026 09:00:00 GMT", "expires": "Mon, 05 Jan 2026 09:01:00"}, 0.0),
        ({"expires": "Mon, 05 Jan 2036 09:01:00 GMT"}, 0.0),
        (
            {
                "cache-control": "max-age=5",
                "date": "Mon, 05 Jan 2026 09:00:00 GMT",
                "expires": "Tue, 06 Jan 2026 09:00:00 GMT",
            },
            5.0,
        ),
    ],
)
def test_a_lifetime_is_what_the_server_says(headers: dict[str, str], lifetime: float | None) -> None:
    assert lifetime_s(headers) == lifetime


def entry(size: int) -> Cached:
    return Cached(Clip(bytes(size), "x"), 0.0, None, None)


def test_the_least_recently_used_goes_first() -> None:
    cache = ClipCache(100)
    for key in ("a", "b", "c", "d"):
        cache.put(key, entry(25))
    assert cache.get("a") is not None
    cache.put("e", entry(25))
    assert cache.get("b") is None
    assert {key for key in "abcde" if cache.get(key)} == set("acde")
    assert (cache.size_bytes, len(cache)) == (100, 4)


def test_one_sound_never_takes_over_a_quarter_of_the_room() -> None:
    cache = ClipCache(100)
    cache.put("a", entry(26))
    assert cache.get("a") is None
    cache.put("a", entry(20))
    cache.put("a", entry(26))
    assert (cache.get("a"), cache.size_bytes) == (None, 0)


def test_validators_become_conditions() -> None:
    kept = Cached(Clip(b"", "x"), 0.0, '"v1"', "Mon, 05 Jan 2026 09:00:00 GMT")
    assert kept.conditions == (
        ("If-None-Match", '"v1"'),
        ("If-Modified-Since", "Mon, 05 Jan 2026 09:00:00 GMT"),
    )
