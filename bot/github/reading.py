"""GitHub's answers as facts: nothing here asks, everything takes what was answered."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.facts import Approval, Change, ChangedFile, Comment, Event, PullRequest, Role, Run, Status, Suggestion, Thread
from bot.visits import End, OpenPull

GHOST = "ghost"
"""Whose account is gone."""

_KINDS = {
    "LabeledEvent": "labeled",
    "UnlabeledEvent": "unlabeled",
    "ReadyForReviewEvent": "ready_for_review",
    "ConvertToDraftEvent": "convert_to_draft",
    "ClosedEvent": "closed",
    "ReopenedEvent": "reopened",
    "MergedEvent": "merged",
}
_CHANGES = {
    "added": Change.ADDED,
    "copied": Change.ADDED,
    "removed": Change.REMOVED,
    "renamed": Change.RENAMED,
}
_JUDGING = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
"""States of a review that take the place of an earlier one by the same person; a mere comment does not."""
_CONCLUSIONS = {"SUCCESS": "success", "FAILURE": "failure"}
"""Of check runs; every other conclusion says nothing about the content."""
_NEWCOMERS = ("FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "NONE")
_SIGN_OFF = re.compile(r"(?im)^signed-off-by:[ \t]*[^<>\n]*<([^<>\s]+)>[ \t]*$")
_RETROACTIVE = re.compile(r"(?i)hereby add my signed-off-by to this commit: ([0-9a-f]{40})\b")
"""How somebody signs an earlier commit of theirs off, as the DCO app has it."""
_OF_GITHUB = frozenset(("noreply@github.com",))
"""The address GitHub commits with for people on its pages: nobody's own."""
_HUNK = re.compile(r"@@ -[0-9]+(?:,[0-9]+)? \+([0-9]+)(?:,[0-9]+)? @@")


def pull_request(answer: Mapping[str, Any], files: tuple[ChangedFile, ...], compared: str) -> PullRequest:
    """The facts in an answer to `queries.STANDING` with whole lists; `compared`: the commit it is compared with."""
    repository, us = answer["repository"], answer["viewer"]["login"]
    found = repository["pullRequest"]
    commit = _last_commit(found)
    return PullRequest(
        number=found["number"],
        title=found["title"],
        author=login(found["author"]),
        state="open" if found["state"] == "OPEN" else "closed",
        draft=found["isDraft"],
        merged=found["merged"],
        opened_at=found["createdAt"],
        closed_at=found["closedAt"] or "",
        base_ref=found["baseRefName"],
        base_sha=compared,
        default_branch=(repository["defaultBranchRef"] or {}).get("name", ""),
        head_ref=found["headRefName"],
        head_sha=found["headRefOid"],
        head_repository=(found["headRepository"] or {}).get("nameWithOwner"),
        repository=repository["nameWithOwner"],
        changed=found["changedFiles"],
        files=files,
        labels=frozenset(label["name"] for label in _nodes(found["labels"])),
        comments=tuple(_comment(node) for node in _nodes(found["comments"])),
        suggestions=tuple(_suggestions(_nodes(found["reviewThreads"]))),
        approvals=tuple(_approvals(_nodes(found["reviews"]))),
        events=_events(found, us),
        statuses=_statuses(commit),
        check_runs=frozenset(_external_ids(commit)),
        runs=_runs(commit, us),
        assigned=frozenset(_assigned(_nodes(found["timelineItems"]))),
        objections=frozenset(_objections(_nodes(found["reviews"]))),
        newcomer=found["authorAssociation"] in _NEWCOMERS,
        ours=_is_us(found["author"], us),
    )


def open_pull(node: Mapping[str, Any], us: str) -> OpenPull:
    """An entry of the list of open pull requests; `us`: the login we speak as, whose check runs are gates too."""
    commit = _last_commit(node)
    return OpenPull(
        number=node["number"],
        base=node["baseRefName"],
        opened_at=node["createdAt"],
        changed_at=node["updatedAt"],
        labels=frozenset(label["name"] for label in _nodes(node["labels"])),
        statuses=_statuses(commit) | {name: Status(r.state, r.title, r.at) for name, r in _runs(commit, us).items()},
    )


def thread(node: Mapping[str, Any], us: str) -> Thread:
    """One of the threads of `queries.talks`, or the one of `queries.ISSUE`."""
    return Thread(
        number=node["number"],
        is_pull="isDraft" in node,
        title=node["title"],
        author=login(node["author"]),
        state="open" if node["state"] == "OPEN" else "closed",
        opened_at=node["createdAt"],
        draft=node.get("isDraft", False),
        labels=frozenset(label["name"] for label in _nodes(node["labels"])),
        comments=tuple(_comment(comment) for comment in _nodes(node["comments"])),
        events=_events(node, us),
        body=node.get("body", ""),
        locked=node.get("locked", False),
    )


def paths(node: Mapping[str, Any]) -> Iterator[str]:
    """The files of a pull request among many, as far as they are shown there."""
    yield from (str(file["path"]) for file in _nodes(node["files"]))


def end(node: Mapping[str, Any]) -> End:
    """How a pull request ended."""
    return End(node["number"], node["baseRefName"], node["closedAt"] or "", merged=node["merged"])


def login(actor: Mapping[str, Any] | None) -> str:
    """A login as REST writes it: an app's ends in `[bot]`, which GraphQL leaves out."""
    if actor is None:
        return GHOST
    name = str(actor["login"])
    return f"{name}[bot]" if actor["__typename"] == "Bot" and not name.endswith("[bot]") else name


def files(entries: Iterable[Mapping[str, Any]], room: Mapping[str, tuple[str, str, int]]) -> Iterator[ChangedFile]:
    """Entries of a diff with what a tree says of them: (mode, object id, bytes) by path.

    Outside the tree that was read no mode is known.
    """
    for entry in entries:
        path, change = entry["filename"], _CHANGES.get(entry["status"], Change.MODIFIED)
        mode, oid, size = ("", "", -1) if change is Change.REMOVED else room.get(path, ("", entry["sha"] or "", -1))
        yield ChangedFile(path, change, entry.get("previous_filename", ""), mode, oid, size)


def room(tree: Mapping[str, Any] | None, folder: str) -> dict[str, tuple[str, str, int]]:
    """(mode, object id, bytes) by path of everything below a folder that is no folder itself, three levels deep."""
    return dict(_below((tree or {}).get("entries") or (), folder))


def diff_lines(patch: str) -> frozenset[int]:
    """The lines of the new file that a unified diff shows, where comments may stand."""
    lines, at = set(), 0
    for line in patch.split("\n"):
        hunk = _HUNK.match(line)
        if hunk:
            at = int(hunk[1])
        elif line[:1] in ("+", " "):
            lines.add(at)
            at += 1
    return frozenset(lines)


def committers(commits: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Who wrote or committed them, as far as GitHub knows an account."""
    people = ((commit.get("author"), commit.get("committer")) for commit in commits)
    return frozenset(person["login"] for pair in people for person in pair if person and person.get("login"))


def unsigned(commits: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Commits without a sign-off by whoever wrote or committed them, or made up for by a later commit of theirs.

    The sign-off is the Developer Certificate of Origin's: a line `Signed-off-by: Name <address>`, the address that of
    the commit's author or committer. Merges need none, nor what an app wrote and GitHub itself has signed.
    """
    every = tuple(commits)
    mended = {
        (sha, mail) for commit in every for sha in _RETROACTIVE.findall(_words(commit)) for mail in _mails(commit)
    }
    for commit in every:
        mails = _mails(commit)
        signed = mails & {mail.casefold() for mail in _SIGN_OFF.findall(_words(commit))}
        made_up = any((commit["sha"], mail) in mended for mail in mails)
        if not (signed or made_up or _needs_no_sign_off(commit)):
            yield str(commit["sha"])


def _words(commit: Mapping[str, Any]) -> str:
    return str(commit["commit"]["message"]).replace("\r\n", "\n")


def _mails(commit: Mapping[str, Any]) -> set[str]:
    people = (commit["commit"].get("author"), commit["commit"].get("committer"))
    return {str(person["email"]).casefold() for person in people if person and person.get("email")} - _OF_GITHUB


def _needs_no_sign_off(commit: Mapping[str, Any]) -> bool:
    """Merges bring nothing of their own; who wrote a commit is only a claim, unless GitHub has signed it."""
    by_app = (commit.get("author") or {}).get("type") == "Bot"
    verified = (commit["commit"].get("verification") or {}).get("verified") is True
    return len(commit.get("parents") or ()) > 1 or (by_app and verified)


def role(answer: Mapping[str, Any]) -> Role:
    """The role in an answer about a person's permission; of a role made by an organisation, what it is built on."""
    for said in (answer.get("role_name"), answer.get("permission")):
        if said in frozenset(Role):
            return Role(said)
    return Role.NONE


def blob(answer: Mapping[str, Any] | None) -> tuple[str, bytes] | None:
    """(object id, bytes) of a text that GraphQL gave whole and unchanged, which its object id proves; else None."""
    if not answer or answer.get("isTruncated") or answer.get("text") is None:
        return None
    data = str(answer["text"]).encode("utf-8", "surrogateescape")
    oid = str(answer["oid"])
    return (oid, data) if object_id(data) == oid else None


def object_id(data: bytes) -> str:
    """What git calls these bytes as a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _nodes(connection: Mapping[str, Any] | None) -> list[Any]:
    return [node for node in (connection or {}).get("nodes") or () if node]


def _last_commit(found: Mapping[str, Any]) -> Mapping[str, Any]:
    last: Mapping[str, Any] = next((node["commit"] for node in _nodes(found["commits"])), {})
    return last if last.get("oid") == found["headRefOid"] else {}


def _comment(node: Mapping[str, Any]) -> Comment:
    mine = (group["content"].lower() for group in node["reactionGroups"] or () if group["viewerHasReacted"])
    return Comment(
        id=node["databaseId"],
        node_id=node["id"],
        author=login(node["author"]),
        body=node["body"],
        at=node["createdAt"],
        ours=node["viewerDidAuthor"],
        edited=node["lastEditedAt"] is not None,
        minimized=node["isMinimized"],
        bot=(node["author"] or {}).get("__typename") == "Bot",
        our_reactions=frozenset(mine),
    )


def _suggestions(threads: Iterable[Mapping[str, Any]]) -> Iterator[Suggestion]:
    for thread in threads:
        first = next(iter(_nodes(thread["comments"])), None)
        if first and first["viewerDidAuthor"]:
            answered = thread["comments"]["totalCount"] > 1
            yield Suggestion(first["databaseId"], thread["path"], thread["line"], first["body"], answered)


def _newest_reviews(reviews: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    judging = [review for review in reviews if review["state"] in _JUDGING and review["submittedAt"]]
    ordered = sorted(judging, key=lambda review: str(review["submittedAt"]))
    yield from {login(review["author"]): review for review in ordered}.values()


def _approvals(reviews: Iterable[Mapping[str, Any]]) -> Iterator[Approval]:
    for review in _newest_reviews(reviews):
        commit = (review["commit"] or {}).get("oid", "")
        if review["state"] == "APPROVED" and commit:
            yield Approval(login(review["author"]), commit, review["submittedAt"])


def _objections(reviews: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for review in _newest_reviews(reviews):
        if review["state"] == "CHANGES_REQUESTED":
            yield login(review["author"])


def _events(found: Mapping[str, Any], us: str) -> tuple[Event, ...]:
    seen = [_event(node, us) for node in _nodes(found["timelineItems"]) if node.get("__typename") in _KINDS]
    seen += [_reviewed(node) for node in _nodes(found.get("reviews")) if node["submittedAt"]]
    return tuple(sorted(seen, key=lambda event: event.at))


def _event(node: Mapping[str, Any], us: str) -> Event:
    actor, label = node["actor"], (node.get("label") or {}).get("name", "")
    kind = _KINDS[node["__typename"]]
    return Event(kind, login(actor), node["createdAt"], label, ours=_is_us(actor, us), bot=_is_bot(actor))


def _reviewed(node: Mapping[str, Any]) -> Event:
    by = login(node["author"])
    return Event("reviewed", by, node["submittedAt"], ours=node["viewerDidAuthor"], bot=_is_bot(node["author"]))


def _is_us(actor: Mapping[str, Any] | None, us: str) -> bool:
    """Whether it is the account we speak as; a person who is called as our app is, without the brackets, is not."""
    return login(actor) == us or (_is_bot(actor) and login(actor) == f"{us}[bot]")


def _is_bot(actor: Mapping[str, Any] | None) -> bool:
    return (actor or {}).get("__typename") == "Bot"


def _statuses(commit: Mapping[str, Any]) -> dict[str, Status]:
    contexts = (commit.get("status") or {}).get("contexts") or ()
    said = (
        (node["context"], Status(node["state"].lower(), node["description"] or "", node["createdAt"]))
        for node in contexts
    )
    return dict(said)


def _runs(commit: Mapping[str, Any], us: str) -> dict[str, Run]:
    """The newest check run of each name among those of the App that we are."""
    nodes = _nodes((commit.get("statusCheckRollup") or {}).get("contexts"))
    ours = (node for node in nodes if "checkSuite" in node and _is_of_app(node, us))
    return {node["name"]: _run(node) for node in sorted(ours, key=lambda node: int(node["databaseId"]))}


def _is_of_app(node: Mapping[str, Any], us: str) -> bool:
    app = node["checkSuite"]["app"]
    return app is not None and us in (app["slug"], f"{app['slug']}[bot]")


def _run(node: Mapping[str, Any]) -> Run:
    is_open = node["status"] != "COMPLETED"
    return Run(
        id=int(node["databaseId"]),
        state="pending" if is_open else _CONCLUSIONS.get(node["conclusion"], "error"),
        title=node["title"] or "",
        summary=node["summary"] or "",
        annotations=node["annotations"]["totalCount"] if node["annotations"] else 0,
        is_open=is_open,
        at=node["startedAt"] or "",
    )


def _assigned(timeline: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for node in timeline:
        if node.get("__typename") == "AssignedEvent":
            yield str((node["assignee"] or {}).get("login", GHOST))


def _external_ids(commit: Mapping[str, Any]) -> Iterator[str]:
    for node in _nodes((commit.get("statusCheckRollup") or {}).get("contexts")):
        if node.get("externalId"):
            yield str(node["externalId"])


def _below(entries: Iterable[Mapping[str, Any]], folder: str) -> Iterator[tuple[str, tuple[str, str, int]]]:
    for entry in entries:
        path, inner = f"{folder}/{entry['name']}", (entry.get("object") or {}).get("entries")
        if inner is None:
            # GraphQL gives the mode as the number that is written 100644 in octal.
            yield path, (f"{entry['mode']:06o}", str(entry["oid"]), int(entry["size"]))
        else:
            yield from _below(inner, path)
