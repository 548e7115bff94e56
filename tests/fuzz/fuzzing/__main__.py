"""`make fuzz`: files made from our own, guided by which code they reach, until one breaks the door that is named.

    python -m fuzzing DOOR FOLDER [-runs=N] [-max_total_time=SECONDS] [-seed=N] ...

FOLDER gets what reaches new code; the options are libFuzzer's. A file that breaks the door is kept in tests/data/found.
"""

import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("atheris is not installed: it comes with Python 3.11 on Linux for x86-64 only.")

with atheris.instrument_imports(include=["schema"]):
    from fuzzing.doors import DOORS
from fuzzing.mutator import mutated
from fuzzing.seeds import FOUND, seeds, words

LONGEST = 16_384
"""Bytes of an input: enough for a whole template, and hundreds of them are judged in a second."""


def change(source: bytes, most: int, seed: int) -> bytes:
    """One time in four libFuzzer changes bytes, with its dictionary and what comparisons taught it."""
    if seed % 4:
        return mutated(source, seed)[:most]
    return bytes(atheris.Mutate(source, most))


def begun(folder: Path) -> None:
    """Put the seeds and the dictionary where libFuzzer looks for them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        Path(folder, f"seed-{number}").write_bytes(seed)
    folder.with_suffix(".dict").write_text("".join(f'"{word}"\n' for word in words() if word.isascii()))


def main() -> None:
    """Run libFuzzer, which ends the process itself: 0 when nothing was found."""
    door, folder = sys.argv[1], Path(sys.argv[2])
    begun(folder)
    options = [f"-artifact_prefix={FOUND}/{door}-", f"-dict={folder.with_suffix('.dict')}", f"-max_len={LONGEST}"]
    atheris.Setup([sys.argv[0], str(folder), *options, *sys.argv[3:]], DOORS[door], custom_mutator=change)
    atheris.Fuzz()


main()
