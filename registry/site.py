"""The site: hand-written and generated pages put together, built by MkDocs, indexed by Pagefind, ready to be served."""

import base64
import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from registry.backtest import backtest
from registry.catalog import Catalogue
from registry.errors import CannotRunError
from registry.examples import examples
from registry.exports import renderable, svg
from registry.pages import pages
from registry.pages.page import Documented, Page, Shelf
from registry.said import said
from schema import shipped
from schema.rules import RULES

PUBLIC_ADDRESS = "http://127.0.0.1:8000"
POLICY = "csp.txt"
"""Beside the pages: the Content-Security-Policy under which all of them work, one line."""
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def build(shelf: Shelf, out: Path, root: Path, progress: Callable[[str], None]) -> None:
    """Build the site of the shelf into `out`, which is replaced.

    `root` is the checkout with `mkdocs.yml`, `site/`, the examples of the rules and the comments of the reviewer.
    Raises CannotRunError when a page is at fault or the indexer fails; `out` is then as it was.
    """
    shelf = replace(shelf, examples=examples(root), said=said(root))
    if shelf.missing:
        progress(shelf.missing)
    with tempfile.TemporaryDirectory() as folder:
        docs, built = Path(folder, "docs"), Path(folder, "site")
        shutil.copytree(root / "site/docs", docs)
        written = _write(docs, pages(shelf))
        progress(f"building {written} generated pages")
        _mkdocs(root / "mkdocs.yml", docs, built, shelf.address)
        progress("indexing them for the search")
        _pagefind(built)
        (built / POLICY).write_text(policy(built) + "\n", "utf-8")
        _replace(out, built)


def policy(site: Path) -> str:
    """The Content-Security-Policy of a built site: its own files and the very inline scripts of its pages."""
    bodies = {body for page in site.rglob("*.html") for body in _INLINE_SCRIPT.findall(page.read_bytes())}
    hashes = sorted(base64.b64encode(hashlib.sha256(body).digest()).decode() for body in bodies)
    scripts = " ".join(["'self'", "'wasm-unsafe-eval'", *(f"'sha256-{value}'" for value in hashes)])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def shelf(catalogue: Catalogue, checks: tuple[Documented, ...] = (), address: str = PUBLIC_ADDRESS) -> Shelf:
    """What there is to show of a catalogue; `address` is where readers reach the registry."""
    return Shelf(
        catalogue=catalogue,
        vocabularies=shipped.vocabularies(),
        exports=renderable(),
        rules=RULES,
        schema=shipped.template_schema(),
        address=address.rstrip("/"),
        missing=svg.available() or "",
        checks=checks,
        backtest=backtest(),
    )


def _write(docs: Path, found: Iterable[Page]) -> int:
    count = 0
    for page in found:
        file = docs / page.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page.text, "utf-8")
        count += 1
    return count


def _mkdocs(config_file: Path, docs: Path, built: Path, address: str) -> None:
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")  # the theme prints an advertisement otherwise
    from mkdocs.commands.build import build as run  # noqa: PLC0415 - slow to import, and only wanted here
    from mkdocs.config import load_config  # noqa: PLC0415 - likewise
    from mkdocs.exceptions import Abort, MkDocsException  # noqa: PLC0415 - likewise

    faults = _Faults()
    logger = logging.getLogger("mkdocs")
    logger.addHandler(faults)
    try:
        # An address that only this machine knows would lead search engines nowhere.
        public = f"{address}/" if address.startswith("https://") else ""
        run(load_config(str(config_file), docs_dir=str(docs), site_dir=str(built), site_url=public, strict=True))
    except (Abort, MkDocsException) as error:
        said = "; ".join(faults.said) or str(error)
        raise CannotRunError(f"the site cannot be built: {said}") from error
    finally:
        logger.removeHandler(faults)


class _Faults(logging.Handler):
    """What MkDocs complained of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def _pagefind(built: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own folder
        [sys.executable, "-m", "pagefind", "--site", str(built), "--quiet"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotRunError(f"the search index cannot be made: {(done.stderr or done.stdout).strip()}")


def _replace(out: Path, built: Path) -> None:
    """Into place only when everything is there; the folder before goes last."""
    out.parent.mkdir(parents=True, exist_ok=True)
    new, old = out.with_name(out.name + ".new"), out.with_name(out.name + ".old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(built, new)
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)
