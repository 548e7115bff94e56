"""CWE as it is published: one XML file in a zip. Weaknesses only; categories and views are no weaknesses."""

import io
import zipfile
from collections.abc import Iterator
from typing import Never
from xml.parsers.expat import ExpatError, ParserCreate

from registry.vocabulary.record import FormatError, Json, Official

MOST_BYTES = 200 * 1024 * 1024
"""As much XML as is unpacked, some ten times what is published."""


def read(source: bytes) -> Iterator[Official]:
    """The weaknesses of a file such as `cwec_latest.xml.zip`, or of the XML in it; FormatError for another."""
    catalog: dict[str, str] = {}
    entries: list[Json] = []

    def begin(element: str, attributes: dict[str, str]) -> None:
        if element == "Weakness_Catalog":
            catalog.update(attributes)
        elif element == "Weakness":
            entries.append(_weakness(attributes))

    parser = ParserCreate()
    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.ParseFile(io.BytesIO(_xml(source)))
    except ExpatError:
        raise FormatError("it is no XML") from None
    if not catalog.get("Version") or not entries:
        raise FormatError("it is no catalogue of weaknesses that states its version")
    yield Official("cwe", catalog["Version"], catalog.get("Date", ""), tuple(entries))


def _weakness(attributes: dict[str, str]) -> Json:
    number, name = attributes.get("ID", ""), attributes.get("Name", "").strip()
    if not number.isdecimal() or not name:
        raise FormatError("a weakness has no number or no name")
    entry = {"id": f"CWE-{number}", "name": name}
    return {**entry, "status": "deprecated"} if attributes.get("Status") == "Deprecated" else entry


def _xml(source: bytes) -> bytes:
    if not source.startswith(b"PK"):
        return source
    try:
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            names = [name for name in archive.namelist() if name.endswith(".xml")]
            if len(names) != 1:
                raise FormatError("the zip does not hold exactly one XML file")
            with archive.open(names[0]) as stream:
                unpacked = stream.read(MOST_BYTES + 1)
    except zipfile.BadZipFile:
        raise FormatError("the zip is damaged") from None
    if len(unpacked) > MOST_BYTES:
        raise FormatError("its XML is far larger than what is published")
    return unpacked


def _no_doctype(*_said: object) -> Never:
    """What is published has no document type; one could make a small file grow without bound."""
    raise FormatError("its XML has a document type, which CWE's has not")
