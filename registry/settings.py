"""What an operator may set, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from registry.errors import CannotRunError

DATABASE = "sqlite:///threatshelf.db"
PUBLIC_ADDRESS = "http://127.0.0.1:8000"
_BACKENDS = ("sqlite", "postgresql+psycopg")


@dataclass(frozen=True)
class Settings:
    """The whole product's settings.

    database_url: where the catalogue is kept, `sqlite:///file` or `postgresql+psycopg://...` (THREATSHELF_DATABASE_URL)
    public_address: under which readers reach API and site, without a slash at the end (THREATSHELF_PUBLIC_ADDRESS)
    site: the folder of the built site, None for the API alone (THREATSHELF_SITE)
    """

    database_url: str = DATABASE
    public_address: str = PUBLIC_ADDRESS
    site: Path | None = None


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings as the environment gives them; CannotRunError names a variable that makes no sense."""
    given = os.environ if environment is None else environment
    site = given.get("THREATSHELF_SITE", "")
    return Settings(
        database_url=database_url(given.get("THREATSHELF_DATABASE_URL") or DATABASE),
        public_address=_address(given.get("THREATSHELF_PUBLIC_ADDRESS") or PUBLIC_ADDRESS),
        site=Path(site) if site else None,
    )


def database_url(url: str) -> str:
    """The same address; CannotRunError for a database this software does not know."""
    if url.partition("://")[0] not in _BACKENDS:
        # The address may hold a password: it is not repeated.
        raise CannotRunError(
            "the database (THREATSHELF_DATABASE_URL) has to begin with sqlite:/// or postgresql+psycopg://."
        )
    return url


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise CannotRunError(
            "THREATSHELF_PUBLIC_ADDRESS has to be an http or https address without query, such as https://host/path."
        )
    return url.rstrip("/")
