"""The command line finds its commands, and imports no more than it needs."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from hubbub.cli import COMMANDS, main


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith("Usage:")
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.help, "a command teaches"


def test_the_overview_lists_every_command() -> None:
    output = CliRunner().invoke(main, ["--help"]).output
    assert all(place.line in output for place in COMMANDS.values())


def test_an_unknown_command_is_refused_by_name() -> None:
    result = CliRunner().invoke(main, ["serv"])
    assert result.exit_code == 2
    assert "serv" in result.output


@pytest.mark.parametrize("words", [["--help"], ["number", "--help"]])
def test_small_commands_do_not_import_the_compiler(words: list[str]) -> None:
    program = f"import sys; from hubbub.cli import main\ntry: main({words!r})\nexcept SystemExit: pass\nprint('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
