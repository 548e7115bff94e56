"""What a drawn diagram implies: the edges a flow crosses, level 0, the attack surface."""

import pytest
import yaml

from schema.diagram import (
    Direction,
    attack_surface,
    crossed,
    held,
    is_external,
    level_zero,
    trust_of,
    zones_around,
)
from schema.template import Template, from_data

NESTED = """
diagram:
  system: Coding agent
  zones:
    - {key: internet, trust: untrusted}
    - {key: workstation, trust: high}
    - {key: account, trust: medium, inside: workstation}
    - {key: sandbox, trust: low, inside: account}
    - {key: container, trust: low, inside: workstation}
  elements:
    - {key: pages, kind: external, zone: internet}
    - {key: model, kind: external, zone: internet}
    - {key: gateway, kind: process, zone: account}
    - {key: shell, kind: process, zone: sandbox}
    - {key: browser, kind: process, zone: container}
    - {key: adrift, kind: process, zone: nowhere}
"""
CIRCLE = """
diagram:
  zones: [{key: inner, inside: outer}, {key: outer, inside: inner}, {key: apart}]
  elements: [{key: agent, kind: process, zone: inner}, {key: store, kind: store, zone: apart}]
  flows: [{from: agent, to: store, carries: notes}]
"""
CHAT = """
diagram:
  system: Chat agent
  elements:
    - {key: customer, name: Customer, kind: external}
    - {key: model, name: Model provider, kind: external}
    - {key: publisher, name: Publisher, kind: external}
    - {key: forgotten, name: Forgotten, kind: external}
    - {key: agent, name: Agent, kind: process}
    - {key: adapter, name: Adapter, kind: process, supplier: publisher}
    - {key: plugin, name: Plugin, kind: process, supplier: publisher}
    - {key: resale, name: Reseller, kind: external, supplier: publisher}
    - {key: own, name: Own build, kind: process, supplier: agent}
  flows:
    - {from: customer, to: agent, carries: messages, returns: answers}
    - {from: customer, to: agent, carries: files}
    - {from: agent, to: model, carries: prompts, returns: replies}
    - {key: tasks, from: agent, to: [adapter, plugin], carries: tasks, returns: results}
    - {key: billing, from: customer, to: model, carries: money}
"""


def template(text: str) -> Template:
    return from_data(yaml.safe_load(text))


def edges(sender: str, receiver: str) -> tuple[str, ...]:
    with_flow = template(f"{NESTED}  flows: [{{from: {sender}, to: {receiver}, carries: words}}]\n")
    return crossed(with_flow, with_flow.diagram.flows[0])


@pytest.mark.parametrize(
    ("sender", "receiver", "expected"),
    [
        pytest.param("gateway", "shell", ("sandbox",), id="into a zone inside"),
        pytest.param("shell", "gateway", ("sandbox",), id="out of it: the same edge"),
        pytest.param("pages", "shell", ("internet", "workstation", "account", "sandbox"), id="through every edge"),
        pytest.param("shell", "browser", ("account", "sandbox", "container"), id="between siblings, not their parent"),
        pytest.param("pages", "model", (), id="inside one zone"),
        pytest.param("[gateway]", "[shell, browser]", ("account", "sandbox", "container"), id="a list crosses all"),
    ],
)
def test_a_flow_crosses_the_edge_of_each_zone_that_holds_one_end(
    sender: str, receiver: str, expected: tuple[str, ...]
) -> None:
    assert edges(sender, receiver) == expected


def test_zones_around_an_element_run_from_the_inside_out() -> None:
    drawn = template(NESTED)
    assert zones_around(drawn, "shell") == ("sandbox", "account", "workstation")
    assert zones_around(drawn, "adrift") == ()
    assert zones_around(drawn, "unknown") == ()


def test_a_circle_of_zones_ends_where_it_closes() -> None:
    drawn = template(CIRCLE)
    assert zones_around(drawn, "agent") == ("inner", "outer")
    assert crossed(drawn, drawn.diagram.flows[0]) == ("inner", "outer", "apart")
    assert [element.key for element in held(drawn, "outer")] == ["agent"]


def test_a_zone_holds_what_stands_in_zones_inside_it() -> None:
    drawn = template(NESTED)
    assert [element.key for element in held(drawn, "workstation")] == ["gateway", "shell", "browser"]
    assert [element.key for element in held(drawn, "sandbox")] == ["shell"]
    assert held(drawn, "nowhere") == ()


def test_trust_is_that_of_the_zone_an_element_stands_in() -> None:
    drawn = template(NESTED)
    trust = {element.key: trust_of(drawn, element) for element in drawn.diagram.elements}
    assert (trust["pages"], trust["shell"], trust["adrift"]) == ("untrusted", "low", "")


def test_external_is_what_is_drawn_as_external() -> None:
    drawn = template(NESTED)
    assert [is_external(drawn, key) for key in ("pages", "shell", "unknown")] == [True, False, False]


def test_level_0_has_one_arrow_for_each_external_and_direction() -> None:
    arrows = {(arrow.external, arrow.direction): arrow.labels for arrow in level_zero(template(CHAT)).arrows}
    assert arrows == {
        ("customer", Direction.IN): ("messages", "files"),
        ("customer", Direction.OUT): ("answers",),
        ("model", Direction.OUT): ("prompts",),
        ("model", Direction.IN): ("replies",),
        ("publisher", Direction.SUPPLY): ("Adapter", "Plugin"),
    }


def test_level_0_shows_the_system_among_the_externals_it_deals_with() -> None:
    whole = level_zero(template(CHAT))
    assert whole.system == "Chat agent"
    assert [element.key for element in whole.externals] == ["customer", "model", "publisher"]


def test_flows_between_externals_are_named_and_not_drawn() -> None:
    whole = level_zero(template(CHAT))
    assert [flow.key for flow in whole.outside] == ["billing"]
    assert "money" not in [label for arrow in whole.arrows for label in arrow.labels]


def test_what_goes_the_same_way_twice_is_one_label() -> None:
    drawn = template(
        """
diagram:
  elements: [{key: crowd, kind: external}, {key: east, kind: process}, {key: west, kind: process}]
  flows: [{from: crowd, to: [east, west], carries: votes}, {from: crowd, to: east, carries: votes}]
"""
    )
    assert [arrow.labels for arrow in level_zero(drawn).arrows] == [("votes",)]


def test_the_attack_surface_is_what_externals_send_also_as_a_reply() -> None:
    surface = [(exposure.flow.key, exposure.reply) for exposure in attack_surface(template(CHAT))]
    assert surface == [
        ("customer-to-agent", False),
        ("customer-to-agent", False),
        ("agent-to-model", True),
        ("billing", False),
    ]


def test_a_flow_without_a_readable_end_does_not_count_as_outside() -> None:
    drawn = template("diagram: {elements: [{key: a1, kind: external}], flows: [{from: {key: a1}, to: a1}]}")
    assert level_zero(drawn).outside == ()


def test_an_end_that_is_not_drawn_crosses_nothing() -> None:
    assert edges("gateway", "shel") == ()
    assert edges("gateway", "adrift") == ()
