"""The back-test as maintainers write it: for each incident the threats that would have named it, or why none did."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True)
class Named:
    """A template's threat that names the incident, the mitigation that breaks it, and how, in one sentence."""

    template: str
    threat: str
    mitigation: str
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """An incident: who names it; `miss` says why nobody does, empty when somebody does."""

    incident: str
    named: tuple[Named, ...] = ()
    miss: str = ""


@cache
def backtest() -> tuple[Verdict, ...]:
    """Every verdict, in the order of the file."""
    return tuple(_verdict(id_, told) for id_, told in yaml.safe_load(FILE.read_text("utf-8")).items())


def _verdict(incident: str, told: Mapping[str, Any]) -> Verdict:
    return Verdict(incident, tuple(Named(**named) for named in told.get("named", ())), told.get("miss", ""))
