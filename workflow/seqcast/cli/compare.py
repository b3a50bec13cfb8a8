"""The command `seqcast compare`: two runs on the same variants."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from seqcast.cli.options import check_outputs, check_regular
from seqcast.core.errors import InputError
from seqcast.core.store import write_text_table
from seqcast.evaluation.metrics.correlations import LEAST_ROWS
from seqcast.evaluation.variants.compared_runs import (
    Agreement,
    Run,
    agreement,
    changed_ranks,
    changed_statuses,
    different_facts,
    read_run,
    shared_scores,
)

TABLES = (".tsv", ".tsv.gz")
SHOWN = 10  # variants


def compare(
    run_a: Path, run_b: Path, /, *, score: str | None = None, tracks: str | None = None,
    output: Annotated[str | None, Parameter(name=("--out", "-o"))] = None,
) -> None:  # fmt: skip
    """Compare two runs on the same variants.

    How far their scores agree, which of the strongest variants change places, whose status
    changes, and what differs in their provenance.

    Parameters
    ----------
    run_a, run_b : Path
        The folder of a run, or a parquet file of scores over folds: of seqcast score-variants, or
        results/variant_effects/MODEL/DATASET.ensemble.parquet.
    score : str, optional
        Default: all that both have; ranks are those of the first one.
    tracks : str, optional
        Tracks to average over: a regular expression on their descriptions; default: all.
    output : str, optional
        Also write each pair of the first score (.tsv, .tsv.gz).
    """
    if output is not None:
        if not output.endswith(TABLES):
            raise InputError(f"--out {output}: expected a name in {' or '.join(TABLES)}")
        check_regular("--out", output)
    a = read_run(run_a)
    b = read_run(run_b, a.path)
    if output is not None:
        check_outputs([Path(output)], [a.path, b.path], "--out")
    names = shared_scores(a, b)
    if score is not None and score not in names:
        raise InputError(f"--score {score}: both runs have {', '.join(names)}; name one of these")
    found = [agreement(a, b, name, tracks) for name in ([score] if score else names)]
    sys.stdout.writelines(f"{line}\n" for line in _lines(a, b, found))
    if output is not None:
        write_text_table(found[0].pairs, output)


def _lines(a: Run, b: Run, found: list[Agreement]) -> Iterator[str]:
    """The comparison, to read."""
    yield f"A  {a.path}"
    yield f"B  {b.path}"
    for one in found:
        yield from _numbers(one)
    moved = changed_ranks(found[0].pairs).filter(pl.col("rank_a") != pl.col("rank_b"))
    if len(moved):
        yield f"\n{len(moved)} of the strongest by {found[0].score} have another rank (A, B)"
    for row in moved.head(SHOWN).iter_rows(named=True):
        place = f"{row['chrom']}:{row['pos']} {row['ref']}>{row['alt']}"
        yield (
            f"  {row['rank_a']:>4} {row['rank_b']:>4}  {place} {row['gene_id']}  {row['a']:+.4f} "
            f"{row['b']:+.4f}"
        )
    statuses = changed_statuses(a, b)
    if len(statuses):
        yield "\nStatus of ALT alleles (A, B)"
    for one, other, n in statuses.iter_rows():
        yield f"  {n:>6,}  {one or 'absent'} -> {other or 'absent'}"
    facts = list(different_facts(a.facts, b.facts))
    yield "\nProvenance: the same" if not facts else "\nProvenance (A, B)"
    for name, ours, theirs in facts:
        yield f"  {name}: {ours} | {theirs}"


def _numbers(one: Agreement) -> Iterator[str]:
    """Of one score."""
    yield f"\n{one.score}: {len(one.pairs):,} pairs of variant and gene have it in both"
    if one.rmse is None:
        yield f"  fewer than {LEAST_ROWS}: no correlation"
        return
    for label, value in (
        ("Spearman", one.spearman), ("Pearson", one.pearson), ("RMS difference", one.rmse),
        ("largest difference", one.largest),
    ):  # fmt: skip
        yield f"  {label:<20}{'not defined' if value is None else f'{value:.4g}'}"
    yield f"  {'opposite sign':<20}{one.opposite:,}"
