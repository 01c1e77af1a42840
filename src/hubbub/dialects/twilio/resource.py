"""What a handler is given, and the URIs every resource is built from."""

from typing import Final, NamedTuple

from hubbub.dialects.contract import Desk, HttpRequest
from hubbub.dialects.shared.query import Pairs, parse_query
from hubbub.dialects.twilio.form import Form
from hubbub.domain.account import Account
from hubbub.services.accounts.authenticate import Caller

API_VERSION: Final = "2010-04-01"
DIALECT_NAME: Final = "twilio"


class Asked(NamedTuple):
    """A request that proved to be somebody's, taken apart."""

    desk: Desk
    caller: Caller
    account: Account
    """The account of the path."""
    collection: str
    """The path's first segment below the account."""
    keys: tuple[str, ...]
    """The path's variable segments below the account, decoded."""
    query: str
    path: str
    """As sent, for messages."""
    suffix: str
    request: HttpRequest
    form: Form
    """A POST's body; empty for anything else."""

    @property
    def parameters(self) -> tuple[Pairs, dict[str, str]]:
        """The query's pairs in order, and the last value of each name."""
        pairs = parse_query(self.query)
        return pairs, dict(pairs)


def account_uri(account_id: str) -> str:
    return f"/{API_VERSION}/Accounts/AC{account_id}"


def conference_uri(account_id: str, conference_id: str) -> str:
    return f"/{API_VERSION}/Accounts/AC{account_id}/Conferences/CF{conference_id}"
