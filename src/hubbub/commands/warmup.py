"""`hubbub warmup`: compile the media core before it is needed."""

import click


@click.command()
def warmup() -> None:
    """Compile the media core and keep the result, so that the server starts at once.

    `hubbub serve` does the same when it must; run this when an image is built.
    """
    from hubbub.media import warm_up  # imported here: the other commands do without the compiler

    warm_up(lambda line: click.echo(line, err=True))
