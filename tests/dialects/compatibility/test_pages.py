"""docs/compatibility/ says what is true."""

import re
from pathlib import Path

import pytest

from hubbub.dialects.compatibility.__main__ import main, pages, stale
from hubbub.dialects.compatibility.page import (
    Operation,
    Rule,
    Vendor,
    absent_share,
    load_vendor,
    render,
    states,
    unknown_routes,
)
from hubbub.dialects.contract import EXTENSION, Dialect, Route
from hubbub.dialects.registry import dialects

ROOT = Path(__file__).parents[3]


def test_the_pages_are_fresh() -> None:
    """If not: python -m hubbub.dialects.compatibility --write."""
    assert stale(ROOT / "docs" / "compatibility") == []


@pytest.mark.parametrize("dialect", dialects(), ids=lambda each: each.name)
def test_every_route_is_an_operation_of_the_vendor_or_says_that_it_is_none(dialect: Dialect) -> None:
    vendor = load_vendor(dialect.name)
    assert [route for route in unknown_routes(dialect, vendor) if EXTENSION not in route.tags] == []
    names = {(each.method, each.path): each.id for each in vendor.operation}
    for route in dialect.routes:
        if EXTENSION not in route.tags:
            assert names[route.method, route.template] == route.operation


@pytest.mark.parametrize("dialect", dialects(), ids=lambda each: each.name)
def test_every_rule_that_is_kept_names_a_test_that_exists(dialect: Dialect) -> None:
    for rule in load_vendor(dialect.name).rule:
        if rule.test is not None:
            assert rule.plan is None
            path, _, name = rule.test.partition("::")
            assert re.search(rf"def {name}\(", (ROOT / path).read_text()), rule.test


@pytest.mark.parametrize("dialect", dialects(), ids=lambda each: each.name)
def test_hardly_anything_is_absent_nothing_is_put_off_and_every_gap_says_why(dialect: Dialect) -> None:
    vendor = load_vendor(dialect.name)
    assert absent_share(dialect, vendor) < 0.03
    assert "later" not in states(dialect, vendor)
    served = {(route.method, route.template) for route in dialect.routes}
    for operation in vendor.operation:
        assert (operation.method, operation.path) in served or operation.absent, operation.id
    for rule in vendor.rule:
        assert rule.test or rule.absent, rule.text


class Toy:
    name = "toy"
    prefixes = ("/toy",)
    routes = (
        Route("GET", "/a", "getA", "mostly"),
        Route("GET", "/c", "getC", "short"),
        Route("GET", "/extra", "getExtra"),
    )


def test_a_page_tells_supported_different_later_absent_and_beyond() -> None:
    operations = [
        Operation(
            "getA",
            "GET",
            "/a",
            parameters=["P", "Q"],
            without_effect={"R": "taken", "S": "taken", "T": "other"},
            missing={"U": "rare"},
        ),
        Operation("setA", "POST", "/a", plan="later"),
        Operation("getB", "GET", "/b", absent="nobody asks"),
        Operation("getC", "GET", "/c", different="shorter"),
    ]
    rules = [
        Rule("T", "x|y", "tests/a/test_b.py::test_c"),
        Rule("T", "later on", plan="later"),
        Rule("T", "no", absent="too old"),
        Rule("T", "so", "tests/a/test_b.py::test_d", different="but so"),
    ]
    vendor = Vendor("Toy", "a book", operations, rules)
    page = render(Toy(), vendor)  # type: ignore[arg-type]
    assert (
        "14 rows (operations, their parameters, rules): 4 yes, 5 different, 2 later, 3 no; 21.4% absent."
        in page
    )
    assert "## Operations: 1 yes, 1 different, 1 later, 1 no" in page
    assert "| getA | GET | `/a` | yes | mostly |" in page
    assert "| setA | POST | `/a` | later |  |" in page
    assert "| getB | GET | `/b` | no | nobody asks |" in page
    assert "| getC | GET | `/c` | different | shorter short |" in page
    assert "| getA | `P`, `Q` | yes |  |" in page
    assert "| getA | `R`, `S` | different | taken |" in page
    assert "| getA | `T` | different | other |" in page
    assert "| getA | `U` | no | rare |" in page
    assert "| getExtra | GET | `/extra` |  |" in page
    assert "| T | x\\|y | yes | `test_b.py::test_c` |" in page
    assert "| T | no *too old* | no |  |" in page
    assert "| T | so *but so* | different | `test_b.py::test_d` |" in page
    assert "## Rules: 1 yes, 1 different, 1 later, 1 no" in page


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
