"""Blast radius: what falls when one element is held or steered, step by step, and what the picture stands on."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from schema import diagram, reach, reach_places
from schema.reach import Passage, Reading, Trodden
from schema.reach_places import Door
from schema.template import Asset, Element, Template


class Power(StrEnum):
    """Over an element: full control of it, or it acts on what the attacker sends."""

    HOLD = "hold"
    STEER = "steer"


@dataclass(frozen=True)
class Step:
    """One thing that falls: its key, how many hops away, from which element, on which flow (if any), and why."""

    key: str
    hops: int
    by: str = ""
    flow: str = ""
    because: str = ""


@dataclass(frozen=True)
class Blast:
    """Everything in reach, each list nearest first. `steered` leaves out what is held.

    `seen` and `altered` name assets, `ways_out` externals, `worst_actions` worst actions; `stands_on` names the weak
    zones around what is held and the supplied elements whose check has to hold for the picture to be true.
    """

    held: tuple[Step, ...]
    steered: tuple[Step, ...]
    seen: tuple[Step, ...]
    altered: tuple[Step, ...]
    stands_on: tuple[Step, ...]
    ways_out: tuple[Step, ...]
    abilities: tuple[str, ...]
    worst_actions: tuple[Step, ...]


def blast(template: Template, element: str, start: Power, reading: Reading) -> Blast:
    """What falls with this element; KeyError when the diagram has none of that key."""
    walk = _Walk(template, _ground(template, reading))
    begin = Step(element, 0, because="here it starts")
    power = Power.HOLD if _obeys(template.elements[element]) else start
    _take(walk, power, begin)
    return _followed(walk)


def blast_of_strangers(template: Template, reading: Reading) -> Blast:
    """What falls when every source of untrusted data steers at once."""
    walk = _Walk(template, _ground(template, reading))
    for element in reach.elements(template):
        if reach.is_stranger(template, element.key):
            _take(walk, Power.STEER, Step(element.key, 0, because="nobody vouches for it"))
    for passage in walk.ground.unstopped:
        for sender in reach.begins(template, passage):
            _along(walk, Step(sender, 0), passage)
    return _followed(walk)


@dataclass(frozen=True)
class _Ground:
    """What does not change while one walks."""

    unstopped: tuple[Passage, ...]
    out: Mapping[str, tuple[Passage, ...]]
    into: Mapping[str, tuple[Passage, ...]]
    place: Mapping[str, str]
    doors: Mapping[str, tuple[Door, ...]]


@dataclass
class _Walk:
    """How far the walk has come."""

    template: Template
    ground: _Ground
    steps: dict[tuple[str, Power], Step] = field(default_factory=dict)
    ways_out: dict[str, Step] = field(default_factory=dict)
    seen: dict[str, Step] = field(default_factory=dict)
    trodden: Trodden = field(default_factory=Trodden)
    due: "deque[tuple[str, Power]]" = field(default_factory=deque)


def _ground(template: Template, reading: Reading) -> _Ground:
    everything, unstopped = reach.passages(template), reach.open_passages(template, reading)
    into: dict[str, list[Passage]] = {}
    for passage in everything:
        for receiver in passage.receivers:
            into.setdefault(receiver, []).append(passage)
    place = reach_places.places(template) if reach.is_followed(template) else {}
    return _Ground(
        unstopped=unstopped,
        out=reach.leaving(unstopped),
        into={key: tuple(found) for key, found in into.items()},
        place=place,
        doors=reach_places.doors(template, unstopped, place),
    )


def _obeys(element: Element) -> bool:
    """Whether the element runs what it is told: whoever steers it holds it."""
    return element.kind != "external" and "exec" in element.abilities


def _take(walk: _Walk, power: Power, step: Step) -> None:
    """The element falls, unless it has already."""
    if (step.key, Power.HOLD) in walk.steps or (step.key, power) in walk.steps:
        return
    walk.steps[step.key, power] = step
    walk.due.append((step.key, power))


def _told(walk: _Walk, step: Step) -> None:
    """Words reach an element: it is steered, or they leave the system."""
    if reach.passes_on(walk.template.elements[step.key]):
        _take(walk, Power.STEER, step)
    else:
        walk.ways_out.setdefault(step.key, step)


def _ordered(walk: _Walk, step: Step) -> None:
    """Words reach an element as something to do, which is more than an answer to what it asked."""
    if _obeys(walk.template.elements[step.key]):
        _take(walk, Power.HOLD, replace(step, because=f"{step.because}, and it runs what it is told"))
    else:
        _told(walk, step)


def _followed(walk: _Walk) -> Blast:
    while walk.due:
        key, power = walk.due.popleft()
        element, step = walk.template.elements[key], walk.steps[key, power]
        if power is Power.HOLD:
            _hold(walk, element, step)
        _steer(walk, element, power)
    return _summed(walk)


def _hold(walk: _Walk, element: Element, step: Step) -> None:
    for other in reach.elements(walk.template):
        if other.kind != "external" and element.runs_as and other.runs_as == element.runs_as:
            _same_identity(walk, element, other, step)
        if element.kind == "external" and other.supplier == element.key and not _is_checked(other):
            why = f"`{element.key}` supplies it and nothing checks what arrives"
            _take(walk, Power.HOLD, Step(other.key, step.hops + 1, element.key, because=why))
    for asset, why in _sights(walk, element):
        walk.seen.setdefault(asset.key, Step(asset.key, step.hops, element.key, because=why))
        if asset.kind == "secret":
            _unlock(walk, asset, step)


def _same_identity(walk: _Walk, element: Element, other: Element, step: Step) -> None:
    place = walk.ground.place
    if place and place.get(element.key) == place.get(other.key):
        why = f"runs as `{element.runs_as}` where `{element.key}` does"
        _take(walk, Power.HOLD, Step(other.key, step.hops + 1, element.key, because=why))


def _is_checked(element: Element) -> bool:
    return element.integrity_check.casefold() not in ("", "none")


def _sights(walk: _Walk, element: Element) -> Iterator[tuple[Asset, str]]:
    """The assets that whoever holds the element sees: in it, on what reaches it, in stores that send to it."""
    into = walk.ground.into.get(element.key, ())
    flows = {key: passage.flow.key for passage in reversed(into) for key in passage.flow.assets}
    stores = {key: None for passage in into for key in passage.senders if _is_store(walk.template, key)}
    for asset in walk.template.assets:
        if element.key in asset.held_in:
            yield asset, f"held in `{element.key}`"
        elif asset.key in flows:
            yield asset, f"`{flows[asset.key]}` brings it to `{element.key}`"
        elif store := next((key for key in asset.held_in if key in stores), ""):
            yield asset, f"held in `{store}`, which sends to `{element.key}`"


def _is_store(template: Template, key: str) -> bool:
    return template.elements[key].kind == "store"


def _unlock(walk: _Walk, asset: Asset, step: Step) -> None:
    for key in asset.opens:
        if key in walk.template.elements:
            _ordered(walk, Step(key, step.hops + 1, step.key, because=f"`{asset.key}` opens it"))


def _steer(walk: _Walk, element: Element, power: Power) -> None:
    step = walk.steps[element.key, power]
    for passage in walk.ground.out.get(element.key, ()):
        _along(walk, step, passage)
    if power is Power.HOLD or step.hops == 0 or element.kind == "process":  # a steered store or model opens nothing
        for door in walk.ground.doors.get(walk.ground.place.get(element.key, ""), ()):
            _through(walk, step, door)


def _along(walk: _Walk, step: Step, passage: Passage) -> None:
    flow = passage.flow.key
    for key in walk.trodden.fresh(passage, step.key, passage.receivers):
        if not passage.reply:
            _ordered(walk, Step(key, step.hops + 1, step.key, flow, f"`{step.key}` sends it `{flow}`"))
            continue
        answer = Step(key, step.hops + 1, step.key, flow, f"`{step.key}` answers it on `{flow}`")
        listen = _ordered if walk.template.elements[key].role == "agent" else _told
        listen(walk, answer)


def _through(walk: _Walk, step: Step, door: Door) -> None:
    flow = door.passage.flow.key
    for key in walk.trodden.fresh(door, step.key, door.receivers):
        why = f"`{flow}` asks nobody who is there, and `{step.key}` stands where it begins"
        _ordered(walk, Step(key, step.hops + 1, step.key, flow, why))


def _summed(walk: _Walk) -> Blast:
    steps, template = walk.steps, walk.template
    held = {key: step for (key, power), step in steps.items() if power is Power.HOLD}
    steered = {key: step for (key, _), step in steps.items() if key not in held}
    fallen = {**steered, **held}
    does = dict.fromkeys(a for e in reach.elements(template) if e.key in fallen for a in e.abilities)
    return Blast(
        held=_nearest(held.values()),
        steered=_nearest(steered.values()),
        seen=_nearest(walk.seen.values()),
        altered=_nearest(_altered(template, held, steered)),
        stands_on=_nearest(_stands_on(template, held)),
        ways_out=_nearest(walk.ways_out.values()),
        abilities=tuple(does),
        worst_actions=_nearest(_in_reach(template, fallen)),
    )


def _nearest(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: step.hops))


def _altered(template: Template, held: Mapping[str, Step], steered: Mapping[str, Step]) -> Iterator[Step]:
    writable = {**{key: step for key, step in steered.items() if _is_store(template, key)}, **held}
    for asset in template.assets:
        at = _first(writable, asset.held_in)
        if at is not None:
            yield Step(asset.key, at.hops, at.key, because=f"held in `{at.key}`")


def _stands_on(template: Template, held: Mapping[str, Step]) -> Iterator[Step]:
    around: dict[str, Step] = {}
    for key, step in held.items():
        for zone in diagram.zones_around(template, key):
            around.setdefault(zone, step)
    for zone, step in around.items():
        if template.zones[zone].strength == "weak":
            yield Step(
                zone, step.hops, step.key, because=template.zones[zone].enforced_by or "an edge of strength weak"
            )
    yield from _checks(template, held)


def _checks(template: Template, held: Mapping[str, Step]) -> Iterator[Step]:
    for element in reach.elements(template):
        supplier = held.get(element.supplier)
        if supplier is not None and diagram.is_external(template, supplier.key) and _is_checked(element):
            yield Step(element.key, supplier.hops, supplier.key, because=element.integrity_check)


def _in_reach(template: Template, fallen: Mapping[str, Step]) -> Iterator[Step]:
    for worst in template.worst_actions:
        at = _first(fallen, worst.through)
        if at is not None:
            yield Step(worst.key, at.hops, at.key, at.flow, f"`{at.key}` carries it out")


def _first(steps: Mapping[str, Step], keys: Iterable[str]) -> Step | None:
    """The nearest of these that fell."""
    return min((steps[key] for key in keys if key in steps), key=lambda step: step.hops, default=None)
