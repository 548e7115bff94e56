"""What an operator may set, and what is said when it makes no sense."""

from pathlib import Path

import pytest

from registry.errors import CannotRunError
from registry.settings import Settings, from_environment


def test_without_settings_there_are_defaults() -> None:
    assert from_environment({}) == Settings("sqlite:///threatshelf.db", "http://127.0.0.1:8000", None)
    assert from_environment({"THREATSHELF_SITE": "", "THREATSHELF_PUBLIC_ADDRESS": ""}) == Settings()


def test_settings_come_from_the_environment() -> None:
    given = {
        "THREATSHELF_DATABASE_URL": "postgresql+psycopg://shelf@db/shelf",
        "THREATSHELF_PUBLIC_ADDRESS": "https://shelf.example/path/",
        "THREATSHELF_SITE": "build/site",
    }
    assert from_environment(given) == Settings(
        "postgresql+psycopg://shelf@db/shelf", "https://shelf.example/path", Path("build/site")
    )


@pytest.mark.parametrize("url", ["mysql://x:geheim@h/d", "geheim", "sqlite:", "/path/to/file.db"])
def test_another_database_is_refused_without_repeating_the_address(url: str) -> None:
    with pytest.raises(CannotRunError, match="has to begin with sqlite:///") as told:
        from_environment({"THREATSHELF_DATABASE_URL": url})
    assert "geheim" not in str(told.value)


@pytest.mark.parametrize("address", ["shelf.example", "ftp://x", "https://", "https://x/?q", "https://x/#f"])
def test_a_public_address_that_leads_nowhere_is_refused(address: str) -> None:
    with pytest.raises(CannotRunError, match="THREATSHELF_PUBLIC_ADDRESS"):
        from_environment({"THREATSHELF_PUBLIC_ADDRESS": address})
