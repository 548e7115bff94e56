"""The application: every route in its order, headers on everything, errors as problems, the site behind it all."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from registry.api import headers, problems, reading
from registry.api.apart import Apart
from registry.api.clients import Buckets
from registry.api.files_first import FilesFirst
from registry.api.kept import Kept
from registry.api.limits import Limits
from registry.api.metrics import Metrics
from registry.api.routes import (
    bundle,
    catalogue,
    check,
    compare,
    files,
    health,
    render,
    search,
    templates,
    threats,
    views,
    webhook,
)
from registry.api.subpath import SubPath
from registry.api.watch import Watch
from registry.api.work import AT_ONCE, Work
from registry.exports.export import Export
from registry.settings import Settings
from registry.store.catalogue import Blob, Store, StoredFile
from registry.store.forms import forms
from registry.tree import Lifetime
from schema.reports.sarif import Tool
from schema.rules import RULES

TITLE = "Threatshelf"
OWN_PATHS = (
    "/v1",
    "/schema/",
    "/.well-known/",
    "/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
    "/webhooks/",
    *files.AT_THE_TOP,
)
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
    """What the application offers: catalogue, formats, check, site; `since` is when it was put together.

    The address of the settings is where rules have their pages.
    """

    settings: Settings
    store: Store
    exports: tuple[Export, ...]
    judge: check.Judge
    understand: compare.Understand
    site: Site | None
    version: str
    since: datetime
    hear: webhook.Hear | None = None


def create(offer: Offer) -> FastAPI:
    """The application. It closes the store when it ends; `state.stopping` makes it say that it is not ready."""
    engine = _Engine(
        Kept(offer.store), _work(offer.settings), bundle.Bundles(offer.store), Metrics(offer.since.timestamp())
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with engine.kept.watching():
            yield
        engine.work.close()
        engine.bundles.close()
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
        servers=[{"url": offer.settings.base_path or "/"}],
    )
    app.state.stopping = False
    problems.install(app)
    _route(app, offer, engine)
    pages = headers.of_pages(offer.site.policy) if offer.site else headers.API
    app.add_middleware(FilesFirst, find=engine.kept.find)
    _wrap(app, offer.settings, engine.metrics, pages)
    return app


@dataclass(frozen=True)
class _Engine:
    """What lives as long as the application."""

    kept: Kept
    work: Work
    bundles: bundle.Bundles
    metrics: Metrics


def _work(settings: Settings) -> Work:
    return Work([Apart(settings.check_seconds, settings.check_megabytes) for _ in range(AT_ONCE)])


def _wrap(app: FastAPI, settings: Settings, metrics: Metrics, pages: Mapping[str, str]) -> None:
    """The layers around every route, the innermost first."""
    app.add_middleware(Limits, buckets=Buckets(settings.posts_per_minute, settings.posts_at_once))
    app.add_middleware(problems.Faults)
    app.add_middleware(headers.Headers, api=OWN_PATHS, pages=pages)
    if settings.base_path:
        app.add_middleware(SubPath, base=settings.base_path)
    app.add_middleware(Watch, metrics=metrics, trusted=settings.trusted_proxies)


def _route(app: FastAPI, offer: Offer, engine: _Engine) -> None:
    work = engine.work
    comparing = compare.Comparing(offer.store, offer.understand, f"threatshelf/{offer.version}")
    read = files.reader(engine.kept.find, offer.exports, comparing, work)
    app.include_router(search.router(offer.store))
    app.include_router(check.router(offer.judge, Tool(offer.version, offer.settings.public_address, RULES), work))
    app.include_router(render.router(offer.judge, offer.exports, work))
    app.include_router(bundle.router(engine.bundles, work))
    app.include_router(compare.router(comparing, work))
    if offer.hear:
        app.include_router(webhook.router(offer.hear, offer.settings.webhook_secrets))
    app.include_router(health.router(offer.store))
    app.include_router(health.counts(offer.store, engine.metrics))
    app.include_router(files.routes(read, catalogue.RESOURCES, "catalogue"))
    app.include_router(files.routes(read, templates.resources(offer.exports), "templates"))
    app.include_router(files.routes(read, threats.RESOURCES, "threats"))
    app.include_router(files.routes(read, views.RESOURCES, "views"))
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
    blob = Blob(hashlib.sha256(body).hexdigest(), body, forms(body))
    modified = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return StoredFile(path, "application/json", Lifetime.LATEST, "", "", modified, blob)


class _Pages(StaticFiles):
    """The site's files; a reader always asks whether they are still the same."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.setdefault("Cache-Control", "no-cache")
        if "location" in response.headers:
            # Relative, since a proxy may have another scheme, name and path than we see.
            response.headers["location"] = scope["path"].rpartition("/")[2] + "/"
        return response
