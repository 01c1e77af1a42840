"""The system's chance: what it hands out is new every time and of the right shape."""

from uuid import UUID

import pytest

from hubbub.entropy import SystemEntropy


def test_an_id_is_a_random_uuid_and_never_comes_twice() -> None:
    entropy = SystemEntropy()
    ids = [entropy.id() for _ in range(2_000)]
    assert len(set(ids)) == len(ids)
    assert {(UUID(each).version, UUID(each).variant) for each in ids} == {(4, "specified in RFC 4122")}
    assert all(each == UUID(each).hex for each in ids)


@pytest.mark.parametrize("size", [1, 7, 16, 32, 9_001])
def test_a_token_has_the_asked_number_of_digits(size: int) -> None:
    entropy = SystemEntropy()
    entropy.token(4_095)
    first, second = entropy.token(size), entropy.token(size)
    assert len(first) == len(second) == size
    assert set(first) <= set("0123456789abcdef")
    assert size < 16 or first != second


def test_no_byte_is_handed_out_twice() -> None:
    entropy = SystemEntropy()
    pieces = [entropy.bytes(16) for _ in range(1_000)]
    assert len(set(pieces)) == len(pieces)
