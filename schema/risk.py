"""Derived: the level of a rating and what is left for the adopter to do about a threat."""

from enum import StrEnum

from schema.template import Rating, Template, Threat

LEVELS = ("Low", "Medium", "High", "Critical")
"""From least to worst. Bands of likelihood x impact: 1-4, 5-9, 10-16, 20-25; the published matrix says the same."""


class Standing(StrEnum):
    """What an adopter who follows the template still has to do about a threat."""

    NOTHING_TO_DO = "nothing to do"
    YOUR_TURN = "your turn"
    UNSOLVED = "unsolved"
    ACCEPTED = "accepted"
    TRANSFERRED = "transferred"
    AVOIDED = "avoided"


def score(rating: Rating | None) -> int:
    """Likelihood times impact, 1 to 25; 0 without a rating from 1 to 5. The scale is ordinal: compare, do not add."""
    if rating is None or not (1 <= rating.likelihood <= 5 and 1 <= rating.impact <= 5):
        return 0
    return rating.likelihood * rating.impact


def level(rating: Rating | None) -> str:
    """The word for the score; empty when there is no rating."""
    points = score(rating)
    if points == 0:
        return ""
    return LEVELS[(points > 4) + (points > 9) + (points > 16)]


def at_least_high(rating: Rating | None) -> bool:
    """High and Critical."""
    return score(rating) > 9


def standing(template: Template, threat: Threat) -> Standing:
    """What is left to do about the threat for an adopter of this template."""
    if threat.status in ("mitigated", "fixed"):
        return Standing.NOTHING_TO_DO
    if threat.status in ("accepted", "transferred", "avoided"):
        return Standing(threat.status)
    known = template.mitigation_by_key
    states = [known[key].status for key in threat.mitigated_by if key in known]
    doable = bool(states) and all(state in ("in-place", "available") for state in states)
    return Standing.YOUR_TURN if doable and threat.residual else Standing.UNSOLVED


def by_severity(threats: tuple[Threat, ...]) -> tuple[Threat, ...]:
    """Worst first; document order among equals."""
    return tuple(sorted(threats, key=lambda threat: -score(threat.risk)))
