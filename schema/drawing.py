"""The diagram as text that others draw: Graphviz DOT for levels 0 and 1, Mermaid for pages that render it."""

import html
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice

from schema import diagram
from schema.diagram import Arrow, Direction
from schema.reach import is_stranger
from schema.template import Element, Flow, Template, Zone

FONT = "DejaVu Sans"
INK, MUTED, PAPER = "#1b2733", "#52606d", "#ffffff"
DANGER = "#b3261e"
"""Untrusted content; drawn dashed and with a filled number as well, since colour alone tells nobody enough."""
TRUST = {
    "untrusted": ("#b3261e", "#fdf6f5"),
    "low": ("#9a5b00", "#fdf9f0"),
    "medium": ("#2563a8", "#f5f9fd"),
    "high": ("#2c6e49", "#f4faf6"),
}
"""Line and ground of a zone, by how far it is believed."""
LEGEND = (
    "ellipse: process · two lines: data store · rectangle: external entity · dashed frame: trust zone, its edge a "
    "trust boundary",
    "filled arrowhead: the way the data goes · open arrowhead: the reply on the same flow · red, dashed, number "
    "filled: untrusted content · dotted: supplies the software",
)
MOST_ARROWS = 600
"""Lists of senders and receivers multiply; a picture with more arrows takes minutes to draw and nobody can read it."""
_NAME, _CAPTION = 17, 46
"""Characters to a line in an element and in the caption of a zone."""
_LEFT = '<BR ALIGN="LEFT"/>'
_AIR = "\N{NO-BREAK SPACE}" * 3
"""Behind a caption: in another font it may be a little wider than measured."""
_UNPRINTABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class _Names:
    """Ids already given: the second flow between other ends, or a key used twice, gets a number behind a dot."""

    given: dict[str, int] = field(default_factory=dict)

    def take(self, wanted: str) -> str:
        self.given[wanted] = self.given.get(wanted, 0) + 1
        times = self.given[wanted]
        return wanted if times == 1 else f"{wanted}.{times}"


def flow_numbers(template: Template) -> Mapping[int, Flow]:
    """The number each flow carries in the picture and in the table under it, counted from 1 in document order."""
    return dict(enumerate(template.diagram.flows, start=1))


def is_untrusted(template: Template, flow: Flow) -> bool:
    """Whether content that nobody vouches for begins on the flow or on its reply (taint, rule 1 of the contract)."""
    stranger = any(is_stranger(template, key) for key in flow.senders)
    begins = stranger if flow.untrusted is None else flow.untrusted
    replies = bool(flow.returns) and any(is_stranger(template, key) for key in flow.receivers)
    return begins or replies


def dot_level_one(template: Template) -> str:
    """Graphviz DOT of the level-1 diagram that stands alone: under it what each numbered flow carries, and a legend.

    In the picture an element has the id `el-<key>`, a flow `fl-<key>` (`.2`, `.3` behind it when a list means several),
    a zone `zo-<key>`; each links to `#element-<key>`, `#flow-<key>`, `#zone-<key>`. Elements stand from left to right
    in document order as far as the flows allow: a flow to an element written earlier runs back. Nothing is written on
    the flows, so that the picture is compact: the renderer sets `flow_marks` on them.
    """
    return _level_one(template, [*_key(template), *map(_text, LEGEND)])


def dot_level_one_bare(template: Template) -> str:
    """The same diagram without anything under it, for a page that has the table of flows beside it."""
    return _level_one(template, [])


@dataclass(frozen=True)
class FlowMark:
    """What stands on an arrow that says nothing else: the flow's number, and whether it carries untrusted content."""

    number: int
    untrusted: bool


def flow_marks(template: Template) -> Mapping[str, FlowMark]:
    """The mark of every arrow of level 1, by the arrow's id in the picture."""
    ids = _Names()
    arrows = _arrows(template, _nodes(template))
    return {ids.take(f"fl-{arrow.flow.key}"): FlowMark(arrow.number, arrow.untrusted) for arrow in arrows}


def _level_one(template: Template, foot: list[str]) -> str:
    ids = _Names()
    nodes = _nodes(template)
    under = [*foot, *_cut(template)]
    label = f"label=<{_stack(under)}>" if under else ""
    lines = [_head(f"ranksep=0.5 nodesep=0.2 {label}")]
    lines += _zones(template, nodes, ids)
    lines += (_edge(arrow, ids) for arrow in _arrows(template, nodes))
    lines += _supplies(template, nodes)
    return "\n".join([*lines, "}", ""])


def _cut(template: Template) -> list[str]:
    """What to say when not everything is drawn."""
    arrows = sum(len(flow.senders) * len(flow.receivers) for flow in template.diagram.flows)
    return [f"{arrows - MOST_ARROWS} of {arrows} arrows are left out."] if arrows > MOST_ARROWS else []


def _key(template: Template) -> list[str]:
    """What each flow carries, in three columns."""
    flows = [_key_line(number, flow) for number, flow in flow_numbers(template).items()]
    tall = max(1, -(-len(flows) // 3))
    return [_table("".join(flows[i::tall]) for i in range(tall))] if flows else []


def _key_line(number: int, flow: Flow) -> str:
    back = f" · back: {flow.returns}" if flow.returns else ""
    text = _LEFT.join(map(_text, _wrap(f"{flow.carries}{back}", 50)))
    top = 'VALIGN="TOP"'
    return f'<TD ALIGN="RIGHT" {top}><B>{number}</B></TD><TD ALIGN="LEFT" BALIGN="LEFT" {top}>{text}{_AIR}</TD>'


def _stack(rows: Iterable[str]) -> str:
    """Rows under each other, to the left."""
    return _table(f'<TD ALIGN="LEFT" BALIGN="LEFT">{row}</TD>' for row in rows)


def _table(rows: Iterable[str]) -> str:
    """Rows of cells. Bold text has cells of its own: beside other text Graphviz sets its lines too close."""
    return f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2">{"".join(f"<TR>{row}</TR>" for row in rows)}</TABLE>'


def _nodes(template: Template) -> dict[str, str]:
    """A name for each element's node, in document order; of elements with one key the first."""
    return {key: f"n{i}" for i, key in enumerate(dict.fromkeys(e.key for e in template.diagram.elements))}


def _head(spacing: str) -> str:
    return (
        "digraph dfd {\n"
        f'graph [rankdir=LR newrank=true pad=0.15 bgcolor="{PAPER}" fontname="{FONT}" fontsize=11 '
        f'fontcolor="{INK}" labeljust=l labelloc=b {spacing}]\n'
        f'node [fontname="{FONT}" fontsize=13 fontcolor="{INK}" color="{INK}" penwidth=1.3 style=filled '
        f'fillcolor="{PAPER}"]\n'
        f'edge [fontname="{FONT}" fontsize=10 fontcolor="{INK}" color="{MUTED}" penwidth=1.2 arrowsize=0.75]'
    )


def _zones(template: Template, nodes: Mapping[str, str], ids: _Names) -> Iterator[str]:
    for place in _places(template):
        if isinstance(place, _Open):
            yield f"subgraph cluster_{place.number} {{ {_zone_look(place.zone, ids)}"
        elif isinstance(place, Element):
            yield _node(place, nodes, ids)
        else:
            yield "}"


@dataclass(frozen=True)
class _Open:
    """Here a zone begins."""

    number: int
    zone: Zone


class _Close:
    """Here the zone begun last ends."""


def _places(template: Template) -> Iterator[_Open | _Close | Element]:
    """Zones from the outside in with their elements, then every element that no zone of the picture holds."""
    outermost = [zone for zone in _zones_once(template) if zone.inside not in template.zones]
    found = [place for zone in outermost for place in _inside(template, zone)]
    yield from found
    drawn = {place.key for place in found if isinstance(place, Element)}
    yield from (element for element in template.diagram.elements if element.key not in drawn)


def _inside(template: Template, zone: Zone) -> Iterator[_Open | _Close | Element]:
    yield _Open(template.diagram.zones.index(zone), zone)
    yield from (element for element in template.diagram.elements if element.zone == zone.key)
    for inner in _zones_once(template):
        if inner.inside == zone.key:
            yield from _inside(template, inner)
    yield _Close()


def _zones_once(template: Template) -> Iterator[Zone]:
    """Zones in document order; of two with one key the first, or a zone could stand inside itself."""
    return (zone for zone in template.diagram.zones if template.zones.get(zone.key) is zone)


def _zone_name(zone: Zone) -> str:
    return f"{zone.name} · {zone.trust if zone.trust == 'untrusted' else f'{zone.trust} trust'}"


def _zone_look(zone: Zone, ids: _Names) -> str:
    line, ground = TRUST.get(zone.trust, (MUTED, PAPER))
    rows = [f"<B>{_text(part)}</B>{_AIR}" for part in _wrap(_zone_name(zone), _CAPTION)]
    if zone.enforced_by:
        edge = f"edge: {zone.enforced_by} ({zone.strength})"
        rows += [f'<FONT POINT-SIZE="10">{_text(part)}{_AIR}</FONT>' for part in _wrap(edge, _CAPTION)]
    style = "dotted" if zone.strength == "none" else "dashed"
    return (
        f'graph [label=<{_stack(rows)}> labelloc=t fontcolor="{line}" '
        f'color="{line}" bgcolor="{ground}" penwidth=1.6 style="{style}" margin=12 '
        f'{_link("zo", "zone", zone.key, ids)} class="zone trust-{_word(zone.trust)}" tooltip={_quoted(zone.name)}]'
    )


def _node(element: Element, nodes: Mapping[str, str], ids: _Names) -> str:
    look = {"process": _process, "store": _store}.get(element.kind, _external)
    return (
        f"{nodes[element.key]} [{look(element)} {_link('el', 'element', element.key, ids)} "
        f'class="element {_word(element.kind)}" tooltip={_quoted(element.name)}]'
    )


def _process(element: Element) -> str:
    return f'shape=ellipse margin="0.02,0.04" label={_rows(_name(element))}'


def _external(element: Element) -> str:
    return f'shape=box margin="0.12,0.09" label={_rows(_name(element))}'


def _store(element: Element) -> str:
    """Two lines, open at both ends."""
    text = "<BR/>".join(_name(element))
    table = f'<TABLE BORDER="1" SIDES="TB" CELLBORDER="0" CELLSPACING="0" CELLPADDING="7" BGCOLOR="{PAPER}">'
    return f"shape=plain style=solid label=<{table}<TR><TD>{text}</TD></TR></TABLE>>"


def _name(element: Element) -> list[str]:
    return [_text(line) for line in _wrap(element.name or element.key, _NAME)]


@dataclass(frozen=True)
class _Arrow:
    """A flow between two of its ends."""

    number: int
    flow: Flow
    tail: str
    head: str
    untrusted: bool
    back: bool
    """It leads to an element written earlier, so it is drawn the other way round and the picture keeps its way."""


def _arrows(template: Template, nodes: Mapping[str, str]) -> Iterator[_Arrow]:
    return islice(_all_arrows(template, nodes), MOST_ARROWS)


def _all_arrows(template: Template, nodes: Mapping[str, str]) -> Iterator[_Arrow]:
    order = {key: i for i, key in enumerate(nodes)}
    for number, flow in flow_numbers(template).items():
        untrusted = is_untrusted(template, flow)
        for sender, receiver in flow.pairs:
            if sender in nodes and receiver in nodes:
                back = order[sender] > order[receiver]
                yield _Arrow(number, flow, nodes[sender], nodes[receiver], untrusted, back)


def _edge(arrow: _Arrow, ids: _Names) -> str:
    ends = (arrow.head, arrow.tail) if arrow.back else (arrow.tail, arrow.head)
    look = f'color="{DANGER}" style=dashed penwidth=1.7 class="flow untrusted"' if arrow.untrusted else 'class="flow"'
    hint = _quoted(f"{arrow.number}. {arrow.flow.carries}")
    return f"{ends[0]} -> {ends[1]} [{_heads(arrow)} {look} {_link('fl', 'flow', arrow.flow.key, ids)} tooltip={hint}]"


def _heads(arrow: _Arrow) -> str:
    """A filled head where the data goes, an open one where the reply comes."""
    there, reply = ("arrowtail", "arrowhead") if arrow.back else ("arrowhead", "arrowtail")
    if arrow.flow.returns:
        return f"dir=both {there}=normal {reply}=empty"
    return "dir=back" if arrow.back else "dir=forward"


def _supplies(template: Template, nodes: Mapping[str, str]) -> Iterator[str]:
    for element in template.diagram.elements:
        if element.supplier in nodes and element.supplier != element.key:
            yield (
                f"{nodes[element.supplier]} -> {nodes[element.key]} [style=dotted arrowhead=empty "
                f'class="supply" tooltip="supplies"]'
            )


def dot_level_zero(template: Template) -> str:
    """Graphviz DOT of level 0: the system as one process, one arrow per external and direction.

    In the picture an external has the id `l0-<key>` and links to `#element-<key>`.
    """
    whole = diagram.level_zero(template)
    name = _rows(map(_text, _wrap(whole.system, _NAME)))
    lines = [
        _head("ranksep=0.4 nodesep=0.3"),
        f'system [shape=ellipse margin="0.16,0.14" fontsize=15 penwidth=2 label={name} class="element process" '
        f'id="l0-system" tooltip={_quoted(whole.system)}]',
    ]
    ids = _Names()
    for i, external in enumerate(whole.externals):
        look = f'{_link("l0", "element", external.key, ids)} class="element external" tooltip={_quoted(external.name)}'
        lines.append(f"e{i} [{_external(external)} {look}]")
        arrows = (arrow for arrow in whole.arrows if arrow.external == external.key)
        lines += (_exchange(template, arrow, f"e{i}", _Side(i % 2)) for arrow in arrows)
    return "\n".join([*lines, "}", ""])


class _Side(IntEnum):
    LEFT = 0
    RIGHT = 1


def _exchange(template: Template, arrow: Arrow, node: str, side: _Side) -> str:
    ends = f"{node} -> system" if side is _Side.LEFT else f"system -> {node}"
    forward = (side is _Side.LEFT) == (arrow.direction is not Direction.OUT)
    untrusted = _brings_untrusted(template, arrow)
    look = f'color="{DANGER}" style=dashed penwidth=1.7 class="flow untrusted"' if untrusted else 'class="flow"'
    if arrow.direction is Direction.SUPPLY:
        look = f'style=dotted {"arrowhead" if forward else "arrowtail"}=empty class="supply"'
    said = ("supplies " if arrow.direction is Direction.SUPPLY else "") + " · ".join(arrow.labels)
    label = _rows(_text(line) for line in _wrap(said, 30))
    return f"{ends} [dir={'forward' if forward else 'back'} {look} label={label} tooltip={_quoted(said)}]"


def _brings_untrusted(template: Template, arrow: Arrow) -> bool:
    if arrow.direction is not Direction.IN:
        return False
    ends = (flow for flow in template.diagram.flows if arrow.external in (*flow.senders, *flow.receivers))
    return any(is_untrusted(template, flow) for flow in ends)


def mermaid(template: Template) -> str:
    """The level-1 diagram as a Mermaid flowchart; no text of the template can leave its label."""
    nodes = _nodes(template)
    lines = ["flowchart LR", *_mermaid_zones(template, nodes)]
    lines += (_mermaid_edge(arrow) for arrow in _arrows(template, nodes))
    lines.append("classDef external stroke-width:2px")
    return "\n".join(lines) + "\n"


def _mermaid_zones(template: Template, nodes: Mapping[str, str]) -> Iterator[str]:
    for place in _places(template):
        if isinstance(place, _Open):
            yield f'subgraph z{place.number}["{_mermaid_text(_zone_name(place.zone))}"]'
        elif isinstance(place, Element):
            yield _mermaid_node(place, nodes[place.key])
        else:
            yield "end"


def _mermaid_node(element: Element, node: str) -> str:
    before, after = {"process": ("([", "])"), "store": ("[(", ")]")}.get(element.kind, ("[", "]"))
    mark = "" if element.kind in ("process", "store") else ":::external"
    return f'{node}{before}"{_mermaid_text(element.name)}"{after}{mark}'


def _mermaid_edge(arrow: _Arrow) -> str:
    text = _mermaid_text(f"{arrow.number} {arrow.flow.carries}")
    line = f'-. "{text}" .->' if arrow.untrusted else f'-- "{text}" -->'
    return f"{arrow.tail} {line} {arrow.head}"


def _mermaid_text(text: str) -> str:
    """Only letters, digits and harmless marks stand for themselves; the rest are Mermaid's character codes."""
    return re.sub(r"[^\w .,:'/+-]", lambda mark: f"#{ord(mark[0])};", printable(text))


def printable(text: str) -> str:
    """On one line, without characters that XML has no place for."""
    return " ".join(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text).split())


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(printable(text), width, max_lines=5, placeholder=" …") or [" "]


def _text(text: str) -> str:
    r"""Text inside a Graphviz HTML label, where `\N` and the like would still be expanded."""
    return html.escape(text).replace("\\", "\\\\")


def _rows(lines: Iterable[str]) -> str:
    return f"<{'<BR/>'.join(lines)}>"


def _quoted(text: str) -> str:
    r"""A DOT string that says just this: Graphviz expands `\N` and the like, and HTML entities, inside quotes."""
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{escaped}"'


def _link(prefix: str, kind: str, key: str, ids: _Names) -> str:
    return f"id={_quoted(ids.take(f'{prefix}-{key}'))} URL={_quoted(f'#{kind}-{key}')}"


def _word(text: str) -> str:
    return re.sub("[^a-z-]", "", text)
