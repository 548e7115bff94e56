"""From a stranger's pull request to a page, told as it happens: reviewed, numbered, merged, published, found."""

import functools
import http.server
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from github_fake import FakeGitHub
from github_fake.handles import PullHandle
from runner import Job, Runner, project_files
from schema import shipped
from schema.ids import Ledger, State, write
from schema.transitions import Cause, seeded
from shelf import CONTENT, PEOPLE, STORY, Shelf, faulty, story

pytestmark = pytest.mark.slow

NUMBER = "github.event.pull_request.number || github.event.issue.number || inputs.number"


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with FakeGitHub() as github:
        found = Shelf.on(github)
        files = {
            path: data for path, data in project_files().items() if not re.match(r"templates/([^/]+/|threat-ids)", path)
        }
        found.repository.commit(files, "The project")
        known = shipped.vocabularies()["known-threats"].entries
        titles = {threat_id: str(entry["title"]) for threat_id, entry in known.items()}
        rows = seeded(titles, "openclaw-trust", Cause("2026-11-01T09:00:00Z", "threatshelf"))
        found.repository.commit({"ledger.csv": write(Ledger().extended(rows))}, branch="threat-ids")
        yield found


def visit(shelf: Shelf, room: Path, number: int) -> dict[str, Job]:
    """What an event about this number makes GitHub run: the jobs of bot.yml as their conditions have it."""
    room.mkdir(parents=True, exist_ok=True)
    runner = Runner(shelf, room, {NUMBER: str(number)})
    looked = runner.run("bot", "look")
    done = {"look": looked}
    review = looked.folder / "review.json"
    brought = {"review.json": review.read_bytes()} if looked.outputs.get("found") == "true" else {}
    if looked.outputs.get("due") == "true":
        done["number"] = runner.run("bot", "number", brought=brought)
    if looked.outputs.get("found") == "true":
        done["say"] = runner.run("bot", "say", brought=brought)
    assert all(job.code == 0 for job in done.values()), "\n".join(job.said for job in done.values())
    return done


def merge(shelf: Shelf, pull: PullHandle) -> None:
    path = f"/repos/{shelf.repository.full_name}/pulls/{pull.number}/merge"
    shelf.client(shelf.maintainer.token).ask("PUT", path, body={})


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def reserved(shelf: Shelf, pull: PullHandle) -> list[str]:
    rows = shelf.ledger.rows
    return [row.id for row in rows if row.state is State.RESERVED and row.pull_request == pull.number]


def writes(shelf: Shelf) -> list[str]:
    """Every request that changes something; a query and a git fetch are posted too and change nothing."""
    reading = ("/graphql", "/git-upload-pack")
    changing = (call for call in shelf.github.calls if call.method != "GET" and not call.path.endswith(reading))
    return [f"{call.method} {call.path}" for call in changing]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder as a static host serves it."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_strangers_template_is_reviewed_numbered_merged_published_and_found(
    shelf: Shelf, tmp_path: Path, browser: Browser
) -> None:
    # A stranger's fork brings a template with two faults. The review names both at their lines; the gate is red.
    broken = faulty()
    pull = shelf.from_fork({STORY: broken})
    visit(shelf, tmp_path / "opened", pull.number)
    (said,) = shelf.said(pull)
    assert f"#L{line_of(broken, 'id: T-EXEC-007')}" in said
    assert f"#L{line_of(broken, 'notes-agnt')}" in said
    assert shelf.gates(pull) == {CONTENT: "failure", PEOPLE: "pending"}

    # The stranger mends both. The gate is green, in the same comment.
    pull.push({STORY: story()}, by=shelf.newcomer)
    visit(shelf, tmp_path / "pushed", pull.number)
    assert shelf.gates(pull)[CONTENT] == "success"
    assert len(shelf.said(pull)) == 1

    # A maintainer takes it on. Ids are reserved and shown.
    pull.comment("/assess", by=shelf.maintainer)
    visit(shelf, tmp_path / "assessed", pull.number)
    ids = reserved(shelf, pull)
    assert len(ids) == 2
    assert all(threat_id in shelf.said(pull)[-1] for threat_id in ids)
    assert pull.labels == ["stage/assessment"]

    # The maintainer approves that commit. Both gates are green, and it is merged without its ids.
    pull.approve(by=shelf.maintainer)
    visit(shelf, tmp_path / "approved", pull.number)
    assert shelf.gates(pull)[CONTENT] == "success"
    merge(shelf, pull)
    visit(shelf, tmp_path / "closed", pull.number)
    assert (shelf.repository.file(STORY) or b"").decode() == story()

    # main fills them in: the very ids that were reserved, and not another byte.
    runner = Runner(shelf, tmp_path / "main")
    runner.room.mkdir()
    settled = runner.run("main", "settle")
    assert settled.code == 0, settled.said
    written = (shelf.repository.file(STORY) or b"").decode()
    assert re.findall(r"^ +id: (T-\S+)$", written, re.MULTILINE) == ids
    assert re.sub(r"^ +id: T-.*\n", "", written, flags=re.MULTILINE) == story()

    # It is published from that commit. Anyone takes it with curl, ids and all, and finds it on the pages.
    runner.words["needs.settle.outputs.commit"] = settled.outputs["commit"]
    built = runner.run("main", "build", ref=settled.outputs["commit"])
    assert built.code == 0, built.said
    with served(built.folder / "build" / "site") as address:
        assert take_with_curl(f"{address}/v1/templates/release-notes-agent.yaml", tmp_path) == written.encode()
        assert take_with_curl(f"{address}/v1/ledger.csv", tmp_path).decode() == ledger_text(shelf)
        look_at_the_threat(browser, address, ids[0])

    # Another pull request, from a branch, races a third for the same category: no number twice, none lost.
    race(shelf, tmp_path, ids)

    # Every event again, in order: nothing is left to do.
    replayed = [number for event in shelf.github.run_events if (number := number_of(event.payload))]
    assert len(replayed) > 8
    shelf.github.calls.clear()
    for i, number in enumerate(replayed):
        visit(shelf, tmp_path / f"replay{i}", number)
    assert writes(shelf) == []


def number_of(payload: Mapping[str, Any]) -> int | None:
    """The pull request or issue that an event is about; None for a push."""
    about = payload.get("pull_request") or payload.get("issue")
    return about["number"] if about else None


def race(shelf: Shelf, room: Path, given: list[str]) -> None:
    """Two pull requests are assessed at the same moment; each is looked at once more when both are through."""
    pulls = [shelf.from_branch({path: text}, branch) for path, text, branch in rivals()]
    for pull in pulls:
        pull.comment("/assess", by=shelf.maintainer)
    with ThreadPoolExecutor(2) as both:
        runs = [both.submit(visit, shelf, room / f"race{pull.number}", pull.number) for pull in pulls]
    assert all("number" in run.result() for run in runs)
    every = [*given, *(threat_id for pull in pulls for threat_id in reserved(shelf, pull))]
    assert len(set(every)) == 3 * len(given)
    numbers = sorted(int(threat_id[-3:]) for threat_id in every if threat_id.startswith("T-EXEC-"))
    assert numbers == [7, 8, 9], "no number twice, none lost"
    for pull in pulls:
        visit(shelf, room / f"again{pull.number}", pull.number)


def rivals() -> Iterator[tuple[str, str, str]]:
    """Two more templates, each with a threat of the same category."""
    for name in ("changelog-agent", "digest-agent"):
        yield f"templates/{name}/template.yaml", story(**{"id: release-notes-agent": f"id: {name}"}), name


def ledger_text(shelf: Shelf) -> str:
    return (shelf.repository.file("ledger.csv", "threat-ids") or b"").decode()


def take_with_curl(url: str, folder: Path) -> bytes:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    subprocess.run(["curl", "--silent", "--fail", "-O", url], cwd=folder, check=True)
    return (folder / url.rpartition("/")[2]).read_bytes()


def look_at_the_threat(browser: Browser, address: str, threat_id: str) -> None:
    """The page of the id says what it is, that it is published, and which template answers it."""
    page = browser.new_page()
    page.goto(f"{address}/threats/{threat_id}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("A pull request's title gives the agent orders")
    expect(page.get_by_text("published", exact=False).first).to_be_visible()
    page.get_by_role("link", name=re.compile("Release notes written by an agent")).first.click()
    page.wait_for_url(f"{address}/catalog/release-notes-agent/**")
    expect(page.locator("#threat-title-orders")).to_contain_text(threat_id)
    page.close()
