"""The page that teaches the format on a whole template shows a tested file, piece by piece, and the file is sound."""

import re
from datetime import date
from pathlib import Path

from schema import shipped
from schema.check import check
from schema.finding import Severity

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "site" / "docs" / "reference" / "smallest.md").read_text("utf-8")
FILE = ROOT / "tests" / "data" / "minimal.yaml"


def pieces() -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_pieces_of_the_page_are_the_tested_file() -> None:
    assert "".join(pieces()) == FILE.read_text("utf-8"), (
        "site/docs/reference/smallest.md and tests/data/minimal.yaml differ"
    )


def test_the_page_counts_its_pieces() -> None:
    assert len(pieces()) == 9
    assert "the nine pieces" in PAGE


def test_nothing_stops_the_smallest_template() -> None:
    found = check(FILE.read_bytes(), "template.yaml", shipped.facts(date(2026, 11, 20))).findings
    assert [finding.rule for finding in found if finding.severity is not Severity.HINT] == []


def test_every_field_the_file_begins_with_is_explained() -> None:
    fields = re.findall(r"^([a-z_]+):", FILE.read_text("utf-8"), re.MULTILINE)
    prose = re.sub(r"^```yaml\n.*?^```$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    told = {"review", "scope", "threat_actors", "diagram", "threats", "stride_answers"}
    assert [name for name in fields if f"`{name}`" not in prose and name not in told] == []
