"""Risk levels equal the published matrix; what is left to do follows from the mitigations."""

import json
from itertools import product

import pytest
import yaml

from schema.risk import LEVELS, Standing, at_least_high, by_severity, level, score, standing
from schema.shipped import vocabulary_bytes
from schema.template import Rating, from_data

MITIGATIONS = """
mitigations:
  - {key: switch}
  - {key: built-in, status: in-place}
  - {key: later, status: planned}
  - {key: none-yet, status: missing}
"""
RESIDUAL = "residual: {likelihood: 2, impact: 2}"


def published() -> dict[tuple[int, int], str]:
    cells = json.loads(vocabulary_bytes("risk-matrix"))["cells"]
    return {(cell["likelihood"], cell["impact"]): cell["level"] for cell in cells}


def standing_of(threat: str) -> Standing:
    template = from_data(yaml.safe_load(f"threats: [{{key: it, {threat}}}]\n{MITIGATIONS}"))
    return standing(template, template.threats[0])


def test_each_of_the_25_cells_has_the_published_level() -> None:
    cells = {
        (likelihood, impact): level(Rating((), likelihood, impact))
        for likelihood, impact in product(range(1, 6), repeat=2)
    }
    assert cells == published()


def test_a_higher_number_never_means_a_lower_level() -> None:
    for likelihood, impact in product(range(1, 5), repeat=2):
        here = LEVELS.index(level(Rating((), likelihood, impact)))
        assert here <= LEVELS.index(level(Rating((), likelihood + 1, impact)))
        assert here <= LEVELS.index(level(Rating((), likelihood, impact + 1)))


def test_high_begins_where_the_matrix_says_high() -> None:
    for (likelihood, impact), word in published().items():
        assert at_least_high(Rating((), likelihood, impact)) is (word in ("High", "Critical"))


def test_without_a_rating_there_is_no_level() -> None:
    assert (score(None), level(None), at_least_high(None)) == (0, "", False)
    assert level(Rating()) == ""


@pytest.mark.parametrize(
    ("threat", "expected"),
    [
        ("status: mitigated", Standing.NOTHING_TO_DO),
        ("status: fixed", Standing.NOTHING_TO_DO),
        (f"status: mitigated, mitigated_by: [later], {RESIDUAL}", Standing.NOTHING_TO_DO),
        ("status: accepted", Standing.ACCEPTED),
        ("status: transferred", Standing.TRANSFERRED),
        ("status: avoided", Standing.AVOIDED),
        (f"status: open, mitigated_by: [switch], {RESIDUAL}", Standing.YOUR_TURN),
        (f"status: partial, mitigated_by: [switch, built-in], {RESIDUAL}", Standing.YOUR_TURN),
        ("status: open, mitigated_by: [switch]", Standing.UNSOLVED),
        (f"status: open, mitigated_by: [switch, later], {RESIDUAL}", Standing.UNSOLVED),
        (f"status: partial, mitigated_by: [built-in, none-yet], {RESIDUAL}", Standing.UNSOLVED),
        (f"status: open, {RESIDUAL}", Standing.UNSOLVED),
        ("status: open", Standing.UNSOLVED),
    ],
)
def test_what_is_left_for_the_adopter(threat: str, expected: Standing) -> None:
    assert standing_of(threat) is expected


def test_a_mitigation_that_is_not_there_solves_nothing() -> None:
    assert standing_of(f"status: open, mitigated_by: [gone], {RESIDUAL}") is Standing.UNSOLVED


def test_the_worst_come_first_and_equals_keep_their_order() -> None:
    ratings = {"mild": (1, 2), "bad": (4, 4), "bad-too": (4, 4), "worst": (5, 5)}
    lines = [f"{{key: {key}, risk: {{likelihood: {a}, impact: {b}}}}}" for key, (a, b) in ratings.items()]
    threats = from_data(yaml.safe_load(f"threats: [{', '.join(lines)}, {{key: unrated}}]")).threats
    assert [threat.key for threat in by_severity(threats)] == ["worst", "bad", "bad-too", "mild", "unrated"]
