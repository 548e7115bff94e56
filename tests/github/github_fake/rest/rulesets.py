"""Rulesets, and the rules that hold for a branch."""

from __future__ import annotations

from typing import Any

from github_fake.call import Call
from github_fake.clock import stamp
from github_fake.routes import R, route
from github_fake.rules import bypasses, on_ref
from github_fake.state import Ruleset
from github_fake.wire import NO_CONTENT, Answer, not_found

ONE = R + "/rulesets/{ruleset_id}"


def _outline(call: Call, what: Ruleset) -> dict[str, Any]:
    where = call.repository
    return {
        "id": what.id,
        "name": what.name,
        "target": "branch",
        "source_type": "Repository",
        "source": where.full_name,
        "enforcement": what.enforcement,
        "node_id": f"RRS_{what.id}",
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.created_at),
    }


def _whole(call: Call, what: Ruleset) -> dict[str, Any]:
    """The bypass list is told only to those who may change it."""
    names = {"include": what.include, "exclude": what.exclude}
    passes = call.token is not None and bypasses(what, call.repository, call.token)
    body = _outline(call, what) | {"conditions": {"ref_name": names}, "rules": what.rules}
    body["current_user_can_bypass"] = "always" if passes else "never"
    return body | ({"bypass_actors": what.bypass} if _may_administer(call) else {})


def _may_administer(call: Call) -> bool:
    token = call.token
    if token is None:
        return False
    if token.kind == "user":
        return call.repository.collaborators.get(token.user.login) == "admin" or token.user is call.repository.owner
    return token.rights.get("administration") == "write"


def _named(call: Call) -> Ruleset:
    found = call.repository.rulesets.get(call.number("ruleset_id"))
    if found is None:
        raise not_found()
    return found


@route("GET", R + "/rulesets", "metadata:read")
def listing(call: Call) -> Answer:
    """Every ruleset, without its rules."""
    return call.page(list(call.repository.rulesets.values()), lambda r: _outline(call, r))


@route("POST", R + "/rulesets", "administration:write", "admin")
def create(call: Call) -> Answer:
    """A new ruleset for branches."""
    made = Ruleset(call.hub.world.next_id("ruleset"), "", [], [], call.hub.clock.now)
    _fill(made, call.body)
    call.repository.rulesets[made.id] = made
    return Answer(201, _whole(call, made))


def _fill(what: Ruleset, body: dict[str, Any]) -> None:
    names = (body.get("conditions") or {}).get("ref_name") or {}
    what.name = body.get("name", what.name)
    what.enforcement = body.get("enforcement", what.enforcement)
    what.include, what.exclude = names.get("include", what.include), names.get("exclude", what.exclude)
    what.rules = body.get("rules", what.rules)
    what.bypass = body.get("bypass_actors", what.bypass)


@route("GET", ONE, "metadata:read")
def one(call: Call) -> Answer:
    """One ruleset with its rules."""
    return Answer(200, _whole(call, _named(call)))


@route("PUT", ONE, "administration:write", "admin")
def edit(call: Call) -> Answer:
    """Change what is named."""
    _fill(_named(call), call.body)
    return Answer(200, _whole(call, _named(call)))


@route("DELETE", ONE, "administration:write", "admin")
def delete(call: Call) -> Answer:
    """Switch it off for good."""
    del call.repository.rulesets[_named(call).id]
    return NO_CONTENT


@route("GET", R + "/rules/branches/{branch}", "metadata:read")
def for_branch(call: Call) -> Answer:
    """Every active rule of a branch, and which ruleset it is from."""
    where = call.repository
    found = [(s, rule) for s in on_ref(where, f"refs/heads/{call.args['branch']}") for rule in s.rules]
    source = {"ruleset_source_type": "Repository", "ruleset_source": where.full_name}
    return call.page(found, lambda pair: pair[1] | source | {"ruleset_id": pair[0].id})
