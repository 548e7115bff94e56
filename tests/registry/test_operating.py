"""What an operator relies on: ids, logs, counts, readiness, limits, a sub-path, and strangers' work that ends."""

import io
import json
import logging
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.api import logs
from registry.api.apart import Apart
from registry.api.clients import MOST_CLIENTS, Buckets, client_of, household
from registry.api.problems import ProblemError
from registry.settings import Settings
from registry.store.catalogue import url_of

LATEST = "/v1/templates/desk-assistant.yaml"
Serve = Callable[[Settings], AbstractContextManager[httpx.Client]]


@pytest.fixture
def url(tmp_path: Path, two_templates: Any, published: Any) -> str:
    """The address of a catalogue with two templates."""
    published(two_templates)
    return url_of(tmp_path / "catalogue.db")


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What this process logs meanwhile."""
    root, written = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    logs.install("info", written)
    try:
        yield written
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def values(text: str) -> dict[str, float]:
    """A Prometheus text, read line by line; every sample has its HELP and TYPE before it."""
    found: dict[str, float] = {}
    announced: set[str] = set()
    sample = re.compile(r'([a-z_]+)(\{(?:[a-z]+="[^"\\\n]*",?)+\})? ([0-9.e+-]+)')
    for line in text.splitlines():
        if line.startswith("# "):
            announced.add(line.split()[2])
            continue
        match = sample.fullmatch(line)
        assert match, line
        assert announced & {match[1], re.sub(r"_(bucket|sum|count)$", "", match[1])}, line
        found[match[1] + (match[2] or "")] = float(match[3])
    return found


def test_every_answer_has_an_id_and_a_proxys_is_kept_if_it_looks_like_one(client: httpx.Client) -> None:
    ids = [client.get(path).headers["x-request-id"] for path in (LATEST, "/v1/nothing", "/nothing", LATEST)]
    assert len({*ids}) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)
    assert client.get(LATEST, headers={"X-Request-Id": "proxy-1.a_b"}).headers["x-request-id"] == "proxy-1.a_b"
    for bad in ("short", "x" * 65, "with space", 'a"b{}c;d,e', "<script>alert"):
        assert client.get(LATEST, headers={"X-Request-Id": bad}).headers["x-request-id"] != bad


def test_a_request_is_one_line_of_json_without_what_was_searched(url: str, serve: Serve) -> None:
    with logged() as written, serve(Settings(database_url=url)) as client:
        client.get("/v1/search?q=secret-plan", headers={"X-Request-Id": "request-1"})
        client.get("/v1/%0a%22level%22: forged" + "x" * 999)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    one, other = (line for line in lines if line["logger"] == "threatshelf.access")
    assert (one["request_id"], one["method"], one["path"], one["route"]) == (
        "request-1",
        "GET",
        "/v1/search",
        "/v1/search",
    )
    assert (one["status"], one["client"], one["level"]) == (200, "127.0.0.1", "info")
    assert one["bytes"] > 10
    assert (other["path"][:4], len(other["path"]), other["status"]) == ("/v1/", 300, 404)
    assert not any(
        "secret-plan" in str(line) for line in lines if line["logger"].startswith(("threatshelf", "uvicorn"))
    )


def test_a_fault_of_ours_is_in_the_log_with_the_id_of_its_answer(tmp_path: Path, url: str, serve: Serve) -> None:
    with logged() as written, serve(Settings(database_url=url)) as client:
        with closing(sqlite3.connect(tmp_path / "catalogue.db")) as connection:
            connection.execute("ALTER TABLE stored_file RENAME TO lost")
        answer = client.get(LATEST)
    (line,) = [line for line in map(json.loads, written.getvalue().splitlines()) if line["level"] == "error"]
    assert (answer.status_code, line["request_id"]) == (500, answer.headers["x-request-id"])
    assert "no such table" in line["error"]


def test_counts_grow_and_their_labels_do_not_follow_what_clients_send(url: str, serve: Serve) -> None:
    with serve(Settings(database_url=url)) as client:
        for path in (LATEST, LATEST, "/v1/templates/nothing.yaml", "/v1/a", "/v1/b", "/c", "/d"):
            client.get(path)
        for method in ("BREW", "WHEN", "GET"):
            client.request(method, "/e")
        answer = client.get("/metrics")
        found = values(answer.text)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    requests = {name: count for name, count in found.items() if name.startswith("threatshelf_requests_total{")}
    route = "/v1/templates/{id}.{format}"
    assert requests['threatshelf_requests_total{method="GET",route="file",status="200"}'] == 2
    assert requests[f'threatshelf_requests_total{{method="GET",route="{route}",status="404"}}'] == 1
    assert sum(requests.values()) == 10
    assert {re.findall('method="([^"]+)"', name)[0] for name in requests} == {"GET", "other"}
    assert not re.search('BREW|/[a-e]"', answer.text)
    assert found[f'threatshelf_request_duration_seconds_bucket{{route="{route}",le="+Inf"}}'] == 1
    assert (found["threatshelf_ready"], found["threatshelf_database_up"], found["threatshelf_catalogue_serial"]) == (
        1,
        1,
        1,
    )
    assert found["process_resident_memory_bytes"] > 1e6


def test_tables_of_another_version_are_not_ready(tmp_path: Path, url: str, serve: Serve) -> None:
    with serve(Settings(database_url=url)) as client:
        with closing(sqlite3.connect(tmp_path / "catalogue.db")) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '0000'")
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "tables-out-of-date")


def test_who_asks_for_too_much_work_waits_and_others_do_not(url: str, serve: Serve) -> None:
    settings = Settings(
        database_url=url, posts_per_minute=6, posts_at_once=2, trusted_proxies=(ip_network("127.0.0.0/8"),)
    )
    with serve(settings) as client:

        def post(client_address: str) -> httpx.Response:
            return client.post("/v1/check", content=b"a: 1", headers={"X-Forwarded-For": client_address})

        answers = [post("192.0.2.1") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].json()["code"] == "too-many-requests"
        assert 1 <= int(answers[2].headers["retry-after"]) <= 10
        assert answers[2].headers["access-control-allow-origin"] == "*"
        # An address before the one that the proxy saw is anybody's invention.
        assert post("203.0.113.9, 192.0.2.1").status_code == 429
        assert post("192.0.2.2").status_code == 200
        assert client.get(LATEST, headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 200


def test_a_proxy_that_nobody_trusts_cannot_name_another_client(url: str, serve: Serve) -> None:
    with serve(Settings(database_url=url, posts_per_minute=1, posts_at_once=1)) as client:
        codes = [
            client.post("/v1/check", content=b"a: 1", headers={"X-Forwarded-For": f"192.0.2.{last}"}).status_code
            for last in range(3)
        ]
    assert codes == [200, 429, 429]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
        ("192.0.2.9", "198.51.100.7", "192.0.2.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", ", ".join(["10.0.0.2"] * 10_000), "10.0.0.2"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("", "192.0.2.1", ""),
    ],
)
def test_the_client_is_the_nearest_address_that_is_no_proxy_of_ours(peer: str, forwarded: str, client: str) -> None:
    assert client_of(peer, forwarded, (ip_network("10.0.0.0/8"),)) == client


def test_a_bucket_fills_again_and_memory_for_buckets_is_bounded() -> None:
    buckets = Buckets(per_minute=60, at_once=2)
    assert [buckets.wait("a", 0.0) for _ in range(3)] == [0, 0, 1]
    assert (buckets.wait("a", 0.5), buckets.wait("a", 1.5)) == (0.5, 0)
    assert [buckets.wait("a", 1000.0) for _ in range(3)] == [0, 0, 1]
    for number in range(MOST_CLIENTS + 10):
        buckets.wait(str(number), 2000.0)
    assert len(vars(buckets)["_left"]) == MOST_CLIENTS
    assert household("2001:db8::1") == household("2001:db8::ffff") != household("2001:db8:0:1::1")


@pytest.mark.parametrize("prefix", ["/shelf", ""], ids=["passed on", "taken off by the proxy"])
def test_the_server_answers_under_a_sub_path(url: str, tmp_path: Path, serve: Serve, prefix: str) -> None:
    site = tmp_path / "site"
    (site / "catalog").mkdir(parents=True)
    (site / "csp.txt").write_text("default-src 'self'")
    (site / "catalog" / "index.html").write_text("<title>Catalogue</title>")
    settings = Settings(database_url=url, public_address="https://host.invalid/shelf", site=site)
    with serve(settings) as client:
        assert client.get(prefix + LATEST).status_code == 200
        assert client.get(f"{prefix}/readyz").json()["status"] == "ready"
        assert client.get(f"{prefix}/v1/nothing").json()["code"] == "not-found"
        assert client.get(f"{prefix}/v1/templates/desk-assistant").headers["content-location"] == "desk-assistant.json"
        assert client.get(f"{prefix}/openapi.json").json()["servers"] == [{"url": "/shelf"}]
        page = client.get(f"{prefix}/catalog")
        assert page.headers["location"] == "catalog/"
        assert client.get(page.url.join(page.headers["location"])).text == "<title>Catalogue</title>"
        assert client.get("/shelf").headers["location"] == "/shelf/"
        assert client.get("/shelfish/healthz").status_code == 404


@pytest.fixture
def apart() -> Iterator[Apart]:
    made = Apart(seconds=1, megabytes=1024)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("task", "title"),
    [
        (partial(max, range(10**15)), "takes too long"),
        (partial(bytearray, 4 * 1024**3), "too much memory"),
        (partial(os._exit, 1), "too much memory"),
    ],
    ids=["endless", "huge", "deadly"],
)
def test_work_on_a_template_ends_and_the_next_one_is_done(apart: Apart, task: Any, title: str) -> None:
    assert apart.call(partial(sum, (1, 2))) == 3
    with pytest.raises(ProblemError) as told:
        apart.call(task)
    assert (told.value.problem.status, title in told.value.problem.title) == (422, True)
    assert apart.call(partial(sum, (3, 4))) == 7


def test_an_error_over_there_is_an_error_here(apart: Apart) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        apart.call(partial(int, "x"))
