"""Puts the parts together: settings, store, check and server."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from registry.api.app import Offer, Site, create
from registry.api.wire import Checked, Finding
from registry.errors import CannotRunError
from registry.life import published_versions
from registry.publish import kept, library, renderer
from registry.settings import Settings
from registry.store.catalogue import Store, open_store
from schema import report, shipped
from schema.check import check

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
    facts = shipped.facts(datetime.now(UTC).date())
    checked = check(source, NAME, facts)
    releases = kept(store, facts, checked.template.id) if checked.template else ()
    if releases:
        facts = replace(facts, published={releases[0].id: published_versions(releases)})
        checked = check(source, NAME, facts)
    found = [Finding.model_validate(report.as_json(finding, pages)) for finding in checked.findings]
    return Checked(ok=checked.ok, findings=found)


def _site(folder: Path) -> Site:
    try:
        return Site(folder, folder.joinpath(POLICY).read_text(encoding="utf-8").strip())
    except OSError as error:
        raise CannotRunError(f"{folder} holds no built site ({error.strerror}): run threatshelf site.") from error
