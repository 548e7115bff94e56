"""What is seen becomes the rows to append: one function per case, each silent when its rows stand already."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from schema.ids import RESTORED, Ledger, Row, State, ThreatId, parse_id, plain


@dataclass(frozen=True)
class Cause:
    """Why rows are appended now: the moment (UTC, `2026-11-20T09:00:00Z`), whose doing it is, in which pull request."""

    at: str
    by: str
    pull_request: int | None = None

    def of(self, pull_request: int | None) -> "Cause":
        """The same doing, for another pull request."""
        return replace(self, pull_request=pull_request)


@dataclass(frozen=True)
class Wish:
    """A threat that wants an id: its subject and its category, on the shelf of a prefix (empty: the public one)."""

    subject: str
    category: str
    prefix: str = ""


@dataclass(frozen=True)
class Standing:
    """A threat that stands on main with its id."""

    subject: str
    id: str
    title: str


@dataclass(frozen=True)
class Withdrawal:
    """The end of a published id: why (one of WITHDRAWALS), the sentence on its tombstone, what follows it or empty."""

    id: str
    reason: str
    sentence: str
    superseded_by: str = ""


def seeded(titles: Mapping[str, str], source: str, cause: Cause) -> tuple[Row, ...]:
    """The first rows of a new ledger: published ids of another catalogue, with their titles."""
    return tuple(
        Row(cause.at, threat_id, State.PUBLISHED, f"{source}:{plain(title)}", by=plain(cause.by), title=plain(title))
        for threat_id, title in titles.items()
    )


def reserved(ledger: Ledger, wishes: Iterable[Wish], cause: Cause) -> tuple[Row, ...]:
    """A reservation for every wish that has no id: its own old number if it has one, else the next of its category."""
    rows: list[Row] = []
    for wish in dict.fromkeys(wishes):
        known = ledger.find(wish.subject, cause.pull_request)
        if known is not None and not _comes_back(ledger, known, wish.subject, cause):
            continue
        row = _row(known or _next(ledger, wish.prefix, wish.category), State.RESERVED, wish.subject, cause)
        ledger = ledger.extended([row])
        rows.append(row)
    return tuple(rows)


def same_as(ledger: Ledger, threat_id: str, subject: str, cause: Cause) -> tuple[Row, ...]:
    """The subject is the same threat as an id in force; its own new number is given up.

    A number that this pull request itself gave up for the subject may be taken back so. No row when the id is not in
    force or the subject is published already.
    """
    binding = (threat_id, subject, cause.pull_request)
    comes_back = _was_given_up(ledger, binding) and ledger.state(threat_id) is State.REJECTED
    in_force = ledger.state(threat_id) in (State.PUBLISHED, State.RESERVED)
    if not (in_force or comes_back) or ledger.published(subject) is not None:
        return ()
    bound = ledger.bindings.get(binding)
    held = bound is not None and bound.state is State.RESERVED
    new = () if held else (_row(threat_id, State.RESERVED, subject, cause),)
    others = (row for row in _reservations(ledger, subject, cause.pull_request) if row.id != threat_id)
    return (*new, *(_given_up(row, "same-as", cause, threat_id) for row in others))


def recategorised(ledger: Ledger, wishes: Iterable[Wish], cause: Cause) -> tuple[Row, ...]:
    """Reservations whose threat has another category by now: a new number in the new one, the old given up.

    Two subjects that shared a number share the new one. A number that was ever published stays.
    """
    rows: list[Row] = []
    renumbered: dict[tuple[str, str], str] = {}
    for wish in dict.fromkeys(wishes):
        for held in _reservations(ledger, wish.subject, cause.pull_request):
            parts = parse_id(held.id)
            if not parts or parts.category == wish.category or ledger.titles(held.id):
                continue
            new = renumbered.setdefault((held.id, wish.category), _next(ledger, parts.prefix, wish.category))
            pair = (
                _given_up(held, "recategorised", cause, new),
                _row(new, State.RESERVED, wish.subject, cause),
            )
            ledger = ledger.extended(pair)
            rows += pair
    return tuple(rows)


def moves(ledger: Ledger, pull_request: int, seen: Mapping[str, str]) -> Mapping[str, str]:
    """The subjects of a pull request that have another name by now, old name to new.

    `seen` holds every threat of its files: subject to the id in the file, empty without one. A subject it holds that is
    gone went where its id stands now, or to its key in the one template that is new.
    """
    held = {row.subject: row.id for row in ledger.held_by(pull_request)}
    places = {threat_id: subject for subject, threat_id in seen.items() if threat_id and subject not in held}
    folder = _new_folder(held, seen)
    found: dict[str, str] = {}
    for subject in (subject for subject in held if subject not in seen):
        beside = f"{folder}/{subject.partition('/')[2]}"
        new = places.get(held[subject]) or (beside if beside in seen else None)
        if new is not None and new not in found.values():
            found[subject] = new
    return found


def renamed(ledger: Ledger, moved: Mapping[str, str], cause: Cause) -> tuple[Row, ...]:
    """Reservations whose subject has another name in the pull request (old name to new): the number goes along."""
    rows: list[Row] = []
    for old, new in moved.items():
        if ledger.published(new) is not None or _reservations(ledger, new, cause.pull_request):
            continue
        for held in _reservations(ledger, old, cause.pull_request):
            rows += (_row(held.id, State.RESERVED, new, cause), _given_up(held, "renamed", cause))
    return tuple(rows)


def closed(ledger: Ledger, standing: Collection[Standing], hidden: Collection[str], cause: Cause) -> tuple[Row, ...]:
    """The reservations of a pull request closed for good, but for what somebody landed on main by hand.

    `hidden` are subjects of which nobody can say whether they stand on main.
    """
    landed = {(threat.id, threat.subject) for threat in standing}
    new_there = {threat.id for threat in standing if ledger.state(threat.id) is not State.PUBLISHED}
    return tuple(
        _given_up(row, "closed", cause)
        for row in ledger.held_by(cause.pull_request)
        if (row.id, row.subject) not in landed and row.id not in new_there and row.subject not in hidden
    )


def dropped(ledger: Ledger, subjects_on_main: Collection[str], cause: Cause) -> tuple[Row, ...]:
    """The reservations of a merged pull request whose subject did not come to main."""
    held = ledger.held_by(cause.pull_request)
    return tuple(_given_up(row, "dropped", cause) for row in held if row.subject not in subjects_on_main)


def published(ledger: Ledger, standing: Iterable[Standing], cause: Cause) -> tuple[Row, ...]:
    """What stands on main with its id and is not published yet, under the binding that reserved it."""
    rows: list[Row] = []
    for threat in dict.fromkeys(standing):
        if ledger.published(threat.subject) is not None or not _may_be_published(ledger, threat):
            continue
        row = replace(
            _row(threat.id, State.PUBLISHED, threat.subject, cause.of(_holder(ledger, threat))),
            title=plain(threat.title) or threat.id,
        )
        ledger = ledger.extended([row])
        rows.append(row)
    return tuple(rows)


def duplicates(ledger: Ledger, cause: Cause) -> tuple[Row, ...]:
    """Numbers that pull requests still hold for subjects that another number was published for."""
    return tuple(
        _given_up(row, "duplicate", cause, other)
        for row in ledger.bindings.values()
        if row.state is State.RESERVED and (other := ledger.published(row.subject)) not in (None, row.id)
    )


def withdrawn(ledger: Ledger, end: Withdrawal, cause: Cause) -> tuple[Row, ...]:
    """The end of a published id; no row for any other."""
    if ledger.state(end.id) is not State.PUBLISHED:
        return ()
    row = _row(end.id, State.WITHDRAWN, "", cause.of(None))
    return (replace(row, reason=end.reason, note=plain(end.sentence), superseded_by=end.superseded_by),)


def found_again(ledger: Ledger, ids: Iterable[str], cause: Cause) -> tuple[Row, ...]:
    """Numbers that comments of a pull request name and a restored ledger lacks: born and given up at once."""
    lost = sorted(filter(None, map(parse_id, set(ids))))
    held = [
        _row(str(threat_id), State.RESERVED, f"{RESTORED}{threat_id}", cause)
        for threat_id in lost
        if ledger.state(str(threat_id)) is None
    ]
    return tuple(row for pair in ((row, _given_up(row, "restored", cause)) for row in held) for row in pair)


def holder(ledger: Ledger, subject: str, merged: Collection[int]) -> int | None:
    """Whose number a subject on main gets: a merged pull request's, else the only reservation's; None: nobody's."""
    landed = (number for number in sorted(merged) if _holds(ledger, subject, number))
    reservations = ledger.reserved_for(subject)
    only = reservations[0].pull_request if len(reservations) == 1 else None
    return next(landed, only)


def settled_id(ledger: Ledger, subject: str, merged: Collection[int]) -> str | None:
    """The id that a threat on main without one gets; None until a number is reserved for it."""
    known = ledger.published(subject) or ledger.succeeding(subject)
    return known or ledger.find(subject, holder(ledger, subject, merged))


def settled(ledger: Ledger, wishes: Iterable[Wish], merged: Collection[int], cause: Cause) -> tuple[Row, ...]:
    """What has to stand in the ledger before threats on main that have no id can be given one."""
    rows: list[Row] = []
    for wish in dict.fromkeys(wishes):
        if ledger.succeeding(wish.subject) is None:
            new = reserved(ledger, [wish], cause.of(holder(ledger, wish.subject, merged)))
            ledger = ledger.extended(new)
            rows += new
    return tuple(rows)


def together(ledger: Ledger, cases: Iterable[Callable[[Ledger], tuple[Row, ...]]]) -> tuple[Row, ...]:
    """The rows of several cases, each seeing the rows of those before it."""
    return tuple(_one_by_one(ledger, cases))


def _one_by_one(ledger: Ledger, cases: Iterable[Callable[[Ledger], tuple[Row, ...]]]) -> Iterator[Row]:
    for case in cases:
        rows = case(ledger)
        if rows:
            ledger = ledger.extended(rows)
            yield from rows


def _row(threat_id: str, state: State, subject: str, cause: Cause) -> Row:
    return Row(cause.at, threat_id, state, subject, cause.pull_request, plain(cause.by))


def _given_up(held: Row, reason: str, cause: Cause, successor: str = "") -> Row:
    row = _row(held.id, State.REJECTED, held.subject, cause.of(held.pull_request))
    return replace(row, reason=reason, superseded_by=successor)


def _next(ledger: Ledger, prefix: str, category: str) -> str:
    return str(ThreatId(prefix, category, ledger.next_number(prefix, category)))


def _comes_back(ledger: Ledger, threat_id: str, subject: str, cause: Cause) -> bool:
    given_up = _was_given_up(ledger, (threat_id, subject, cause.pull_request))
    return given_up and ledger.published(subject) is None


def _was_given_up(ledger: Ledger, binding: tuple[str, str, int | None]) -> bool:
    row = ledger.bindings.get(binding)
    return row is not None and row.state is State.REJECTED


def _reservations(ledger: Ledger, subject: str, pull_request: int | None) -> tuple[Row, ...]:
    return tuple(row for row in ledger.reserved_for(subject) if row.pull_request == pull_request)


def _holds(ledger: Ledger, subject: str, pull_request: int) -> bool:
    bound = any(row.pull_request == pull_request for row in ledger.bound_to(subject))
    return bound and ledger.find(subject, pull_request) is not None


def _new_folder(held: Iterable[str], seen: Iterable[str]) -> str | None:
    """The one template of a pull request that holds no reservation yet; None when there are none or several."""
    known = {subject.partition("/")[0] for subject in held}
    new = {subject.partition("/")[0] for subject in seen} - known
    return new.pop() if len(new) == 1 else None


def _may_be_published(ledger: Ledger, threat: Standing) -> bool:
    """An id in force may stand under any subject on main, a rejected one only under its own."""
    state = ledger.state(threat.id)
    own = any(row.id == threat.id for row in ledger.bound_to(threat.subject))
    return state in (State.PUBLISHED, State.RESERVED) or (state is State.REJECTED and own)


def _holder(ledger: Ledger, threat: Standing) -> int | None:
    """The pull request whose binding of this id to this subject is in force, else the newest; None without one."""
    rows = [row for row in ledger.bound_to(threat.subject) if row.id == threat.id]
    best = max(rows, key=lambda row: (row.state is State.RESERVED, row.seq), default=None)
    return best.pull_request if best else None
