"""Who am I, who is that, and how many requests are left."""

from typing import Any

from github_fake import limits
from github_fake.call import Call
from github_fake.render import people
from github_fake.routes import route
from github_fake.wire import Answer


@route("GET", "/user", "self:read")
def me(call: Call) -> Answer:
    """The person behind a token; Apps and GITHUB_TOKEN are refused, as they are nobody."""
    return Answer(200, people.own_profile(call.hub, call.user))


@route("GET", "/users/{username}", "metadata:read")
def someone(call: Call) -> Answer:
    """A person's public page."""
    return Answer(200, people.profile(call.hub, call.hub.user(call.args["username"])))


@route("GET", "/rate_limit", "metadata:read")
def rate_limit(call: Call) -> Answer:
    """Costs nothing to ask."""
    resources: dict[str, Any] = {name: limits.state(call.hub, call.token, name) for name in ("core", "graphql")}
    resources["search"] = {"limit": 30, "remaining": 30, "used": 0, "reset": resources["core"]["reset"]}
    return Answer(200, {"resources": resources, "rate": resources["core"]})
