"""credentials.json: a new account's secrets, written once, in each dialect's form.

Owns the file's shape and its mode. The only place where secrets are in the clear on disk; the database
holds hashes, or ciphers where signing needs the secret back.
"""

import json
import os
from pathlib import Path
from typing import Final

from hubbub.services.accounts.create_account import NewAccount

FILE_NAME: Final = "credentials.json"


def credentials(account: NewAccount) -> dict[str, dict[str, str]]:
    """The account's credentials as each vendor's client wants them."""
    sid = f"AC{account.account.id}"
    return {
        "twilio": {"account_sid": sid, "auth_token": account.auth_token},
        "bandwidth": {
            "account_id": account.account.bandwidth_id,
            "username": account.username,
            "password": account.password,
        },
        "restcomm": {"account_sid": sid, "auth_token": account.auth_token},
    }


def write_credentials(directory: Path, account: NewAccount) -> Path:
    """Write DIR/credentials.json, readable by its owner only. Raises FileExistsError rather than overwrite."""
    path = directory / FILE_NAME
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(credentials(account), file, indent=2)
        file.write("\n")
    return path


def read_credentials(directory: Path) -> dict[str, dict[str, str]]:
    """What `write_credentials` wrote. Raises FileNotFoundError."""
    loaded: dict[str, dict[str, str]] = json.loads((directory / FILE_NAME).read_text(encoding="utf-8"))
    return loaded
