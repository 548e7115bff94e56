"""What happened to the catalogue as an Atom feed (RFC 4287), for readers of news."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from itertools import islice

from registry.views.changes import Event, Kind, difference

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
ENTRIES = 100
_ATOM = "http://www.w3.org/2005/Atom"
_EPOCH = "1970-01-01T00:00:00Z"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, however they are written."""
_WORDS = {Kind.PUBLISHED: "published", Kind.WITHDRAWN: "withdrawn", Kind.THREAT_WITHDRAWN: "withdrawn"}


def atom(events: Sequence[Event]) -> bytes:
    """`/feed.atom`: UTF-8 XML. Its addresses are relative to its own place; ids are for ever."""
    feed = ET.Element("feed", xmlns=_ATOM)
    _text(feed, "id", "urn:threatshelf:changes")
    _text(feed, "title", "Threatshelf: what is new")
    _text(feed, "updated", events[0].at if events else _EPOCH)
    _text(ET.SubElement(feed, "author"), "name", "Threatshelf")
    ET.SubElement(feed, "link", rel="self", type="application/atom+xml", href="feed.atom")
    ET.SubElement(feed, "link", rel="alternate", type="application/json", href="v1/changes.json")
    for event in islice(events, ENTRIES):
        _entry(feed, event)
    ET.indent(feed)
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True)) + b"\n"


def _entry(feed: ET.Element, event: Event) -> None:
    entry = ET.SubElement(feed, "entry")
    _text(entry, "id", ":".join(part for part in ("urn:threatshelf", event.kind, event.about, event.version) if part))
    _text(entry, "title", f"{event.title or event.about} {event.version}".rstrip() + f" {_WORDS[event.kind]}")
    _text(entry, "updated", event.at)
    _text(entry, "published", event.at)
    ET.SubElement(entry, "category", term=event.kind)
    for relation, media_type, href in _links(event):
        ET.SubElement(entry, "link", rel=relation, type=media_type, href=href)
    _text(entry, "summary", event.text or event.title or event.about)


def _links(event: Event) -> Iterator[tuple[str, str, str]]:
    if event.kind is Kind.THREAT_WITHDRAWN:
        yield "alternate", "application/json", f"v1/threats/{event.about}.json"
        return
    yield "alternate", "text/html", f"v1/templates/{event.about}/{event.version}.html"
    yield "related", "application/yaml", f"v1/templates/{event.about}/{event.version}.yaml"
    changed = difference(event)
    if changed:
        yield "related", "text/markdown", f"v1/{changed.removesuffix('.json')}.md"


def _text(parent: ET.Element, name: str, content: str) -> None:
    ET.SubElement(parent, name).text = _NO_XML.sub("", content).strip()
