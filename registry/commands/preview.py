"""`threatshelf preview`: the page and the findings of one file on this machine, made anew whenever it is saved."""

import argparse
import contextlib
import mimetypes
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup, escape

import registry
from registry import site
from registry.catalog import Catalogue, Release
from registry.commands import around
from registry.commands.files import content, named, shown
from registry.errors import CannotRunError
from registry.pages import template as template_page
from registry.pages.html import inline
from schema.check import Checked, check
from schema.facts import Facts
from schema.finding import Finding
from schema.text import line_at

EXAMPLE = "threatshelf preview templates/local-coding-assistant/template.yaml"
HOST = "127.0.0.1"
PAGE = "/catalog/preview/"
"""Two folders deep like the real page, so that its links to other pages lead where they would."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which file, at which port."""
    parser.add_argument("file", type=Path, help="the template, or its folder")
    parser.add_argument("--port", type=int, default=8010, help="the port on this machine (default: 8010; 0: any)")


def run(args: argparse.Namespace) -> int:
    """0: ended by Ctrl-C; 2: the port is taken, or there is no such file."""
    found = named([args.file])
    if len(found) != 1:
        raise CannotRunError(f"{shown(args.file)} holds {len(found)} templates: name one.")
    desk = _Desk(found[0], _facts(found[0]))
    with _bound(args.port, desk) as server:
        print(f"Open   http://{HOST}:{server.server_address[1]}{PAGE}")
        print("Stop   Ctrl-C", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0


@dataclass(frozen=True)
class _Answer:
    """What one address gives."""

    body: bytes
    media_type: str = "text/html; charset=utf-8"
    status: int = 200


class _Desk:
    """The file, and its page as of the last look at it."""

    def __init__(self, file: Path, facts: Facts) -> None:
        self._file, self._facts = file, facts
        self._files = dict(_beside())
        self._lock = threading.Lock()
        self._seen = self._page = self._last_good = ""

    def answer(self, path: str) -> _Answer:
        """What stands at a path."""
        if path == PAGE:
            return _Answer(self._view().encode())
        if path == "/stamp":
            return _Answer(_stamp(self._file).encode(), "text/plain; charset=utf-8")
        if path == "/preview.js":
            return _Answer(_SCRIPT.encode(), "text/javascript; charset=utf-8")
        return self._asset(path)

    def _asset(self, path: str) -> _Answer:
        file = self._files.get(path)
        if file is None:
            return _Answer(_ELSEWHERE.encode(), status=404)
        return _Answer(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream")

    def _view(self) -> str:
        """The page; made only when the file is another than the last time."""
        with self._lock:
            stamp = _stamp(self._file)
            if stamp != self._seen:
                self._page, self._seen = self._made(stamp), stamp
            return self._page

    def _made(self, stamp: str) -> str:
        try:
            source = content(self._file)
        except CannotRunError as reason:
            return _framed(self._file, stamp, Markup("<p>{}</p>").format(reason), self._last_good)
        checked = check(source, self._file.name, self._facts)
        if checked.ok:
            self._last_good = _body(checked, source)
        return _framed(self._file, stamp, _told(checked, source, self._last_good), self._last_good)


def _facts(file: Path) -> Facts:
    """What the checkout around the file knows when the preview begins."""
    return around.facts(file, datetime.now(UTC).date(), around.known([file]))


def _beside() -> Iterator[tuple[str, Path]]:
    """The files that a page may ask for: the site's own, where there is a checkout, and the theme's styles."""
    if registry.__file__:
        assets = Path(registry.__file__).parents[1] / "site" / "docs" / "assets"
        yield from ((f"/assets/{file.relative_to(assets).as_posix()}", file) for file in assets.rglob("*.*"))
    styles = Path(str(files("material"))) / "templates" / "assets" / "stylesheets"
    for name in ("main", "palette"):
        yield from ((f"/assets/theme-{name}.css", file) for file in styles.glob(f"{name}.*.css"))


def _stamp(file: Path) -> str:
    """Another one after each save."""
    try:
        seen = file.stat()
    except OSError:
        return "gone"
    return f"{seen.st_ino}-{seen.st_mtime_ns}-{seen.st_size}"


def _body(checked: Checked, source: bytes) -> str:
    """The page of the template as the site shows it."""
    if checked.template is None:
        return ""
    release = Release(checked.template, checked.data, source, "", "")
    (page,) = template_page.pages(site.shelf(Catalogue((release,))))
    return page.body


def _told(checked: Checked, source: bytes, page: str) -> Markup:
    """The findings as a list, and what the page below it is worth."""
    if not checked.findings:
        return Markup("<p>Nothing to mend.</p>")
    text = checked.document.text if checked.document else source.decode("utf-8", "replace")
    items = Markup().join(_item(finding, line_at(text, finding.place.line)) for finding in checked.findings)
    below = "" if checked.ok else _BEFORE if page else _NO_PAGE
    return Markup("<ol>{}</ol><p>{}</p>").format(items, below)


def _item(finding: Finding, line: str) -> Markup:
    return Markup("<li><strong>{}</strong> line {}, <code>{}</code>: {}<pre>{}</pre></li>").format(
        finding.severity, finding.place.line, finding.rule, inline(finding.message), line.strip()[:200]
    )


def _framed(file: Path, stamp: str, told: Markup, body: str) -> str:
    return _FRAME.format(name=escape(shown(file)), stamp=escape(stamp), told=told, body=body)


_BEFORE = "Below is the page as it was before these errors."
_NO_PAGE = "The page appears when the errors are mended."


_FRAME = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Preview: {name}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/theme-main.css">
<link rel="stylesheet" href="/assets/theme-palette.css">
<link rel="stylesheet" href="/assets/site.css">
<script src="/assets/site.js" defer></script>
<style>#findings pre {{ white-space: pre-wrap; overflow-wrap: anywhere; }}</style>
<script src="/preview.js" data-stamp="{stamp}" defer></script>
</head>
<body data-md-color-scheme="default">
<div>
<main class="content">
<section class="note" aria-label="Findings">
<h2>{name}</h2>
<div id="findings" role="status">{told}</div>
</section>
{body}
</main>
</div>
</body>
</html>
"""


_SCRIPT = """\
"use strict";
const shown = document.currentScript.dataset.stamp;
if (matchMedia("(prefers-color-scheme: dark)").matches) document.body.dataset.mdColorScheme = "slate";
setInterval(async () => {
  try {
    const answer = await fetch("/stamp", { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== shown) location.reload();
  } catch {
    // The preview was stopped; it may be started again.
  }
}, 500);
"""


_ELSEWHERE = (
    "<!doctype html><title>Preview</title><p>A preview is one page: threatshelf serve shows the whole site.</p>"
)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, desk: _Desk) -> None:
        self.desk = desk
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that went away is nobody's fault; anything else is told."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # handed on as it came


class _Handler(BaseHTTPRequestHandler):
    """One request; nothing is ever written."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """The page, its files, and the stamp of the file."""
        if not isinstance(self.server, _Server) or not self._is_ours(self.server.server_address[1]):
            self._send(_Answer(b"Not here.", "text/plain", 421), {})
        elif self.path == "/":
            self._send(_Answer(b"", status=302), {"Location": PAGE})
        else:
            self._send(self.server.desk.answer(self.path.partition("?")[0]), {})

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the terminal is the author's."""

    def _is_ours(self, port: object) -> bool:
        """Whether the request was meant for this machine; a page elsewhere may have its name lead here."""
        return self.headers.get("Host", "") in (f"{HOST}:{port}", f"localhost:{port}")

    def _send(self, answer: _Answer, more: Mapping[str, str]) -> None:
        self.send_response(answer.status)
        headers = {
            "Content-Type": answer.media_type,
            "Content-Length": str(len(answer.body)),
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
            **more,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)


def _bound(port: int, desk: _Desk) -> _Server:
    try:
        return _Server(port, desk)
    except (OSError, OverflowError):
        raise CannotRunError(f"port {port} is taken or not allowed: choose another with --port.") from None
