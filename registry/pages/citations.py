"""What an id points at: names and addresses of techniques, weaknesses, incidents and a template's own references."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from schema.facts import Vocabularies
from schema.template import Source


@dataclass(frozen=True)
class Citation:
    """An id with the name it has in its vocabulary, and where to read it; both may be empty."""

    id: str
    name: str = ""
    url: str = ""


def mapping(id_: str, vocabularies: Vocabularies) -> Citation:
    """An entry of `maps_to`: the form of the id names its vocabulary."""
    for pattern, cite in _MAPPINGS:
        if re.fullmatch(pattern, id_):
            return cite(id_, vocabularies)
    return Citation(id_)


def evidence(text: str, references: tuple[Source, ...], vocabularies: Vocabularies) -> Citation:
    """An entry of `evidence`: an incident, an address, or the key of a reference with a place in it."""
    for pattern, address in _PUBLIC:
        found = re.fullmatch(pattern, text)
        if found:
            return Citation(text, _incident(text, vocabularies), address.format(found[1]))
    return _reference(text, references)


def _reference(text: str, references: tuple[Source, ...]) -> Citation:
    known = {source.key: source for source in references}
    source = known.get(text) or known.get(text.partition(":")[0])
    return Citation(text, source.title, source.url) if source else Citation(text)


def _incident(id_: str, vocabularies: Vocabularies) -> str:
    study = vocabularies["atlas-case-studies"].entries.get(id_, {}).get("name", "")
    return str(study or vocabularies["incidents"].entries.get(id_, {}).get("summary", ""))


def _atlas(id_: str, vocabularies: Vocabularies) -> Citation:
    return _listed(id_, vocabularies["atlas"].entries, f"https://atlas.mitre.org/techniques/{id_}")


def _attack(id_: str, vocabularies: Vocabularies) -> Citation:
    return _listed(id_, vocabularies["attack"].entries, f"https://attack.mitre.org/techniques/{id_.replace('.', '/')}/")


def _llm(id_: str, vocabularies: Vocabularies) -> Citation:
    return _listed(id_, vocabularies["owasp-llm"].entries, str(vocabularies["owasp-llm"].raw["source"]))


def _agentic(id_: str, vocabularies: Vocabularies) -> Citation:
    lists: Mapping[str, Any] = {entry["prefix"]: entry for entry in vocabularies["owasp-agentic"].raw["lists"]}
    prefix = id_.rstrip("0123456789")
    return _listed(id_, vocabularies["owasp-agentic"].entries, str(lists.get(prefix, {}).get("url", "")))


def _cwe(id_: str, vocabularies: Vocabularies) -> Citation:
    number = id_.removeprefix("CWE-")
    return _listed(id_, vocabularies["cwe"].entries, f"https://cwe.mitre.org/data/definitions/{number}.html")


def _capec(id_: str, _vocabularies: Vocabularies) -> Citation:
    return Citation(id_, "", f"https://capec.mitre.org/data/definitions/{id_.removeprefix('CAPEC-')}.html")


def _listed(id_: str, entries: Mapping[str, Mapping[str, Any]], url: str) -> Citation:
    return Citation(id_, str(entries.get(id_, {}).get("name", "")), url)


_Cite = Callable[[str, Vocabularies], Citation]
_MAPPINGS: tuple[tuple[str, _Cite], ...] = (
    (r"AML\.T[0-9]{4}(\.[0-9]{3})?", _atlas),
    (r"T[0-9]{4}(\.[0-9]{3})?", _attack),
    (r"LLM[0-9]{2}(:[0-9]{4})?", _llm),
    (r"(ASI|T)[0-9]{1,2}", _agentic),
    (r"CWE-[0-9]+", _cwe),
    (r"CAPEC-[0-9]+", _capec),
)
_PUBLIC = (
    (r"(CVE-[0-9]{4}-[0-9]+)", "https://www.cve.org/CVERecord?id={}"),
    (r"(GHSA(?:-[0-9a-z]{4}){3})", "https://github.com/advisories/{}"),
    (r"(AML\.CS[0-9]{4})", "https://atlas.mitre.org/studies/{}"),
    (r"arXiv:([0-9]{4}\.[0-9]{4,5}(?:v[0-9]+)?)", "https://arxiv.org/abs/{}"),
    (r"(https://\S+)", "{}"),
)
