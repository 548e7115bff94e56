"""What an operator may set: a table of every setting, read once from the environment."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from registry.errors import CannotRunError

DATABASE = "sqlite:///threatshelf.db"
PUBLIC_ADDRESS = "http://127.0.0.1:8000"
Network = IPv4Network | IPv6Network
_BACKENDS = ("sqlite", "postgresql+psycopg")
LEAST_SECRET = 16
_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True)
class Settings:
    """The whole product's settings; `SETTINGS` says what each of them means."""

    database_url: str = DATABASE
    public_address: str = PUBLIC_ADDRESS
    site: Path | None = None
    signing_key: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    log_level: str = "info"
    trusted_proxies: tuple[Network, ...] = ()
    posts_per_minute: int = 60
    posts_at_once: int = 20
    check_seconds: int = 10
    check_megabytes: int = 1024
    drain_seconds: int = 0
    stop_seconds: int = 30
    webhook_repository: str = ""
    webhook_secrets: tuple[str, ...] = ()
    app_login: str = ""

    @property
    def base_path(self) -> str:
        """The path under which readers reach the server: empty, or `/path` without a slash at the end."""
        return urlsplit(self.public_address).path.rstrip("/")


@dataclass(frozen=True)
class Setting:
    """One variable: how its text becomes a value (ValueError says what it has to be), and what it is for."""

    variable: str
    default: str
    meaning: str
    read: Callable[[str], Any]
    secret: bool = False


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings as the environment gives them; CannotRunError names a variable that makes no sense."""
    given = os.environ if environment is None else environment
    return Settings(**{field: _value(setting, given) for field, setting in SETTINGS.items()})


def faults(environment: Mapping[str, str]) -> tuple[str, ...]:
    """One sentence for each variable that makes no sense, in the order of the table."""
    found = []
    for setting in SETTINGS.values():
        try:
            _value(setting, environment)
        except CannotRunError as reason:
            found.append(str(reason))
    return tuple(found)


def database_url(url: str) -> str:
    """The same address; CannotRunError for a database this software does not know."""
    return str(_value(SETTINGS["database_url"], {"THREATSHELF_DATABASE_URL": url}))


def _value(setting: Setting, given: Mapping[str, str]) -> Any:
    try:
        return setting.read(given.get(setting.variable) or setting.default)
    except ValueError as reason:
        # Never what was given: it may hold a password.
        raise CannotRunError(f"{setting.variable} has to be {reason}.") from None


def _database(text: str) -> str:
    if text.partition("://")[0] not in _BACKENDS:
        raise ValueError("an address that begins with sqlite:/// or postgresql+psycopg://")
    return text


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("an http or https address without query, such as https://host/path")
    return text.rstrip("/")


def _folder(text: str) -> Path | None:
    return Path(text) if text else None


def _host(text: str) -> str:
    if "/" in text or " " in text:
        raise ValueError("a name or an address of this machine, such as 127.0.0.1 or ::")
    return text


def _level(text: str) -> str:
    if text not in _LEVELS:
        raise ValueError(f"one of {', '.join(_LEVELS)}")
    return text


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("addresses or networks with commas between them, such as 127.0.0.1, 10.0.0.0/8") from None


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 10 and least <= int(text) <= most):
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return read


def _repository(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/[A-Za-z0-9._-]{1,100}", text):
        raise ValueError("owner/name, as GitHub writes it")
    return text


def _secrets(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",")) if text else ()
    if len(found) > 2 or any(len(secret) < LEAST_SECRET for secret in found):
        raise ValueError(f"one secret, or two with a comma between them, of at least {LEAST_SECRET} characters each")
    return found


def _login(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9-]{1,100}\[bot\]", text):
        raise ValueError("the App's name as GitHub shows it, such as threatshelf[bot]")
    return text


SETTINGS: Mapping[str, Setting] = {
    "database_url": Setting(
        "THREATSHELF_DATABASE_URL",
        DATABASE,
        "Where the catalogue is kept: `sqlite:///file`, or `postgresql+psycopg://user:password@host/name`.",
        _database,
        secret=True,
    ),
    "public_address": Setting(
        "THREATSHELF_PUBLIC_ADDRESS",
        PUBLIC_ADDRESS,
        "Where readers reach API and site; its path is the sub-path under which both answer.",
        _address,
    ),
    "site": Setting("THREATSHELF_SITE", "", "The folder of the built site; empty serves the API alone.", _folder),
    "signing_key": Setting(
        "THREATSHELF_SIGNING_KEY",
        "",
        "The file of an OpenSSH private key of the kind ed25519, without a passphrase, that signs what is published.",
        _folder,
    ),
    "host": Setting(
        "THREATSHELF_HOST",
        "127.0.0.1",
        "The address of this machine to listen at; `0.0.0.0` or `::` for all of them.",
        _host,
    ),
    "port": Setting("THREATSHELF_PORT", "8000", "The port to listen at.", _number(0, 65535)),
    "log_level": Setting(
        "THREATSHELF_LOG_LEVEL",
        "info",
        "The least that is logged: `debug`, `info` (a line for each request), `warning` or `error`.",
        _level,
    ),
    "trusted_proxies": Setting(
        "THREATSHELF_TRUSTED_PROXIES",
        "",
        "Addresses or networks, with commas between them, whose `X-Forwarded-For` is believed.",
        _networks,
    ),
    "posts_per_minute": Setting(
        "THREATSHELF_POSTS_PER_MINUTE",
        "60",
        "How many POST requests one client may make in the long run; 0 sets no limit.",
        _number(0, 1_000_000),
    ),
    "posts_at_once": Setting(
        "THREATSHELF_POSTS_AT_ONCE",
        "20",
        "How many of them a client that was quiet may make in a row.",
        _number(1, 1_000_000),
    ),
    "check_seconds": Setting(
        "THREATSHELF_CHECK_SECONDS",
        "10",
        "After how many seconds the work on a template that somebody sent is ended.",
        _number(1, 600),
    ),
    "check_megabytes": Setting(
        "THREATSHELF_CHECK_MEGABYTES",
        "1024",
        "How much memory, in MiB, the process that does this work may use.",
        _number(512, 65536),
    ),
    "drain_seconds": Setting(
        "THREATSHELF_DRAIN_SECONDS",
        "0",
        "How long after SIGTERM the server goes on while `/readyz` says 503, so that a load balancer looks elsewhere.",
        _number(0, 600),
    ),
    "stop_seconds": Setting(
        "THREATSHELF_STOP_SECONDS",
        "30",
        "How long requests under way may then take to finish.",
        _number(1, 600),
    ),
    "webhook_repository": Setting(
        "THREATSHELF_WEBHOOK_REPOSITORY",
        "",
        "`owner/name` of the repository on GitHub whose events `/webhooks/github` takes; empty switches it off.",
        _repository,
    ),
    "webhook_secrets": Setting(
        "THREATSHELF_WEBHOOK_SECRETS",
        "",
        "The secret of the webhook; while it is being changed, the new and the old one with a comma between them.",
        _secrets,
        secret=True,
    ),
    "app_login": Setting(
        "THREATSHELF_APP_LOGIN",
        "",
        "What the GitHub App is called when it acts (`threatshelf[bot]`): its own doings make no visit due.",
        _login,
    ),
}
"""Every setting by its field, in the order in which they are shown."""
