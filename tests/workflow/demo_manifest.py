"""What `make demo` writes, held by `demo_manifest.tsv`: a row for each part of each file.

A part is what a reader of the file sees: a column, an array, the words of a page. Bytes are not
compared, and neither is what changes from run to run or with a release (`MASKED`, `UNSTABLE`).

`text` and `sha256`
    Equal in every run: names, types, integers, strings, and their order.
`numbers` and `sketch`
    Equal up to `TOLERANCE`, as processors round differently: few numbers are listed; of many, the
    root mean square and two sums with random weights are kept. A lone number among n is seen when
    it moves by about `TOLERANCE` times the root of n, in units of the root mean square.
`unstable`
    The file or part exists; the row says why it is not compared.

::

    python -m tests.workflow.demo_manifest check results    # after `make demo`: `make demo-manifest`
    python -m tests.workflow.demo_manifest write results    # after a change that is wanted

Rows that still hold stay as they are when it is written anew: a commit shows what has moved, and
says why.
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.workflow.demo_contents import Values, contents_of

MANIFEST = Path(__file__).with_suffix(".tsv")
# Of the root mean square of a part. torch without vector code, with two threads, and numpy without
# AVX-512 move it by 2e-5 or less, but where pixels or ranks jump, or where embeddings of a last token
# that are nearly equal are subtracted.
TOLERANCE = 1e-4
LOOSER = {
    ("*.png", "darkness"): 2e-2,
    ("*.correlations.tsv", "*"): 2e-3,
    ("*.window_modes.tsv", "spearman"): 2e-3,
    ("*", "*_last*"): 1e-3,
}
LISTED = 192  # the most numbers that are listed one by one
WANTED = (
    "If this is wanted: `make demo`, then `python -m tests.workflow.demo_manifest write results`."
)
SHORT = 60  # the longest text that is written out

UNSTABLE = {
    ("*.csi", "*"): "offsets into compressed blocks",
    ("*.tbi", "*"): "offsets into compressed blocks",
    ("benchmarks/*.times.tsv", "*_s"): "seconds",
    ("benchmarks/*.roc.parquet", "*"): "steps that near ties add; metrics and figure are compared",
    ("benchmarks/*.html", "numbers"): "some are seconds; the others are in benchmarks/*.tsv",
    ("report/*.correlations.tsv", "spearman"): "ranks of L2_last, which rounding of states decides",
    ("report/*.correlations.tsv", "ci_*"): "the same ranks",
    ("report/*.cross_model.tsv", "value"): "the same ranks; scores and percentiles are compared",
    ("report/*.cross_model.tsv", "ci_*"): "the same ranks",
    ("report/embeddings.html", "numbers"): "some are CPU seconds",
    ("report/index.html", "numbers"): "some are seconds; the others are in pages and tables",
    ("report/index.html", "words"): "rules are in the order of their costs; pages are compared",
    ("report/costs.tsv", "*"): "seconds and memory",
    ("report/tables/*.json", "*"): "rows of the parquet file of the same name",
    ("report/seqcast_mqc.json", "*"): "counts and scores of report/tables",
    ("ro-crate-metadata.json", "*"): "has the date",
}


class Part(NamedTuple):
    """A row of the manifest."""

    path: str
    part: str
    kind: str
    value: str


Rows = dict[tuple[str, str], Part]  # by path and part


def manifest_of(results: Path) -> Rows:
    """The rows of a results folder, as the manifest holds them."""
    rows: Rows = {}
    for file in sorted(results.rglob("*")):
        path = file.relative_to(results).as_posix()
        if file.is_file() and file.name != ".snakemake_timestamp":  # Snakemake's own
            for part, values in contents_of(file):
                rows |= {row[:2]: row for row in _rows(path, part, values)}
    return rows


def differences(expected: Rows, found: Rows) -> list[str]:
    """A line for each file, or else each part, that two manifests do not agree on."""
    before, now = ({path for path, _ in rows} for rows in (expected, found))
    lines = [f"{path}: is missing" for path in sorted(before - now)]
    lines += [f"{path}: is new" for path in sorted(now - before)]
    for path, part in sorted(expected.keys() | found.keys()):
        old, new = expected.get((path, part)), found.get((path, part))
        if path not in before & now:
            continue
        if old is None or new is None:
            lines.append(f"{path}: {part}: is {'new' if old is None else 'missing'}")
        elif not _agree(old, new):
            lines.append(f"{path}: {part}: {_change(old, new)}")
    return lines


def read_manifest(path: Path = MANIFEST) -> Rows:
    """The committed rows."""
    with path.open(newline="") as file:
        rows = [Part(*row) for row in list(csv.reader(file, delimiter="\t"))[1:]]
    return {(row.path, row.part): row for row in rows}


def write_manifest(rows: Rows, path: Path = MANIFEST) -> None:
    """Write rows; those of a manifest already there that still hold stay as they are."""
    old = read_manifest(path) if path.exists() else {}
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(Part._fields)
        for key, row in sorted(rows.items()):
            writer.writerow(old[key] if key in old and _agree(old[key], row) else row)


def _rows(path: str, part: str, values: Values) -> Iterator[Part]:
    """Sum up the contents of one part; which numbers are missing among many is a row of its own."""
    reasons = [why for globs, why in UNSTABLE.items() if _matches(Part(path, part, "", ""), globs)]
    if reasons:
        yield Part(path, part, "unstable", reasons[0])
    elif isinstance(values, str):
        short = len(values) <= SHORT and values.isprintable()
        yield Part(path, part, *(("text", values) if short else ("sha256", _digest(values))))
    else:
        numbers = np.asarray(values, dtype=np.float64).ravel()
        finite = np.isfinite(numbers)
        kind, kept = (
            ("numbers", numbers) if len(numbers) <= LISTED else ("sketch", _sketch(numbers))
        )
        yield Part(path, part, kind, " ".join(f"{number:.7g}" for number in kept))
        if kind == "sketch" and not finite.all():
            yield Part(
                path, f"{part} missing", "sha256", _digest(str(np.flatnonzero(~finite).tolist()))
            )


def _digest(text: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256."""
    return sha256(text.encode()).hexdigest()[:16]


def _sketch(numbers: np.ndarray) -> list[float]:
    """Root mean square, missing ones as 0, and two weighted sums of the same scale."""
    finite = np.where(np.isfinite(numbers), numbers, 0) / np.sqrt(len(numbers))
    weights = np.random.default_rng(0).uniform(-1, 1, (2, len(numbers)))
    return [np.linalg.norm(finite), *(weights @ finite)]


def _agree(old: Part, new: Part) -> bool:
    """Whether two rows say the same, numbers up to the tolerance of their part."""
    if old.kind == new.kind and old.kind in {"numbers", "sketch"}:
        return bool((_distances(old, new) <= 1).all())
    return old.kind == new.kind and (old.kind == "unstable" or old.value == new.value)


def _distances(old: Part, new: Part) -> np.ndarray:
    """How many tolerances the numbers of two rows of one kind lie apart."""
    before, after = (np.array(row.value.split(), dtype=float) for row in (old, new))
    if before.shape != after.shape:
        return np.array([np.inf])
    finite = before[np.isfinite(before)]
    rms = np.sqrt(np.mean(finite**2)) if len(finite) else 0
    # A list may hold counts beside shares: no number is given more room than 1 would have.
    scale = before[0] if old.kind == "sketch" else np.maximum(np.abs(before), min(rms, 1))
    loose = [room for globs, room in LOOSER.items() if _matches(old, globs)]
    with np.errstate(invalid="ignore", divide="ignore"):
        distances = np.abs(after - before) / (scale * (loose or [TOLERANCE])[0])
    same = (before == after) | (np.isnan(before) & np.isnan(after))
    return np.where(same, 0, np.where(np.isnan(distances), np.inf, distances))


def _change(old: Part, new: Part) -> str:
    """What two rows say; of lists of one length, the number that has moved most."""
    if old.kind == new.kind == "numbers" and len(distances := _distances(old, new)) > 1:
        n = int(distances.argmax())
        return f"number {n + 1} was {old.value.split()[n]}, is {new.value.split()[n]}"
    return f"was {old.kind} {old.value}, is {new.kind} {new.value}"


def _matches(row: Part, globs: tuple[str, str]) -> bool:
    """Whether path and part are those that a pair of patterns means."""
    return fnmatch(row.path, globs[0]) and fnmatch(row.part, globs[1])


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=["check", "write"])
    parser.add_argument("results", type=Path, help="the folder results of a finished `make demo`")
    arguments = parser.parse_args()
    found = manifest_of(arguments.results)
    if arguments.task == "write":
        write_manifest(found)
        return 0
    lines = differences(read_manifest(), found)
    if lines:
        lines.append(WANTED)
    print("\n".join(lines) or f"{len(found)} parts of the demo's files are as {MANIFEST.name} says")
    return min(len(lines), 1)


if __name__ == "__main__":
    sys.exit(main())
