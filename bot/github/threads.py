"""One issue as it stands; and many issues and pull requests at once, with what their clocks need."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot import places
from bot.facts import Thread
from bot.forms import FORMS
from bot.github import queries, reading
from bot.github.client import Client, RefusedError

OPEN = {"pullRequests": "OPEN", "issues": "OPEN"}
ENDED = {"pullRequests": "CLOSED, MERGED", "issues": "CLOSED"}
_ONE = {"pullRequests": "pullRequest", "issues": "issue"}


def threads(client: Client, names: Mapping[str, str], since: str) -> Iterator[Thread]:
    """Pull requests that touch templates, and issues from the forms: the open ones, and those that ended since then."""
    for kind, states in OPEN.items():
        yield from _threads(client, names, (kind, states), "")
    for kind, states in ENDED.items():
        yield from _threads(client, names, (kind, states), since)


def open_issues(client: Client, names: Mapping[str, str]) -> Iterator[Thread]:
    """Issues from the forms that are open, without their bodies."""
    return _threads(client, names, ("issues", OPEN["issues"]), "")


def issue(client: Client, names: Mapping[str, str], number: int) -> tuple[Thread | None, frozenset[str]]:
    """The issue as it stands, None where there is none of that number; and the labels that are defined."""
    try:
        answer = client.question(queries.ISSUE, {**names, "number": number, "after": None})
    except RefusedError as refusal:
        if "NOT_FOUND" in refusal.kinds:
            return None, frozenset()
        raise
    whole = _whole(client, names, "issues", answer["repository"]["issue"])
    defined = frozenset(label["name"] for label in answer["repository"]["labels"]["nodes"])
    return reading.thread(whole, answer["viewer"]["login"]), defined


def _threads(client: Client, names: Mapping[str, str], what: tuple[str, str], since: str) -> Iterator[Thread]:
    kind, states = what
    page: str | None = None
    while True:
        answer = client.question(queries.talks(kind, states), {**names, "page": page, "after": None})
        found, us = answer["repository"][kind], answer["viewer"]["login"]
        branch = (answer["repository"]["defaultBranchRef"] or {}).get("name", "")
        recent = [node for node in found["nodes"] if node and node["updatedAt"] >= since]
        for node in recent:
            if _has_a_clock(node, branch):
                yield reading.thread(_whole(client, names, kind, node), us)
        if len(recent) < len(found["nodes"]) or not found["pageInfo"]["hasNextPage"]:
            return
        page = found["pageInfo"]["endCursor"]


def _has_a_clock(node: Mapping[str, Any], branch: str) -> bool:
    if "isDraft" not in node:
        return any(label["name"] in FORMS for label in node["labels"]["nodes"])
    more = node["files"]["totalCount"] > len(node["files"]["nodes"]) if node["files"] else False
    touched = more or any(map(places.in_the_room, reading.paths(node)))
    return bool(touched) and node["baseRefName"] == branch


def _whole(client: Client, names: Mapping[str, str], kind: str, node: dict[str, Any]) -> dict[str, Any]:
    """With what its lists hold beyond their first page."""
    for name in ("comments", "timelineItems", "labels"):
        page = node[name]["pageInfo"]
        while page["hasNextPage"]:
            variables = {**names, "number": node["number"], "after": page["endCursor"]}
            answer = client.question(queries.list_after(name, _ONE[kind]), variables)["repository"][_ONE[kind]][name]
            node[name]["nodes"] += answer["nodes"]
            page = answer["pageInfo"]
    return node
