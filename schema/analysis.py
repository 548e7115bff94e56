"""Taint, blast radius, STRIDE coverage and risk of a template as plain data, for JSON, pages and tables."""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Any

from schema import diagram, reach, reach_blast, reach_taint, risk, stride
from schema.reach import Edge, Reading
from schema.reach_blast import Power
from schema.reach_taint import TaintPath
from schema.risk import Standing
from schema.stride import LETTERS, Row
from schema.template import Rating, Template, Threat

MOST_WALKED = 20_000
"""Elements times ends of flows, as 60 elements with 160 plain flows have: up to here all radii take seconds at most."""


@dataclass(frozen=True)
class Parts:
    """The letters of one target that are asked: answered by a threat, by a reason only, or open."""

    target: str
    name: str
    kind: str
    by_threat: str
    by_reason: str
    open: str


@dataclass(frozen=True)
class Rated:
    """A threat with its two levels (empty without a rating), what is left to do, and the worst actions it bears on."""

    threat: Threat
    score: int
    level: str
    residual: str
    standing: Standing
    worst_actions: tuple[str, ...]


def parts_of_coverage(template: Template) -> tuple[Parts, ...]:
    """Every target of which a cell is asked, in document order: elements, flows, zones."""
    rows = (_parts(row) for row in stride.matrix(template))
    return tuple(parts for parts in rows if parts.by_threat or parts.by_reason or parts.open)


def rated(template: Template) -> tuple[Rated, ...]:
    """The threats, highest score first; of equals the one that bears on more worst actions, then document order.

    A threat bears on a worst action that strangers can bring about as it comes, through an element it targets.
    """
    blast = reach_blast.blast_of_strangers(template, Reading.AS_IT_COMES)
    reached = {step.key for step in blast.worst_actions}
    fallen = {step.key for step in (*blast.held, *blast.steered)}
    through = {worst.key: fallen & {*worst.through} for worst in template.worst_actions if worst.key in reached}
    found = []
    for threat in template.threats:
        worst = tuple(key for key, elements in through.items() if elements & {*threat.targets})
        found.append(
            Rated(
                threat,
                risk.score(threat.risk),
                risk.level(threat.risk),
                risk.level(threat.residual),
                risk.standing(template, threat),
                worst,
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.score, -len(one.worst_actions))))


def counted(ratings: "list[Rating | None]") -> "Counter[tuple[int, int]]":
    """How many of the ratings stand in each cell (likelihood, impact), 1 to 5 each; what is not rated is left out."""
    return Counter((one.likelihood, one.impact) for one in ratings if one is not None and risk.score(one))


def whole(template: Template) -> dict[str, Any]:
    """All of it: taint in both readings, the blast radius of every element in both, coverage and risk."""
    return {
        "taint": [taint_data(template, reading) for reading in Reading],
        "blast": [
            blast_data(template, element, usual_start(template, element), reading)
            for element in elements_to_follow(template)
            for reading in Reading
        ],
        "coverage": coverage_data(template),
        "risk": risk_data(template),
    }


def elements_to_follow(template: Template) -> tuple[str, ...]:
    """The elements in document order; none where it would take minutes to follow what falls with each of them."""
    elements = reach.elements(template)
    ends = sum(len(flow.senders) + len(flow.receivers) for flow in template.diagram.flows)
    return () if len(elements) * ends > MOST_WALKED else tuple(element.key for element in elements)


def usual_start(template: Template, element: str) -> Power:
    """What an attacker has of the element to begin with: nobody here holds an external, so that one steers."""
    return Power.STEER if diagram.is_external(template, element) else Power.HOLD


def taint_data(template: Template, reading: Reading, to: str = "") -> dict[str, Any]:
    """Every tainted element, or just the one named, with what it can change and its paths, one for each source."""
    found = reach_taint.taint(template, reading)
    return {
        "reading": str(reading),
        "elements": [
            {
                "element": key,
                "acts": list(reach_taint.acts(template.elements[key])),
                "paths": [_path(path) for path in paths],
            }
            for key, paths in found.items()
            if to in ("", key)
        ],
    }


def blast_data(template: Template, element: str, start: Power, reading: Reading) -> dict[str, Any]:
    """Everything that falls with the element; KeyError when the diagram has none of that key."""
    found = dataclasses.asdict(reach_blast.blast(template, element, start, reading))
    return {"element": element, "start": str(start), "reading": str(reading), **found}


def coverage_data(template: Template) -> dict[str, Any]:
    """The three parts of every target, and their sums."""
    covered = stride.coverage(template)
    return {
        "asked": covered.asked,
        "by_threat": covered.by_threat,
        "by_reason": covered.by_answer,
        "open": covered.left,
        "targets": [dataclasses.asdict(parts) for parts in parts_of_coverage(template)],
    }


def risk_data(template: Template) -> dict[str, Any]:
    """The 25 cells with the number of threats as it comes and as advised, and the threats, worst first."""
    before = counted([threat.risk for threat in template.threats])
    after = counted([threat.residual for threat in template.threats])
    cells = [(likelihood, impact) for likelihood in range(1, 6) for impact in range(1, 6)]
    return {
        "cells": [
            {
                "likelihood": likelihood,
                "impact": impact,
                "level": risk.level(Rating(likelihood=likelihood, impact=impact)),
                "threats": before[likelihood, impact],
                "residual": after[likelihood, impact],
            }
            for likelihood, impact in cells
        ],
        "threats": [_rated(one) for one in rated(template)],
    }


def _parts(row: Row) -> Parts:
    asked = {letter: row.cells[letter] for letter in LETTERS if row.cells[letter].asked}
    by_threat = "".join(letter for letter, cell in asked.items() if cell.threats)
    left = "".join(letter for letter, cell in asked.items() if cell.left)
    by_reason = "".join(letter for letter in asked if letter not in by_threat + left)
    return Parts(row.target, row.name, row.kind, by_threat, by_reason, left)


def _path(path: TaintPath) -> dict[str, Any]:
    return {"source": path.source, "steps": [_edge(edge) for edge in path.edges]}


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "flow": edge.passage.flow.key,
        "from": edge.sender,
        "to": edge.receiver,
        "reply": edge.passage.reply,
    }


def _rated(one: Rated) -> dict[str, Any]:
    return {
        "key": one.threat.key,
        "id": one.threat.id,
        "title": one.threat.title,
        "score": one.score,
        "level": one.level,
        "residual": one.residual,
        "status": one.threat.status,
        "standing": str(one.standing),
        "worst_actions": list(one.worst_actions),
    }
