"""The diagram as text that others draw: Graphviz DOT for levels 0 and 1, Mermaid for pages that render it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from schema import diagram, picture
from schema.diagram import Arrow, Direction
from schema.dot import escaped, printable, quoted, rows, stack, table, wrap
from schema.marking import NOTHING, Marking
from schema.marking import Arrow as MarkedArrow
from schema.picture import Open, PicturedFlow, flow_numbers, is_untrusted, node_names
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
MARKED, FADED = "#7b1fa2", "#8a96a3"
"""What is brought out, which has a word in it as well and thick lines; and all the rest beside it."""
LEGEND = (
    "ellipse: process · two lines: data store · rectangle: external entity · dashed frame: trust zone, its edge a "
    "trust boundary",
    "filled arrowhead: the way the data goes · open arrowhead: the reply on the same flow · red, dashed, number "
    "filled: untrusted content · dotted: supplies the software",
)
_NAME, _CAPTION = 17, 46
"""Characters to a line in an element and in the caption of a zone."""
_LEFT = '<BR ALIGN="LEFT"/>'
_AIR = "\N{NO-BREAK SPACE}" * 3
"""Behind a caption: in another font it may be a little wider than measured."""


@dataclass
class _Names:
    """Ids already given: the second flow between other ends, or a key used twice, gets a number behind a dot."""

    given: dict[str, int] = field(default_factory=dict)

    def take(self, wanted: str) -> str:
        self.given[wanted] = self.given.get(wanted, 0) + 1
        times = self.given[wanted]
        return wanted if times == 1 else f"{wanted}.{times}"


def dot_level_one(template: Template, marking: Marking = NOTHING) -> str:
    """Graphviz DOT of the level-1 diagram that stands alone: under it what each numbered flow carries, and a legend.

    With a marking, what it names is brought out, and its title stands first under the picture.

    In the picture an element has the id `el-<key>`, a flow `fl-<key>` (`.2`, `.3` behind it when a list means several),
    a zone `zo-<key>`; each links to `#element-<key>`, `#flow-<key>`, `#zone-<key>`. Elements stand from left to right
    in document order as far as the flows allow: a flow to an element written earlier runs back. Nothing is written on
    the flows, so that the picture is compact: the renderer sets `flow_marks` on them.
    """
    title = [f"<B>{escaped(marking.title)}.</B>{_AIR}"] if marking.title else []
    return _level_one(template, marking, [*title, *_key(template), *map(escaped, LEGEND)])


def dot_level_one_bare(template: Template) -> str:
    """The same diagram without anything under it, for a page that has the table of flows beside it."""
    return _level_one(template, NOTHING, [])


@dataclass(frozen=True)
class FlowMark:
    """What stands on an arrow that says nothing else: the flow's number, whether it carries untrusted content, and
    whether something else is brought out."""

    number: int
    untrusted: bool
    faded: bool = False


def flow_marks(template: Template, marking: Marking = NOTHING) -> Mapping[str, FlowMark]:
    """The mark of every arrow of level 1, by the arrow's id in the picture."""
    return {
        name: FlowMark(arrow.number, arrow.untrusted, faded=bool(marking.elements) and arrow.ends not in marking.arrows)
        for name, arrow in _named_arrows(template)
    }


def arrow_ids(template: Template) -> Mapping[MarkedArrow, str]:
    """The id in the picture of every arrow of level 1."""
    return {arrow.ends: name for name, arrow in _named_arrows(template)}


def _named_arrows(template: Template) -> "Iterator[tuple[str, PicturedFlow]]":
    ids = _Names()
    for arrow in picture.arrows(template):
        yield ids.take(f"fl-{arrow.flow.key}"), arrow


@dataclass(frozen=True)
class _Sheet:
    """What everything on a picture is drawn by."""

    template: Template
    nodes: Mapping[str, str]
    marking: Marking
    ids: _Names = field(default_factory=_Names)


def _level_one(template: Template, marking: Marking, foot: list[str]) -> str:
    sheet = _Sheet(template, node_names(template), marking)
    under = [*foot, *_cut(template)]
    label = f"label=<{stack(under)}>" if under else ""
    lines = [_head(f"ranksep=0.5 nodesep=0.2 {label}")]
    lines += _zones(sheet)
    lines += (_edge(arrow, sheet) for arrow in picture.arrows(template))
    lines += _supplies(template, sheet.nodes)
    return "\n".join([*lines, "}", ""])


def _cut(template: Template) -> list[str]:
    """What to say when not everything is drawn."""
    arrows = sum(len(flow.senders) * len(flow.receivers) for flow in template.diagram.flows)
    return [f"{arrows - picture.MOST_ARROWS} of {arrows} arrows are left out."] if arrows > picture.MOST_ARROWS else []


def _key(template: Template) -> list[str]:
    """What each flow carries, in three columns."""
    flows = [_key_line(number, flow) for number, flow in flow_numbers(template).items()]
    tall = max(1, -(-len(flows) // 3))
    return [table("".join(flows[i::tall]) for i in range(tall))] if flows else []


def _key_line(number: int, flow: Flow) -> str:
    back = f" · back: {flow.returns}" if flow.returns else ""
    text = _LEFT.join(map(escaped, wrap(f"{flow.carries}{back}", 50)))
    top = 'VALIGN="TOP"'
    return f'<TD ALIGN="RIGHT" {top}><B>{number}</B></TD><TD ALIGN="LEFT" BALIGN="LEFT" {top}>{text}{_AIR}</TD>'


def _head(spacing: str) -> str:
    return (
        "digraph dfd {\n"
        f'graph [rankdir=LR newrank=true pad=0.15 bgcolor="{PAPER}" fontname="{FONT}" fontsize=11 '
        f'fontcolor="{INK}" labeljust=l labelloc=b {spacing}]\n'
        f'node [fontname="{FONT}" fontsize=13 fontcolor="{INK}" color="{INK}" penwidth=1.3 style=filled '
        f'fillcolor="{PAPER}"]\n'
        f'edge [fontname="{FONT}" fontsize=10 fontcolor="{INK}" color="{MUTED}" penwidth=1.2 arrowsize=0.75]'
    )


def _zones(sheet: _Sheet) -> Iterator[str]:
    for place in picture.places(sheet.template):
        if isinstance(place, Open):
            yield f"subgraph cluster_{place.number} {{ {_zone_look(place.zone, sheet.ids)}"
        elif isinstance(place, Element):
            yield _node(place, sheet)
        else:
            yield "}"


def _zone_name(zone: Zone) -> str:
    return f"{zone.name} · {zone.trust if zone.trust == 'untrusted' else f'{zone.trust} trust'}"


def _zone_look(zone: Zone, ids: _Names) -> str:
    line, ground = TRUST.get(zone.trust, (MUTED, PAPER))
    caption = [f"<B>{escaped(part)}</B>{_AIR}" for part in wrap(_zone_name(zone), _CAPTION)]
    if zone.enforced_by:
        edge = f"edge: {zone.enforced_by} ({zone.strength})"
        caption += [f'<FONT POINT-SIZE="10">{escaped(part)}{_AIR}</FONT>' for part in wrap(edge, _CAPTION)]
    style = "dotted" if zone.strength == "none" else "dashed"
    return (
        f'graph [label=<{stack(caption)}> labelloc=t fontcolor="{line}" '
        f'color="{line}" bgcolor="{ground}" penwidth=1.6 style="{style}" margin=12 '
        f'{_link("zo", "zone", zone.key, ids)} class="zone trust-{_word(zone.trust)}" tooltip={quoted(zone.name)}]'
    )


def _node(element: Element, sheet: _Sheet) -> str:
    look = {"process": _process, "store": _store}.get(element.kind, _external)
    word = sheet.marking.elements.get(element.key, "")
    ink = f'color="{MARKED}" penwidth=3' if word else f'color="{FADED}" fontcolor="{FADED}"'
    return (
        f"{sheet.nodes[element.key]} [{look(_name(element, word))} {ink if sheet.marking.elements else ''} "
        f"{_link('el', 'element', element.key, sheet.ids)} "
        f'class="element {_word(element.kind)}" tooltip={quoted(element.name)}]'
    )


def _process(name: str) -> str:
    return f'shape=ellipse margin="0.02,0.04" label=<{name}>'


def _external(name: str) -> str:
    return f'shape=box margin="0.12,0.09" label=<{name}>'


def _store(name: str) -> str:
    """Two lines, open at both ends."""
    lines = f'<TABLE BORDER="1" SIDES="TB" CELLBORDER="0" CELLSPACING="0" CELLPADDING="7" BGCOLOR="{PAPER}">'
    return f"shape=plain style=solid label=<{lines}<TR><TD>{name}</TD></TR></TABLE>>"


def _name(element: Element, word: str) -> str:
    lines = [escaped(line) for line in wrap(element.name or element.key, _NAME)]
    if word:
        lines.append(f'<FONT POINT-SIZE="11" COLOR="{MARKED}">{escaped(word)}</FONT>')
    return "<BR/>".join(lines)


def _edge(arrow: PicturedFlow, sheet: _Sheet) -> str:
    tail, head = (arrow.head, arrow.tail) if arrow.back else (arrow.tail, arrow.head)
    look = f'color="{DANGER}" style=dashed penwidth=1.7 class="flow untrusted"' if arrow.untrusted else 'class="flow"'
    link = _link("fl", "flow", arrow.flow.key, sheet.ids)
    hint = quoted(f"{arrow.number}. {arrow.flow.carries}")
    return f"{tail} -> {head} [{_heads(arrow)} {look} {_brought_out(arrow, sheet.marking)} {link} tooltip={hint}]"


def _brought_out(arrow: PicturedFlow, marking: Marking) -> str:
    """What the marking changes of an arrow's look; of two values for one attribute Graphviz takes the last."""
    if not marking.elements:
        return ""
    return f'color="{MARKED}" penwidth=3.4' if arrow.ends in marking.arrows else f'color="{FADED}" penwidth=1'


def _heads(arrow: PicturedFlow) -> str:
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
    name = rows(map(escaped, wrap(whole.system, _NAME)))
    lines = [
        _head("ranksep=0.4 nodesep=0.3"),
        f'system [shape=ellipse margin="0.16,0.14" fontsize=15 penwidth=2 label={name} class="element process" '
        f'id="l0-system" tooltip={quoted(whole.system)}]',
    ]
    ids = _Names()
    for i, external in enumerate(whole.externals):
        look = f'{_link("l0", "element", external.key, ids)} class="element external" tooltip={quoted(external.name)}'
        lines.append(f"e{i} [{_external(_name(external, ''))} {look}]")
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
    label = rows(escaped(line) for line in wrap(said, 30))
    return f"{ends} [dir={'forward' if forward else 'back'} {look} label={label} tooltip={quoted(said)}]"


def _brings_untrusted(template: Template, arrow: Arrow) -> bool:
    if arrow.direction is not Direction.IN:
        return False
    ends = (flow for flow in template.diagram.flows if arrow.external in (*flow.senders, *flow.receivers))
    return any(is_untrusted(template, flow) for flow in ends)


def mermaid(template: Template, marking: Marking = NOTHING) -> str:
    """The level-1 diagram as a Mermaid flowchart; no text of the template can leave its label."""
    nodes = node_names(template)
    arrows = list(picture.arrows(template))
    lines = ["flowchart LR", *_mermaid_zones(template, nodes, marking)]
    lines += map(_mermaid_edge, arrows)
    lines.append("classDef external stroke-width:2px")
    lines += _mermaid_marks(nodes, arrows, marking)
    return "\n".join(lines) + "\n"


def _mermaid_zones(template: Template, nodes: Mapping[str, str], marking: Marking) -> Iterator[str]:
    for place in picture.places(template):
        if isinstance(place, Open):
            yield f'subgraph z{place.number}["{_mermaid_text(_zone_name(place.zone))}"]'
        elif isinstance(place, Element):
            yield _mermaid_node(place, nodes[place.key], marking.elements.get(place.key, ""))
        else:
            yield "end"


def _mermaid_node(element: Element, node: str, word: str) -> str:
    before, after = {"process": ("([", "])"), "store": ("[(", ")]")}.get(element.kind, ("[", "]"))
    kind = "" if element.kind in ("process", "store") else ":::external"
    said = f"{_mermaid_text(element.name)}<br/>{_mermaid_text(word)}" if word else _mermaid_text(element.name)
    return f'{node}{before}"{said}"{after}{kind}'


def _mermaid_marks(nodes: Mapping[str, str], arrows: list[PicturedFlow], marking: Marking) -> Iterator[str]:
    elements = [node for key, node in nodes.items() if key in marking.elements]
    trodden = [str(place) for place, arrow in enumerate(arrows) if arrow.ends in marking.arrows]
    if elements:
        yield f"classDef marked stroke:{MARKED},stroke-width:4px"
        yield f"class {','.join(elements)} marked"
    if trodden:
        yield f"linkStyle {','.join(trodden)} stroke:{MARKED},stroke-width:4px"


def _mermaid_edge(arrow: PicturedFlow) -> str:
    text = _mermaid_text(f"{arrow.number} {arrow.flow.carries}")
    line = f'-. "{text}" .->' if arrow.untrusted else f'-- "{text}" -->'
    return f"{arrow.tail} {line} {arrow.head}"


def _mermaid_text(text: str) -> str:
    """Only letters, digits and harmless marks stand for themselves; the rest are Mermaid's character codes.

    A colon is not harmless: `fa:fa-x` would be an icon.
    """
    return re.sub(r"[^\w .,'/+-]", lambda mark: f"#{ord(mark[0])};", printable(text))


def _link(prefix: str, kind: str, key: str, ids: _Names) -> str:
    return f"id={quoted(ids.take(f'{prefix}-{key}'))} URL={quoted(f'#{kind}-{key}')}"


def _word(text: str) -> str:
    return re.sub("[^a-z-]", "", text)
