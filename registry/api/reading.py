"""A stored file as an answer: headers, 304, ranges, the compressed form; the bytes are those of the tree."""

import base64
import re
from dataclasses import dataclass
from urllib.parse import quote

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
    """The file as the request asks for it. ProblemError 412 when it is another one by now, 416 for a range outside."""
    form = _form(request, file.blob)
    headers = _headers(file, form, vary)
    asked, tags = request.headers, _tags(file.blob, form)
    if conditional.is_other(tags, file.modified, asked.get("if-match"), asked.get("if-unmodified-since")):
        raise ProblemError(_OTHER)
    held = conditional.held(tags, file.modified, asked.get("if-none-match"), asked.get("if-modified-since"))
    if held:
        return Response(status_code=304, headers=_kept_by_304(headers, held))
    part = _range(request, form, file)
    body = form.body[part.start : part.end] if part else form.body
    if part:
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{len(form.body)}"
    headers["Content-Length"] = str(len(body))
    sent = b"" if request.method == "HEAD" else body
    return Response(sent, 206 if part else 200, headers, file.media_type)


def _form(request: Request, blob: Blob) -> _Form:
    """A part is always a part of the bytes as they are."""
    made = {} if "range" in request.headers else {form.encoding: form for form in blob.forms}
    found = made.get(conditional.encoding(request.headers.get("accept-encoding"), tuple(made)))
    if found is None:
        return _Form(blob.body, blob.sha256, blob.sha256)
    return _Form(found.body, f"{blob.sha256}-{found.encoding}", found.sha256, found.encoding)


def _tags(blob: Blob, form: _Form) -> tuple[str, ...]:
    """The tag of the form to be sent, then those of the others: every one of them stands for the same file."""
    return tuple(dict.fromkeys((form.tag, blob.sha256, *(f"{blob.sha256}-{other.encoding}" for other in blob.forms))))


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


_OTHER = Problem(
    412,
    "precondition-failed",
    "The file is another one by now",
    "If-Match or If-Unmodified-Since asks for an older one: leave it out to get what stands there now.",
)


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
        "X-Withdrawn": quote(file.withdrawn, safe=_PLAIN),
        "Link": _successor(file),
    }
    return {name: value for name, value in headers.items() if value}


_PLAIN = "".join(map(chr, range(32, 127))).replace("%", "")
"""Characters that a header can hold; others, and `%`, are written in hexadecimal."""


def _successor(file: StoredFile) -> str:
    """Where the version stands that is to be taken instead (RFC 5829), relative to this one."""
    format_ = re.sub(r"^[0-9]+\.[0-9]+\.[0-9]+\.", "", file.path.rpartition("/")[2])
    return f'<{file.successor}.{format_}>; rel="successor-version"' if file.successor else ""


def _kept_by_304(headers: dict[str, str], tag: str) -> dict[str, str]:
    """What a 200 would have said about the form the reader has, without what speaks of a body."""
    about_a_body = ("Content-Encoding", "Content-Disposition", "Repr-Digest")
    kept = {name: value for name, value in headers.items() if name not in about_a_body}
    return {**kept, "ETag": f'"{tag}"'}


def _disposition(file: StoredFile) -> str:
    """A template's file gets its own name for `curl -OJ`; pictures and pages are shown when opened, not saved."""
    folder, _, name = file.path.rpartition("/")
    if not folder.startswith("v1/templates") or name.startswith(("versions.json", "SHA256SUMS")):
        return ""
    id_ = folder.removeprefix("v1/templates").strip("/")
    kind = "inline" if file.media_type.startswith(("image/", "text/html")) else "attachment"
    return f'{kind}; filename="{f"{id_}-{name}" if id_ else name}"'
