"""The command line: `hubbub COMMAND`. Each command is a file in `commands`, imported when it is asked for.

The media core's compiler alone takes a third of a second to import, which listing numbers should not wait for.
"""

from importlib import import_module
from typing import Final, NamedTuple

import click

from hubbub import __version__


class Place(NamedTuple):
    """Where a command is, and its line in the list of commands."""

    module: str
    attribute: str
    line: str


COMMANDS: Final = {
    "demo": Place("demo", "demo", "Serve, let three callers meet, and print curl lines."),
    "serve": Place("serve", "serve", "Run the server."),
    "call": Place("call", "call", "Call an address: speak, press keys, record."),
    "account": Place("account", "account", "Create and list accounts, API keys and roles."),
    "application": Place(
        "destinations", "application", "Create and list applications: URLs asked for markup."
    ),
    "number": Place("destinations", "number", "Create and list numbers, and where they lead."),
    "trunk": Place("destinations", "trunk", "Create and list SIP peers that may call."),
    "deliveries": Place("deliveries", "deliveries", "List, look at and send again what customers were told."),
    "import": Place("import_history", "import_", "Import a vendor's history from JSON Lines."),
    "warmup": Place("warmup", "warmup", "Compile the media core beforehand."),
}


class LateGroup(click.Group):
    """A group whose commands are imported when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(import_module(f"hubbub.commands.{place.module}"), place.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.line) for name, place in COMMANDS.items()])


@click.group(
    cls=LateGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__)
def main() -> None:
    """A conference-call server of your own: callers meet in it by SIP, and the same room is a resource in the
    REST APIs of Twilio, Bandwidth and Restcomm.

    \b
    hubbub demo                            a server, three callers, and curl lines to paste
    hubbub serve                           the server
    hubbub call sip:standup@127.0.0.1      join the room "standup"

    `hubbub COMMAND --help` explains a command, with examples.
    """
