"""The application: every route in its order, headers on everything, errors as problems, the site behind it all."""

import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from registry.api import headers, problems, reading
from registry.api.routes import catalogue, check, files, health, search, templates, threats
from registry.exports.export import Export
from registry.store.catalogue import Blob, Store, StoredFile
from registry.tree import Lifetime

TITLE = "Threatshelf"
OWN_PATHS = ("/v1", "/schema/", "/.well-known/", "/openapi.json", "/healthz", "/readyz")
_ABOUT = """Vetted threat-model templates for AI-agent deployments.

Every address for reading is a file: the same tree can be had from any mirror, byte for byte. ETags are strong and hold
the sha-256 of the file's bytes. Addresses inside files are relative to the file's own place.

Limits: a template of 1 MiB to check; 1,000 characters and 100 hits a page to search.
"""


@dataclass(frozen=True)
class Site:
    """The built site and the Content-Security-Policy its pages need."""

    folder: Path
    policy: str


@dataclass(frozen=True)
class Offer:
    """What the application offers: catalogue, formats, check, site; `since` is when it was put together."""

    store: Store
    exports: tuple[Export, ...]
    judge: check.Judge
    site: Site | None
    version: str
    since: datetime


def create(offer: Offer) -> FastAPI:
    """The application. It closes the store when it ends."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        offer.store.close()

    # Its own pages of documentation load scripts from elsewhere: they are off, the document itself is served below.
    app = FastAPI(
        title=TITLE,
        version=offer.version,
        description=_ABOUT,
        lifespan=lifespan,
        openapi_url=None,
        redirect_slashes=False,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    problems.install(app)
    _route(app, offer)
    pages = headers.of_pages(offer.site.policy) if offer.site else headers.API
    app.add_middleware(problems.Faults)
    app.add_middleware(headers.Headers, api=OWN_PATHS, pages=pages)
    return app


def _route(app: FastAPI, offer: Offer) -> None:
    read = files.reader(offer.store, offer.exports)
    app.include_router(search.router(offer.store))
    app.include_router(check.router(offer.judge))
    app.include_router(health.router(offer.store))
    app.include_router(files.routes(read, catalogue.RESOURCES, "catalogue"))
    app.include_router(files.routes(read, templates.resources(offer.exports), "templates"))
    app.include_router(files.routes(read, threats.RESOURCES, "threats"))
    app.include_router(files.everything_else(read))
    _document(app, offer.since)
    if offer.site:
        app.mount("/", _Pages(directory=offer.site.folder, html=True))


def _document(app: FastAPI, since: datetime) -> None:
    """/openapi.json, served like any other file."""
    made: list[StoredFile] = []

    async def openapi(request: Request) -> Response:
        if not made:
            body = json.dumps(app.openapi(), ensure_ascii=False, indent=2).encode()
            made.append(_file("openapi.json", body, since))
        return reading.answer(request, made[0])

    app.add_api_route("/openapi.json", openapi, methods=["GET", "HEAD"], include_in_schema=False)


def _file(path: str, body: bytes, since: datetime) -> StoredFile:
    short = gzip.compress(body, mtime=0)
    blob = Blob(hashlib.sha256(body).hexdigest(), body, short, hashlib.sha256(short).hexdigest())
    modified = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return StoredFile(path, "application/json", Lifetime.LATEST, "", "", modified, blob)


class _Pages(StaticFiles):
    """The site's files; a reader always asks whether they are still the same."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.setdefault("Cache-Control", "no-cache")
        return response
