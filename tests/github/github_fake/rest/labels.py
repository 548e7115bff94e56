"""Labels: the repository's list, and those on a thread."""

from __future__ import annotations

import re
from typing import Any

from github_fake import talking
from github_fake.call import Call
from github_fake.render import threads
from github_fake.rest.issues import set_labels
from github_fake.routes import R, route
from github_fake.state import Repository
from github_fake.threads import Issue, Label
from github_fake.wire import NO_CONTENT, Answer, RefusedError, invalid, not_found

ON_THREAD = R + "/issues/{issue_number}/labels"


def _written(call: Call, label: Label) -> dict[str, Any]:
    return threads.label(call.hub, call.repository, label)


def _named(call: Call) -> Label:
    found = call.repository.labels.get(call.args["name"].lower())
    if found is None:
        raise not_found()
    return found


def _check(where: Repository, wanted: dict[str, Any], known: Label | None) -> None:
    """422 for a name that is taken, a colour that is none, a description over 100 characters."""
    name = wanted.get("new_name") or wanted.get("name")
    if name and where.labels.get(name.lower()) not in (None, known):
        raise invalid("Label", "name", "already_exists")
    if wanted.get("color") and not re.fullmatch(r"[0-9A-Fa-f]{6}", wanted["color"]):
        raise invalid("Label", "color")
    if len(wanted.get("description") or "") > 100:
        raise invalid("Label", "description", message="description is too long (maximum is 100 characters)")


@route("GET", R + "/labels", "issues:read")
def listing(call: Call) -> Answer:
    """The repository's labels by name."""
    found = sorted(call.repository.labels.values(), key=lambda label: label.name.lower())
    return call.page(found, lambda label: _written(call, label))


@route("POST", R + "/labels", "issues:write")
def create(call: Call) -> Answer:
    """A new label; 422 already_exists where there is one, whatever its case."""
    body, where = call.body, call.repository
    _check(where, body, None)
    made = call.hub.note(Label(call.hub.world.next_id("label"), body["name"], body.get("color") or "ededed"))
    made.description = body.get("description")
    where.labels[made.name.lower()] = made
    return Answer(201, _written(call, made))


@route("GET", R + "/labels/{name}", "issues:read")
def one(call: Call) -> Answer:
    """One label."""
    return Answer(200, _written(call, _named(call)))


@route("PATCH", R + "/labels/{name}", "issues:write")
def edit(call: Call) -> Answer:
    """Another name, colour or description; threads that carry it carry it still."""
    label, body, where = _named(call), call.body, call.repository
    _check(where, body, label)
    del where.labels[label.name.lower()]
    label.name = body.get("new_name") or label.name
    label.color = body.get("color") or label.color
    label.description = body.get("description", label.description)
    where.labels[label.name.lower()] = label
    return Answer(200, _written(call, label))


@route("DELETE", R + "/labels/{name}", "issues:write")
def delete(call: Call) -> Answer:
    """Gone, from every thread too."""
    label = _named(call)
    del call.repository.labels[label.name.lower()]
    for issue in call.repository.issues.values():
        issue.labels = [one for one in issue.labels if one is not label]
    return NO_CONTENT


def _on(call: Call, what: Issue) -> Answer:
    return Answer(200, [_written(call, label) for label in what.labels])


@route("GET", ON_THREAD, "thread:read")
def on_thread(call: Call) -> Answer:
    """Labels of one thread."""
    return call.page(call.issue.labels, lambda label: _written(call, label))


def _names(call: Call) -> list[str]:
    """From an object with `labels`, or a bare list, which GitHub takes too."""
    body: Any = call.request.body or []
    given = body.get("labels", []) if isinstance(body, dict) else body
    return [str(one["name"] if isinstance(one, dict) else one) for one in given]


@route("POST", ON_THREAD, "thread:write", "triage")
def add(call: Call) -> Answer:
    """Put labels on; what is on already stays, unknown ones are made."""
    for name in _names(call):
        talking.add_label(call.hub, call.issue, call.actor, name)
    return _on(call, call.issue)


@route("PUT", ON_THREAD, "thread:write", "triage")
def replace(call: Call) -> Answer:
    """Exactly these."""
    set_labels(call, call.issue, _names(call))
    return _on(call, call.issue)


@route("DELETE", ON_THREAD, "thread:write", "triage")
def clear(call: Call) -> Answer:
    """None at all."""
    set_labels(call, call.issue, [])
    return NO_CONTENT


@route("DELETE", ON_THREAD + "/{name}", "thread:write", "triage")
def remove(call: Call) -> Answer:
    """Take one off; 404 where it is not on."""
    name = call.args["name"].lower()
    label = next((one for one in call.issue.labels if one.name.lower() == name), None)
    if label is None:
        raise RefusedError(404, "Label does not exist")
    talking.remove_label(call.hub, call.issue, call.actor, label)
    return _on(call, call.issue)
