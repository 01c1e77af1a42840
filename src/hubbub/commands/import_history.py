"""`hubbub import FILE`: history from a vendor."""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

from hubbub.commands.options import data_option, run, with_store
from hubbub.importing import ImportReport, import_history
from hubbub.services.ports import Clock, Entropy, Store

ERRORS_SHOWN = 20


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
def import_(file: Path, data: Path) -> None:
    """Import accounts, conferences, calls and participants from FILE (JSON Lines; see docs/import.md).

    Importing a file again changes nothing. A bad line is reported with its number and left out; the rest is
    imported, and the exit status is 1.
    """

    async def work(store: Store, clock: Clock, entropy: Entropy) -> ImportReport:
        console = Console(stderr=True)
        if not console.is_terminal:
            return await import_history(store, file, lambda *_: None, now_ms=clock.now_ms(), entropy=entropy)
        with Progress(
            "{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=console
        ) as bar:
            task = bar.add_task("importing", total=file.stat().st_size)
            return await import_history(
                store,
                file,
                lambda done, total, lines: bar.update(
                    task, completed=done, total=total, description=f"{lines} lines"
                ),
                now_ms=clock.now_ms(),
                entropy=entropy,
            )

    report = run(with_store(data, work))
    for error in report.errors[:ERRORS_SHOWN]:
        click.echo(error, err=True)
    if report.failed > ERRORS_SHOWN:
        click.echo(f"… and {report.failed - ERRORS_SHOWN} more", err=True)
    click.echo(
        f"{report.lines} lines: {report.applied} imported, {report.unchanged} already there, {report.failed} refused"
    )
    if report.failed:
        sys.exit(1)
