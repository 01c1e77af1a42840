"""The command line's small commands, as a person types them."""

import json
import stat
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from hubbub.commands.account import account
from hubbub.commands.destinations import application, number, trunk


@pytest.fixture
def run(tmp_path: Path) -> "Run":
    return Run(tmp_path / "data")


class Run:
    """Runs a command on one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, command: click.Command, *words: str, status: int = 0) -> Result:
        result = CliRunner().invoke(command, [*words, "--data", str(self.data)], catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result

    def rows(self, command: click.Command) -> list[dict[str, object]]:
        loaded: list[dict[str, object]] = json.loads(self(command, "list", "--json").output)
        return loaded


def test_an_account_is_created_with_credentials_that_no_listing_shows(run: Run) -> None:
    output = run(account, "create", "Acme", "--email", "ops@acme.example").output
    secrets = [word for line in output.splitlines()[1:4] for word in line.split()[-1:]]
    [row] = run.rows(account)
    assert (row["name"], row["email"], row["status"], row["parent"]) == (
        "Acme",
        "ops@acme.example",
        "active",
        None,
    )
    listing = run(account, "list").output
    assert all(len(secret) == 32 and secret not in listing for secret in secrets)
    database = (run.data / "hubbub.sqlite3").read_bytes()
    assert not any(secret.encode() in database for secret in secrets)
    assert stat.S_IMODE((run.data / "server.key").stat().st_mode) == 0o600


def test_a_sub_account_names_its_parent(run: Run) -> None:
    run(account, "create", "Acme")
    run(account, "create", "Acme tests", "--parent", "Acme")
    parent, child = sorted(run.rows(account), key=lambda row: str(row["name"]))
    assert child["parent"] == parent["sid"]


def test_an_unknown_parent_is_refused_in_words(run: Run) -> None:
    run(account, "create", "Acme")
    assert "no account Globex" in run(account, "create", "x", "--parent", "Globex", status=1).output


def test_a_key_is_made_for_the_oldest_account(run: Run) -> None:
    run(account, "create", "Acme")
    output = run(account, "key", "--permission", "RestComm:Read:Conferences").output
    assert output.splitlines()[1].startswith("SK")
    assert str(run.rows(account)[0]["sid"]) in output


def test_a_role_wants_three_parts(run: Run) -> None:
    run(account, "create", "Acme")
    run(account, "role", "Developer", "RestComm:*:Conferences")
    assert "Domain:Action:Target" in run(account, "role", "Developer", "RestComm", status=1).output


def test_a_number_leads_to_an_application(run: Run) -> None:
    run(account, "create", "Acme")
    run(application, "create", "support", "https://acme.example/voice", "--dialect", "bandwidth")
    run(number, "create", "+1 (555) 123-0001", "--application", "support")
    [app], [row] = run.rows(application), run.rows(number)
    assert (row["address"], row["application"]) == ("+15551230001", app["id"])
    assert app["dialect"] == "bandwidth"


def test_a_number_belongs_to_one(run: Run) -> None:
    run(account, "create", "Acme")
    run(number, "create", "+15551230001")
    assert "number" in run(number, "create", "+15551230001", status=1).output.lower()
    assert len(run.rows(number)) == 1


def test_an_application_says_where_the_end_of_its_calls_is_told(run: Run) -> None:
    run(account, "create", "Acme")
    status = "https://acme.example/status"
    run(application, "create", "support", "https://acme.example/voice", "--status-callback", status)
    [app] = run.rows(application)
    assert app["status_callback"] == status
    refused = run(application, "create", "x", "https://acme.example", "--status-callback", "status", status=1)
    assert "URL is wanted" in refused.output


def test_an_unknown_application_is_refused(run: Run) -> None:
    run(account, "create", "Acme")
    assert "not found" in run(number, "create", "+15551230001", "--application", "none", status=1).output


def test_an_application_wants_a_web_address(run: Run) -> None:
    run(account, "create", "Acme")
    assert "http" in run(application, "create", "x", "ftp://acme.example", status=1).output


def test_a_trunk_wants_a_way_in_or_out_and_hides_its_password(run: Run) -> None:
    run(account, "create", "Acme")
    assert "--from" in run(trunk, "create", "carrier", status=1).output
    assert "not an IP network" in run(trunk, "create", "carrier", "--from", "here", status=1).output
    run(trunk, "create", "carrier", "--from", "192.0.2.0/24")
    run(trunk, "create", "desk-7", "--username", "desk7", "--password", "horse-battery")
    rows = run.rows(trunk)
    assert {row["name"] for row in rows} == {"carrier", "desk-7"}
    assert "horse-battery" not in json.dumps(rows)
    assert b"horse-battery" not in (run.data / "hubbub.sqlite3").read_bytes()


def test_listing_a_directory_that_is_not_there_makes_none(run: Run) -> None:
    assert "no directory" in run(account, "list", status=1).output
    assert not run.data.exists()
