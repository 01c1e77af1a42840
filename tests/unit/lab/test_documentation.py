"""docs/lab.md: its program runs, and every verb it names exists."""

from __future__ import annotations

import re
from pathlib import Path

from hubbub.lab.caller import Caller
from hubbub.lab.lab import Lab
from hubbub.phone.phone import PhoneSettings

TEXT = (Path(__file__).parents[3] / "docs" / "lab.md").read_text(encoding="utf-8")


def test_the_program_runs() -> None:
    program = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[0]
    exec(compile(program, "docs/lab.md", "exec"), {})


def test_every_verb_exists() -> None:
    verbs = set(re.findall(r"\b(lab|alice)\.([a-z_]+)\(", TEXT))
    assert len(verbs) > 20
    for who, verb in verbs:
        assert hasattr(Lab if who == "lab" else Caller, verb), f"{who}.{verb}"
    for setting in ("codecs", "transport", "username", "password", "answers"):
        assert f"`{setting}" in TEXT
        assert setting in PhoneSettings._fields
