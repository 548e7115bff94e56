"""Taint and blast radius: what the contract says of them, one by one, on small houses and on a real template."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from schema.reach import MOST_ELEMENTS, MOST_FLOWS, MOST_ZONES, Reading
from schema.reach_blast import Blast, Power, Step, blast, blast_of_strangers
from schema.reach_taint import TaintPath, taint
from schema.shipped import template_schema
from schema.template import Template, from_data

COMES, ADVISED = Reading.AS_IT_COMES, Reading.AS_ADVISED
CODING = Path(__file__).parents[2] / "templates" / "local-coding-assistant" / "template.yaml"

HOUSE = """
  zones: [{key: street, trust: untrusted}, {key: house, trust: high}]
  elements:
    - {key: stranger, kind: external, zone: street}
    - {key: model, kind: external, role: model, zone: house}
    - {key: owner, kind: external, zone: house}
    - {key: agent, kind: process, role: agent, zone: house}
    - {key: notes, kind: store, zone: house}
    - {key: shell, kind: process, zone: house, abilities: [exec]}
"""
GATES = """
mitigations:
  - {key: built-in, status: in-place}
  - {key: switch, status: available}
  - {key: unsaid}
  - {key: later, status: planned}
  - {key: wish, status: missing}
"""


def template(text: str) -> Template:
    return from_data(yaml.safe_load(text))


def house(*flows: str) -> Template:
    return template(f"diagram:{HOUSE}  flows: [{', '.join('{' + flow + '}' for flow in flows)}]\n{GATES}")


def ways(found: Template, reading: Reading = COMES) -> dict[str, list[str]]:
    return {key: [said(path) for path in paths] for key, paths in taint(found, reading).items()}


def said(path: TaintPath) -> str:
    return " ".join([path.source, *(edge.receiver for edge in path.edges)])


def keys(steps: tuple[Step, ...]) -> list[str]:
    return [step.key for step in steps]


def hops(steps: tuple[Step, ...]) -> dict[str, int]:
    return {step.key: step.hops for step in steps}


@pytest.mark.parametrize(
    ("flow", "reached"),
    [
        pytest.param("from: stranger, to: agent, carries: words", ["agent"], id="an untrusted external sends"),
        pytest.param("from: agent, to: stranger, carries: calls, returns: words", ["agent"], id="replies"),
        pytest.param("from: owner, to: agent, carries: words", [], id="a trusted external sends"),
        pytest.param("from: owner, to: agent, carries: words, untrusted: true", ["agent"], id="said to be untrusted"),
        pytest.param("from: stranger, to: agent, carries: words, untrusted: false", [], id="said to be trusted"),
        pytest.param(
            "from: agent, to: stranger, carries: calls, returns: words, untrusted: false", ["agent"], id="reply anyway"
        ),
        pytest.param("from: stranger, to: agent, returns: words", [], id="it only gets replies"),
        pytest.param(
            "from: stranger, to: agent, carries: words, authentication: mTLS, encryption: TLS", ["agent"], id="signed"
        ),
        pytest.param("from: stranger, to: nobody, carries: words", [], id="to nobody known"),
    ],
)
def test_where_taint_begins(flow: str, reached: list[str]) -> None:
    assert list(ways(house(flow))) == reached


def test_it_travels_with_the_data_and_ends_at_externals_that_are_no_model() -> None:
    found = house(
        "from: stranger, to: notes, carries: letters",
        "from: agent, to: notes, carries: entries, returns: letters",
        "from: agent, to: model, carries: prompts",
        "from: model, to: shell, carries: calls",
        "from: notes, to: owner, carries: digest",
        "from: owner, to: [notes, agent], carries: tasks",
    )
    assert ways(found) == {
        "model": ["stranger notes agent model"],
        "owner": ["stranger notes owner"],
        "agent": ["stranger notes agent"],
        "notes": ["stranger notes"],
        "shell": ["stranger notes agent model shell"],
    }


@pytest.mark.parametrize(
    ("gate", "passed"),
    [
        ("built-in", []),
        ("switch", [COMES]),
        ("unsaid", [COMES]),
        ("later", [COMES, ADVISED]),
        ("wish", [COMES, ADVISED]),
        ("gone", [COMES, ADVISED]),
        ("later, built-in", []),
    ],
)
def test_a_gate_counts_by_the_status_of_its_mitigation(gate: str, passed: list[Reading]) -> None:
    found = house(
        "from: stranger, to: agent, carries: words", f"from: agent, to: shell, carries: orders, gated_by: [{gate}]"
    )
    assert [reading for reading in Reading if "shell" in ways(found, reading)] == passed


def test_a_reply_is_never_gated() -> None:
    found = house("from: agent, to: stranger, carries: calls, returns: words, gated_by: [built-in]")
    assert "agent" in ways(found)


def test_each_source_has_its_shortest_path_the_first_written_among_equals() -> None:
    found = house(
        "from: owner, to: notes, carries: forwarded mail, untrusted: true",
        "from: stranger, to: agent, carries: words",
        "from: agent, to: notes, carries: entries",
        "from: agent, to: model, carries: prompts",
        "from: notes, to: shell, carries: scripts",
        "from: model, to: shell, carries: calls",
    )
    assert ways(found)["shell"] == ["stranger agent notes shell", "owner notes shell"]


def test_a_source_of_ones_own_is_tainted_only_when_its_data_comes_back_and_the_path_says_how() -> None:
    one_way = house("from: agent, to: notes, carries: fetched pages, untrusted: true")
    assert list(ways(one_way)) == ["notes"]
    back = house(
        "from: agent, to: notes, carries: fetched pages, untrusted: true, returns: pages",
        "from: agent, to: shell, carries: orders",
    )
    assert ways(back) == {
        "agent": ["agent notes agent"],
        "notes": ["agent notes"],
        "shell": ["agent notes agent shell"],
    }


def test_a_list_means_every_pair_and_a_round_trip_ends() -> None:
    found = house(
        "from: [stranger, agent, notes], to: [agent, notes, shell], carries: words",
        "from: shell, to: shell, carries: x",
    )
    assert ways(found) == {"agent": ["stranger agent"], "notes": ["stranger notes"], "shell": ["stranger shell"]}


def test_two_who_send_to_each_other_on_one_list_are_both_reached() -> None:
    found = house("from: [agent, notes], to: [agent, notes], carries: words, untrusted: true")
    assert ways(found) == {
        "agent": ["agent notes agent", "notes agent"],
        "notes": ["agent notes", "notes agent notes"],
    }


def test_what_is_said_to_be_trusted_stops_on_its_way() -> None:
    found = house(
        "from: stranger, to: agent, carries: words", "from: agent, to: shell, carries: verdicts, untrusted: false"
    )
    assert list(ways(found)) == ["agent"]


def test_identity_spreads_in_one_place_only() -> None:
    found = template("""
diagram:
  zones:
    - {key: machine, trust: medium, strength: strong}
    - {key: child, trust: low, inside: machine, strength: none}
    - {key: box, trust: low, inside: machine, strength: weak, enforced_by: container}
  elements:
    - {key: server, kind: process, zone: child, runs_as: me}
    - {key: daemon, kind: process, zone: machine, runs_as: me}
    - {key: files, kind: store, zone: machine, runs_as: me}
    - {key: boxed, kind: process, zone: box, runs_as: me}
    - {key: other, kind: process, zone: machine, runs_as: them}
    - {key: nameless, kind: process, zone: machine}
""")
    assert hops(blast(found, "server", Power.HOLD, COMES).held) == {"server": 0, "daemon": 1, "files": 1}
    assert keys(blast(found, "nameless", Power.HOLD, COMES).held) == ["nameless"]
    boxed = blast(found, "boxed", Power.HOLD, COMES)
    assert (keys(boxed.held), keys(boxed.stands_on)) == (["boxed"], ["box"])
    assert boxed.stands_on[0].because == "container"


def test_a_supplier_holds_what_nothing_checks_and_the_rest_stands_on_its_check() -> None:
    found = template("""
diagram:
  zones: [{key: net, trust: untrusted}, {key: host, trust: high}]
  elements:
    - {key: publisher, kind: external, zone: net}
    - {key: loose, kind: process, zone: host, supplier: publisher, integrity_check: None}
    - {key: unsaid, kind: process, zone: host, supplier: publisher}
    - {key: pinned, kind: process, zone: host, supplier: publisher, integrity_check: digest}
""")
    held = blast(found, "publisher", Power.HOLD, COMES)
    assert hops(held.held) == {"publisher": 0, "loose": 1, "unsaid": 1}
    assert [(step.key, step.because) for step in held.stands_on] == [("pinned", "digest")]
    assert keys(blast(found, "publisher", Power.STEER, COMES).held) == []


@pytest.mark.parametrize(
    ("flow", "held"),
    [
        pytest.param("from: agent, to: shell, carries: orders", ["shell"], id="told"),
        pytest.param("from: shell, to: agent, carries: questions, returns: answers", [], id="answered"),
        pytest.param("from: agent, to: shell, carries: orders, gated_by: [built-in]", [], id="gated"),
    ],
)
def test_what_executes_is_held_by_whoever_tells_it_what_to_run(flow: str, held: list[str]) -> None:
    assert keys(blast(house(flow), "agent", Power.STEER, COMES).held) == held


def test_an_answer_holds_an_agent_that_executes() -> None:
    text = "diagram: {elements: [{key: a, kind: store}, {key: b, kind: process, role: %s, abilities: [exec]}],"
    text += " flows: [{from: b, to: a, carries: query, returns: rows}]}"
    assert keys(blast(template(text % "agent"), "a", Power.STEER, COMES).held) == ["b"]
    assert keys(blast(template(text % "tool"), "a", Power.STEER, COMES).steered) == ["a", "b"]


def test_an_open_door_can_be_used_from_anywhere_in_the_place_of_its_sender() -> None:
    text = """
diagram:
  zones: [{key: pod, trust: low, strength: strong}, {key: mesh, trust: medium}]
  elements:
    - {key: sidecar, kind: process, zone: pod}
    - {key: agent, kind: process, zone: pod}
    - {key: cache, kind: store, zone: pod}
    - {key: api, kind: process, zone: mesh}
  flows: [{key: call, from: sidecar, to: api, carries: requests, authentication: AUTH}]
"""
    assert keys(blast(template(text.replace("AUTH", "None")), "agent", Power.STEER, COMES).steered) == ["agent", "api"]
    assert keys(blast(template(text.replace("AUTH", "mTLS")), "agent", Power.HOLD, COMES).steered) == []
    inside = template(text.replace("AUTH", "none").replace("zone: mesh", "zone: pod"))
    assert keys(blast(inside, "agent", Power.STEER, COMES).steered) == ["agent"]


def test_a_mounted_token_puts_what_it_opens_one_hop_away() -> None:
    found = template("""
assets:
  - {key: pod-token, kind: secret, held_in: [agent], opens: [api, cloud]}
  - {key: mesh-identity, kind: secret, held_in: [identity], opens: [neighbour]}
  - {key: tickets, kind: data, held_in: [neighbour]}
diagram:
  zones: [{key: pod, trust: low}, {key: cluster, trust: medium}]
  elements:
    - {key: agent, kind: process, zone: pod}
    - {key: identity, kind: store, zone: pod}
    - {key: api, kind: process, zone: cluster, abilities: [spawn]}
    - {key: neighbour, kind: store, zone: cluster}
    - {key: cloud, kind: external, zone: cluster}
  flows:
    - {key: mount, from: identity, to: agent, carries: certificate}
    - {from: agent, to: api, carries: calls, authentication: token, gated_by: [policy]}
worst_actions: [{key: cluster-lost, through: [api]}]
mitigations: [{key: policy, status: in-place}]
""")
    held = blast(found, "agent", Power.HOLD, COMES)
    assert hops(held.steered) == {"api": 1, "neighbour": 1}
    assert keys(held.seen) == ["pod-token", "mesh-identity"]
    assert keys(held.ways_out) == ["cloud"]
    assert keys(held.altered) == ["pod-token", "tickets"]
    assert (held.abilities, keys(held.worst_actions)) == (("spawn",), ["cluster-lost"])
    assert keys(blast(found, "agent", Power.STEER, COMES).steered) == ["agent"]


SHOP = """
assets:
  - {key: session-key, kind: secret, opens: [till]}
  - {key: price-list, kind: data, held_in: [desk], opens: [safe]}
  - {key: ledger, kind: data, held_in: [books]}
diagram:
  zones: [{key: street, trust: untrusted}, {key: shop, trust: medium}, {key: back, trust: high}]
  elements:
    - {key: passer-by, kind: external, zone: street}
    - {key: visitor, kind: external, zone: street}
    - {key: desk, kind: process, zone: shop, supplier: till}
    - {key: board, kind: store, zone: shop}
    - {key: clerk, kind: process, zone: shop}
    - {key: till, kind: process, zone: back}
    - {key: safe, kind: store, zone: back}
    - {key: books, kind: store, zone: back}
  flows:
    - {key: login, from: till, to: desk, carries: session, authentication: password, assets: [session-key]}
    - {key: visit, from: visitor, to: board, carries: notices, authentication: none}
    - {key: entry, from: clerk, to: books, carries: entries, returns: totals, authentication: none}
"""


def test_a_secret_on_a_flow_is_seen_where_it_arrives_and_only_secrets_open() -> None:
    held = blast(template(SHOP), "desk", Power.HOLD, COMES)
    assert keys(held.seen) == ["session-key", "price-list"]
    assert "safe" not in keys(held.steered)
    assert "till" in keys(held.steered)


def test_what_is_steered_alters_stores_and_not_what_a_process_holds() -> None:
    steered = blast(template(SHOP), "desk", Power.STEER, COMES)
    assert (keys(steered.steered), keys(steered.altered)) == (["desk", "books", "clerk"], ["ledger"])


def test_only_an_external_supplies() -> None:
    assert keys(blast(template(SHOP), "till", Power.HOLD, COMES).held) == ["till"]


def test_a_door_stands_open_to_whoever_starts_there_and_not_to_a_store_that_passes_words_on() -> None:
    shop = template(SHOP)
    assert keys(blast(shop, "passer-by", Power.STEER, COMES).steered) == ["passer-by", "board"]
    assert keys(blast(shop, "board", Power.HOLD, COMES).steered) == ["books", "clerk"]
    assert keys(blast(shop, "safe", Power.HOLD, COMES).steered) == []


def desk(*gated: str) -> Template:
    ends = {"typed": ("triage", "action"), "session-tools": ("triage", "action"), "files": ("folder", "action")}
    ends["history"] = ("transcripts", "action")
    flows: list[dict[str, Any]] = [
        {"from": "customer", "to": "triage", "carries": "tickets"},
        {"from": "triage", "to": ["folder", "transcripts"], "carries": "notes"},
        {"from": "action", "to": "refund-api", "carries": "refunds"},
    ]
    for key, (sender, receiver) in ends.items():
        gate = {"gated_by": ["checked"]} if key in gated else {}
        flows.append({"key": key, "from": sender, "to": receiver, "carries": "cases", **gate})
    elements = [
        {"key": "customer", "kind": "external", "zone": "internet"},
        {"key": "triage", "kind": "process", "role": "agent", "zone": "desk"},
        {"key": "folder", "kind": "store", "zone": "desk"},
        {"key": "transcripts", "kind": "store", "zone": "desk"},
        {"key": "action", "kind": "process", "role": "agent", "zone": "desk"},
        {"key": "refund-api", "kind": "process", "zone": "desk", "abilities": ["pay"]},
    ]
    zones = [{"key": "internet", "trust": "untrusted"}, {"key": "desk", "trust": "medium"}]
    return from_data(
        {
            "worst_actions": [{"key": "false-refund", "through": ["refund-api"]}],
            "mitigations": [{"key": "checked"}],
            "diagram": {"zones": zones, "elements": elements, "flows": flows},
        }
    )


def test_a_refund_is_out_of_reach_only_when_all_four_ways_are_gated() -> None:
    ways_in = ("typed", "session-tools", "files", "history")
    for left in ways_in:
        gated = (way for way in ways_in if way != left)
        assert keys(blast_of_strangers(desk(*gated), ADVISED).worst_actions) == ["false-refund"]
    assert keys(blast_of_strangers(desk(*ways_in), ADVISED).worst_actions) == []
    assert keys(blast_of_strangers(desk(*ways_in), COMES).worst_actions) == ["false-refund"]


@pytest.fixture(scope="module")
def coding() -> Template:
    return template(CODING.read_text(encoding="utf-8"))


def test_from_the_origin_the_account_is_held_as_it_comes_and_only_the_sandbox_as_advised(coding: Template) -> None:
    account = {e.key for e in coding.diagram.elements if e.runs_as == "developer"}
    comes = blast(coding, "repo-origin", Power.STEER, COMES)
    assert account < {*keys(comes.held)}
    assert {asset.key for asset in coding.assets if asset.kind == "secret"} <= {*keys(comes.seen)}
    advised = blast(coding, "repo-origin", Power.STEER, ADVISED)
    assert keys(advised.held) == ["sandbox"]
    assert keys(advised.seen) == ["source-code"]


def test_the_mcp_server_holds_the_whole_account_at_once(coding: Template) -> None:
    held = hops(blast(coding, "mcp-server", Power.HOLD, ADVISED).held)
    others = {e.key for e in coding.diagram.elements if e.runs_as == "developer" and e.key != "mcp-server"}
    assert {held[key] for key in others} == {1}


def test_an_element_that_is_not_there_is_a_key_error(coding: Template) -> None:
    with pytest.raises(KeyError):
        blast(coding, "nowhere", Power.HOLD, COMES)


def test_the_limits_are_those_of_the_schema() -> None:
    drawn = template_schema()["properties"]["diagram"]["properties"]
    limits = (drawn[part]["maxItems"] for part in ("elements", "flows", "zones"))
    assert tuple(limits) == (MOST_ELEMENTS, MOST_FLOWS, MOST_ZONES)


def test_a_drawing_beyond_the_limits_is_not_followed() -> None:
    many = [f"from: stranger, to: agent, carries: words, key: f{n}" for n in range(MOST_FLOWS + 1)]
    assert taint(house(*many), COMES) == {}
    assert keys(blast(house(*many), "stranger", Power.STEER, COMES).steered) == ["stranger"]


KEYS = ("a", "b", "c", "d", "e", "gone")
SOME = st.lists(st.sampled_from(KEYS), max_size=3)
FLOW = st.fixed_dictionaries(
    {"from": SOME, "to": SOME, "carries": st.sampled_from(["", "words"])},
    optional={
        "returns": st.just("words"),
        "untrusted": st.booleans(),
        "authentication": st.sampled_from(["none", "token"]),
        "gated_by": st.lists(st.sampled_from(["built-in", "switch", "later", "gone"]), max_size=2),
        "assets": st.just(["key-ring"]),
    },
)
ELEMENT = st.fixed_dictionaries(
    {"kind": st.sampled_from(["process", "store", "external"]), "zone": st.sampled_from(["out", "in", "deep", "gone"])},
    optional={
        "role": st.sampled_from(["model", "agent", "log"]),
        "runs_as": st.just("me"),
        "abilities": st.just(["exec", "pay"]),
        "supplier": st.sampled_from(KEYS),
        "integrity_check": st.sampled_from(["none", "digest"]),
    },
)
ZONES = [
    {"key": "out", "trust": "untrusted", "strength": "none", "inside": "deep"},
    {"key": "in", "trust": "high", "strength": "weak"},
    {"key": "deep", "trust": "low", "strength": "none", "inside": "out"},
]
DRAWN = st.tuples(st.lists(ELEMENT, min_size=1, max_size=5), st.lists(FLOW, max_size=6))


def drawn(elements: list[dict[str, Any]], flows: list[dict[str, Any]]) -> Template:
    named = [{"key": key, **element} for key, element in zip(KEYS, elements, strict=False)]
    return from_data(
        {
            "diagram": {"zones": ZONES, "elements": named, "flows": flows},
            "assets": [{"key": "key-ring", "kind": "secret", "held_in": ["a", "gone"], "opens": ["b", "gone"]}],
            "worst_actions": [{"key": "worst", "through": ["c", "gone"]}],
            "mitigations": [
                {"key": "built-in", "status": "in-place"},
                {"key": "switch"},
                {"key": "later", "status": "planned"},
            ],
        }
    )


def reached(found: Template, reading: Reading) -> set[tuple[str, str]]:
    return {(key, path.source) for key, paths in taint(found, reading).items() for path in paths}


def fallen(found: Blast) -> Iterator[tuple[str, str]]:
    yield from (("held", step.key) for step in found.held)
    yield from (("fallen", step.key) for step in (*found.held, *found.steered))
    yield from (("seen", step.key) for step in found.seen)
    yield from (("altered", step.key) for step in found.altered)
    yield from (("out", step.key) for step in found.ways_out)
    yield from (("worst", step.key) for step in found.worst_actions)


@given(DRAWN, FLOW, st.integers(0, 6))
def test_one_more_flow_never_shrinks_what_is_reached(parts: Any, more: dict[str, Any], at: int) -> None:
    elements, flows = parts
    before, after = drawn(elements, flows), drawn(elements, [*flows[:at], more, *flows[at:]])
    for reading in Reading:
        assert reached(before, reading) <= reached(after, reading)
        for start in Power:
            assert {*fallen(blast(before, "a", start, reading))} <= {*fallen(blast(after, "a", start, reading))}


@given(DRAWN)
def test_what_is_reached_as_advised_is_reached_as_it_comes_and_holding_takes_no_less_than_steering(parts: Any) -> None:
    found = drawn(*parts)
    assert reached(found, ADVISED) <= reached(found, COMES)
    assert {*fallen(blast_of_strangers(found, ADVISED))} <= {*fallen(blast_of_strangers(found, COMES))}
    for reading in Reading:
        steered, held = (blast(found, "a", start, reading) for start in (Power.STEER, Power.HOLD))
        assert {*fallen(steered)} <= {*fallen(held)}


@given(DRAWN)
def test_a_path_is_a_chain_that_ends_at_its_element_and_passes_none_twice(parts: Any) -> None:
    found = drawn(*parts)
    for key, paths in taint(found, COMES).items():
        for path in paths:
            ends = [(edge.sender, edge.receiver) for edge in path.edges]
            assert ends[-1][1] == key
            assert all(one[1] == two[0] for one, two in pairwise(ends))
            assert len({receiver for _, receiver in ends}) == len(ends)


@given(DRAWN)
def test_every_step_comes_from_something_that_fell_one_hop_before(parts: Any) -> None:
    found = blast(drawn(*parts), "a", Power.STEER, COMES)
    nearest = {step.key: step.hops for step in (*found.steered, *found.held)}
    for step in (*found.steered, *found.held, *found.ways_out):
        assert step.because
        assert step.hops == 0 or nearest[step.by] <= step.hops - 1 or step.by in keys(found.held)
