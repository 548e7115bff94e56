"""Each step as GitHub takes it: what is sent, and how one sees that it is done already.

After an unclear answer (a server's failure, a cut line) the place is read by the step's key, and only what is not there
is sent again, once.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from bot.facts import PullRequest
from bot.forge import HeadMovedError
from bot.github import queries
from bot.github.client import Client, RefusedError, UnclearError
from bot.github.deed import Deed
from bot.github.running import Runner, annotation
from bot.steps import (
    Annotate,
    Assign,
    BeginCheck,
    CommitIds,
    Label,
    Lock,
    Minimize,
    PostFindings,
    Proposal,
    React,
    Reword,
    Say,
    SetCheck,
    SetStatus,
    Step,
    Suggest,
    Unsay,
    Unsuggest,
)

FINDINGS = "threatshelf / findings"
"""The check run that carries annotations; it is no gate."""

LABELS: Mapping[str, tuple[str, str]] = {
    "stage/": ("1d76db", "Where the review stands; set by the reviewer"),
    "needs/": ("d93f0b", "What it waits for"),
    "category/": ("5319e7", "Where a threat belongs"),
    "risk/": ("b60205", "The highest risk level"),
}
"""Colour and text of the labels that are ours, by their prefix."""


class Writer:
    """Takes steps on one repository (`path`: `/repos/owner/name`). `labels`: those known to be defined there.

    `numbering` writes ids on branches.
    """

    def __init__(self, client: Client, path: str, numbering: Client) -> None:
        self._client = client
        self._numbering = numbering
        self._path = path
        self.labels: set[str] = set()
        self._runner = Runner(client, path)

    def take(self, pull_request: PullRequest, step: Step) -> None:
        """Take the step. Raises HeadMovedError, RefusedError, or UnclearError when even the second try was unclear."""
        _done(self._deed(pull_request, step))

    def take_on_issue(self, number: int, step: Step) -> None:
        """Take a step that needs no pull request, likewise."""
        _done(self._on_thread(f"{self._path}/issues/{number}")[type(step)](step))

    def _deed(self, pull_request: PullRequest, step: Step) -> Deed:
        thread = f"{self._path}/issues/{pull_request.number}"
        makers: dict[type, Callable[[Any], Deed]] = {
            SetStatus: self._status,
            BeginCheck: self._runner.begun,
            SetCheck: lambda check: self._runner.said(pull_request, check),
            Annotate: lambda more: self._runner.annotated(pull_request, more),
            PostFindings: self._findings,
            Minimize: lambda fold: Deed(lambda: self._client.mutation(queries.MINIMISE, {"id": fold.node_id})),
            Suggest: lambda suggest: self._suggest(pull_request.number, suggest),
            Unsuggest: lambda one: self._removed(f"{self._path}/pulls/comments/{one.comment}"),
            Assign: lambda one: Deed(
                lambda: self._client.ask("POST", f"{thread}/assignees", body={"assignees": [one.login]})
            ),
            React: self._react,
            CommitIds: self._commit,
        }
        return (makers | self._on_thread(thread))[type(step)](step)

    def _on_thread(self, thread: str) -> dict[type, Callable[[Any], Deed]]:
        """What can be done to an issue as well as to a pull request."""
        return {
            Say: lambda say: self._say(thread, say),
            Reword: self._reword,
            Unsay: lambda unsay: self._removed(f"{self._path}/issues/comments/{unsay.comment}"),
            Label: lambda label: self._label(thread, label),
            Lock: lambda _: Deed(lambda: self._client.ask("PUT", f"{thread}/lock")),
        }

    def _status(self, step: SetStatus) -> Deed:
        body = {"state": step.state, "context": step.context, "description": step.description}
        if step.page:
            body["target_url"] = step.page
        said = (step.context, step.state, step.description)
        return Deed(
            lambda: self._client.ask("POST", f"{self._path}/statuses/{step.commit}", body=body),
            lambda: said in self._newest_statuses(step.commit),
        )

    def _newest_statuses(self, commit: str) -> set[tuple[str, str, str]]:
        pages = self._client.pages(f"{self._path}/commits/{commit}/status")
        found = (status for page in pages for status in page["statuses"])
        return {(status["context"], status["state"], status["description"] or "") for status in found}

    def _findings(self, step: PostFindings) -> Deed:
        body = {
            "name": FINDINGS,
            "head_sha": step.commit,
            "external_id": step.external_id,
            "status": "completed",
            "conclusion": step.conclusion,
            "output": {
                "title": step.title,
                "summary": step.summary,
                "annotations": [annotation(one) for one in step.annotations],
            },
        }
        runs = f"{self._path}/commits/{step.commit}/check-runs"
        return Deed(
            lambda: self._client.ask("POST", f"{self._path}/check-runs", body=body),
            lambda: any(
                run["external_id"] == step.external_id
                for page in self._client.pages(runs, {"check_name": FINDINGS, "filter": "all"})
                for run in page["check_runs"]
            ),
        )

    def _say(self, thread: str, step: Say) -> Deed:
        def stands() -> bool:
            pages = self._client.pages(f"{thread}/comments")
            return any(comment["body"].strip() == step.body.strip() for page in pages for comment in page)

        return Deed(lambda: self._client.ask("POST", f"{thread}/comments", body={"body": step.body}), stands)

    def _reword(self, step: Reword) -> Deed:
        path = f"{self._path}/issues/comments/{step.comment}"
        return Deed(lambda: self._client.ask("PATCH", path, body={"body": step.body}))

    def _removed(self, path: str) -> Deed:
        return Deed(lambda: self._unless((404,), lambda: self._client.ask("DELETE", path)))

    def _suggest(self, number: int, step: Suggest) -> Deed:
        return Deed(lambda: self._proposed(number, step), lambda: self._all_stand(number, step))

    def _proposed(self, number: int, step: Suggest) -> None:
        try:
            self._post_review(number, step.commit, step.proposals)
        except RefusedError as refusal:
            if refusal.status != 422 or len(step.proposals) == 1:
                raise
            # One line outside the diff refuses them all: what remains is a finding with its line in the comment.
            for proposal in step.proposals:
                self._unless((422,), lambda one=proposal: self._post_review(number, step.commit, (one,)))  # type: ignore[misc]  # mypy infers no default of a lambda

    def _post_review(self, number: int, commit: str, proposals: tuple[Proposal, ...]) -> None:
        comments = [_comment_on_line(proposal) for proposal in proposals]
        body = {"commit_id": commit, "event": "COMMENT", "comments": comments}
        self._client.ask("POST", f"{self._path}/pulls/{number}/reviews", body=body)

    def _all_stand(self, number: int, step: Suggest) -> bool:
        pages = self._client.pages(f"{self._path}/pulls/{number}/comments")
        there = {comment["body"].strip() for page in pages for comment in page}
        return all(proposal.body.strip() in there for proposal in step.proposals)

    def _label(self, thread: str, step: Label) -> Deed:
        if not step.on:
            return self._removed(f"{thread}/labels/{quote(step.name, safe='')}")
        return Deed(lambda: self._labelled(thread, step.name))

    def _labelled(self, thread: str, name: str) -> None:
        if name not in self.labels:
            self._unless((422,), lambda: self._client.ask("POST", f"{self._path}/labels", body=_definition(name)))
            self.labels.add(name)
        self._client.ask("POST", f"{thread}/labels", body={"labels": [name]})

    def _react(self, step: React) -> Deed:
        path = f"{self._path}/issues/comments/{step.comment}/reactions"
        return Deed(lambda: self._client.ask("POST", path, body={"content": step.content}))

    def _commit(self, step: CommitIds) -> Deed:
        return Deed(lambda: self._committed(step), lambda: self._holds(step))

    def _committed(self, step: CommitIds) -> None:
        headline, _, body = step.message.partition("\n")
        additions = [{"path": path, "contents": base64.b64encode(data).decode()} for path, data in step.files]
        written = {
            "branch": {
                "repositoryNameWithOwner": self._path.removeprefix("/repos/"),
                "branchName": step.branch,
            },
            "expectedHeadOid": step.expected_head,
            "message": {"headline": headline, "body": body.strip()},
            "fileChanges": {"additions": additions},
        }
        try:
            self._numbering.mutation(queries.COMMIT, {"input": written})
        except RefusedError as refusal:
            if "STALE_DATA" in refusal.kinds:
                raise HeadMovedError(str(refusal)) from None
            raise

    def _holds(self, step: CommitIds) -> bool:
        return all(self._bytes_at(step.branch, path) == data for path, data in step.files)

    def _bytes_at(self, branch: str, path: str) -> bytes | None:
        answer = self._client.ask("GET", f"{self._path}/contents/{quote(path)}", {"ref": branch}).data
        return base64.b64decode(answer["content"]) if answer.get("encoding") == "base64" else None

    def _unless(self, statuses: tuple[int, ...], send: Callable[[], object]) -> None:
        """Send; a refusal with one of these statuses means that it is done already."""
        try:
            send()
        except RefusedError as refusal:
            if refusal.status not in statuses:
                raise


def _done(deed: Deed) -> None:
    try:
        deed.send()
    except UnclearError:
        if deed.is_done is None or not deed.is_done():
            deed.send()


def _definition(name: str) -> dict[str, str]:
    colour, text = next((found for prefix, found in LABELS.items() if name.startswith(prefix)), ("ededed", ""))
    return {"name": name, "color": colour, "description": text}


def _comment_on_line(proposal: Proposal) -> dict[str, Any]:
    return dict(_line_fields(proposal))


def _line_fields(proposal: Proposal) -> Iterator[tuple[str, Any]]:
    yield from (("path", proposal.path), ("body", proposal.body), ("line", proposal.line), ("side", "RIGHT"))
    if proposal.start_line is not None and proposal.start_line < proposal.line:
        yield from (("start_line", proposal.start_line), ("start_side", "RIGHT"))
