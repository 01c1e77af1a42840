"""What a handler is given, and what its paths and parameters mean."""

from typing import Final, NamedTuple

from hubbub.dialects.contract import Desk, HttpRequest
from hubbub.dialects.shared.query import Pairs, parse_query
from hubbub.domain.account import Account
from hubbub.services.accounts.authenticate import Caller

DIALECT_NAME: Final = "restcomm"


class Asked(NamedTuple):
    """A request that proved to be somebody's, and that its sender may make."""

    request: HttpRequest
    desk: Desk
    caller: Caller
    account: Account
    """The account of the path."""
    segments: list[str]
    """The path from `Accounts` on, without `.json`; SIDs are decoded."""
    as_json: bool

    @property
    def sid(self) -> str:
        """The last SID of the path."""
        return self.segments[-1 if len(self.segments) % 2 == 0 else -2]

    @property
    def parameters(self) -> Pairs:
        return parse_query(self.request.query)
