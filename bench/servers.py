"""Servers as processes of their own, each on a free port: ours, nginx with one worker, and a bare ASGI function."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path

from bench.measure import environment

_NGINX = """\
daemon off; master_process off; pid {room}/nginx.pid; error_log {room}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off; sendfile on; keepalive_requests 100000000; default_type application/yaml; etag on;
    client_body_temp_path {room}/a; proxy_temp_path {room}/b; fastcgi_temp_path {room}/c; uwsgi_temp_path {room}/d;
    scgi_temp_path {room}/e;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""
_QUIET = {"THREATSHELF_LOG_LEVEL": "warning"}
_PATIENCE = 60
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A server that answers; `start` is how many seconds it took to, `started` how many of a core."""

    port: int
    process: int
    start: float = 0.0
    started: float = 0.0

    def processor(self) -> float:
        """Seconds of a core that it has used so far."""
        fields = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> int:
        """MiB that it holds now."""
        status = Path(f"/proc/{self.process}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024

    def status(self, path: str, **headers: str) -> tuple[int, str]:
        """Of one answer, and its ETag."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, str(answer.getheader("etag"))


@contextmanager
def ours(database: str, path: str) -> Iterator[Server]:
    """`threatshelf serve` over a kept catalogue, with no line in the log for each request: nginx writes none either."""
    port = _free()
    command = [str(Path(sys.executable).with_name("threatshelf")), "serve", "--database", database, "--port", str(port)]
    with _started(command, port, path) as server:
        yield server


@contextmanager
def bare() -> Iterator[Server]:
    """`bench.bare` under the same uvicorn."""
    port = _free()
    command = [sys.executable, "-m", "uvicorn", "bench.bare:unchanged", "--port", str(port), "--log-level", "error"]
    with _started([*command, "--no-access-log", "--lifespan", "off"], port, "/") as server:
        yield server


@contextmanager
def nginx(room: Path, path: str, body: bytes) -> Iterator[Server | None]:
    """nginx that has these bytes at this path as a file; None where it is not installed."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        yield None
        return
    port, root = _free(), room / "root"
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True)
    file.write_bytes(body)
    for folder in (room, *(parent for parent in (file, *file.parents) if parent.is_relative_to(root))):
        folder.chmod(0o755)
    settings = room / "nginx.conf"
    settings.write_text(_NGINX.format(room=room, root=root, port=port), encoding="utf-8")
    with _started([program, "-p", str(room), "-c", str(settings)], port, path) as server:
        yield server


@contextmanager
def _started(command: Sequence[str], port: int, path: str) -> Iterator[Server]:
    begun = time.perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, env={**environment(), **_QUIET})
    try:
        server = Server(port, process.pid)
        while not _answers(server, path):
            if process.poll() is not None or time.perf_counter() > begun + _PATIENCE:
                raise SystemExit(f"{command[0]} does not answer at {path}")
            time.sleep(0.01)
        yield replace(server, start=time.perf_counter() - begun, started=server.processor())
    finally:
        process.terminate()
        process.wait()


def _answers(server: Server, path: str) -> bool:
    try:
        return server.status(path)[0] in (200, 304)
    except OSError:
        return False


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
