"""Puts the parts together: settings, store, check and server."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path

from fastapi import FastAPI

from registry.api.app import Offer, Site, create
from registry.api.routes.check import NAME
from registry.api.routes.webhook import Hear
from registry.errors import CannotRunError
from registry.publish import kept_ledger, kept_versions, library, renderer
from registry.settings import Settings
from registry.store.catalogue import Store, open_store, served_store
from schema import shipped
from schema.check import Checked, check
from schema.document import Document, read
from schema.structure import typed
from schema.template import Template, from_data

POLICY = "csp.txt"
"""The file of the built site that holds the Content-Security-Policy of its pages."""


def build_app(settings: Settings, hear: Hear | None = None) -> FastAPI:
    """The application over the catalogue that the settings name; CannotRunError when it cannot be opened.

    `hear` takes what webhooks deliver; without it there is no such address.
    """
    site = _site(settings.site) if settings.site else None
    store = served_store(settings.database_url)
    return create(
        Offer(
            settings=settings,
            store=store,
            exports=library().exports,
            judge=partial(judge_at, settings.database_url),
            understand=understand,
            site=site,
            version=renderer().partition("/")[2],
            since=datetime.now(UTC),
            hear=hear,
        )
    )


def judge_at(database_url: str, source: bytes) -> Checked:
    """The same as `judge`, for a process that holds nothing yet: the catalogue is opened once in each."""
    return judge(_opened(database_url), source)


@lru_cache(maxsize=1)
def _opened(database_url: str) -> Store:
    return open_store(database_url)


def judge(store: Store, source: bytes) -> Checked:
    """What is wrong in a template, seen beside what is published."""
    template, known = _template_named(source), kept_ledger(store)
    facts = shipped.facts(datetime.now(UTC).date(), published={template: kept_versions(store, template)})
    return check(source, NAME, replace(facts, ledger=known.ledger if known else None))


def understand(source: bytes) -> Template:
    """The template that published bytes are; CannotRunError when this software cannot read it."""
    document = read(source, NAME)
    if not isinstance(document, Document):
        raise CannotRunError("a published template cannot be read by this Threatshelf.")
    return from_data(typed(document, shipped.template_schema()))


def _template_named(source: bytes) -> str:
    """The id that the file gives itself; empty when it is none that a template can have."""
    document = read(source, NAME)
    named = document.data.get("id") if isinstance(document, Document) and isinstance(document.data, dict) else None
    return named if isinstance(named, str) and _ID.fullmatch(named) else ""


_ID = re.compile(r"[a-z][a-z0-9-]{0,63}")


def _site(folder: Path) -> Site:
    try:
        return Site(folder, folder.joinpath(POLICY).read_text(encoding="utf-8").strip())
    except OSError as error:
        raise CannotRunError(f"{folder} holds no built site ({error.strerror}): run threatshelf site.") from error
