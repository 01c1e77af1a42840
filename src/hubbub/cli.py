"""The command line: `hubbub COMMAND`. Each command is a file in `commands`."""

import click

from hubbub import __version__
from hubbub.commands.account import account
from hubbub.commands.call import call
from hubbub.commands.demo import demo
from hubbub.commands.destinations import application, number, trunk
from hubbub.commands.import_history import import_
from hubbub.commands.serve import serve
from hubbub.commands.warmup import warmup


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__)
def main() -> None:
    """A conference-call server of your own: callers meet in it by SIP, and the same room is a resource in the
    REST APIs of Twilio, Bandwidth and Restcomm.

    \b
    hubbub demo                            a server, three callers, and curl lines to paste
    hubbub serve                           the server
    hubbub call sip:standup@127.0.0.1      join the room "standup"
    """


for command in (serve, demo, call, account, application, number, trunk, import_, warmup):
    main.add_command(command)
