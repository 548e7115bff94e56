"""Pull requests as they live on GitHub: the facts of one in three requests, its files by commit, its steps."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any
from urllib.parse import quote

from bot import places
from bot.facts import PullRequest, Role, Thread
from bot.forge import ForgeError, NoPullRequestError
from bot.github import queries, reading, threads
from bot.github.client import Client, RefusedError
from bot.github.writing import Writer
from bot.ledger import BRANCH, FILE
from bot.steps import Step
from bot.visits import End, OpenPull

MOST_COMPARED = 300
"""Files that a comparison of two commits shows; of a pull request with more its list of files is read."""
MOST_BLOB = places.MOST_BYTES + 1
TEXTS_TOGETHER = 20
ENDS_TOGETHER = 50

LEDGER = f"{BRANCH}:{FILE}"

_ROOM = "templates"


@dataclass(frozen=True)
class _Commits:
    """Commits of a pull request as REST gives them, oldest first, and how many there are."""

    read: tuple[Mapping[str, Any], ...]
    all: int


class GitHubForge:
    """One repository on GitHub, for one visit or one job: what belongs to a commit is asked once and kept."""

    def __init__(self, client: Client, repository: str, numbering: Client | None = None) -> None:
        """`numbering`: the client that writes ids, where another credential does that."""
        self._client = client
        self._numbering = numbering or client
        self._repository = repository
        self._path = f"/repos/{repository}"
        self._writer = Writer(client, self._path, self._numbering)
        self._rooms: dict[str, Mapping[str, tuple[str, str, int]]] = {}
        self._blobs: dict[str, bytes] = {}
        self._patches: dict[int, Mapping[str, str]] = {}
        self._ahead: dict[str, tuple[str, str]] = {}

    @property
    def left(self) -> int | None:
        """Requests left in this hour; None while nothing was asked."""
        return self._client.left

    @property
    def repository(self) -> str:
        """`owner/name`."""
        return self._repository

    def standing(self, number: int) -> PullRequest:
        """The pull request and all that stands on it. Raises NoPullRequestError."""
        answer = self._standing(number)
        found = answer["repository"]["pullRequest"]
        head, changed = str(found["headRefOid"]), int(found["changedFiles"])
        compared, entries, commits = self._difference(number, (str(found["baseRefOid"]), head), changed)
        self._patches[number] = {entry["filename"]: entry.get("patch") or "" for entry in entries}
        paths = tuple(_template_paths(entries))
        self._fetch((head, compared), (LEDGER, *(f"{commit}:{path}" for path in paths for commit in (head, compared))))
        files = tuple(reading.files(entries, self._rooms[head]))
        facts = reading.pull_request(answer, files, compared)
        return replace(
            facts,
            committers=reading.committers(commits.read) - {facts.author},
            unsigned=tuple(reading.unsigned(commits.read)),
            unread_commits=commits.all - len(commits.read),
        )

    def head(self, number: int) -> str:
        """The head commit as of now."""
        found = self._client.question(queries.HEAD, {**self._names, "number": number})["repository"]["pullRequest"]
        return str(found["headRefOid"])

    def blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        """Bytes by object id, at most 1 MiB and one byte of each."""
        return {oid: self._blob(oid)[:MOST_BLOB] for oid in dict.fromkeys(oids)}

    def tree(self, commit: str, paths: Iterable[str]) -> Mapping[str, tuple[str, str]]:
        """(mode, object id) of each path below `templates/` that stands at the commit; none of an unknown commit."""
        wanted = tuple(paths)
        if commit not in self._rooms:
            self._fetch((commit,), (f"{commit}:{path}" for path in wanted))
        room = self._rooms[commit]
        return {path: room[path][:2] for path in wanted if path in room}

    def diff_lines(self, number: int) -> Mapping[str, frozenset[int]]:
        """Lines of the head that stand in the diff, by path; as of the last reading of what stands."""
        if number not in self._patches:
            entries = self._files(number)
            self._patches[number] = {entry["filename"]: entry.get("patch") or "" for entry in entries}
        return {path: reading.diff_lines(patch) for path, patch in self._patches[number].items() if patch}

    def role(self, login: str) -> Role:
        """What the person may do here now; NONE for whom GitHub does not know here."""
        # A login is a word of GitHub's; of an app's the brackets have to be written otherwise.
        path = f"{self._path}/collaborators/{quote(login, safe='')}/permission"
        try:
            return reading.role(self._client.ask("GET", path).data)
        except RefusedError as refusal:
            if refusal.status in (404, 422):
                return Role.NONE
            raise

    def take(self, pull_request: PullRequest, step: Step) -> None:
        """Take one step, or find that it is done already."""
        self._writer.take(pull_request, step)

    def read_file(self, path: str, ref: str) -> tuple[str, str] | None:
        """(text, object id) of a file on a branch; None when either is not there. Bytes that are no UTF-8 survive.

        The ledger comes with what stands, in one request; whoever reads it once more gets it anew.
        """
        ahead = self._ahead.pop(f"{ref}:{path}", None)
        if ahead is not None:
            return ahead
        try:
            answer = self._client.ask("GET", f"{self._path}/contents/{quote(path)}", {"ref": ref}).data
        except RefusedError as refusal:
            if refusal.status == 404:
                return None
            raise
        if not isinstance(answer, dict) or answer.get("type") != "file":
            raise ForgeError(f"{path} on {ref} is no file")
        oid = str(answer["sha"])
        inline = answer.get("encoding") == "base64" and answer.get("content")
        data = base64.b64decode(answer["content"]) if inline else self._whole_blob(oid)
        return data.decode("utf-8", "surrogateescape"), oid

    def replace_file(self, path: str, ref: str, oid: str, text: str) -> bool:
        """Put `text` in place of the blob `oid` on the branch; False when somebody else was first.

        Raises ForgeError when the file was gone: GitHub ignores the object id then and makes a new file.
        """
        data = text.encode("utf-8", "surrogateescape")
        body = {
            "message": f"Threat ids: {text.count(chr(10)) - 1} rows",
            "content": base64.b64encode(data).decode(),
            "sha": oid,
            "branch": ref,
        }
        try:
            answer = self._numbering.ask("PUT", f"{self._path}/contents/{quote(path)}", body=body)
        except RefusedError as refusal:
            if refusal.status == 409:
                return False
            raise
        if answer.status == 201:
            raise ForgeError(f"{path} was gone from {ref} and has been made anew: somebody has to look at its history")
        return True

    def open_pulls(self) -> Iterator[OpenPull]:
        """Every open pull request, the one that changed last first; a hundred for each request."""
        after: str | None = None
        while True:
            answer = self._client.question(queries.OPEN, {**self._names, "after": after})
            found, us = answer["repository"]["pullRequests"], answer["viewer"]["login"]
            yield from (reading.open_pull(node, us) for node in found["nodes"])
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def threads(self, since: str) -> Iterator[Thread]:
        """Every thread that has a clock and is open, or ended since then; 25 for each request."""
        return threads.threads(self._client, self._names, since)

    def open_issues(self) -> Iterator[Thread]:
        """Every open issue from a form, without its body; 25 for each request."""
        return threads.open_issues(self._client, self._names)

    def issue(self, number: int) -> Thread | None:
        """The issue and all that stands on it; None where there is none of that number."""
        found, defined = threads.issue(self._client, self._names, number)
        self._writer.labels |= defined
        return found

    def take_on_issue(self, number: int, step: Step) -> None:
        """Take one step on an issue, or find that it is done already: to say, to label, to lock."""
        self._writer.take_on_issue(number, step)

    def ends(self, numbers: Iterable[int]) -> tuple[End, ...]:
        """How these pull requests ended; those that are open, or are none, are left out."""
        every, found = iter(dict.fromkeys(numbers)), []
        while some := tuple(islice(every, ENDS_TOGETHER)):
            text, variables = queries.ends(some)
            answer = self._client.question(text, {**self._names, **variables})["repository"]
            found += [reading.end(node) for node in answer.values() if node and node["state"] != "OPEN"]
        return tuple(found)

    def propose(self, head: str, title: str, body: str) -> None:
        """A pull request from a branch of this repository into the default branch; the open one, where there is one."""
        owner = self._repository.partition("/")[0]
        if self._client.ask("GET", f"{self._path}/pulls", {"head": f"{owner}:{head}", "state": "open"}).data:
            return
        words = {"title": title, "body": body, "head": head, "base": self.default_branch}
        self._client.ask("POST", f"{self._path}/pulls", body=words)

    def start(self, workflow: str, inputs: Mapping[str, str]) -> None:
        """Start a run of a workflow on the default branch; a needless one takes no step."""
        path = f"{self._path}/actions/workflows/{workflow}/dispatches"
        self._client.ask("POST", path, body={"ref": self.default_branch, "inputs": dict(inputs)})

    @property
    def _names(self) -> dict[str, str]:
        owner, _, name = self._repository.partition("/")
        return {"owner": owner, "name": name}

    @cached_property
    def default_branch(self) -> str:
        """The branch that is published."""
        return str(self._client.ask("GET", self._path).data["default_branch"])

    def _standing(self, number: int) -> dict[str, Any]:
        variables = {**self._names, "number": number, "after": None}
        try:
            answer = self._client.question(queries.STANDING, variables)
        except RefusedError as refusal:
            if "NOT_FOUND" in refusal.kinds:
                raise NoPullRequestError(f"there is no pull request {number} in {self._repository}") from None
            raise
        found = answer["repository"]["pullRequest"]
        for name in queries.LISTS:
            found[name]["nodes"] += self._rest_of(name, number, found[name]["pageInfo"])
        self._writer.labels |= {label["name"] for label in answer["repository"]["labels"]["nodes"]}
        return answer

    def _rest_of(self, name: str, number: int, page: Mapping[str, Any]) -> list[Any]:
        """What a list holds beyond its first page."""
        rest: list[Any] = []
        while page["hasNextPage"]:
            variables = {**self._names, "number": number, "after": page["endCursor"]}
            answer = self._client.question(queries.list_after(name), variables)["repository"]["pullRequest"][name]
            rest += answer["nodes"]
            page = answer["pageInfo"]
        return rest

    def _difference(
        self, number: int, commits: tuple[str, str], changed: int
    ) -> tuple[str, list[dict[str, Any]], _Commits]:
        """The last commit that base and head have in common, and the files and commits since then."""
        base, head = commits
        pages = list(self._client.pages(f"{self._path}/compare/{base}...{head}", most=3))
        read = tuple(commit for page in pages for commit in page["commits"])
        files = pages[0].get("files") or []
        return (
            str(pages[0]["merge_base_commit"]["sha"]),
            files if changed <= MOST_COMPARED else self._files(number),
            _Commits(read, int(pages[0]["total_commits"])),
        )

    def _files(self, number: int) -> list[dict[str, Any]]:
        return [entry for page in self._client.pages(f"{self._path}/pulls/{number}/files") for entry in page]

    def _fetch(self, commits: Iterable[str], texts: Iterable[str]) -> None:
        """The templates' folder at each commit, and in the same request a few texts, each named `commit:path`."""
        rooms = (f"{commit}:{_ROOM}" for commit in commits)
        text, variables = queries.rooms_and_texts(rooms, islice(texts, TEXTS_TOGETHER))
        answer = self._client.question(text, {**self._names, **variables})["repository"]
        for alias, found in answer.items():
            if alias.startswith("r"):
                self._rooms[variables[alias].partition(":")[0]] = reading.room(found, _ROOM)
            elif whole := reading.blob(found):
                self._keep(variables[alias], whole)

    def _keep(self, name: str, whole: tuple[str, bytes]) -> None:
        oid, data = whole
        if name == LEDGER:
            self._ahead[name] = data.decode("utf-8"), oid
        else:
            self._blobs[oid] = data

    def _blob(self, oid: str) -> bytes:
        if oid not in self._blobs:
            self._blobs[oid] = self._whole_blob(oid)
        return self._blobs[oid]

    def _whole_blob(self, oid: str) -> bytes:
        answer = self._client.ask("GET", f"{self._path}/git/blobs/{oid}").data
        return base64.b64decode(answer["content"])


def _template_paths(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for entry in entries:
        for path in (entry["filename"], entry.get("previous_filename", "")):
            if places.folder_of(path):
                yield path
