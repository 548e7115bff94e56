"""The fake on itself: refs, objects, contents and git over HTTP behave as on GitHub."""

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from github import Github, GithubException, InputGitAuthor, InputGitTreeElement

from github_fake import FakeGitHub
from github_fake.accounts import AppHandle, Person
from github_fake.faults import meanwhile
from github_fake.handles import PullHandle, RepositoryHandle
from github_fake.stage import Stage

Client = Callable[[str], Github]
REPOSITORY = "threatshelf/registry"
TEMPLATE = "templates/gateway/template.yaml"
LEDGER = "ledger.csv"
IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "credential.helper=")


def refusal(act: Callable[[], object]) -> GithubException:
    """What GitHub answered."""
    with pytest.raises(GithubException) as caught:
        act()
    return caught.value


def git(*words: str, at: Path) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, asking nobody for a password."""
    environment = {"PATH": "/usr/bin:/bin", "GIT_TERMINAL_PROMPT": "0", "HOME": str(at), "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *IDENTITY, *words], cwd=at, capture_output=True, text=True, env=environment, check=False
    )


def test_a_branch_is_made_moved_and_deleted(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    first = shelf.head()
    ref = repository.create_git_ref("refs/heads/draft/issue-7", first)
    assert ref.url.endswith("/git/refs/heads/draft/issue-7")
    problem = refusal(lambda: repository.create_git_ref("refs/heads/draft/issue-7", first))
    assert (problem.status, problem.data["message"]) == (422, "Reference already exists")
    second = shelf.write({"a": "a"}, parent=first)
    ref.edit(second)
    assert repository.get_git_ref("heads/draft/issue-7").object.sha == second
    ref.delete()
    assert refusal(lambda: repository.get_git_ref("heads/draft/issue-7")).status == 404
    assert refusal(ref.delete).status == 422


def test_backwards_is_422_unless_forced(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    old = shelf.head()
    new = shelf.commit({"a": "a"}, branch="bot/threat-ids")
    ref = client(app.token()).get_repo(REPOSITORY).get_git_ref("heads/bot/threat-ids")
    problem = refusal(lambda: ref.edit(old))
    assert (problem.status, problem.data["message"]) == (422, "Update is not a fast forward")
    assert shelf.head("bot/threat-ids") == new
    ref.edit(old, force=True)
    assert shelf.head("bot/threat-ids") == old


def test_refs_that_are_none_and_objects_that_are_not_there(
    client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    assert refusal(lambda: repository.create_git_ref("heads/x", shelf.head())).status == 422
    assert refusal(lambda: repository.create_git_ref("refs/heads/a..b", shelf.head())).status == 422
    assert refusal(lambda: repository.create_git_ref("refs/heads/x", "1" * 40)).status == 422
    assert [r.ref for r in repository.get_git_matching_refs("heads/ma")] == ["refs/heads/main"]


def test_a_commit_from_blobs_and_trees_keeps_modes(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    base = repository.get_git_commit(shelf.head())
    blob = repository.create_git_blob("IyEvYmluL3No", "base64")
    elements = [
        InputGitTreeElement("bin/run", "100755", "blob", sha=blob.sha),
        InputGitTreeElement("note.txt", "100644", "blob", content="hello\n"),
        InputGitTreeElement("README.md", "100644", "blob", sha=None),
    ]
    tree = repository.create_git_tree(elements, base.tree)
    made = repository.create_git_commit("Add run", tree, [base])
    repository.get_git_ref("heads/main").edit(made.sha)
    lines = {e.path: (e.mode, e.type) for e in repository.get_git_tree("main", recursive=True).tree}
    assert lines["bin/run"] == ("100755", "blob")
    assert lines["note.txt"] == ("100644", "blob")
    assert "README.md" not in lines
    assert lines[TEMPLATE] == ("100644", "blob")
    assert shelf.git.run("fsck", "--strict") == b""


def test_a_tree_shows_links_and_submodules_by_mode(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    shelf.commit({"link|120000": "README.md", "sub|160000": "1" * 40})
    lines = {e.path: e.mode for e in client(app.token()).get_repo(REPOSITORY).get_git_tree("main").tree}
    assert (lines["link"], lines["sub"], lines["templates"]) == ("120000", "160000", "040000")


def test_a_blob_is_read_in_base64_whatever_its_size(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    content = b"x" * 1_500_000
    shelf.commit({"big.bin": content})
    repository = client(app.token()).get_repo(REPOSITORY)
    entry = next(e for e in repository.get_git_tree("main").tree if e.path == "big.bin")
    blob = repository.get_git_blob(entry.sha)
    assert (blob.size, base64.b64decode(blob.content)) == (1_500_000, content)
    whole = repository.get_contents("big.bin")
    assert not isinstance(whole, list)
    assert (whole.encoding, whole.raw_data["content"], whole.size) == ("none", "", 1_500_000)


def test_contents_of_a_link_are_its_targets(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    shelf.commit({"templates/link|120000": "../README.md", "dangling|120000": "nowhere"})
    repository = client(app.token()).get_repo(REPOSITORY)
    behind = repository.get_contents("templates/link")
    assert not isinstance(behind, list)
    assert (behind.type, behind.decoded_content) == ("file", b"# registry\n")
    dangling = repository.get_contents("dangling")
    assert not isinstance(dangling, list)
    assert (dangling.type, dangling.target) == ("symlink", "nowhere")


def test_a_folder_lists_its_entries(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    listed = client(app.token()).get_repo(REPOSITORY).get_contents("")
    assert isinstance(listed, list)
    assert {e.path: e.type for e in listed} == {"README.md": "file", "templates": "dir"}


def test_a_file_is_replaced_by_the_blob_it_is_known_by(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    old = repository.get_contents("README.md")
    assert not isinstance(old, list)
    done = repository.update_file("README.md", "Say more", "more\n", old.sha, branch="main")
    assert done["commit"].sha == shelf.head()
    assert shelf.file("README.md") == b"more\n"
    commit = repository.get_commit(shelf.head())
    assert (commit.author.login, commit.commit.committer.name) == ("threatshelf[bot]", "GitHub")
    assert commit.raw_data["commit"]["verification"]["verified"] is True


def test_another_blob_is_409_and_none_is_422(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    head = shelf.head()
    problem = refusal(lambda: repository.update_file("README.md", "m", "x", "1" * 40))
    assert (problem.status, problem.data["message"]) == (409, f"README.md does not match {'1' * 40}")
    assert refusal(lambda: repository.create_file("README.md", "m", "x")).status == 422
    assert shelf.head() == head


def test_a_branch_that_moves_in_the_meantime_is_the_other_409(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    shelf.commit({LEDGER: "seq\n"}, branch="threat-ids")
    repository = client(app.token()).get_repo(REPOSITORY)
    old = repository.get_contents(LEDGER, ref="threat-ids")
    assert not isinstance(old, list)
    before = shelf.head("threat-ids")
    fake.faults.add(meanwhile(lambda: shelf.commit({LEDGER: "seq\n1\n"}, branch="threat-ids") and None), "PUT")
    problem = refusal(lambda: repository.update_file(LEDGER, "m", "seq\n2\n", old.sha, branch="threat-ids"))
    assert problem.status == 409
    assert problem.data["message"] == f"is at {shelf.head('threat-ids')} but expected {before}"
    assert shelf.file(LEDGER, "threat-ids") == b"seq\n1\n"


def test_the_sha_of_a_file_that_is_gone_is_ignored(
    client: Client, app: AppHandle, shelf: RepositoryHandle, fake: FakeGitHub
) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    repository.update_file("vanished.csv", "m", "x", "1" * 40)
    assert fake.calls[-1].status == 201
    assert refusal(lambda: repository.update_file("a", "m", "x", "1" * 40, branch="none")).status == 404


def test_a_file_is_deleted_once(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    old = repository.get_contents("README.md")
    assert not isinstance(old, list)
    repository.delete_file("README.md", "m", old.sha)
    assert shelf.file("README.md") is None
    assert refusal(lambda: repository.delete_file("README.md", "m", old.sha)).status == 404


def test_history_and_comparison(
    client: Client, app: AppHandle, shelf: RepositoryHandle, stranger: Person, pull: PullHandle
) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    shelf.commit({"b": "b"})
    assert next(iter(repository.get_commits())).commit.message.splitlines()[0] == "Change"
    assert len(list(repository.get_commits(path=TEMPLATE))) == 1
    found = repository.compare("main", "stranger:new")
    assert (found.status, found.ahead_by, found.behind_by) == ("diverged", 1, 1)
    assert [f.filename for f in found.files] == [TEMPLATE, "templates/new/template.yaml"]
    assert repository.compare("main", "main").status == "identical"
    assert refusal(lambda: repository.get_commit("nothing")).status == 422


def test_author_and_moment_of_a_commit_can_be_given(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    base = repository.get_git_commit(shelf.head())
    who = InputGitAuthor("Mia", "mia@example.invalid", "2026-01-02T03:04:05Z")
    made = repository.create_git_commit("m", base.tree, [base], author=who, committer=who)
    assert (made.author.name, made.raw_data["author"]["date"]) == ("Mia", "2026-01-02T03:04:05Z")
    assert made.raw_data["verification"]["verified"] is False


def test_a_branch_is_looked_up(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    shelf.protect("main", "deletion")
    repository = client(app.token()).get_repo(REPOSITORY)
    assert repository.get_branch("main").commit.sha == shelf.head()
    assert repository.get_branch("main").protected
    assert refusal(lambda: repository.get_branch("none")).status == 404


@pytest.mark.parametrize(
    ("rule", "is_refused"), [("non_fast_forward", "force"), ("deletion", "delete"), ("update", "append")]
)
def test_rules_hold_for_the_api(
    client: Client, app: AppHandle, shelf: RepositoryHandle, rule: str, is_refused: str
) -> None:
    start = shelf.commit({LEDGER: "1\n"}, branch="threat-ids")
    top = shelf.commit({LEDGER: "1\n2\n"}, branch="threat-ids")
    shelf.protect("threat-ids", rule)
    repository = client(app.token()).get_repo(REPOSITORY)
    ref = repository.get_git_ref("heads/threat-ids")
    old = repository.get_contents(LEDGER, ref="threat-ids")
    assert not isinstance(old, list)
    acts: dict[str, Callable[[], object]] = {
        "append": lambda: repository.update_file(LEDGER, "m", "1\n2\n3\n", old.sha, branch="threat-ids"),
        "force": lambda: ref.edit(start, force=True),
        "delete": ref.delete,
    }
    problem = refusal(acts[is_refused])
    assert problem.status in (409, 422)
    assert "Repository rule violations found" in problem.data["message"]
    assert shelf.head("threat-ids") == top


def test_only_the_app_on_the_bypass_list_may_append(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle, writer: Person
) -> None:
    shelf.commit({LEDGER: "1\n"}, branch="threat-ids")
    shelf.protect("threat-ids", "update", "deletion", "non_fast_forward", bypass=[app])
    token = fake.actions_token(shelf, {"contents": "write"})
    old = shelf.git.file(shelf.head("threat-ids"), LEDGER)
    assert old is not None
    for refused in (token, writer.token):
        repository = client(refused).get_repo(REPOSITORY)
        assert (
            refusal(lambda at=repository: at.update_file(LEDGER, "m", "2\n", old.oid, branch="threat-ids")).status
            == 409
        )
    client(app.token()).get_repo(REPOSITORY).update_file(LEDGER, "m", "1\n2\n", old.oid, branch="threat-ids")
    assert shelf.file(LEDGER, "threat-ids") == b"1\n2\n"


def test_git_clones_and_pushes_with_a_token(
    fake: FakeGitHub, shelf: RepositoryHandle, writer: Person, tmp_path: Path
) -> None:
    assert git("clone", "-q", shelf.clone_url(writer.token), "work", at=tmp_path).returncode == 0
    work = tmp_path / "work"
    (work / "README.md").write_text("pushed\n")
    git("commit", "-qam", "By hand", at=work)
    done = git("push", "-q", "origin", "HEAD:main", at=work)
    assert (done.returncode, done.stderr) == (0, "")
    assert shelf.file("README.md") == b"pushed\n"
    assert (fake.events[-1].name, fake.events[-1].sender, fake.events[-1].payload["after"]) == (
        "push",
        "writer",
        shelf.head(),
    )


def test_git_is_refused_without_the_right_to_push(
    fake: FakeGitHub, shelf: RepositoryHandle, stranger: Person, tmp_path: Path
) -> None:
    git("clone", "-q", shelf.clone_url(), "work", at=tmp_path)
    work = tmp_path / "work"
    for url in (
        shelf.clone_url(stranger.token),
        shelf.clone_url(fake.fork_pull_token(shelf)),
        shelf.clone_url("wrong"),
        shelf.clone_url(),
    ):
        assert git("push", "-q", url, "HEAD:refs/heads/x", at=work).returncode != 0
    assert shelf.git.branch("x") is None


def test_a_push_moves_the_pull_request(
    fake: FakeGitHub, stranger: Person, shelf: RepositoryHandle, pull: PullHandle, tmp_path: Path
) -> None:
    fork = shelf.fork(stranger)
    git("clone", "-q", "-b", "new", fork.clone_url(stranger.token), "work", at=tmp_path)
    git("commit", "-q", "--allow-empty", "-m", "More", at=tmp_path / "work")
    assert git("push", "-q", "origin", "new", at=tmp_path / "work").returncode == 0
    assert pull.head == fork.head("new")
    assert "synchronize" in [e.action for e in fake.events]
    assert shelf.git.ref(f"refs/pull/{pull.number}/head") == pull.head


def test_a_pull_requests_commits_can_be_fetched_from_the_base(
    shelf: RepositoryHandle, pull: PullHandle, tmp_path: Path
) -> None:
    git("clone", "-q", shelf.clone_url(), "work", at=tmp_path)
    assert git("fetch", "-q", "origin", f"refs/pull/{pull.number}/head", at=tmp_path / "work").returncode == 0
    assert git("rev-parse", "FETCH_HEAD", at=tmp_path / "work").stdout.strip() == pull.head


@pytest.mark.parametrize(
    ("rule", "push"),
    [("non_fast_forward", "+HEAD~1:threat-ids"), ("deletion", ":threat-ids"), ("update", "HEAD:threat-ids")],
)
def test_rules_hold_for_git(stage: Stage, tmp_path: Path, rule: str, push: str) -> None:
    shelf, writer, app = stage.shelf, stage.writer, stage.app
    shelf.commit({LEDGER: "1\n"}, branch="threat-ids")
    top = shelf.commit({LEDGER: "1\n2\n"}, branch="threat-ids")
    shelf.protect("threat-ids", rule, bypass=[app])
    git("clone", "-q", "-b", "threat-ids", shelf.clone_url(writer.token), "work", at=tmp_path)
    work = tmp_path / "work"
    if rule != "non_fast_forward":
        git("commit", "-q", "--allow-empty", "-m", "x", at=work)
    done = git("push", "origin", push, at=work)
    assert done.returncode != 0
    assert "GH013: " in done.stderr
    assert shelf.head("threat-ids") == top
    assert git("push", shelf.clone_url(app.token()), push, at=work).returncode == 0


def test_an_append_passes_a_rule_against_force(shelf: RepositoryHandle, fake: FakeGitHub, tmp_path: Path) -> None:
    shelf.commit({LEDGER: "1\n"}, branch="threat-ids")
    shelf.protect("threat-ids", "non_fast_forward", "deletion")
    token = fake.actions_token(shelf, {"contents": "write"})
    git("clone", "-q", "-b", "threat-ids", shelf.clone_url(token), "work", at=tmp_path)
    (tmp_path / "work" / LEDGER).write_text("1\n2\n")
    git("commit", "-qam", "Append", at=tmp_path / "work")
    assert git("push", "-q", "origin", "threat-ids", at=tmp_path / "work").returncode == 0
    assert shelf.file(LEDGER, "threat-ids") == b"1\n2\n"
    assert not fake.events[-1].starts_runs


def test_of_two_pushes_from_one_commit_the_second_loses(
    shelf: RepositoryHandle, writer: Person, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        git("clone", "-q", shelf.clone_url(writer.token), name, at=tmp_path)
        git("commit", "-q", "--allow-empty", "-m", name, at=tmp_path / name)
    assert git("push", "-q", "origin", "main", at=tmp_path / "one").returncode == 0
    assert git("push", "-q", "origin", "main", at=tmp_path / "two").returncode != 0
