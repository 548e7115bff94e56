"""What the checkout around a template knows of it: its folder, what is published of it, the ledger of threat ids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from registry.catalog import LedgerFile
from registry.source import ledger, published
from schema import shipped
from schema.facts import Facts, PublishedVersion


@dataclass(frozen=True)
class Known:
    """What one checkout knows: its ledger, None without one, and by template id what is published."""

    ledger: LedgerFile | None
    published: Mapping[str, tuple[PublishedVersion, ...]]


def checkout(file: Path) -> Path | None:
    """The checkout among whose templates the file stands; None for a file elsewhere."""
    templates = file.absolute().parent.parent
    return templates.parent if templates.name == "templates" else None


def known(files: Iterable[Path]) -> Mapping[Path, Known]:
    """What each checkout around these files knows of them; CannotRunError where its ledger is none."""
    folders: dict[Path, set[str]] = {}
    for file in files:
        root = checkout(file)
        if root is not None:
            folders.setdefault(root, set()).add(file.absolute().parent.name)
    return {root: _known(root, names) for root, names in folders.items()}


def facts(file: Path, today: date, checkouts: Mapping[Path, Known]) -> Facts:
    """The facts that a check of the file needs; its checkout, where it stands in one, has to be among these."""
    root, folder = checkout(file), file.absolute().parent.name
    if root is None:
        return shipped.facts(today)
    here = checkouts[root]
    found = shipped.facts(today, folder=folder, published=here.published)
    return replace(found, ledger=here.ledger.ledger if here.ledger else None)


def _known(root: Path, folders: set[str]) -> Known:
    rows = ledger(root)
    only = next(iter(folders)) if len(folders) == 1 else ""  # the past of many is read in one go
    return Known(rows, published(root, only, rows))
