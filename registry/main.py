"""Puts the parts together: settings, store, check and server."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from registry.api.app import Offer, Site, create
from registry.api.wire import Checked, Finding
from registry.errors import CannotRunError
from registry.publish import kept_ledger, kept_versions, library, renderer
from registry.settings import Settings
from registry.store.catalogue import Store, open_store
from schema import shipped
from schema.check import check
from schema.document import Document, read
from schema.reports.plain import as_json

NAME = "template.yaml"
POLICY = "csp.txt"
"""The file of the built site that holds the Content-Security-Policy of its pages."""


def build_app(settings: Settings) -> FastAPI:
    """The application over the catalogue that the settings name; CannotRunError when it cannot be opened."""
    site = _site(settings.site) if settings.site else None
    store = open_store(settings.database_url)
    return create(
        Offer(
            store=store,
            exports=library().exports,
            judge=partial(judge, store, settings.public_address),
            site=site,
            version=renderer().partition("/")[2],
            since=datetime.now(UTC),
        )
    )


def judge(store: Store, pages: str, source: bytes) -> Checked:
    """What is wrong in a template, seen beside what is published; `pages` is where rules have their pages."""
    template, known = _template_named(source), kept_ledger(store)
    facts = shipped.facts(datetime.now(UTC).date(), published={template: kept_versions(store, template)})
    checked = check(source, NAME, replace(facts, ledger=known.ledger if known else None))
    found = [Finding.model_validate(as_json(finding, pages)) for finding in checked.findings]
    return Checked(ok=checked.ok, findings=found)


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
