"""The hidden line by which the reviewer knows its own comments again; never trusted for who may do what."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass

_LINE = re.compile(r"<!-- threatshelf: (\{[^\n]{0,2000}\}) -->(?:\r?\n|\Z)")


@dataclass(frozen=True)
class Mark:
    """`kind`: review, note, reply or suggestion. `digest`: of the body below. `ledger`: rows when it was written.

    `serial` counts the verdicts, `verdict` names the one; `re` is the comment that a reply answers.
    """

    kind: str
    number: int
    digest: str = ""
    serial: int = 0
    verdict: str = ""
    head: str = ""
    ledger: int = 0
    re: int = 0


def marked(mark: Mark, body: str) -> str:
    """The body under its mark; the digest is filled in."""
    values = {key: value for key, value in asdict(mark).items() if value} | {"digest": fingerprint(body)}
    text = json.dumps(values, sort_keys=True).replace("-", "\\u002d").replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<!-- threatshelf: {text} -->\n{body}"


def read(body: str) -> Mark | None:
    """The mark on top of a comment; None when there is none that we could have written."""
    match = _LINE.match(body)
    try:
        values = json.loads(match[1]) if match else None
    except (ValueError, RecursionError):
        return None
    return _mark(values) if isinstance(values, dict) else None


def fingerprint(text: str) -> str:
    """Half of a sha-256, hexadecimal: enough to tell texts apart; line ends, and what is empty around it, are not."""
    plain = text.replace("\r\n", "\n").strip()
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def digest_now(body: str) -> str:
    """The fingerprint of what stands below the mark now: another than the mark's own where somebody has edited it."""
    return fingerprint(_LINE.sub("", body, count=1))


def _mark(values: dict[str, object]) -> Mark | None:
    blank = asdict(Mark("", 0))
    known = {key: value for key, value in values.items() if key in blank and type(value) is type(blank[key])}
    whole = len(known) == len(values) and "kind" in known and "number" in known
    return Mark(**{**blank, **known}) if whole else None
