"""HTTP on a loopback port: sockets in, requests on, answers out."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from github_fake.wire import Answer, Request

Dispatch = Callable[[Request], Answer | None]
"""None closes the line without an answer."""


class Server:
    """Serves until closed; closing ends every open line."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._lines: set[socket.socket] = set()
        handler = type("Line", (_Line,), {"dispatch": staticmethod(dispatch), "lines": self._lines})
        self._http = _Http(("127.0.0.1", 0), handler)
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def close(self) -> None:
        """Stop listening and hang up."""
        self._http.shutdown()
        self._thread.join()
        for line in list(self._lines):
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class _Line(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    dispatch: Dispatch
    lines: set[socket.socket]

    def setup(self) -> None:
        super().setup()
        self.lines.add(self.connection)

    def finish(self) -> None:
        self.lines.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name http.server gives it
        """Nothing is logged: the fake keeps its own list of calls."""

    def _answer(self) -> None:
        answer = self.dispatch(self._request())
        if answer is None:
            self.close_connection = True
            return
        body = _encoded(answer)
        kind = {} if answer.absent else {"Content-Type": "application/json; charset=utf-8"}
        length = {} if answer.status == 204 else {"Content-Length": str(len(body))}
        heading = f"HTTP/1.1 {answer.status} {_reason(answer.status)}\r\n"
        heading += "".join(f"{key}: {value}\r\n" for key, value in (kind | length | answer.headers).items())
        self.wfile.write(heading.encode("latin-1") + b"\r\n" + (b"" if self.command == "HEAD" else body))

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815  the names http.server looks for

    def _request(self) -> Request:
        headers = {key.lower(): value for key, value in self.headers.items()}
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        return Request(self.command, unquote(split.path), query, headers, self._body(headers))

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            raw = b"".join(iter(self._chunk, b""))
        else:
            raw = self.rfile.read(int(headers.get("content-length", 0)))
        return gzip.decompress(raw) if headers.get("content-encoding") == "gzip" else raw

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        chunk = self.rfile.read(size)
        self.rfile.readline()
        return chunk


def _encoded(answer: Answer) -> bytes:
    if answer.absent:
        return b""
    return answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase
