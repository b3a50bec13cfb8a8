"""What a long command tells before it starts and while it runs."""

import logging
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from seqcast.core.progress import duration_in_words
from seqcast.predict.variants.variant_effects import VariantScorer
from seqcast.predict.variants.windows import VariantWork
from seqcast.predict.variants.work_plan import Estimate, WorkPlan, estimate, plan_of

FEW = 20  # variants of all folds that are scored without an estimate, which scores as many
LONG_S = 300.0  # work that a user at a terminal is asked about
DECLINED = 1  # exit status of a command whose user says no


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class WorkChoice:
    """Whether a command does its work.

    Attributes
    ----------
    dry_run : bool
        Print what the work takes, from samples that are scored, and stop there.
    yes : bool
        At a terminal, do not ask before more than 5 minutes of work.
    """

    dry_run: Annotated[bool, Parameter(alias="-n")] = False
    yes: Annotated[bool, Parameter(alias="-y")] = False


@contextmanager
def telling() -> Iterator[None]:
    """Write what seqcast logs, progress and warnings, to stderr while the block runs."""
    package = logging.getLogger("seqcast")
    handler, level = logging.StreamHandler(), package.level
    handler.setFormatter(logging.Formatter("%(message)s"))
    package.addHandler(handler)
    package.setLevel(logging.INFO)
    try:
        yield
    finally:
        package.removeHandler(handler)
        package.setLevel(level)


def is_agreed(
    scorer: VariantScorer,
    variants: pl.DataFrame,
    folds: int,
    chosen: WorkChoice,
    threads: int,
) -> bool:
    """Tell the plan of a work; whether it is to be done.

    It is not in a dry run, or if a user at a terminal says no.

    Parameters
    ----------
    scorer : VariantScorer
        Of one fold, which samples are scored with.
    variants : DataFrame
        Checked variants.
    folds : int
    chosen : WorkChoice
    threads : int
        Of the CPU.
    """
    work = scorer.work(variants)
    plan, chunks = plan_of(scorer, work)
    found = None
    if chosen.dry_run or plan.scored * folds > FEW:
        found = estimate(scorer, variants, chunks)
    lines = _lines(scorer, plan, found, work, folds, threads)
    (sys.stdout if chosen.dry_run else sys.stderr).writelines(f"{line}\n" for line in lines)
    if chosen.dry_run:
        return False
    is_long = found is not None and found.seconds * folds > LONG_S
    if chosen.yes or not is_long or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    sys.stderr.write("Continue? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _lines(
    scorer: VariantScorer, plan: WorkPlan, found: Estimate | None, work: VariantWork,
    folds: int, threads: int,
) -> Iterator[str]:  # fmt: skip
    """A plan, to read."""
    device = next(scorer.model.parameters()).device
    where = f"{device}, {threads} thread{'s' * (threads != 1)}" if device.type == "cpu" else device
    not_scored = Counter(edit for edit in work.edits if isinstance(edit, str))
    if no_gene := plan.variants - plan.scored - not_scored.total():
        not_scored["no_gene_in_window"] = no_gene
    told = "".join(f"; {n:,} {status}" for status, n in sorted(not_scored.items()))
    length_bp = scorer.model.window_length_bp
    yield f"variants   {plan.scored:,} of {plan.variants:,} to score{told}"
    yield (
        f"windows    {plan.windows:,} of {length_bp:,} bp (window: {plan.window}), "
        f"{plan.alleles:,} alleles, x {plan.members} strands and shifts x {folds} "
        f"fold{'s' * (folds != 1)}"
    )
    forwards = plan.forwards_plain * folds
    if found is None:
        yield f"forwards   {forwards:,} at most, as alleles share work"
        return
    saved = 1 - found.seconds / found.seconds_plain if found.seconds_plain else 0.0
    yield f"forwards   {forwards:,}, of which shared work saves about {max(0.0, saved):.0%}"
    yield f"memory     {found.memory_gb:.1f} GB"
    yield f"time       about {duration_in_words(found.seconds * folds)} ({where})"
