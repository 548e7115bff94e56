"""The whole way, told as it happens: an author's file is checked, mended, numbered, published, taken and found."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
THREATSHELF = Path(sys.executable).with_name("threatshelf")
STORY = ROOT / "tests" / "data" / "story.yaml"
ID = "release-notes-agent"
FAULTS = {
    "zone: runner, runs_as: notes": "zone: runer, runs_as: notes",
    "residual: {likelihood: 2, impact: 3": "residual: {likelihood: 4, impact: 3",
}


def threatshelf(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([THREATSHELF, *map(str, arguments)], capture_output=True, text=True, check=False)


def git(folder: Path, *arguments: str) -> str:
    person = ["-c", "user.name=Author", "-c", "user.email=author@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *person, "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@contextmanager
def served(*arguments: object) -> Iterator[str]:
    """The address of a running `threatshelf serve`; it has said that it is ready."""
    command = [THREATSHELF, "serve", "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        lines = iter(process.stdout.readline, "")
        yield next(match[1] for line in lines if (match := re.match(r"Open +(http://[^/]+)/", line)))
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone with the pages of this one, a ledger of threat ids on its origin, and no template yet."""
    folder = tmp_path / "checkout"
    git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    git(tmp_path, "clone", "--quiet", "origin.git", folder.name)
    (folder / "templates" / ID).mkdir(parents=True)
    shutil.copytree(ROOT / "site", folder / "site")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    shutil.copytree(ROOT / "tests" / "schema" / "rules", folder / "tests" / "schema" / "rules")
    begun = threatshelf("ids", "--root", folder, "init")
    assert begun.stdout == "The ledger begins on the branch threat-ids of origin with 37 ids.\n", begun.stderr
    return folder


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def test_a_template_becomes_checked_published_downloadable_and_browsable(
    checkout: Path, tmp_path: Path, browser: Browser
) -> None:
    file = checkout / "templates" / ID / "template.yaml"
    good = without_ids(STORY.read_text(encoding="utf-8"))

    # An author brings a template with two faults. Both are named at their lines.
    broken = good
    for right, wrong in FAULTS.items():
        broken = broken.replace(right, wrong, 1)
    file.write_text(broken, encoding="utf-8")
    told = threatshelf("check", "--format", "json", file)
    found = {(finding["rule"], finding["line"]) for finding in json.loads(told.stdout)["findings"]}
    assert told.returncode == 1
    assert ("reference-exists", line_of(broken, "zone: runer")) in found
    assert ("residual-not-above-risk", line_of(broken, "residual: {likelihood: 4")) in found

    # The author mends them. Nothing is left to say.
    file.write_text(good, encoding="utf-8")
    assert threatshelf("check", file).stdout == f"{file}: nothing to mend\n"

    # It lands on main. Its threats have no ids yet, so there is nothing to publish.
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "-m", "Release notes agent")
    git(checkout, "push", "--quiet", "origin", "main")
    database = f"sqlite:///{tmp_path}/kept.sqlite"
    early = threatshelf("publish", "--root", checkout, "--database", database)
    assert early.returncode == 1
    assert "These threats have no id yet: title-orders, false-claim." in early.stdout

    # Settling gives each of them the next number of its category, and writes it into the file: nothing else changes.
    settle(checkout)
    numbered = file.read_text(encoding="utf-8")
    assert re.findall(r"^ +id: (T-.*)\n", numbered, flags=re.MULTILINE) == ["T-EXEC-007", "T-IMPACT-006"]
    assert without_ids(numbered) == good
    assert threatshelf("check", file).stdout == f"{file}: nothing to mend\n"

    # Now it is published into a kept catalogue.
    published = threatshelf("publish", "--root", checkout, "--database", database, "--format", "json")
    assert published.returncode == 0, published.stderr
    assert ID in published.stdout

    # The site is built and the same files are exported.
    site, exported = tmp_path / "site", tmp_path / "exported"
    built = threatshelf("site", "--root", checkout, "--database", database, "--out", site)
    assert built.returncode == 0, built.stderr
    assert threatshelf("export", "--database", database, "--out", exported).returncode == 0

    with served("--database", database, "--site", site) as address:
        # Anyone takes it with curl, and every digest says the same.
        taken = tmp_path / "taken"
        taken.mkdir()
        take_with_curl(f"{address}/v1/templates/{ID}.yaml", taken)
        body = (taken / f"{ID}.yaml").read_bytes()
        digest = hashlib.sha256(body).hexdigest()
        assert body == numbered.encode()
        plain = httpx.head(f"{address}/v1/templates/{ID}.yaml", headers={"Accept-Encoding": "identity"})
        assert plain.headers["etag"] == f'"{digest}"'
        sums = httpx.get(f"{address}/v1/templates/SHA256SUMS").text
        assert f"{digest}  {ID}.yaml\n" in sums
        assert digest in json.dumps(whole_catalogue(address))

        # The ids are public, with the ledger they come from.
        look_at_an_id(address, checkout)

        # What is exported is what is served, path by path, byte by byte.
        paths = [path for path in sorted(exported.rglob("*")) if path.is_file()]
        assert len(paths) > 50
        for path in paths:
            assert httpx.get(f"{address}/{path.relative_to(exported).as_posix()}").content == path.read_bytes(), path

        look_with_a_browser(browser, address)


def without_ids(text: str) -> str:
    return re.sub(r"^ +id: T-.*\n", "", text, flags=re.MULTILINE)


def settle(checkout: Path) -> None:
    settled = threatshelf("ids", "--root", checkout, "settle")
    assert settled.returncode == 0, settled.stderr
    assert f"{ID}/title-orders: T-EXEC-007\n{ID}/false-claim: T-IMPACT-006\n" in settled.stdout
    git(checkout, "pull", "--quiet", "origin", "main")


def look_at_an_id(address: str, checkout: Path) -> None:
    """What became of it stands beside it, and the ledger is there byte for byte."""
    threat = httpx.get(f"{address}/v1/threats/T-EXEC-007.json").json()
    assert threat["state"] == "PUBLISHED"
    assert [row["state"] for row in threat["history"]] == ["RESERVED", "PUBLISHED"]
    ledger = git(checkout, "show", "origin/threat-ids:ledger.csv") + "\n"
    assert httpx.get(f"{address}/v1/ledger.csv").text == ledger


def take_with_curl(url: str, folder: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    subprocess.run(["curl", "--silent", "--fail", "-OJ", url], cwd=folder, check=True)


def whole_catalogue(address: str) -> list[object]:
    """Every page of the catalogue, found from its index by relative links as a stranger's client would."""
    index = httpx.URL(f"{address}/v1/catalog.json")
    pages = httpx.get(index).json()["pages"]
    return [httpx.get(index.join(page["href"])).json() for page in pages]


def look_with_a_browser(browser: Browser, address: str) -> None:
    """A reader searches for the template, opens its page, and sees the diagram and the threats."""
    page = browser.new_page()
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type("release notes")
    page.get_by_role("link", name=re.compile("Release notes written by an agent")).first.click()
    page.wait_for_url(f"{address}/catalog/{ID}/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Release notes written by an agent")
    expect(page.locator("svg", has_text="Notes agent").first).to_be_visible()
    threat = page.locator("#threat-title-orders")
    expect(threat).to_contain_text("A pull request's title gives the agent orders")
    threat.click()
    page.get_by_role("link", name="T-EXEC-007 in all templates").click()
    page.wait_for_url(f"{address}/threats/T-EXEC-007/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text("A pull request's title gives the agent orders")
    expect(page.locator(".facts")).to_contain_text("published")
    expect(page.get_by_role("region", name="Rows of the ledger")).to_contain_text(f"{ID}/title-orders")
    page.close()
