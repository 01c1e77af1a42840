"""Permissions: who may do what."""

import pytest

from hubbub.domain.account import ADMINISTRATOR, Role, permits, role_permits


@pytest.mark.parametrize(
    ("granted", "wanted", "answer"),
    [
        ("RestComm:*:Conferences", "RestComm:Read:Conferences", True),
        ("RestComm:Delete,Read:Recordings", "RestComm:Read:Recordings", True),
        ("RestComm:Delete,Read:Recordings", "RestComm:Modify:Recordings", False),
        ("*:*:*", "RestComm:Read:Calls", True),
        ("RestComm:Read:Calls", "RestComm:Read:Conferences", False),
        ("RestComm:Read", "RestComm:Read:Calls", False),
        ("RestComm:Read:Calls", "nonsense", False),
        ("", "", False),
    ],
)
def test_a_permission_covers_what_its_parts_cover(granted: str, wanted: str, answer: bool) -> None:
    assert permits(granted, wanted) is answer


def test_the_administrator_may_do_everything_and_an_unknown_role_nothing() -> None:
    assert role_permits(ADMINISTRATOR, None, "RestComm:Read:Calls")
    assert not role_permits("Ghost", None, "RestComm:Read:Calls")
    assert role_permits("Dev", Role("Dev", ("RestComm:*:Calls",)), "RestComm:Read:Calls")
    assert not role_permits("Dev", Role("Dev", ("RestComm:*:Calls",)), "RestComm:Read:Conferences")
