"""A dialect is found by its folder."""

import pytest

from hubbub.dialects.registry import dialect, dialects


def test_every_folder_with_a_dialect_is_found_and_nothing_else() -> None:
    assert [each.name for each in dialects()] == ["bandwidth", "restcomm", "twilio"]
    assert dialect("restcomm").prefixes == ("/restcomm/2012-04-24", "/2012-04-24")
    with pytest.raises(KeyError):
        dialect("shared")


def test_no_two_dialects_claim_one_path() -> None:
    prefixes = [prefix for each in dialects() for prefix in each.prefixes]
    assert not [a for a in prefixes for b in prefixes if a is not b and (a + "/").startswith(b + "/")]
