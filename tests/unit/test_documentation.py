"""Pages written from the code are as the code is, and every setting is documented and takes effect."""

from pathlib import Path

import pytest

from hubbub.config import Settings, SettingsError, load, parse_range
from hubbub.documentation import EVENT_MEANINGS, PAGES
from hubbub.domain.events import DATA_KEYS, EventKind

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", list(PAGES))
def test_a_written_page_is_up_to_date(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == PAGES[path](), "run: python -m hubbub.documentation"


def test_every_event_has_a_meaning_and_keys() -> None:
    assert set(EVENT_MEANINGS) == set(DATA_KEYS) == set(EventKind)


def test_flags_win_over_the_environment_and_the_environment_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hubbub.toml"
    file.write_text('node = "file"\nregion = "file"\nsite = "0000000a"\nplain_room_music = false\n')
    settings = load(
        {"node": "flag", "region": None},
        file=file,
        environment={"HUBBUB_NODE": "env", "HUBBUB_REGION": "env"},
    )
    assert (settings.node, settings.region, settings.site) == ("flag", "env", "0000000a")
    assert settings.plain_room_music is False


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("http", "nowhere", "HOST:PORT"),
        ("sip", "127.0.0.1:70000", "HOST:PORT"),
        ("rtp", "127.0.0.1:10000", "FIRST-LAST"),
        ("rtp", "localhost:10000-10010", "IP address"),
        ("rtp", "127.0.0.1:80-90", "1024"),
        ("site", "XYZ", "eight"),
        ("twilio_list_default", "none", "one of"),
        ("participants_max", "0", "above 0"),
        ("participants_max", "many", "number"),
        ("plain_room_music", "perhaps", "true or false"),
        ("sip_open_networks", "10.0.0.0/99", "not an IP network"),
        ("public_url", "calls.example.com", "scheme"),
        ("durability", "maybe", "one of"),
    ],
)
def test_a_bad_value_is_refused_with_its_name_and_the_rule(name: str, value: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint) as refusal:
        load({name: value}, environment={})
    assert name in str(refusal.value)


def test_an_unknown_key_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "hubbub.toml"
    file.write_text('htpp = "127.0.0.1:1"\n')
    with pytest.raises(SettingsError, match="htpp"):
        load({}, file=file, environment={})


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "hubbub.toml"
    file.write_text("= nonsense")
    with pytest.raises(SettingsError, match=r"hubbub\.toml"):
        load({}, file=file, environment={})


def test_defaults_are_valid() -> None:
    assert parse_range(Settings().rtp) == ("127.0.0.1", 10000, 19999)
