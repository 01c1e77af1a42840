"""`hubbub account`: create and list accounts, sub-accounts, API keys and roles."""

from pathlib import Path

import click

from hubbub.commands.options import (
    account_option,
    data_option,
    json_option,
    run,
    show,
    the_account,
    with_store,
)
from hubbub.credentials import credentials
from hubbub.domain.account import ADMINISTRATOR, Role
from hubbub.services.accounts.create_account import CreateAccount, CreateApiKey
from hubbub.services.ports import Clock, Entropy, Store


@click.group()
def account() -> None:
    """Create and list accounts. Rooms, calls and numbers belong to an account."""


@account.command()
@click.argument("name")
@click.option("--email", help="Also a user name in the Restcomm dialect.")
@click.option("--parent", help="Make it a sub-account of this account.")
@click.option("--role", default=ADMINISTRATOR, show_default=True, help="Name of a role.")
@data_option
def create(name: str, email: str | None, parent: str | None, role: str, data: Path) -> None:
    """Create an account called NAME and print its credentials. They are shown once.

    \b
    hubbub account create "Acme" --email ops@acme.example
    hubbub account create "Acme tests" --parent Acme
    """

    async def work(store: Store, clock: Clock, entropy: Entropy) -> None:
        parent_id = await the_account(store, parent) if parent else None
        made = await CreateAccount(store, clock, entropy)(name, email=email, parent_id=parent_id, role=role)
        show(
            [
                {"dialect": dialect, "user": user, "secret": secret}
                for dialect, values in credentials(made).items()
                for user, secret in [
                    (
                        values.get("account_sid") or values["username"],
                        values.get("auth_token") or values["password"],
                    )
                ]
            ],
            as_json=False,
        )
        click.echo(f"Bandwidth account id: {made.account.bandwidth_id}")

    run(with_store(data, work))


@account.command("list")
@json_option
@data_option
def list_(as_json: bool, data: Path) -> None:
    """List accounts. Secrets are never shown."""

    async def work(store: Store, clock: Clock, entropy: Entropy) -> None:
        show(
            [
                {
                    "sid": f"AC{row.id}",
                    "bandwidth_id": row.bandwidth_id,
                    "name": row.friendly_name,
                    "email": row.email,
                    "status": str(row.status),
                    "role": row.role,
                    "parent": f"AC{row.parent_id}" if row.parent_id else None,
                }
                for row in await store.read.accounts()
            ],
            as_json,
        )

    run(with_store(data, work, must_exist=True))


@account.command()
@click.option(
    "--permission", "permissions", multiple=True, help="Restrict the key, as in RestComm:Read:Conferences."
)
@account_option
@data_option
def key(permissions: tuple[str, ...], account: str | None, data: Path) -> None:
    """Create an API key (SK…) and print its secret, once."""

    async def work(store: Store, clock: Clock, entropy: Entropy) -> None:
        owner = await the_account(store, account)
        made, secret = await CreateApiKey(store, clock, entropy)(owner, permissions)
        show([{"key": f"SK{made.id}", "secret": secret, "account": f"AC{owner}"}], as_json=False)

    run(with_store(data, work, must_exist=True))


@account.command()
@click.argument("name")
@click.argument("permissions", nargs=-1, required=True)
@data_option
def role(name: str, permissions: tuple[str, ...], data: Path) -> None:
    """Create or replace the role NAME with PERMISSIONS, each Domain:Action:Target with * for any.

    \b
    hubbub account role Developer "RestComm:*:Conferences" "RestComm:Read:Calls"
    """
    for permission in permissions:
        if permission.count(":") != 2:
            raise click.ClickException(f"{permission}: Domain:Action:Target is wanted")

    async def work(store: Store, clock: Clock, entropy: Entropy) -> None:
        async with store.transaction() as tx:
            await tx.put_role(Role(name, permissions))
        click.echo(f"role {name}: {', '.join(permissions)}")

    run(with_store(data, work, must_exist=True))
