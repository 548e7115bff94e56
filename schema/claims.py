"""What the id in a file claims, seen beside the ledger, the file it is to replace and the pull request."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from schema.facts import Facts
from schema.ids import COMES_BACK, Ledger, Row, State, parse_id, subject_of
from schema.template import Template, Threat


class Claim(Enum):
    """Every threat makes exactly one."""

    NONE = auto()
    """No id, and none is due."""
    UNWRITTEN = auto()
    """No id, but one is reserved or published for it."""
    OWN = auto()
    """An id bound to this very threat."""
    UNKNOWN = auto()
    """Nobody can say without the ledger."""
    UNASSIGNED = auto()
    """An id that was never given, or belongs to nobody who may carry it here."""
    CHANGED = auto()
    """Another id than the base has for this threat."""
    REPEATED = auto()
    """An id that stands on another threat of the file, with better right."""
    MOVED = auto()
    """The id that the base has under a key that is gone."""
    SHARED = auto()
    """The published id of a threat elsewhere."""
    WITHDRAWN = auto()
    """An id whose threat was withdrawn."""


@dataclass(frozen=True)
class Claimed:
    """A threat and what its id claims. `id` is the id it should have, or the one it is about; `key` another's key."""

    threat: Threat
    claim: Claim
    id: str = ""
    key: str = ""


def claims(template: Template, facts: Facts) -> Iterator[Claimed]:
    """What each threat claims, in document order."""
    look = _Look(template, facts)
    return (look.claim(threat) for threat in template.threats)


def subject(template: Template, facts: Facts, threat: Threat) -> str:
    """How the ledger calls the threat."""
    return subject_of(facts.folder or template.id, threat.key)


class _Look:
    """One template beside what is known; each question answers with a claim, or None to ask the next."""

    def __init__(self, template: Template, facts: Facts) -> None:
        self._template = template
        self._facts = facts
        self._base = {threat.key: threat.id for threat in facts.base.threats} if facts.base else {}
        self._owners: dict[str, Threat] = {}
        for threat in sorted(template.threats, key=self._claims_another):
            self._owners.setdefault(threat.id, threat)

    def claim(self, threat: Threat) -> Claimed:
        if not threat.id:
            return self._without_id(threat)
        return (
            self._against_base(threat)
            or self._against_file(threat)
            or self._against_grammar(threat)
            or self._against_ledger(threat)
        )

    def _without_id(self, threat: Threat) -> Claimed:
        ledger = self._facts.ledger
        due = ledger and ledger.find(subject(self._template, self._facts, threat), self._facts.pull_request)
        # A number that was given up is due again only when it is reserved again.
        in_force = due not in self._owners and ledger and due and ledger.state(due) in (State.RESERVED, State.PUBLISHED)
        return Claimed(threat, Claim.UNWRITTEN, due) if due and in_force else Claimed(threat, Claim.NONE)

    def _against_base(self, threat: Threat) -> Claimed | None:
        before = self._base.get(threat.key, "")
        if not before or before == threat.id or not self._holds(before):
            return None
        return Claimed(threat, Claim.CHANGED, before)

    def _holds(self, threat_id: str) -> bool:
        """Whether the base's own id is one to keep."""
        ledger = self._facts.ledger
        return ledger is None or ledger.state(threat_id) in (State.RESERVED, State.PUBLISHED)

    def _against_file(self, threat: Threat) -> Claimed | None:
        owner = self._owners[threat.id]
        return None if owner is threat else Claimed(threat, Claim.REPEATED, threat.id, owner.key)

    def _against_grammar(self, threat: Threat) -> Claimed | None:
        return None if parse_id(threat.id) else Claimed(threat, Claim.UNASSIGNED, threat.id)

    def _against_ledger(self, threat: Threat) -> Claimed:
        ledger = self._facts.ledger
        if ledger is None:
            return self._by_file_alone(threat)
        state = ledger.state(threat.id)
        if state is State.WITHDRAWN:
            return Claimed(threat, Claim.WITHDRAWN, ledger.successor(threat.id) or "")
        if self._is_own(ledger, threat):
            return Claimed(threat, Claim.OWN, threat.id)
        in_force = state in (State.PUBLISHED, State.RESERVED)
        shared = Claim.SHARED if state is State.PUBLISHED else Claim.UNASSIGNED
        return (self._moved(threat) if in_force else None) or Claimed(threat, shared, threat.id)

    def _by_file_alone(self, threat: Threat) -> Claimed:
        known = threat.id in self._facts.vocabularies["known-threats"].entries or self._base.get(threat.key)
        return self._moved(threat) or Claimed(threat, Claim.OWN if known else Claim.UNKNOWN, threat.id)

    def _claims_another(self, threat: Threat) -> bool:
        """Of several threats with one id the one that had it keeps it, else the first."""
        ledger = self._facts.ledger
        return self._base.get(threat.key) != threat.id and not (ledger and self._is_own(ledger, threat))

    def _is_own(self, ledger: Ledger, threat: Threat) -> bool:
        if self._base.get(threat.key) == threat.id and ledger.state(threat.id) is State.PUBLISHED:
            return True
        bound = ledger.bound_to(subject(self._template, self._facts, threat))
        return any(row.id == threat.id and self._may_carry(row) for row in bound)

    def _may_carry(self, row: Row) -> bool:
        """Published, or held by this pull request or by nobody's; outside pull requests, bound in whatever way."""
        ours = self._facts.pull_request
        if ours is None or row.state is State.PUBLISHED:
            return True
        if row.state is State.REJECTED:
            return row.pull_request == ours and row.reason in COMES_BACK
        return row.pull_request in (ours, None)

    def _moved(self, threat: Threat) -> Claimed | None:
        """The base has the id under a key that is gone from the file."""
        there = {other.key for other in self._template.threats}
        gone = (key for key, id_ in self._base.items() if id_ == threat.id and key not in there)
        old = next(gone, "")
        return Claimed(threat, Claim.MOVED, threat.id, old) if old else None
