"""Servers as processes: told to stop, killed, without their database, and three of them behind nginx."""

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.publish import Source, publish
from registry.store.catalogue import open_store, url_of

ROOT = Path(__file__).resolve().parents[2]
LATEST = "/v1/templates/desk-assistant.yaml"
PATIENCE = 60
"""Seconds after which a state that has to come is taken as not coming."""


@dataclass
class Server:
    """`threatshelf serve --kept` at a port of its own."""

    url: str
    log: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [Path(sys.executable).with_name("threatshelf"), "serve", "--kept", "--port", str(self.port)]
        environment = {**os.environ, "THREATSHELF_DATABASE_URL": self.url, **self.settings}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        assert self.process.stdout
        for line in self.process.stdout:
            if found := re.match(rb"Open +http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                wait_until(lambda: status(f"{self.address}/healthz") == 200)  # from then on it minds signals
                return
        raise AssertionError(self.log.read_text())

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()
        self.stop()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        if self.process and self.process.stdout:
            self.process.stdout.close()


@contextmanager
def serving(url: str, log: Path, **settings: str) -> Iterator[Server]:
    server = Server(url, log, {f"THREATSHELF_{name.upper()}": value for name, value in settings.items()})
    server.start()
    try:
        yield server
    finally:
        server.stop()


def wait_until(true: Callable[[], bool]) -> None:
    """Until it is; a state that never comes is a failure."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "the state did not come"


def status(url: str) -> int:
    """0 when nobody answers."""
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url, timeout=10).status_code
    return 0


@dataclass
class Readers:
    """Threads that read one path again and again, and notice every answer that is not what it has to be."""

    url: str
    sha256: str
    counts: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        while not self.over.is_set():
            try:
                answer = httpx.get(self.url, timeout=20)
            except httpx.TransportError:
                self.counts[0] += 1
                continue
            self.counts[answer.status_code] += 1
            if not self._is_right(answer):
                self.wrong.append(f"{answer.status_code} {answer.text[:200]}")

    def _is_right(self, answer: httpx.Response) -> bool:
        if answer.status_code == 200:
            return hashlib.sha256(answer.content).hexdigest() == self.sha256
        return answer.status_code == 503 and answer.json()["code"] == "no-database" and "retry-after" in answer.headers

    def more(self, code: int, than: int = 5) -> Callable[[], bool]:
        """Whether some more such answers came than there are now."""
        now = self.counts[code]
        return lambda: self.counts[code] > now + than


@contextmanager
def reading(url: str, sha256: str, threads: int = 3) -> Iterator[Readers]:
    readers = Readers(url, sha256)
    started = [threading.Thread(target=readers.read) for _ in range(threads)]
    for thread in started:
        thread.start()
    try:
        yield readers
    finally:
        readers.over.set()
        for thread in started:
            thread.join()


def published(url: str, checkout: Any) -> dict[str, str]:
    """The catalogue is filled; the digest of each path."""
    store = open_store(url)
    try:
        publish(store, Source(checkout.root), datetime(2026, 11, 20, 9, tzinfo=UTC), lambda _step: None)
        return {f"/{path}": hashlib.sha256(body).hexdigest() for path, body in store.files()}
    finally:
        store.close()


def test_told_to_stop_it_says_so_and_finishes_what_it_has_begun(tmp_path: Path, two_templates: Any) -> None:
    url = url_of(tmp_path / "catalogue.db")
    published(url, two_templates)
    said_to_stop = threading.Event()
    with serving(url, tmp_path / "log", drain_seconds="600") as server:
        assert server.process

        def slowly() -> Iterator[bytes]:
            yield b"a: "
            server.process.send_signal(signal.SIGTERM)  # type: ignore[union-attr]
            wait_until(lambda: status(f"{server.address}/readyz") == 503)
            assert httpx.get(f"{server.address}/readyz").json()["code"] == "stopping"
            assert status(server.address + LATEST) == 200
            server.process.send_signal(signal.SIGTERM)  # type: ignore[union-attr]  # waits for the load balancer no more
            wait_until(lambda: status(f"{server.address}/healthz") == 0)
            said_to_stop.set()
            yield b"1"

        answer = httpx.post(f"{server.address}/v1/check", content=slowly(), timeout=PATIENCE)
        assert (answer.status_code, answer.json()["ok"]) == (200, False)
        assert said_to_stop.is_set()
        assert server.process.wait(PATIENCE) == 0


def test_killed_under_load_it_leaves_nothing_behind_and_comes_back(tmp_path: Path, two_templates: Any) -> None:
    url = url_of(tmp_path / "catalogue.db")
    digests = published(url, two_templates)
    with serving(url, tmp_path / "log") as server, reading(server.address + LATEST, digests[LATEST]) as readers:
        assert httpx.post(f"{server.address}/v1/check", content=b"a: 1", timeout=PATIENCE).status_code == 200
        assert server.process
        group = server.process.pid
        wait_until(readers.more(200))
        server.kill()
        wait_until(readers.more(0))
        wait_until(lambda: is_gone(group))
        server.start()
        wait_until(readers.more(200))
    assert readers.wrong == []
    assert set(readers.counts) == {0, 200}


def is_gone(group: int) -> bool:
    """Whether no process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_without_its_database_it_serves_what_it_holds_and_says_503_else(
    tmp_path: Path, two_templates: Any, own_postgresql: Any
) -> None:
    digests = published(own_postgresql.url, two_templates)
    other = "/v1/templates/mail-sorter.yaml"
    with (
        serving(own_postgresql.url, tmp_path / "log", posts_per_minute="0") as server,
        reading(server.address + LATEST, digests[LATEST]) as held,
    ):
        wait_until(held.more(200))
        own_postgresql.crash()
        wait_until(lambda: status(f"{server.address}/readyz") == 503)
        with reading(server.address + other, digests[other]) as unheld:
            for readers, code in ((unheld, 503), (held, 200)):
                wait_until(readers.more(code))
            assert status(f"{server.address}/healthz") == 200
            search, check = (
                httpx.get(f"{server.address}/v1/search?q=mail", timeout=PATIENCE),
                httpx.post(f"{server.address}/v1/check", content=b"id: mail-sorter", timeout=PATIENCE),
            )
            assert (search.status_code, search.json()["code"]) == (503, "no-database")
            assert (check.status_code, check.json()["code"]) == (503, "no-database")
            assert "threatshelf_database_up 0" in httpx.get(f"{server.address}/metrics").text
            own_postgresql.start()
            wait_until(unheld.more(200))
        wait_until(lambda: status(f"{server.address}/readyz") == 200)
        assert status(f"{server.address}/v1/search?q=mail") == 200
    assert held.wrong == unheld.wrong == []
    assert set(held.counts) == {200}
    assert set(unheld.counts) == {200, 503}


def nginx(home: Path, servers: list[Server]) -> Path:
    """Our own nginx configuration, at ports and in folders of this test."""
    ours = (ROOT / "deploy/nginx/threatshelf.conf").read_text("utf-8")
    for number, server in enumerate(servers, 1):
        ours = ours.replace(f"127.0.0.1:800{number}", f"127.0.0.1:{server.port}")
    ours = ours.replace("listen 80;", f"listen unix:{home}/nginx.sock;").replace(
        "/var/cache/nginx/threatshelf", f"{home}/cache"
    )
    temporary = "".join(
        f"{kind}_temp_path {home}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = home / "nginx.conf"
    configuration.write_text(
        f"pid {home}/pid; error_log {home}/error.log; worker_processes 1; daemon off;"
        f"events {{}} http {{ access_log off; {temporary} {ours} }}"
    )
    return configuration


@pytest.fixture
def short(tmp_path: Path) -> Iterator[Path]:
    """A folder with a short name, for sockets."""
    made = Path("/tmp") / f"n{os.getpid()}"  # noqa: S108  # the path of a socket has at most 107 characters
    made.mkdir(mode=0o755)
    yield made
    shutil.rmtree(made)


def test_three_servers_behind_nginx_are_one(
    tmp_path: Path, short: Path, two_templates: Any, own_postgresql: Any, text: Any
) -> None:
    if shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    digests = published(own_postgresql.url, two_templates)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(serving(own_postgresql.url, tmp_path / f"log{number}", trusted_proxies="127.0.0.1"))
            for number in range(3)
        ]
        command = ["nginx", "-e", f"{short}/error.log", "-c", nginx(short, servers)]
        process = subprocess.Popen(command, env={"PATH": f"{os.environ['PATH']}:/usr/sbin"})
        stack.callback(process.wait)
        stack.callback(process.terminate)
        transport = httpx.HTTPTransport(uds=f"{short}/nginx.sock")
        client = stack.enter_context(httpx.Client(transport=transport, base_url="http://shelf", timeout=PATIENCE))
        wait_until((short / "nginx.sock").exists)

        # Every path has the bytes of the catalogue, whoever answers, and from the cache again.
        for _ in range(2):
            for path, digest in digests.items():
                answer = client.get(path)
                assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, digest), path
        etag = client.get(LATEST).headers["etag"]
        assert client.get(LATEST, headers={"If-None-Match": etag}).status_code == 304
        part = client.get(LATEST, headers={"Range": "bytes=0-9", "Accept-Encoding": "identity"})
        assert (part.status_code, len(part.content)) == (206, 10)
        assert len({client.get(LATEST).headers["x-request-id"] for _ in range(3)}) == 3
        assert len(client.get(LATEST).headers.get_list("x-request-id")) == 1

        # What one of them publishes all of them show; two are killed, and nobody notices.
        two_templates.write("desk-assistant", text(version="0.3.0"))
        two_templates.commit()
        digests = published(own_postgresql.url, two_templates)
        version = "/v1/templates/desk-assistant/0.3.0.yaml"
        wait_until(lambda: all(status(server.address + version) == 200 for server in servers))
        for server in servers[:2]:
            server.kill()
        for path in ("/v1/search?q=mail", "/v1/search?q=desk", "/v1/search?q=letter"):
            assert client.get(path).status_code == 200
        assert hashlib.sha256(client.get(version).content).hexdigest() == digests[version]

        # Nobody is left, nor is the database: what was read is read on, the rest says so.
        own_postgresql.crash()
        wait_until(lambda: status(f"{servers[2].address}/readyz") == 503)
        assert hashlib.sha256(client.get(version).content).hexdigest() == digests[version]
        assert client.get("/v1/search?q=nobody-asked-this").status_code == 503
        servers[2].kill()
        assert hashlib.sha256(client.get(version).content).hexdigest() == digests[version]
        nobody = client.get("/v1/search?q=nor-this")
        assert (nobody.status_code, nobody.json()["code"], nobody.headers["retry-after"]) == (503, "no-server", "5")
