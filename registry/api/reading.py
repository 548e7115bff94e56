"""A stored file as an answer: headers, 304, ranges, the compressed form; the bytes are those of the tree."""

import base64
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from registry.api import conditional
from registry.api.problems import Problem, ProblemError
from registry.store.catalogue import Blob, StoredFile
from registry.tree import Lifetime

_SHORT = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400"
CACHE_CONTROL = {
    Lifetime.IMMUTABLE: "public, max-age=31536000, immutable",
    Lifetime.RENDERED: _SHORT,
    Lifetime.LATEST: _SHORT,
    Lifetime.WORKING: "no-cache",
}


@dataclass(frozen=True)
class _Form:
    """The bytes to send: as they are, or compressed; `tag` is the opaque part of the ETag."""

    body: bytes
    tag: str
    sha256: str
    encoding: str = ""


def answer(request: Request, file: StoredFile, vary: str = "Accept-Encoding") -> Response:
    """The file as the request asks for it. ProblemError 416 when a range lies outside of it."""
    form = _form(request, file.blob)
    headers = _headers(file, form, vary)
    asked = request.headers
    tags = (file.blob.sha256, f"{file.blob.sha256}-gzip")
    if conditional.is_unchanged(tags, file.modified, asked.get("if-none-match"), asked.get("if-modified-since")):
        return Response(status_code=304, headers=_kept_by_304(headers))
    part = _range(request, form, file)
    body = form.body[part.start : part.end] if part else form.body
    if part:
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{len(form.body)}"
    headers["Content-Length"] = str(len(body))
    sent = b"" if request.method == "HEAD" else body
    return Response(sent, 206 if part else 200, headers, file.media_type)


def _form(request: Request, blob: Blob) -> _Form:
    """A part is always a part of the bytes as they are."""
    plain = "range" in request.headers or not conditional.takes_gzip(request.headers.get("accept-encoding"))
    if plain or blob.gzip is None or blob.gzip_sha256 is None:
        return _Form(blob.body, blob.sha256, blob.sha256)
    return _Form(blob.gzip, f"{blob.sha256}-gzip", blob.gzip_sha256, "gzip")


def _range(request: Request, form: _Form, file: StoredFile) -> conditional.Range | None:
    if request.method != "GET":
        return None
    asked = request.headers
    try:
        return conditional.asked_range(
            asked.get("range"), asked.get("if-range"), form.tag, file.modified, len(form.body)
        )
    except conditional.UnsatisfiableError:
        raise ProblemError(_outside(len(form.body))) from None


def _outside(size: int) -> Problem:
    return Problem(
        416,
        "range-not-satisfiable",
        "The range lies outside of the file",
        f"The file has {size} bytes: ask for a part of those, or leave the Range header out.",
        {"Content-Range": f"bytes */{size}"},
    )


def _headers(file: StoredFile, form: _Form, vary: str) -> dict[str, str]:
    headers = {
        "ETag": f'"{form.tag}"',
        "Last-Modified": conditional.http_date(file.modified),
        "Cache-Control": CACHE_CONTROL[file.lifetime],
        "Vary": vary,
        "Accept-Ranges": "bytes",
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(form.sha256)).decode()}:",
        "Content-Encoding": form.encoding,
        "Content-Disposition": _disposition(file),
        "X-Source-Commit": file.commit,
        "X-Renderer": file.renderer,
    }
    return {name: value for name, value in headers.items() if value}


def _kept_by_304(headers: dict[str, str]) -> dict[str, str]:
    """What a 200 would have said about the file, without what speaks of a body."""
    return {name: value for name, value in headers.items() if name not in ("Content-Encoding", "Content-Disposition")}


def _disposition(file: StoredFile) -> str:
    """A template's file gets its own name for `curl -OJ`; a picture is still shown, not saved, when opened."""
    folder, _, name = file.path.rpartition("/")
    if not folder.startswith("v1/templates") or name in ("versions.json", "SHA256SUMS"):
        return ""
    id_ = folder.removeprefix("v1/templates").strip("/")
    kind = "inline" if file.media_type.startswith("image/") else "attachment"
    return f'{kind}; filename="{f"{id_}-{name}" if id_ else name}"'
