"""The template as a report that reads well on GitHub: one Markdown file with its diagram inside."""

from collections.abc import Iterable, Iterator, Sequence

from registry.catalog import Release
from registry.exports.export import MARKDOWN, Export
from registry.exports.text import cell, code_block, inline, link, paragraphs
from schema import diagram, drawing, picture, risk, stride
from schema.template import (
    AdoptionStep,
    Alias,
    Assumption,
    AttackChain,
    Element,
    Flow,
    Mitigation,
    Rating,
    Template,
    Threat,
)

Lines = Iterator[str]
Table = Iterable[Sequence[str]]

PENDING = "id pending"
_VOCABULARIES = {"atlas": "MITRE ATLAS", "attack": "MITRE ATT&amp;CK", "cwe": "CWE"}


def render(release: Release) -> bytes:
    """UTF-8 Markdown. What a contributor wrote is escaped throughout: it can be read, it cannot act."""
    blocks = (block for part in _PARTS for block in part(release))
    return ("\n\n".join(block for block in blocks if block) + "\n").encode()


def _opening(release: Release) -> Lines:
    template = release.template
    yield f"# {inline(template.title)}"
    yield _facts(release)
    yield from paragraphs(template.summary)
    if template.retired:
        successor = f" Use `{template.retired.superseded_by}` instead." if template.retired.superseded_by else ""
        yield f"> **Deprecated.** {inline(template.retired.because)}{successor}"


def _facts(release: Release) -> str:
    template = release.template
    covered = stride.coverage(template)
    rows = [
        ("Template", f"`{template.id}` {template.version}"),
        ("Status", template.status),
        ("Pattern", template.pattern),
        ("Applies to", ", ".join(f"{cell(p.product)} {cell(p.versions)}".strip() for p in template.applies_to)),
        ("Published", release.published[:10]),
        ("STRIDE", f"{covered.asked - covered.left} of {covered.asked} cells answered"),
        ("Threats", _levels(template.threats)),
        ("Mapped against", _mapped_against(template)),
        ("Licence", cell(template.license)),
        ("sha-256 of the YAML", f"`{release.sha256}`"),
    ]
    return _table(("", ""), [(f"**{name}**", value) for name, value in rows if value])


def _mapped_against(template: Template) -> str:
    releases = template.mapped_against.items()
    return ", ".join(f"{_VOCABULARIES.get(name, cell(name))} {cell(release)}" for name, release in releases)


def _levels(threats: Sequence[Threat]) -> str:
    levels = [risk.level(threat.risk) for threat in threats]
    return ", ".join(f"{levels.count(level)} {level}" for level in reversed(risk.LEVELS) if level in levels)


def _worst_actions(release: Release) -> Lines:
    found = release.template.worst_actions
    if not found:
        return
    yield "## Worst wrong actions"
    yield "What the system can do, and the worst wrong thing it can be made to do."
    rows = [
        (
            f"**{cell(action.action)}**",
            cell(action.consequence),
            {True: "yes", False: "no", None: ""}[action.reversible],
            _elements(release.template, action.through),
            _mitigations(release.template, action.guarded_by),
        )
        for action in found
    ]
    yield _table(("Action", "What follows", "Reversible", "Through", "Guarded by"), rows)


def _scope(release: Release) -> Lines:
    scope = release.template.scope
    yield "## Scope"
    yield "\n".join(f"- {inline(item)}" for item in scope.included)
    if scope.excluded:
        yield "### Out of scope"
        rows = [(cell(out.item), cell(out.reason), cell(out.revisit_when)) for out in scope.excluded]
        yield _table(("What", "Why", "Look again when"), rows)


def _assets(release: Release) -> Lines:
    template = release.template
    if template.assets:
        yield "## Assets"
        rows = [
            (
                f"**{cell(asset.name)}**",
                cell(asset.kind),
                cell(asset.description),
                ", ".join(f"{cell(need)}: {cell(how)}" for need, how in asset.needs.items())
                or (f"sensitivity: {cell(asset.sensitivity)}" if asset.sensitivity else ""),
                _elements(template, asset.held_in),
            )
            for asset in template.assets
        ]
        yield _table(("Asset", "Kind", "Why it matters", "Needs", "Held in"), rows)


def _actors(release: Release) -> Lines:
    found = release.template.threat_actors
    if found:
        yield "## Threat actors"
        rows = [
            (
                f"**{cell(actor.name)}**",
                cell(actor.kind),
                cell(actor.access),
                cell(actor.skill),
                cell(actor.capability),
                "yes" if actor.in_scope else f"no: {cell(actor.because)}",
            )
            for actor in found
        ]
        yield _table(("Actor", "Kind", "Access", "Skill", "Can", "In scope"), rows)


def _assumptions(release: Release) -> Lines:
    template = release.template
    if template.assumptions:
        yield "## Assumptions"
        yield "Check each; where one is wrong, the threats named beside it rise."
        rows = [
            (
                cell(found.layer),
                cell(found.statement),
                cell(found.check),
                " ".join((cell(found.if_wrong), *_failing(template, found))),
                _elements(template, found.elements),
                _threats(template, found.threats),
            )
            for found in template.assumptions
        ]
        yield _table(("Layer", "Assumption", "How to check", "If it is wrong", "Elements", "Threats"), rows)
    if template.wrong_assumptions:
        yield "### What people believe and is not so"
        yield "\n".join(f"- **{inline(w.belief)}** {inline(w.because)}" for w in template.wrong_assumptions)


def _failing(template: Template, assumption: Assumption) -> Iterator[str]:
    """The failure modes that begin where the assumption is wrong."""
    modes = {mode.key: mode for mode in template.failure_modes}
    return (f"Failure: {cell(modes[key].then)}" for key in assumption.failure_modes if key in modes)


def _diagram(release: Release) -> Lines:
    template = release.template
    yield "## Data-flow diagram"
    yield code_block(drawing.mermaid(template), "mermaid")
    yield "### Elements"
    yield _table(
        ("Element", "Kind", "Zone", "Runs as", "Can", "What it is"),
        [_element(template, element) for element in template.diagram.elements],
    )
    yield "### Trust zones"
    zones = [
        (f"**{cell(z.name)}**", cell(z.trust), _zone(template, z.inside), cell(z.enforced_by), cell(z.strength))
        for z in template.diagram.zones
    ]
    yield _table(("Zone", "Trust", "Inside", "Edge enforced by", "Strength"), zones)
    yield "### Data flows"
    numbered = picture.flow_numbers(template)
    yield _table(
        ("No.", "From", "To", "Carries", "Returns", "Protocol", "Authentication", "Encryption", "Crosses the edge of"),
        [_flow(template, number, flow) for number, flow in numbered.items()],
    )


def _element(template: Template, element: Element) -> tuple[str, ...]:
    return (
        f"**{cell(element.name)}**",
        cell(f"{element.kind} ({element.role})" if element.role else element.kind),
        _zone(template, element.zone),
        cell(element.runs_as),
        cell(", ".join(element.abilities)),
        cell(element.description),
    )


def _flow(template: Template, number: int, flow: Flow) -> tuple[str, ...]:
    return (
        str(number),
        _elements(template, flow.senders),
        _elements(template, flow.receivers),
        cell(flow.carries) + (" (untrusted)" if picture.is_untrusted(template, flow) else ""),
        cell(flow.returns),
        cell(flow.protocol),
        cell(flow.authentication),
        cell(flow.encryption),
        ", ".join(_zone(template, key) for key in diagram.crossed(template, flow)),
    )


def _stride(release: Release) -> Lines:
    template = release.template
    yield "## STRIDE"
    yield "The number of threats in a cell; `=` answered by a reason alone; **`?`** asked and open; empty: not asked."
    rows = [
        (f"{cell(row.name or row.target)} ({row.kind})", *(_cell(row.cells[letter]) for letter in stride.LETTERS))
        for row in stride.matrix(template)
    ]
    yield _table(("Target", *stride.LETTERS), rows)
    if template.stride_answers:
        yield "### Cells answered by a reason"
        rows = [
            (
                _targets(template, (*line.targets, *line.within)),
                cell("".join(line.stride)),
                cell(line.because),
                _mitigations(template, line.mitigated_by),
            )
            for line in template.stride_answers
        ]
        yield _table(("Targets", "STRIDE", "Why", "Mitigations"), rows)


def _cell(answer: stride.Answer) -> str:
    if answer.threats:
        return str(len(answer.threats))
    if answer.lines:
        return "="
    return "**?**" if answer.asked else ""


def _all_threats(release: Release) -> Lines:
    template = release.template
    yield "## Threats"
    ordered = risk.by_severity(template.threats)
    yield _table(
        ("Id", "Threat", "Risk", "Residual", "Status", "For you"),
        [
            (
                f"`{threat.id}`" if threat.id else PENDING,
                cell(threat.title),
                _rating(threat.risk),
                _rating(threat.residual),
                cell(threat.status),
                str(risk.standing(template, threat)),
            )
            for threat in ordered
        ],
    )
    for threat in ordered:
        yield from _threat(template, threat)


def _threat(template: Template, threat: Threat) -> Lines:
    yield f"### {f'`{threat.id}`' if threat.id else PENDING} · {inline(threat.title)}"
    yield from paragraphs(threat.scenario)
    yield _list(
        ("Category", inline(threat.category)),
        ("STRIDE", ", ".join(stride.NAMES.get(letter, "") for letter in threat.stride)),
        ("Targets", _targets(template, threat.targets)),
        ("Needs first", inline(threat.requires)),
        ("Risk", _rated(threat.risk)),
        ("Status", inline(threat.status) + (f" in {inline(threat.fixed_in)}" if threat.fixed_in else "")),
        ("Mitigations", _mitigations(template, threat.mitigated_by)),
        ("Gaps", " ".join(inline(gap) for gap in threat.gaps)),
        ("Residual risk", _rated(threat.residual)),
        ("Detection", inline(threat.detection)),
        ("Maps to", ", ".join(inline(id_) for id_ in threat.maps_to)),
        ("Known elsewhere as", "; ".join(_alias(alias) for alias in threat.known_as)),
        ("Evidence", ", ".join(_evidence(template, item) for item in threat.evidence)),
    )


def _failures(release: Release) -> Lines:
    template = release.template
    if template.failure_modes:
        yield "## Failure modes"
        yield "How it fails without an attacker."
        rows = [
            (
                cell(mode.when),
                cell(mode.then),
                cell(mode.detect_by),
                _elements(template, mode.elements),
                _threats(template, mode.threats),
            )
            for mode in template.failure_modes
        ]
        yield _table(("When", "Then", "How to notice", "Elements", "Threats"), rows)


def _chains(release: Release) -> Lines:
    if release.template.attack_chains:
        yield "## Attack chains"
    for chain in release.template.attack_chains:
        yield from _chain(release.template, chain)


def _chain(template: Template, chain: AttackChain) -> Lines:
    yield f"### {inline(chain.title)}"
    yield f"Goal: {inline(chain.goal)}"
    yield from paragraphs(chain.narrative)
    steps = []
    for i, step in enumerate(chain.steps, start=1):
        threat = f" ({_threats(template, (step.threat,))})" if step.threat else ""
        broken = f" **Broken by** {_mitigations(template, step.broken_by)}." if step.broken_by else ""
        steps.append(f"{i}. {inline(step.how)}{threat}{broken}")
    yield "\n".join(steps)


def _all_mitigations(release: Release) -> Lines:
    if release.template.mitigations:
        yield "## Mitigations"
    for mitigation in release.template.mitigations:
        yield from _mitigation(release.template, mitigation)


def _mitigation(template: Template, mitigation: Mitigation) -> Lines:
    yield f"### {inline(mitigation.title)}"
    yield f"{inline(mitigation.status)} · {inline(mitigation.kind)}"
    yield from paragraphs(mitigation.requirement)
    if mitigation.config:
        yield code_block(mitigation.config.content, mitigation.config.language)
    yield _list(
        ("Verify", inline(mitigation.verify)),
        ("Limits", inline(mitigation.limits)),
        ("Depends on", _mitigations(template, mitigation.depends_on)),
        ("Controls", ", ".join(inline(control) for control in mitigation.controls)),
        ("Evidence", ", ".join(_evidence(template, item) for item in mitigation.evidence)),
    )


def _residual(release: Release) -> Lines:
    template = release.template
    if template.residual_risks:
        yield "## Residual risks"
        rows = [
            (
                cell(left.statement),
                _threats(template, left.threats),
                cell(left.accepted_by),
                cell(left.date),
                cell(left.revisit_when),
                cell(left.plan),
            )
            for left in template.residual_risks
        ]
        yield _table(("What remains", "Threats", "Accepted by", "On", "Look again when", "Plan"), rows)


def _adoption(release: Release) -> Lines:
    adoption = release.template.adoption
    if adoption is None:
        return
    yield "## Adopting it"
    if adoption.parameters:
        rows = [(cell(f"`{{{{{p.name}}}}}`"), cell(p.ask), cell(p.default)) for p in adoption.parameters]
        yield _table(("Parameter", "What to put there", "Default"), rows)
    yield "\n".join(f"{i}. {_step(release.template, step)}" for i, step in enumerate(adoption.steps, start=1))


def _step(template: Template, step: AdoptionStep) -> str:
    answered = f" Answers: {_threats(template, step.threats)}." if step.threats else ""
    return f"**{inline(step.when)}:** {inline(step.do)}{answered}"


def _stories(release: Release) -> Lines:
    if release.template.stories:
        yield "## Security stories"
    for story in release.template.stories:
        wish = f"As {inline(story.as_a)} I want {inline(story.i_want)}"
        yield wish + (f" so that {inline(story.so_that)}." if story.so_that else ".")
        yield "\n".join(f"- {inline(task)}" for task in story.tasks)
        if story.evidence:
            yield "Evidence: " + ", ".join(_evidence(release.template, item) for item in story.evidence)


def _closing(release: Release) -> Lines:
    template = release.template
    if template.compliance:
        yield "## Compliance"
        rows = [
            (
                cell(c.framework),
                cell(c.control) + (f" (read as: {cell(c.title)})" if c.title else ""),
                cell(c.status),
                cell(c.gap),
                _threats(template, c.threats),
            )
            for c in template.compliance
        ]
        yield _table(("Framework", "Control", "Status", "Gap", "Threats"), rows)
    if template.open_questions:
        yield "## Open questions"
        yield "\n".join(f"- {inline(question)}" for question in template.open_questions)
    if template.not_applicable:
        yield "## Left out, and why"
        yield "\n".join(f"- **{inline(what)}**: {inline(why)}" for what, why in template.not_applicable.items())
    if template.references:
        yield "## References"
        yield "\n".join(f"- {inline(source.key)}: {link(source.title, source.url)}" for source in template.references)


def _citing(release: Release) -> Lines:
    template = release.template
    yield "## How to cite"
    names = ", ".join(inline(credit.name) for credit in template.credits)
    yield (
        f"{names}: {inline(template.title)} (threat-model template `{template.id}`, version {template.version}, "
        f"published {release.published[:10]}). Threatshelf. Licence: {inline(template.license)}."
    )
    reviews = [
        (cell(entry.date), cell(entry.by), cell(entry.role), cell(entry.verdict), cell(entry.changes))
        for entry in template.review.log
    ]
    yield _table(("Date", "By", "Role", "Verdict", "What changed"), reviews)


_PARTS = (
    *(_opening, _worst_actions, _diagram, _scope, _assets, _actors, _assumptions, _stride, _all_threats, _failures),
    *(_chains, _all_mitigations, _residual, _adoption, _stories, _closing, _citing),
)


def _table(head: Sequence[str], rows: Table) -> str:
    """Empty without rows; the cells are Markdown already."""
    lines = [" | ".join(row) for row in rows]
    if not lines:
        return ""
    return "\n".join(f"| {line} |" for line in (" | ".join(head), " | ".join("---" for _ in head), *lines))


def _list(*items: tuple[str, str]) -> str:
    return "\n".join(f"- **{name}:** {value}" for name, value in items if value)


def _rating(rating: Rating | None) -> str:
    return f"{risk.level(rating)} ({rating.likelihood} x {rating.impact})" if rating else ""


def _rated(rating: Rating | None) -> str:
    return f"{_rating(rating)}: {inline(rating.because)}" if rating and rating.because else _rating(rating)


def _elements(template: Template, keys: Iterable[str]) -> str:
    return ", ".join(cell(template.elements[key].name if key in template.elements else key) for key in keys)


def _zone(template: Template, key: str) -> str:
    return cell(template.zones[key].name if key in template.zones else key)


def _mitigations(template: Template, keys: Iterable[str]) -> str:
    known = template.mitigation_by_key
    return "; ".join(cell(known[key].title if key in known else key) for key in keys)


def _threats(template: Template, keys: Iterable[str]) -> str:
    known = template.threat_by_key
    return "; ".join(cell(known[key].id or known[key].title if key in known else key) for key in keys)


def _targets(template: Template, keys: Iterable[str]) -> str:
    return ", ".join(cell(_name(template, key)) for key in keys)


def _name(template: Template, key: str) -> str:
    """What a key of an element, a flow or a zone is called."""
    if key in template.elements:
        return template.elements[key].name
    if key in template.zones:
        return template.zones[key].name
    return f"flow: {template.flows[key].carries}" if key in template.flows else key


def _evidence(template: Template, item: str) -> str:
    """A link where the evidence is an address or names a reference that has one."""
    if item.startswith("https://"):
        return link(item, item)
    sources = {source.key: source for source in template.references}
    found = sources.get(item.partition(":")[0])
    return link(item, found.url) if found and found.url else inline(item)


def _alias(alias: Alias) -> str:
    scale = f" on the scale {inline(alias.scale)}" if alias.scale else ""
    what = " for what remains" if alias.rated_risk == "residual" else ""
    rated = f", rated {inline(alias.rated)}{scale}{what}" if alias.rated else ""
    return f"{inline(alias.id)} in {inline(alias.source)}{rated}"


EXPORT = Export("md", MARKDOWN, rendered=True, title="Report in Markdown", render=render)
