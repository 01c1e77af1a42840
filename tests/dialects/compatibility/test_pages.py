"""docs/compatibility/ says what is true."""

import re
from pathlib import Path

import pytest

from hubbub.dialects.compatibility.__main__ import main, pages, stale
from hubbub.dialects.compatibility.page import Operation, Rule, Vendor, load_vendor, render, unknown_routes
from hubbub.dialects.contract import Dialect, Route
from hubbub.dialects.registry import dialects

ROOT = Path(__file__).parents[3]


def test_the_pages_are_fresh() -> None:
    """If not: python -m hubbub.dialects.compatibility --write."""
    assert stale(ROOT / "docs" / "compatibility") == []


@pytest.mark.parametrize("dialect", dialects(), ids=lambda each: each.name)
def test_every_route_is_an_operation_of_the_vendor(dialect: Dialect) -> None:
    vendor = load_vendor(dialect.name)
    assert unknown_routes(dialect, vendor) == []
    names = {(each.method, each.path): each.id for each in vendor.operation}
    for route in dialect.routes:
        assert names[route.method, route.template] == route.operation


@pytest.mark.parametrize("dialect", dialects(), ids=lambda each: each.name)
def test_every_rule_that_is_kept_names_a_test_that_exists(dialect: Dialect) -> None:
    for rule in load_vendor(dialect.name).rule:
        if rule.test is not None:
            assert rule.plan is None
            path, _, name = rule.test.partition("::")
            assert re.search(rf"def {name}\(", (ROOT / path).read_text()), rule.test


class Toy:
    name = "toy"
    prefixes = ("/toy",)
    routes = (Route("GET", "/a", "getA", "mostly"), Route("GET", "/extra", "getExtra"))


def test_a_page_tells_supported_later_absent_and_beyond() -> None:
    operations = [
        Operation("getA", "GET", "/a"),
        Operation("setA", "POST", "/a", "later"),
        Operation("getB", "GET", "/b"),
    ]
    rules = [
        Rule("T", "x|y", "tests/a/test_b.py::test_c"),
        Rule("T", "later on", None, "later"),
        Rule("T", "no"),
    ]
    page = render(Toy(), Vendor("Toy", "a book", operations, rules))  # type: ignore[arg-type]
    assert "## Operations: 1 yes, 1 later, 1 no" in page
    assert "| getA | GET | `/a` | yes | mostly |" in page
    assert "| setA | POST | `/a` | later |  |" in page
    assert "| getB | GET | `/b` | no |  |" in page
    assert "| getExtra | GET | `/extra` |  |" in page
    assert "| T | x\\|y | yes | `test_b.py::test_c` |" in page
    assert "## Rules: 1 yes, 1 later, 1 no" in page


def test_the_command_checks_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["compatibility", *words, "--folder", str(tmp_path)])
        return main()

    assert run("--check") == 1
    assert run("--write") == 0
    assert run("--check") == 0
    assert {path.name for path in tmp_path.iterdir()} == set(pages())
    (tmp_path / "twilio.md").write_text("stale")
    assert run("--check") == 1
