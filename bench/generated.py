"""Templates of any size, the same on every run: what the tables of speed and memory are measured with."""

# ruff: noqa: E501 - the lines of a template are as long as people write them
import random
from collections.abc import Iterator
from pathlib import Path

THREATS, FLOWS = 44, 30
"""How many make about 60 KB."""
_HEAD = """\
schema_version: "1.0"
id: generated-{number:04}
version: 0.1.0
title: Desk agent of office {number}
summary: >-
  An agent of office {number} reads mail and tickets, looks things up and drafts answers; a clerk sends them. What it
  reads comes from strangers.
status: draft
pattern: ci-security-agent
applies_to: [{{product: OpenClaw, versions: ">=2026.6.9"}}]
license: CC-BY-4.0
tags: [generated]
credits: [{{name: Threatshelf maintainers, role: author}}]
review:
  owner: Threatshelf maintainers
  every: P90D
  log: [{{date: 2026-11-20, by: Threatshelf maintainers, role: author, verdict: proposed}}]
mapped_against: {{atlas: "2026.09"}}
worst_actions:
  - key: false-answer
    action: Send an answer that promises what the office never decided
    consequence: A stranger holds a promise in hands that looks like the office's own.
    through: [agent]
    reversible: true
    guarded_by: [measure-0]
scope:
  included: [The agent, its model and the drafts it writes.]
  excluded: [{{item: The mail server, reason: It runs elsewhere and reads nothing of the agent.}}]
assets:
  - {{key: drafts, name: Drafts, kind: decision, held_in: [store-0], needs: {{integrity: high}}}}
threat_actors:
  - {{key: stranger, name: Sender of a letter, kind: adversarial, access: external, skill: basic}}
assumptions:
"""
_TAIL = """\
failure_modes:
  - {key: model-down, when: the model does not answer, then: no draft is written and the clerk answers by hand, elements: [agent]}
attack_chains:
  - key: letter-to-promise
    title: From a letter to a promise
    goal: The office is held to an answer that nobody gave
    steps:
      - {how: A letter carries an order., threat: threat-0}
      - {how: The draft promises it., threat: threat-1, broken_by: [measure-0]}
residual_risks:
  - {key: tired-clerk, statement: A false line is overlooked., threats: [threat-1], accepted_by: head of office, date: 2026-11-20, revisit_when: a false answer was sent}
adoption:
  steps:
    - {when: before-first-run, do: Give the agent an account that can only draft., threats: [threat-0], mitigations: [measure-0]}
"""
_LAYERS = {
    "environment": "The agent of this office has an account of its own.",
    "deployment": "The account can draft and cannot send.",
    "operation": "A clerk opens each draft before it is sent.",
    "threat": "Clerks mean well.",
}
_THINGS = ("letter", "ticket", "invoice", "calendar entry", "attached table", "shared note", "web page", "log line")
_DOINGS = ("orders the agent to forward the file", "hides a second answer below the first", "names a false account")
_ENDS = ("the clerk reads only the first lines", "the draft is long", "two cases look alike", "the queue is full")


def template(number: int, threats: int = THREATS, flows: int = FLOWS) -> str:
    """One template that holds no error, with this many threats and mitigations, and this many flows and stores."""
    words = random.Random(number)  # noqa: S311 - repeatable, not secret
    parts = (
        _HEAD.format(number=number),
        *(_assumption(layer, said) for layer, said in _LAYERS.items()),
        *_diagram(flows),
        "threats:\n",
        *(_threat(i, i % flows, words) for i in range(threats)),
        "mitigations:\n",
        *(_measure(i, words) for i in range(threats)),
        *_answers(flows),
        _TAIL,
    )
    return "".join(parts)


def shelf(folder: Path, number: int) -> list[Path]:
    """So many templates written as files of this folder, in their order."""
    files = [folder / f"{i:04}.yaml" for i in range(number)]
    for i, file in enumerate(files):
        file.write_text(template(i), encoding="utf-8")
    return files


def _assumption(layer: str, said: str) -> str:
    return (
        f"  - key: about-{layer}\n    layer: {layer}\n    statement: {said}\n"
        "    check: Ask the forge who wrote the last three drafts; it names `agent` each time.\n"
        "    if_wrong: Whatever a letter says is sent under the name of the office.\n    threats: [threat-0]\n"
    )


def _diagram(flows: int) -> Iterator[str]:
    yield (
        "diagram:\n  system: Desk agent\n  zones:\n"
        "    - {key: internet, name: Internet, trust: untrusted}\n"
        "    - {key: office, name: Office, trust: medium, enforced_by: container without a way out, strength: strong}\n"
        "  elements:\n    - {key: sender, name: Sender, kind: external, role: user, zone: internet}\n"
        "    - {key: agent, name: Agent, kind: process, role: agent, zone: office, runs_as: desk, abilities: [fetch, write]}\n"
    )
    for i in range(flows):
        yield f"    - {{key: store-{i}, name: Folder {i} of drafts, kind: store, role: files, zone: office}}\n"
    yield (
        "  flows:\n    - {key: mail, from: sender, to: agent, carries: letters, protocol: HTTPS, "
        "authentication: mail account, encryption: TLS}\n"
    )
    for i in range(flows):
        yield (
            f"    - {{key: flow-{i}, from: agent, to: store-{i}, carries: drafts of folder {i}, protocol: file, "
            "authentication: file owner, assets: [drafts]}\n"
        )


def _threat(i: int, store: int, words: random.Random) -> str:
    thing, doing, end = words.choice(_THINGS), words.choice(_DOINGS), words.choice(_ENDS)
    return (
        f"  - key: threat-{i}\n    category: EXEC\n    title: Case {i}, a {thing} {doing}\n"
        f"    scenario: >-\n      A sender writes a {thing} for folder {store} that {doing}. The agent reads it beside\n"
        f"      {words.randrange(3, 90)} others and takes it for a rule of the office, because {end}. The clerk of folder\n"
        f"      {store} sends draft {i} on, and the answer stands under the name of the office.\n"
        f"    targets: [agent, store-{store}]\n    stride: [S, T, E]\n    ai_factors: [prompt-injection]\n"
        "    actors: [stranger]\n    assets: [drafts]\n    maps_to: [AML.T0051.001]\n"
        f"    risk: {{likelihood: {words.randrange(2, 4)}, impact: 2, because: Free text of strangers reaches {thing} {i}.}}\n"
        f"    mitigated_by: [measure-{i}]\n    status: mitigated\n"
    )


def _measure(i: int, words: random.Random) -> str:
    port = 8000 + i
    return (
        f"  - key: measure-{i}\n    title: The account of case {i} can draft on port {port} and not send\n"
        f"    requirement: The account `desk-{i}` MUST be refused by the server on port {port} when it sends.\n"
        f'    status: in-place\n    verify: "`curl -u desk-{i} localhost:{port}/send` is answered with 403."\n'
        f"    config:\n      language: yaml\n      content: |\n        account: desk-{i}\n        port: {port}\n"
        f"        may: [draft]\n        at_most: {words.randrange(2, 40)} # an hour\n"
    )


def _answers(flows: int) -> Iterator[str]:
    stores = ", ".join(f"store-{i}" for i in range(flows))
    yield (
        "stride_answers:\n"
        "  - {targets: [sender], stride: [S, R], because: The server knows each sender by an account and keeps its log.}\n"
        "  - {targets: [agent], stride: [R, I, D], because: It keeps no secret and a missing draft is noticed at once.}\n"
        f"  - {{targets: [{stores}], stride: [T, R, I, D], because: A draft is made of letters and can be made again.}}\n"
        "  - {targets: [mail], stride: [T, I, D], because: The server limits how many letters one account sends.}\n"
        "  - {targets: [office], stride: [E], because: The container holds no secret.}\n"
    )
