"""What an operator may set, what is said when it makes no sense, and the one table that documents it."""

import json
import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from registry.commands.settings import table
from registry.errors import CannotRunError
from registry.settings import SETTINGS, Settings, from_environment

ROOT = Path(__file__).resolve().parents[2]


def test_without_settings_there_are_defaults() -> None:
    assert from_environment({}) == Settings()
    assert from_environment(dict.fromkeys((s.variable for s in SETTINGS.values()), "")) == Settings()


def test_settings_come_from_the_environment() -> None:
    given = {
        "THREATSHELF_DATABASE_URL": "postgresql+psycopg://shelf@db/shelf",
        "THREATSHELF_PUBLIC_ADDRESS": "https://shelf.example/path/",
        "THREATSHELF_SITE": "build/site",
        "THREATSHELF_PORT": "8001",
        "THREATSHELF_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,fd00::/8",
    }
    found = from_environment(given)
    assert (found.database_url, found.site, found.port) == (
        "postgresql+psycopg://shelf@db/shelf",
        Path("build/site"),
        8001,
    )
    assert (found.public_address, found.base_path) == ("https://shelf.example/path", "/path")
    assert found.trusted_proxies == tuple(map(ip_network, ("127.0.0.1", "10.0.0.0/8", "fd00::/8")))


@pytest.mark.parametrize("url", ["mysql://x:geheim@h/d", "geheim", "sqlite:", "/path/to/file.db"])
def test_another_database_is_refused_without_repeating_the_address(url: str) -> None:
    with pytest.raises(CannotRunError, match="begins with sqlite:///") as told:
        from_environment({"THREATSHELF_DATABASE_URL": url})
    assert "geheim" not in str(told.value)


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        *(
            ("PUBLIC_ADDRESS", bad, "http")
            for bad in ("shelf.example", "ftp://x", "https://", "https://x/?q", "https://x/#f")
        ),
        *(("PORT", bad, "from 0 to 65535") for bad in ("x", "-1", "65536", "1e3", "\N{SUPERSCRIPT TWO}", "9" * 5000)),
        ("LOG_LEVEL", "loud", "debug, info"),
        ("TRUSTED_PROXIES", "everybody", "10.0.0.0/8"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "10.0.0.0/8"),
        ("HOST", "a b", "127.0.0.1"),
        ("CHECK_SECONDS", "0", "from 1 to 600"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_with_what_it_has_to_be(variable: str, value: str, advice: str) -> None:
    with pytest.raises(CannotRunError, match=f"^THREATSHELF_{variable} has to be .*{advice}"):
        from_environment({f"THREATSHELF_{variable}": value})


def test_the_table_of_the_operators_guide_is_the_programs_own() -> None:
    told = "OPERATIONS.md: put there what threatshelf settings --format markdown prints"
    assert table() in (ROOT / "OPERATIONS.md").read_text("utf-8"), told


def settings(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("threatshelf"), "settings", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("THREATSHELF_")}
    return subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, check=False)


def test_every_setting_is_shown_but_no_password() -> None:
    url = "postgresql+psycopg://shelf:geheim@db/shelf"
    for form in ("text", "json"):
        told = settings("--format", form, THREATSHELF_DATABASE_URL=url, THREATSHELF_PORT="8001").stdout
        assert all(setting.variable in told for setting in SETTINGS.values())
        assert "8001" in told
        assert "geheim" not in told


def test_check_finds_what_would_keep_a_server_from_starting(tmp_path: Path) -> None:
    fine = settings("--check", THREATSHELF_DATABASE_URL=f"sqlite:///{tmp_path}/new.db")
    assert (fine.returncode, list(tmp_path.iterdir())) == (0, [])
    told = settings(
        "--check",
        "--format",
        "json",
        THREATSHELF_DATABASE_URL="postgresql+psycopg://shelf:geheim@127.0.0.1:1/shelf",
        THREATSHELF_SITE=str(tmp_path),
        THREATSHELF_PUBLIC_ADRESS="https://shelf.example",
    )
    wrong = json.loads(told.stdout)["wrong"]
    assert told.returncode == 1
    assert [sentence.partition(":")[0].split()[0] for sentence in wrong] == [
        "THREATSHELF_PUBLIC_ADRESS",
        "THREATSHELF_DATABASE_URL",
        "THREATSHELF_SITE",
    ]
    assert "did you mean THREATSHELF_PUBLIC_ADDRESS?" in wrong[0]
    assert "geheim" not in told.stdout + told.stderr
    folder = settings("--check", THREATSHELF_DATABASE_URL=f"sqlite:///{tmp_path}/none/new.db")
    assert (folder.returncode, "make it" in folder.stdout) == (1, True)
    value = settings("--check", THREATSHELF_PORT="many")
    assert (value.returncode, "wrong: THREATSHELF_PORT has to be" in value.stdout) == (1, True)
