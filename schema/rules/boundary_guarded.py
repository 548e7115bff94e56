"""A flow that crosses a trust boundary says how it is authenticated and encrypted.

What: a flow that crosses the edge of a zone without `authentication`, or without `encryption` unless its protocol
stays on the machine (file, mount, stdio, exec, env, terminal, screen, unix-socket, in-process); `none` without
`because`.

Why: a crossing is where trust changes; what is not said there is assumed, and assumed wrongly.

Fix: name what is used (`bearer token`, `mTLS`, `TLS`). When there is nothing, write `none` and say in `because` why
that is so; a threat should then stand on the flow.
"""

from collections.abc import Iterator

from schema import diagram
from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Flow, Template

OR_NONE = "write what it is, or `none` and a `because`"
LOCAL = ("file", "mount", "stdio", "exec", "env", "terminal", "screen", "unix-socket", "in-process")
"""Protocols that do not leave the machine: whoever could listen is already inside."""


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Crossing flows that leave out how they are guarded, and `none` without a reason."""
    for flow in template.diagram.flows:
        edges = diagram.crossed(template, flow)
        if edges:
            yield from _unsaid(flow, edges)
        yield from _unreasoned(flow)


def _unsaid(flow: Flow, edges: tuple[str, ...]) -> Iterator[Problem]:
    where = ", ".join(f"`{edge}`" for edge in edges)
    if not flow.authentication:
        yield Problem(
            flow.path, f"`{flow.key}` crosses the edge of {where} and does not say `authentication`: {OR_NONE}."
        )
    if not flow.encryption and not _stays_local(flow.protocol):
        yield Problem(flow.path, f"`{flow.key}` crosses the edge of {where} and does not say `encryption`: {OR_NONE}.")


def _stays_local(protocol: str) -> bool:
    """Whether the protocol, or what it runs over (`JSON-RPC over stdio`), is local."""
    return protocol.lower().rpartition(" over ")[2] in LOCAL


def _unreasoned(flow: Flow) -> Iterator[Problem]:
    if flow.because:
        return
    for field in ("authentication", "encryption"):
        if getattr(flow, field).casefold() == "none":
            yield Problem((*flow.path, field), f"`{flow.key}` has no {field}: say in `because` why.")
    if flow.untrusted is False:
        yield Problem((*flow.path, "untrusted"), f"`{flow.key}` is said to be trusted: say in `because` why.")


RULE = rule(__name__, __doc__, Severity.WARNING, look)
