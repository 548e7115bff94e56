"""What the server does with a template that is sent: its findings as JSON or SARIF, itself in every format."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from registry.exports import renderable

Text = Callable[..., str]


def test_findings_as_code_scanning_takes_them(client: httpx.Client, text: Text) -> None:
    answer = client.post(
        "/v1/check", content=text(version="0.3.0", status="nonsense"), headers={"Accept": "application/sarif+json"}
    )
    assert answer.headers["content-type"] == "application/sarif+json"
    (run,) = answer.json()["runs"]
    (error,) = [result for result in run["results"] if result["level"] == "error"]
    assert error["ruleId"] == "structure"
    assert error["locations"][0]["physicalLocation"]["region"]["startLine"] == 7


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"[" * 100_000])
def test_sarif_of_anything(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/v1/check", content=body, headers={"Accept": "application/sarif+json"})
    assert answer.status_code == 200
    assert answer.json()["runs"][0]["results"]


def test_findings_in_a_form_nobody_writes_are_not_acceptable(client: httpx.Client) -> None:
    answer = client.post("/v1/check", content=b"", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not-acceptable")


@pytest.mark.parametrize("extension", [export.extension for export in renderable()])
def test_a_template_comes_back_in_every_format(client: httpx.Client, text: Text, extension: str) -> None:
    sent = text(version="0.3.0", title="Never published")
    answer = client.post(f"/v1/render?format={extension}", content=sent)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.content
    (media_type,) = [e.media_type for e in renderable() if e.extension == extension]
    assert answer.headers["content-type"] == media_type
    if extension == "md":
        assert answer.text.startswith("# Never published\n")
    if extension == "yaml":
        assert answer.text == sent


def test_what_has_errors_is_not_rendered(client: httpx.Client, text: Text) -> None:
    answer = client.post("/v1/render?format=md", content=text(version="0.3.0", status="nonsense"))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "template-invalid")
    assert "line 7" in problem["detail"]


@pytest.mark.parametrize("query", ["", "?format=", "?format=exe"])
def test_a_format_that_is_none_is_refused(client: httpx.Client, text: Text, query: str) -> None:
    answer = client.post(f"/v1/render{query}", content=text(version="0.3.0"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-parameter")


def test_a_picture_that_would_take_long_is_not_drawn_while_somebody_waits(client: httpx.Client, text: Text) -> None:
    template: Any = json.loads(client.get("/v1/templates/desk-assistant.json").content)
    first = template["diagram"]["flows"][0]
    template["version"] = "0.3.0"
    template["diagram"]["flows"] += [{**first, "key": f"again-{i}"} for i in range(400)]
    answer = client.post("/v1/render?format=svg", content=json.dumps(template))
    assert answer.status_code == 422
    assert answer.json()["code"] in ("too-much-to-draw", "template-invalid")
