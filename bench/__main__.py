"""`make bench`: speed and memory as ratios against a peer or a limit, measured in the same run, in one table."""

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import zip_longest
from pathlib import Path

import jsonschema
import yaml

from bench.checking import growing, many, templates
from bench.measure import Row, at_most, environment, median, milliseconds, processor, seconds
from bench.publishing import publishing
from bench.reviewing import reviewing
from bench.search import searching
from bench.serving import serving
from schema import shipped, structure
from schema.check import check
from schema.document import Document, read
from schema.rules import mitigation_specific
from schema.suggestion import examples, recall

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "templates" / "local-coding-assistant" / "template.yaml"
FACTS = shipped.facts(date(2026, 11, 20))


def reading() -> Iterator[Row]:
    """The strict reader with positions beside libyaml's own loader without."""
    source = TEMPLATE.read_bytes()
    ours = median(lambda: read(source, "t"), 15)
    peer = median(lambda: yaml.load(source, Loader=yaml.CSafeLoader), 15)
    what = f"read {len(source) // 1024} KiB of YAML with positions"
    yield what, milliseconds(ours), f"PyYAML CSafeLoader, no positions: {milliseconds(peer)}", f"{ours / peer:.1f} x"


def judging() -> Iterator[Row]:
    """Our schema engine beside the reference one, and the whole check beside the reading."""
    source = TEMPLATE.read_bytes()
    document = read(source, "t")
    if not isinstance(document, Document):
        raise SystemExit(f"{TEMPLATE} cannot be read")
    data = structure.typed(document, FACTS.schema)
    oracle = jsonschema.Draft202012Validator(dict(FACTS.schema))
    ours = median(lambda: list(structure.problems(data, FACTS.schema)), 15)
    peer = median(lambda: list(oracle.iter_errors(data)), 5)
    yield "hold it against the schema", milliseconds(ours), f"jsonschema: {milliseconds(peer)}", f"{ours / peer:.3f} x"
    whole = median(lambda: check(source, "t", FACTS), 7)
    alone = median(lambda: read(source, "t"), 15)
    yield "check it: every rule", milliseconds(whole), f"reading alone: {milliseconds(alone)}", f"{whole / alone:.1f} x"


def starting() -> Iterator[Row]:
    """A whole process, as a pre-commit hook starts it: the least of some, in seconds of a core and by the clock."""
    command = [Path(sys.executable).with_name("threatshelf"), "check", TEMPLATE]
    (ours, clock), (peer, _) = (_least(one) for one in (command, [sys.executable, "-c", "import yaml"]))
    spent = f"{milliseconds(ours)} of a core, {milliseconds(clock)}"
    beside = f"aim: 150 ms of a core (python -c 'import yaml': {milliseconds(peer)})"
    yield "threatshelf check, whole process", spent, beside, *at_most(ours / 0.15, 1)


def _least(command: Sequence[str | Path]) -> tuple[float, float]:
    """Of nine runs: seconds of a core, and seconds."""
    runs = []
    for _ in range(9):
        used = processor()
        clock = seconds(partial(subprocess.run, command, stdout=subprocess.DEVNULL, check=True, env=environment()))
        runs.append((processor() - used, clock))
    return min(used for used, _ in runs), min(clock for _, clock in runs)


def hostile() -> Iterator[Row]:
    """Memory for the worst megabyte somebody may send; the limit is half of a small machine."""
    code = (
        "from datetime import date; from pathlib import Path;"
        "from schema import shipped; from schema.check import check;"
        "most = lambda: int(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0]);"
        "facts = shipped.facts(date(2026, 11, 20)); before = most();"
        "worst = (b'['*1000000, b'a: {'*200000, b'k: [' + b'1,'*499000 + b']', b'- a\\n'*99000);"
        "[check(source, 't', facts) for source in worst];"
        "print(most() - before)"
    )
    grown = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) // 1024
    limit = 256
    yield (
        "check four hostile files of 1 MB: memory",
        f"{grown} MiB more",
        f"limit: {limit} MiB",
        *at_most(grown / limit, 1),
    )


def suggesting() -> Iterator[Row]:
    """Suggestions for threats that are left out in turn, the category not known and known; in the top 1, 3 and 5."""
    template = check(TEMPLATE.read_bytes(), "t", FACTS).template
    worked = tuple(examples(shipped.vocabularies(), [template] if template else []))
    figures = recall(shipped.vocabularies(), worked)
    free, given = figures["technique"], figures["technique in its category"]
    for place, (ours, peer) in zip((1, 3, 5), zip(free, given, strict=True), strict=True):
        what = f"right technique in the first {place} suggested"
        yield what, f"{ours:.2f}", f"the category given: {peer:.2f}", f"{peer / ours:.1f} x"


def telling() -> Iterator[Row]:
    """Vague mitigations told from specific ones: on the sentences the rule's words were chosen with, and on others."""
    for name in ("vague-mitigations", "vague-mitigations-unseen"):
        with (ROOT / "tests" / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = [(row["label"] == "vague", row["sentence"]) for row in csv.DictReader(file)]
        found = [vague for vague, sentence in rows if mitigation_specific.is_general(sentence)]
        precision, recalled = sum(found) / len(found), sum(found) / sum(vague for vague, _ in rows)
        yield f"{name}: precision", f"{precision:.2f}", f"recall: {recalled:.2f}", f"{recalled / precision:.1f} x"


PARTS = (
    *(reading, judging, starting, many, templates, growing, hostile),
    *(serving, publishing, searching, reviewing, suggesting, telling),
)
HEAD = ("what", "ours", "beside", "ratio", "aim")


def main() -> None:
    """Measure everything, or the parts that are named, and print a table; `--format json` prints it for machines."""
    parts = {part.__name__: part for part in PARTS}
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"any of: {', '.join(parts)} (all of them)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")
    args = parser.parse_args()
    unknown = sorted({*args.what} - parts.keys())
    if unknown:
        parser.error(f"there is no {unknown[0]}; there are {', '.join(parts)}")
    rows: list[dict[str, str]] = []
    for name in args.what or parts:
        begun = time.perf_counter()
        rows += [dict(zip_longest(HEAD, row, fillvalue="")) for row in parts[name]()]
        print(f"measured: {name}, {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    print(json.dumps(rows, indent=2) if args.format == "json" else _table(rows))


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    """Columns as wide as what stands in them; below, on which machine, and how busy it was."""
    widths = [max(len(cell) for cell in (name, *(row[name] for row in rows))) for name in HEAD]
    cells = (HEAD, *(tuple(map(row.__getitem__, HEAD)) for row in rows))
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    busy = f"{os.getloadavg()[1]:.1f} processes wanted a core in the last five minutes, ours among them"
    return "\n".join((*lines, f"{len(os.sched_getaffinity(0))} cores; {busy}"))


main()
