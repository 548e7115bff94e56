"""The recipes of the docs run as they stand there and answer what they say; the table of errors is complete."""

import csv
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.publish import throw_away
from registry.settings import Settings
from registry.store.catalogue import url_of

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "site" / "docs" / "reference"
RECIPES = dict(re.findall(r"^## (.+?)\n.*?```sh\n(.*?)```", (REFERENCE / "recipes.md").read_text("utf-8"), re.S | re.M))
NEEDED = ("bash", "curl", "jq", "sha256sum")
OURS = ("local-coding-assistant", "financial-analysis-agent")
SILENT = {"Was mine taken back?"}
"""Says nothing where all is well."""

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, NEEDED)), reason=f"one of {', '.join(NEEDED)} is not installed"
)
Run = Callable[[str], str]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, serve: Any) -> Iterator[str]:
    """A server over two of our own templates."""
    home = tmp_path_factory.mktemp("recipes")
    for name in OURS:
        shutil.copytree(ROOT / "templates" / name, home / "checkout" / "templates" / name)
    shutil.copy(ROOT / "templates" / "threat-ids.csv", home / "checkout" / "templates")  # their ids are in it
    throw_away(home / "checkout", home / "catalogue.db", date(2026, 11, 20), lambda _step: None)
    with serve(Settings(database_url=url_of(home / "catalogue.db"), posts_per_minute=0)) as client:
        yield str(client.base_url).rstrip("/")


def ran(recipe: str, address: str, folder: Path) -> str:
    """What the recipe prints."""
    command = ["bash", "-e", "-u", "-o", "pipefail", "-c", recipe]
    environment = {**os.environ, "SHELF": address, "no_proxy": "127.0.0.1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def run(address: str, tmp_path: Path) -> Run:
    """Runs a recipe in a folder of its own; what it prints."""
    return lambda name: ran(RECIPES[name], address, tmp_path)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_runs_as_it_stands(run: Run, name: str, tmp_path: Path) -> None:
    if "behind" in name:
        shutil.copy(ROOT / "templates" / OURS[0] / "template.yaml", tmp_path / f"{OURS[0]}.yaml")
    assert bool(run(name).strip()) is (name not in SILENT)


def test_an_older_template_is_told_that_it_is_behind_and_by_what(client: httpx.Client, tmp_path: Path) -> None:
    address = str(client.base_url).rstrip("/")
    recipe = RECIPES["Is mine behind?"].replace(OURS[0], "desk-assistant")
    for version, said in (("0.2.0", "up to date\n"), ("0.1.0", "behind: you have 0.1.0, the newest is 0.2.0\n")):
        (tmp_path / "desk-assistant.yaml").write_bytes(
            client.get(f"/v1/templates/desk-assistant/{version}.yaml").content
        )
        told = ran(recipe, address, tmp_path)
        assert told.startswith(said)
    assert "# Desk assistant, again: what changed from 0.1.0 to 0.2.0\n" in told


def test_critical_threats_are_a_table_that_a_spreadsheet_reads(run: Run) -> None:
    rows = list(csv.DictReader(run("All critical threats as CSV").splitlines()))
    assert {row["template"] for row in rows} <= set(OURS)
    assert rows
    assert all(int(row["score"]) >= 20 and row["title"] and row["standing"] for row in rows)


def test_who_has_the_catalogue_is_sent_nothing(run: Run) -> None:
    assert run("Fetch only what changed") == "304\n"


def test_every_problem_of_the_api_is_in_the_table() -> None:
    source = "".join(file.read_text("utf-8") for file in sorted((ROOT / "registry" / "api").rglob("*.py")))
    known = set(re.findall(r'Problem\(\s*(\d{3}),\s*"([a-z-]+)"', source))
    known |= set(re.findall(r'(\d{3}): \(\s*"([a-z-]+)"', source))
    table = set(re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \|", (REFERENCE / "api.md").read_text("utf-8"), re.M))
    assert len(known) > 15
    assert known <= table
