"""Accounts, roles and what proves to be one."""

from pathlib import Path

import pytest

from hubbub.domain.account import Credential, CredentialKind, Role
from hubbub.domain.application import Application, Number, Trunk, WebTarget
from hubbub.domain.errors import NameTaken
from hubbub.domain.ids import ApplicationId, CredentialId, NumberId, TrunkId
from hubbub.services.ports import Store
from hubbub.storage import open_store
from storage.cast import ACME, GLOBEX, T0, Dice, account

TOKEN = Credential(CredentialId("1" * 32), ACME, CredentialKind.AUTH_TOKEN, ACME, (), T0)
KEY = Credential(CredentialId("2" * 32), ACME, CredentialKind.API_KEY, "SK1", ("RestComm:Read:Calls",), T0)


async def test_an_account_is_found_by_everything_that_names_it(store: Store) -> None:
    acme = account()
    async with store.transaction() as tx:
        await tx.put_account(acme)
    assert await store.read.account(ACME) == acme
    assert await store.read.account_by_bandwidth_id("9900001") == acme
    assert await store.read.account_by_email("ops@acme.example") == acme
    assert await store.read.account_by_friendly_name("Acme") == acme
    assert await store.read.account(GLOBEX) is None


async def test_the_oldest_account_of_a_shared_name_wins(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_account(account(created_at_ms=T0 + 1))
        await tx.put_account(account(GLOBEX, bandwidth_id="2", created_at_ms=T0))
    found = await store.read.account_by_friendly_name("Acme")
    assert found is not None
    assert found.id == GLOBEX
    assert [a.id for a in await store.read.accounts()] == [GLOBEX, ACME]


async def test_a_vendor_number_belongs_to_one_account(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_account(account())
        await tx.put_account(account(friendly_name="Acme & Co"))
        with pytest.raises(NameTaken):
            await tx.put_account(account(GLOBEX))
    assert [a.friendly_name for a in await store.read.accounts()] == ["Acme & Co"]


async def test_a_role_is_replaced_by_name(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_role(Role("Developer", ("RestComm:*:Calls",)))
        await tx.put_role(Role("Developer", ("RestComm:Read:Calls", "RestComm:*:Conferences")))
    assert await store.read.role("Developer") == Role(
        "Developer", ("RestComm:Read:Calls", "RestComm:*:Conferences")
    )
    assert await store.read.role("Nobody") is None


async def test_only_the_right_secret_of_the_right_kind_proves_a_name(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_credential(TOKEN, "tok-én")
        await tx.put_credential(KEY, "key-secret")
    assert await store.read.verify_secret(CredentialKind.AUTH_TOKEN, ACME, "tok-én") == TOKEN
    assert await store.read.verify_secret(CredentialKind.API_KEY, "SK1", "key-secret") == KEY
    assert await store.read.verify_secret(CredentialKind.AUTH_TOKEN, ACME, "tok-en") is None
    assert await store.read.verify_secret(CredentialKind.API_KEY, ACME, "tok-én") is None
    assert await store.read.verify_secret(CredentialKind.USER, "SK1", "key-secret") is None
    assert await store.read.verify_secret(CredentialKind.USER, "nobody", "") is None


async def test_the_auth_token_can_be_had_again_to_sign_with(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_credential(TOKEN, "first")
        await tx.put_credential(TOKEN, "second")
    assert await store.read.signing_secret(ACME) == "second"
    assert await store.read.signing_secret(GLOBEX) is None


async def test_a_user_name_is_unique_within_its_kind(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_credential(KEY, "a")
        await tx.put_credential(KEY._replace(id=CredentialId("3" * 32), kind=CredentialKind.USER), "b")
        with pytest.raises(NameTaken):
            await tx.put_credential(KEY._replace(id=CredentialId("4" * 32)), "c")


async def test_an_application_comes_back_with_its_passwords(store: Store) -> None:
    application = Application(
        ApplicationId("a" * 32),
        ACME,
        "Front desk",
        "twilio",
        WebTarget("https://acme.example/voice", "POST", "acme", "pä55"),
        WebTarget("https://acme.example/fallback", "GET"),
        None,
        T0,
    )
    other = application._replace(id=ApplicationId("b" * 32), account_id=GLOBEX, created_at_ms=T0 - 1)
    async with store.transaction() as tx:
        await tx.put_application(application)
        await tx.put_application(other)
    assert await store.read.application(application.id) == application
    assert await store.read.applications(ACME) == [application]
    assert await store.read.applications(None) == [other, application]


async def test_an_address_leads_to_one_number(store: Store) -> None:
    number = Number(NumberId("a" * 32), ACME, "+15550100", None, T0)
    async with store.transaction() as tx:
        await tx.put_number(number)
        await tx.put_number(number._replace(application_id=ApplicationId("b" * 32)))
        with pytest.raises(NameTaken):
            await tx.put_number(number._replace(id=NumberId("c" * 32)))
    assert await store.read.number("+15550100") == number._replace(application_id=ApplicationId("b" * 32))
    assert await store.read.number("+15550101") is None
    assert len(await store.read.numbers(ACME)) == len(await store.read.numbers(None)) == 1
    assert await store.read.numbers(GLOBEX) == []


async def test_a_trunks_password_is_had_by_user_name(store: Store) -> None:
    trunk = Trunk(TrunkId("a" * 32), ACME, "carrier", ("192.0.2.0/24",), "acme", "sip:carrier.example", T0)
    open_trunk = trunk._replace(id=TrunkId("b" * 32), username=None, created_at_ms=T0 + 1)
    async with store.transaction() as tx:
        await tx.put_trunk(trunk, "s3cret")
        await tx.put_trunk(open_trunk, None)
        await tx.put_trunk(open_trunk._replace(id=TrunkId("c" * 32), created_at_ms=T0 + 2), None)
        with pytest.raises(NameTaken):
            await tx.put_trunk(trunk._replace(id=TrunkId("d" * 32)), "other")
    assert await store.read.trunk_secret("acme") == (trunk, "s3cret")
    assert await store.read.trunk_secret("globex") is None
    assert (await store.read.trunks())[:2] == [trunk, open_trunk]


async def test_no_repr_and_no_file_shows_a_secret(store: Store, tmp_path: Path) -> None:
    secret = "correct-horse-battery-staple"
    async with store.transaction() as tx:
        await tx.put_credential(TOKEN, secret)
        await tx.put_trunk(Trunk(TrunkId("a" * 32), ACME, "t", (), "acme", None, T0), secret)
        await tx.put_application(
            Application(
                ApplicationId("a" * 32),
                ACME,
                "a",
                "twilio",
                WebTarget("https://x", "POST", "u", secret),
                None,
                None,
                T0,
            )
        )
        assert secret not in repr(await tx.accounts()) + repr(await tx.trunks())
    assert secret not in repr(store) + repr(vars(store))
    await store.aclose()
    for path in sorted(tmp_path.glob("*")):  # noqa: ASYNC240 - nothing else runs
        assert secret.encode() not in path.read_bytes(), path.name


async def test_the_key_file_is_the_owners_alone_and_the_data_is_nothing_without_it(tmp_path: Path) -> None:
    store = open_store(tmp_path, entropy=Dice())
    async with store.transaction() as tx:
        await tx.put_credential(TOKEN, "token")
    await store.aclose()
    assert (tmp_path / "server.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "server.key").write_text("00" * 32)
    stranger = open_store(tmp_path, entropy=Dice())
    assert await stranger.read.verify_secret(CredentialKind.AUTH_TOKEN, ACME, "token") is None
    with pytest.raises(Exception, match=r"server\.key"):
        await stranger.read.signing_secret(ACME)
    await stranger.aclose()
