"""Settings: read once, from flags, environment and file, in that order of precedence.

Owns every setting's name, default and meaning; docs/settings.md is held to this file by a test. A setting
`http` is the flag `--http`, the variable `HUBBUB_HTTP` and the key `http` in `hubbub.toml`. Nothing else in
the server reads the environment.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Final, get_type_hints

ENVIRONMENT_PREFIX: Final = "HUBBUB_"


class SettingsError(ValueError):
    """A setting has a value it may not have. The message names the setting and the rule."""


def _setting(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of `hubbub serve`. Lists are written with commas."""

    data: str = _setting("hubbub-data", "Directory for the database, keys and credentials. Made if missing.")
    http: str = _setting("127.0.0.1:8080", "Address of the REST APIs. Port 0 picks a free one.")
    sip: str = _setting("127.0.0.1:5060", "Address of SIP over UDP and TCP. Port 0 picks a free one.")
    rtp: str = _setting("127.0.0.1:10000-19999", "Address and port range of RTP.")
    advertised_host: str = _setting(
        "", "Host written into SDP and SIP Contact. Empty: the address of --rtp, or of --sip."
    )
    public_url: str = _setting(
        "",
        "How customers reach the REST APIs: the beginning of every URL that webhooks tell. Empty: the address of "
        "--http, where that is all addresses --advertised-host or this machine's own; links in answers take each "
        "request's Host header.",
    )
    node: str = _setting("node-1", "Name of this server; its open calls are closed at its next start.")
    site: str = _setting("00000001", "Eight hex digits that Bandwidth ids carry before the UUID.")
    region: str = _setting("us1", "Region printed in Twilio's representations.")
    twilio_list_default: str = _setting(
        "in-progress",
        "What Twilio's conference list holds without Status: `in-progress` (since 2026) or `all` (before).",
    )
    twilio_keep_participants: bool = _setting(
        False,
        "Participants stay readable by Twilio's API after they left; the vendor's own do not.",
    )
    strict: bool = _setting(
        False, "Keep the limits and refusals of each vendor where this server could do more or forgive."
    )
    restcomm_object_level: bool = _setting(
        False, "Print the extra <object> level that released Restcomm put into conference XML."
    )
    restcomm_application_url: str = _setting(
        "", "Web application whose pages may call the Restcomm API from a browser. Empty: no page may."
    )
    restcomm_open_recordings: bool = _setting(
        False,
        "Give the sound of a recording, below Restcomm's paths, to whoever knows its address, as Restcomm does.",
    )
    sip_open_networks: str = _setting(
        "127.0.0.0/8,::1/128",
        "Networks whose callers need neither a trunk nor a password. Empty: none.",
    )
    sip_realm: str = _setting("hubbub", "Realm of SIP digest challenges.")
    sip_domain: str = _setting(
        "", "Host in the From of calls made here, and of SIP users' addresses. Empty: the advertised host."
    )
    sip_target_networks: str = _setting(
        "",
        "Private networks that customers' SIP addresses may reach, for example `10.1.0.0/16`. Empty: none. Trunks and "
        "registered telephones may be anywhere.",
    )
    sip_default_trunk: str = _setting(
        "", "Name of the trunk that numbers are called through by accounts whose own trunks have no target."
    )
    calls_per_second: float = _setting(
        1.0, "How many calls each account may make in a second; others wait, up to 300 s' worth. 0: no limit."
    )
    register_s_min: int = _setting(60, "Shortest time for which a telephone may register, seconds.")
    register_s_max: int = _setting(
        7200, "Longest time for which a telephone is believed to be registered, seconds."
    )
    register_contacts_max: int = _setting(10, "Most telephones registered for one SIP user.")
    sip_digest_algorithms: str = _setting(
        "MD5",
        "Digest algorithms that SIP peers are offered, the preferred first: `SHA-256`, `MD5`. Many telephones know "
        "MD5 only, and some cannot choose among two.",
    )
    sip_calls_max: int = _setting(2000, "Most SIP calls at once; more are refused with 503.")
    session_expires_s: int = _setting(1800, "Session timer offered to SIP peers (RFC 4028), seconds.")
    ports_max: int = _setting(4000, "Most RTP ports (call legs) mixed at once; memory is reserved for them.")
    media_silence_s: float = _setting(
        60.0, "A leg that sends no RTP for so long is hung up, unless it is held. 0: never."
    )
    taps_max: int = _setting(
        512,
        "Most sounds recorded at once: a room's mix, or one track of a participant; 40 KiB of memory each.",
    )
    busy_share_max: float = _setting(0.8, "Share of a core at which the mixer takes no more legs.")
    participants_max: int = _setting(250, "Most participants in one room.")
    room_age_limit_s: float = _setting(86400.0, "A room is ended when it is this old, seconds.")
    plain_room_music: bool = _setting(
        True, "Play waiting music to a caller who is alone in a room that no application leads to."
    )
    speech_program: str = _setting(
        "", "Path of espeak-ng, for Say. Empty: the one on PATH, or the one a wheel carries."
    )
    fetch_networks: str = _setting(
        "",
        "Private networks that customers' URLs may reach, for example `127.0.0.0/8,10.1.0.0/16`. Empty: none.",
    )
    fetch_timeout_s: float = _setting(15.0, "Longest wait for a customer's markup.")
    preemptive_login: bool = _setting(
        False,
        "Send the user name and password of a customer's URL with the first request. False: once the customer asks "
        "for them with 401, as Bandwidth does.",
    )
    document_bytes_max: int = _setting(65536, "Largest markup document taken.")
    clip_bytes_max: int = _setting(26214400, "Largest audio file fetched for Play.")
    request_bytes_max: int = _setting(10_000_000, "Largest REST request body; larger is 413.")
    parameters_max: int = _setting(1000, "Most parameters in one REST request.")
    requests_max: int = _setting(1000, "Most REST requests in work at once; more are 503.")
    request_timeout_s: float = _setting(20.0, "A REST client that is slower to send its request is cut off.")
    login_failures_max: int = _setting(
        20, "Wrong passwords from one host for one user within a minute before 429 is answered."
    )
    idempotency_keep_s: float = _setting(
        86400.0, "How long the answer to a POST is given again under the same Idempotency-Key."
    )
    tls_certificate: str = _setting(
        "", "PEM file with the certificate chain of the REST APIs: they then speak HTTPS. Empty: HTTP."
    )
    tls_key: str = _setting("", "PEM file with its key. SIGHUP reads both files again.")
    event_streams_max: int = _setting(200, "Most event streams (`/v1/events`) read at once; more are 503.")
    callback_retry: str = _setting(
        "vendor",
        "How a callback that fails is tried again: `vendor`, or `exponential` for up to a day.",
    )
    callback_lease_s: float = _setting(
        60.0, "How long callbacks wait that a server was sending which died; its own next start does not."
    )
    callbacks_max: int = _setting(200, "Most callbacks sent at once.")
    callbacks_per_host_max: int = _setting(16, "Most callbacks sent to one host at once.")
    callback_keep_s: float = _setting(259200.0, "How long callbacks that arrived are remembered.")
    recordings: str = _setting(
        "", "Directory of recordings. Empty: `recordings` in the data directory. Made when needed."
    )
    recordings_days: float = _setting(0.0, "How many days recordings are kept. 0: until they are deleted.")
    recordings_store: str = _setting(
        "",
        "S3-compatible store that finished recordings are moved to, as in `https://HOST/BUCKET/PREFIX`; needs the "
        "extra `hubbub[s3]`. Empty: they stay in their directory.",
    )
    recordings_store_key: str = _setting("", "Access key of that store.")
    recordings_store_secret: str = _setting("", "Its secret; better set as a variable than as a flag.")
    recordings_store_region: str = _setting("us-east-1", "Region of that store.")
    durability: str = _setting(
        "normal",
        "`normal` survives the death of the process; `full` also that of the machine, for a sync a commit.",
    )
    drain_s: float = _setting(5.0, "Longest wait for calls to end when the server is told to stop.")
    log_level: str = _setting("info", "`debug`, `info`, `warning` or `error`.")
    log_format: str = _setting("text", "`text` for people or `json` for machines.")

    def __post_init__(self) -> None:
        parse_address(self.http, "http")
        parse_address(self.sip, "sip")
        parse_range(self.rtp)
        parse_networks(self.sip_open_networks, "sip_open_networks")
        parse_networks(self.fetch_networks, "fetch_networks")
        parse_networks(self.sip_target_networks, "sip_target_networks")
        parse_algorithms(self.sip_digest_algorithms)
        if self.calls_per_second < 0:
            raise SettingsError("calls_per_second: 0 or a number above it is wanted")
        if self.register_s_min > self.register_s_max:
            raise SettingsError("register_s_min: no more than register_s_max is wanted")
        if not re.fullmatch(r"[0-9a-f]{8}", self.site):
            raise SettingsError("site: eight lower-case hex digits are wanted")
        _one_of("twilio_list_default", self.twilio_list_default, ("in-progress", "all"))
        _one_of("callback_retry", self.callback_retry, ("vendor", "exponential"))
        if self.recordings_days < 0:
            raise SettingsError("recordings_days: 0 or a number above it is wanted")
        if self.recordings_store and not re.match(r"https?://[^/]+/[^/]+", self.recordings_store):
            raise SettingsError("recordings_store: a URL as https://HOST/BUCKET is wanted")
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise SettingsError("tls_certificate and tls_key: both are wanted, or neither")
        _one_of("durability", self.durability, ("normal", "full"))
        _one_of("log_level", self.log_level, ("debug", "info", "warning", "error"))
        _one_of("log_format", self.log_format, ("text", "json"))
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise SettingsError(f"{name}: a number above 0 is wanted")
        if self.public_url and not re.match(r"https?://[^/]+$", self.public_url):
            raise SettingsError(
                "public_url: scheme, host and port are wanted, as in https://calls.example.com"
            )


_POSITIVE: Final = (
    "register_s_min",
    "register_s_max",
    "register_contacts_max",
    "sip_calls_max",
    "session_expires_s",
    "ports_max",
    "taps_max",
    "busy_share_max",
    "participants_max",
    "room_age_limit_s",
    "fetch_timeout_s",
    "document_bytes_max",
    "clip_bytes_max",
    "request_bytes_max",
    "parameters_max",
    "requests_max",
    "request_timeout_s",
    "login_failures_max",
    "idempotency_keep_s",
    "event_streams_max",
    "callback_lease_s",
    "callbacks_max",
    "callbacks_per_host_max",
    "callback_keep_s",
)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingsError(f"{name}: one of {', '.join(allowed)} is wanted, not {value!r}")


def parse_address(text: str, name: str) -> tuple[str, int]:
    """`HOST:PORT`, with brackets round IPv6.

    Raises:
        SettingsError: it is neither.
    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise SettingsError(f"{name}: HOST:PORT is wanted, not {text!r}")
    return host, int(port)


def parse_range(text: str) -> tuple[str, int, int]:
    """`HOST:FIRST-LAST`: the host and both ports.

    Raises:
        SettingsError: it is not, or it holds fewer than two ports.
    """
    host, _, ports = text.rpartition(":")
    host = host.strip("[]")
    match = re.fullmatch(r"(\d{1,5})-(\d{1,5})", ports)
    if not host or match is None:
        raise SettingsError(f"rtp: HOST:FIRST-LAST is wanted, not {text!r}")
    try:
        ip_address(host)
    except ValueError:
        raise SettingsError("rtp: an IP address is wanted as host") from None
    first, last = int(match[1]), int(match[2])
    if not 1024 <= first < last <= 65535:
        raise SettingsError("rtp: ports from 1024 to 65535 are wanted, the first below the last")
    return host, first, last


def parse_networks(text: str, name: str) -> tuple[str, ...]:
    """A comma list of IP networks.

    Raises:
        SettingsError: one of them is none.
    """
    networks = []
    for word in text.split(","):
        if not word.strip():
            continue
        try:
            networks.append(str(ip_network(word.strip(), strict=False)))
        except ValueError:
            raise SettingsError(f"{name}: {word.strip()!r} is not an IP network") from None
    return tuple(networks)


def parse_algorithms(text: str) -> tuple[str, ...]:
    """A comma list of digest algorithms.

    Raises:
        SettingsError: one of them is unknown, or there is none.
    """
    names = tuple([word.strip() for word in text.split(",") if word.strip()])
    if not names:
        raise SettingsError("sip_digest_algorithms: at least one is wanted")
    for name in names:
        _one_of("sip_digest_algorithms", name, ("SHA-256", "MD5"))
    return names


def load(
    flags: Mapping[str, object],
    *,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from flags (those not None), then environment, then the TOML file, then defaults.

    Raises:
        SettingsError: an unknown key, a value of the wrong kind, or one out of its range.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    types = get_type_hints(Settings)
    if file is not None:
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"{file}: {error}") from None
        for key, value in table.items():
            if key not in types:
                raise SettingsError(f"{file}: there is no setting {key!r}")
            values[key] = value
    for key in types:
        variable = ENVIRONMENT_PREFIX + key.upper()
        if variable in environment:
            values[key] = environment[variable]
    values.update({key: value for key, value in flags.items() if value is not None})
    return Settings(**{key: _convert(key, value, types[key]) for key, value in values.items()})


def _convert(name: str, value: object, kind: type) -> Any:
    if kind is bool:
        if isinstance(value, bool):
            return value
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if isinstance(value, str) and value.lower() in words:
            return words[value.lower()]
        raise SettingsError(f"{name}: true or false is wanted, not {value!r}")
    if isinstance(value, bool):
        raise SettingsError(f"{name}: {kind.__name__} is wanted, not {value!r}")
    if kind is str:
        return str(value)
    try:
        return kind(str(value))
    except ValueError:
        raise SettingsError(f"{name}: a number is wanted, not {value!r}") from None
