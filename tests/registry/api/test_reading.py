"""What the headers of a file say where little of it shows in our own catalogue: versions that were taken back."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from registry.settings import Settings
from registry.store.catalogue import url_of

REASON = "Größe 100 % wrong"


def test_a_version_that_was_taken_back_says_so_and_what_to_take_instead(
    tmp_path: Path, two_templates: Any, published: Any, serve: Any
) -> None:
    note = f"withdrawn:\n  - version: 0.1.0\n    on: 2026-10-05\n    by: threatshelf\n    reason: {REASON}\n"
    file = two_templates.root / "templates" / "desk-assistant" / "withdrawn.yaml"
    file.write_text(note + "    superseded_by: 0.2.0\n", "utf-8")
    two_templates.commit()
    published(two_templates)
    with serve(Settings(database_url=url_of(tmp_path / "catalogue.db"))) as client:
        gone = client.get("/v1/templates/desk-assistant/0.1.0.yaml")
        assert gone.status_code == 200
        assert unquote(gone.headers["x-withdrawn"]) == REASON
        assert gone.headers["link"] == '<0.2.0.yaml>; rel="successor-version"'
        assert "immutable" not in gone.headers["cache-control"]
        picture = client.get("/v1/templates/desk-assistant/0.1.0.analysis.json")
        assert picture.headers["link"] == '<0.2.0.analysis.json>; rel="successor-version"'
        assert "x-withdrawn" not in client.get("/v1/templates/desk-assistant/0.2.0.yaml").headers
