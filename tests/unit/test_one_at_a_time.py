"""Tests in real time are one group to xdist, wherever they are; every other test is its own."""

from pathlib import Path

from one_at_a_time import GROUP, REAL_TIME, RealTimeApart

TESTS = Path(__file__).parents[1]
MARK = f'xdist_group("{GROUP}")'


def group(nodeid: str) -> str:
    return RealTimeApart._split_scope(object.__new__(RealTimeApart), nodeid)


def test_every_file_that_asks_for_it_is_in_the_group() -> None:
    asking = [path for path in TESTS.rglob("test_*.py") if f"mark.{MARK}" in path.read_text()]
    assert len(asking) > 10
    for path in asking:
        assert group(f"{path.relative_to(TESTS.parent).as_posix()}::test_x[a]") == GROUP, path


def test_those_of_simulated_time_are_spread() -> None:
    others = (
        "tests/scenarios/test_recordings.py::test_x[tests/interop/]",
        "tests/unit/test_entropy.py::test_y",
    )
    assert [group(each) for each in others] == list(others)
    assert all((TESTS.parent / folder).is_dir() for folder in REAL_TIME)
