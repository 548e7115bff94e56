"""The worst that somebody may send, at any size: each file is one habit of YAML or of templates carried too far."""

from collections.abc import Callable, Iterator, Mapping

Row = Callable[[int], str]
NODES_OF_A_MEBIBYTE = 37_000
"""Keys and values: of more the reader refuses the file before anything else looks at it."""
HEAD = """schema_version: "1.0"
id: desk-assistant
version: 0.1.0
title: Desk assistant
summary: One person asks an assistant on their own machine.
status: draft
"""
ZONES = "  system: Desk\n  zones: [{key: zz, name: Z, trust: untrusted}, {key: yy, name: Y, trust: medium}]\n"
AGENTS = "  elements:\n    - {key: e0, name: Web, kind: external, zone: zz}\n"


def filled(size: int, row: Row, head: str = "", nodes: int = 0) -> bytes:
    """The head, then one row after the other up to `size` bytes.

    `nodes` is how many keys and values a row holds: of such rows there are fewer, so that the file can be read.
    """
    most = NODES_OF_A_MEBIBYTE * size // (nodes << 20) if nodes else size
    parts, length = [head.encode()], len(head.encode())
    for number in range(most):
        part = row(number).encode()
        length += len(part)
        if length > size:
            break
        parts.append(part)
    return b"".join(parts)


def _element(number: int) -> str:
    return f"    - {{key: e{number}, name: E, kind: process, zone: yy, runs_as: r, abilities: [exec, send]}}\n"


def _threat(number: int) -> str:
    return (
        f"  - {{key: t{number}, category: EXEC, title: A title, scenario: It is sent and it is done, targets: [e0],"
        " stride: [T], risk: {likelihood: 4, impact: 4}, mitigated_by: [mm], status: open}\n"
    )


def _diagram(size: int, edges: Callable[[int], Iterator[tuple[int, int]]]) -> bytes:
    """As many elements with such flows between them as there is room for."""
    rows, flows, number = [], [], 0
    while len(rows) * 16 + len(flows) * 7 < NODES_OF_A_MEBIBYTE * size >> 20:
        number += 1
        rows.append(_element(number))
        flows += [f"    - {{from: e{a}, to: e{b}, carries: words}}\n" for a, b in edges(number)]
    return f"{HEAD}diagram:\n{ZONES}{AGENTS}{''.join(rows)}  flows:\n{''.join(flows)}".encode()


def _chain(number: int) -> Iterator[tuple[int, int]]:
    yield number - 1, number


def _cycles(number: int) -> Iterator[tuple[int, int]]:
    """Everything near answers everything near."""
    for back in range(1, min(number, 12) + 1):
        yield number - back, number
        yield number, number - back


def _star(number: int) -> Iterator[tuple[int, int]]:
    yield 0, number
    yield number, 0


def _dense(size: int) -> bytes:
    """Few elements, and every flow that there can be, again and again."""
    head = f"{HEAD}diagram:\n{ZONES}{AGENTS}{''.join(map(_element, range(1, 150)))}  flows:\n"
    return filled(
        size, lambda n: f"    - {{key: f{n}, from: e{n % 150}, to: e{n * 7 // 150 % 150}, carries: w}}\n", head, 8
    )


def _nested_zones(size: int) -> bytes:
    head = f"{HEAD}diagram:\n  system: Desk\n  zones:\n    - {{key: z0, name: Z, trust: medium}}\n"
    return filled(size, lambda n: f"    - {{key: z{n + 1}, name: Z, trust: medium, inside: z{n}}}\n", head, 9)


def _crossings(size: int) -> bytes:
    """Each element in a zone of its own, so that every flow crosses."""
    many = size // 1200
    zones = "".join(f"    - {{key: z{n}, name: Z, trust: low}}\n" for n in range(many))
    elements = "".join(f"    - {{key: e{n}, name: E, kind: process, zone: z{n}}}\n" for n in range(many))
    flows = "".join(f"    - {{from: e{n}, to: e{(n * 31 + 1) % many}, carries: w}}\n" for n in range(many * 2))
    return f"{HEAD}diagram:\n  system: Desk\n  zones:\n{zones}  elements:\n{elements}  flows:\n{flows}".encode()


def _waivers(size: int) -> bytes:
    """Half of the file is findings, the other half excuses for others."""
    many = size // 450
    actors = "".join(f"  - {{key: a{n}, name: A, kind: accidental}}\n" for n in range(many))
    waivers = "".join(f"  - {{rule: actor-described, path: /x/{n}, reason: It is so}}\n" for n in range(many))
    return f"{HEAD}threat_actors:\n{actors}waive:\n{waivers}".encode()


def _answers(size: int) -> bytes:
    """Many elements, and many answers for all of them."""
    many = size // 1900
    elements = "".join(map(_element, range(1, many)))
    answers = "".join(
        f"  - {{within: [zz, yy], stride: [S, T, R, I, D, E], because: It is {n}}}\n" for n in range(many * 2)
    )
    return f"{HEAD}diagram:\n{ZONES}{AGENTS}{elements}  flows: []\nstride_answers:\n{answers}".encode()


def _references(size: int) -> bytes:
    """Keys, and as many that are nearly theirs."""
    many = size // 70
    keys = "".join(f"  - {{key: asset-number-{n}, name: A, kind: data}}\n" for n in range(many // 4))
    return filled(
        size, lambda n: f"      - asset-numbr-{n}\n", f"{HEAD}assets:\n{keys}threats:\n  - key: t\n    assets:\n", 1
    )


def _long_key(size: int) -> bytes:
    """A key that half of the file is needed for, and thousands of things about which something may be said."""
    head = (
        f"{HEAD}diagram:\n  system: Desk\n  zones: [{{key: {'z' * (size // 2)}, name: Z, trust: low}}]\n  elements:\n"
    )
    return filled(size, lambda n: f"    - {{key: e{n}, name: E, kind: process, zone: z}}\n", head, 9)


WORST: Mapping[str, Callable[[int], bytes]] = {
    "anchors": lambda size: filled(size, lambda n: f"- &a{n} [*a{n - 1}, *a{n - 1}]\n"),
    "opened-lists": lambda size: b"[" * size,
    "opened-mappings": lambda size: b"a: {" * (size // 4),
    "steps-inward": lambda size: filled(size, lambda n: " " * n + "a:\n"),
    "dashes": lambda size: b"- " * (size // 2),
    "long-plain": lambda size: b"title: " + b"a" * (size - 7),
    "long-quoted": lambda size: b'title: "' + b"\\x41" * ((size - 9) // 4) + b'"',
    "never-closed": lambda size: b'title: "' + b"a\n " * ((size - 9) // 3),
    "block-scalar": lambda size: filled(size, lambda _: "  # a line: of text\n", "summary: |\n"),
    "many-keys": lambda size: filled(size, lambda n: f"k{n}: v\n", "", 2),
    "same-key": lambda size: filled(size, lambda _: "key: v\n"),
    "short-lines": lambda size: b"\n" * size,
    "comments": lambda size: filled(size, lambda _: "#\n", "a: b\n"),
    "flow-list": lambda size: filled(size - 1, lambda _: "1,", "k: [", 1) + b"]",
    "flow-mapping": lambda size: filled(size - 1, lambda n: f"k{n}: v,", "k: {", 2) + b"}",
    "items": lambda size: filled(size, lambda _: "- a\n", "", 1),
    "emoji": lambda size: filled(size, lambda _: "\U0001f600\ufe0f", "title: "),
    "hidden": lambda size: filled(size, lambda _: "a\u200b"),
    "bad-bytes": lambda size: b"\xff\xfe" * (size // 2),
    "tabs": lambda size: filled(size, lambda _: "\ta: b\n"),
    "tags": lambda size: filled(size, lambda _: "- !x y\n"),
    "brackets-in-quotes": lambda size: filled(size, lambda _: "- '{{a}} [b] # c'\n", "", 1),
    "threats-of-one-element": lambda size: filled(
        size,
        _threat,
        f"{HEAD}mitigations: [{{key: mm, title: M, status: planned}}]\ndiagram:\n{ZONES}{AGENTS}threats:\n",
        26,
    ),
    "same-threat": lambda size: filled(size, lambda _: _threat(0), f"{HEAD}threats:\n", 26),
    "empty-threats": lambda size: filled(size, lambda _: "  - {}\n", f"{HEAD}threats:\n", 1),
    "unknown-fields": lambda size: filled(size, lambda n: f"  - {{titel{n}: a}}\n", f"{HEAD}threats:\n", 3),
    "elements": lambda size: filled(size, _element, f"{HEAD}diagram:\n{ZONES}{AGENTS}", 16),
    "chain": lambda size: _diagram(size, _chain),
    "cycles": lambda size: _diagram(size, _cycles),
    "star": lambda size: _diagram(size, _star),
    "dense": _dense,
    "nested-zones": _nested_zones,
    "crossings": _crossings,
    "waivers": _waivers,
    "answers": _answers,
    "references": _references,
    "long-key": _long_key,
    "same-word-in-a-list": lambda size: filled(size - 2, lambda _: "a, ", f"{HEAD}tags: [", 1) + b"]\n",
    "words-in-a-list": lambda size: filled(size - 2, lambda n: f"a{n}, ", f"{HEAD}tags: [", 1) + b"]\n",
    "unknown-controls": lambda size: filled(
        size, lambda n: f"      - access-cntrl-{n}\n", f"{HEAD}mitigations:\n  - key: m\n    controls:\n", 1
    ),
    "unknown-techniques": lambda size: filled(
        size, lambda n: f"      - AML.T0{n}\n", f"{HEAD}threats:\n  - key: m\n    maps_to:\n", 1
    ),
    "empty-texts": lambda size: filled(
        size, lambda _: '      - ""\n', f"{HEAD}threats:\n  - key: m\n    maps_to:\n", 1
    ),
    "threats-with-one-id": lambda size: filled(
        size, lambda n: f"  - {{key: k{n}, id: T-EXEC-001, title: The same title}}\n", f"{HEAD}threats:\n", 7
    ),
    "no-html": lambda size: filled(size, lambda _: "<a <!-- [a](", "summary: "),
    "links": lambda size: filled(size, lambda _: "http://a.b/<i>x@y.zz ghp_aaaaaaaaaaaaaaaa ", f"{HEAD}scope: "),
    "letters": lambda size: b"summary: " + b"ab-" * (size // 3 - 3) + b"\n",
    "digits": lambda size: b"version: " + b"1" * (size - 10) + b"\n",
    "spaces": lambda size: b"summary: a" + b" " * (size - 12) + b"b\n",
}
"""A maker of `size` bytes, or a few less, by what it does."""
