"""HTML page of a model on a genome with planted truth: bars first, then all numbers."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from seqcast.core.provenance import is_untrained, model_in_words
from seqcast.evaluation.planted import planted_decay
from seqcast.evaluation.planted.measures import (
    ALL,
    BASES,
    DECOY,
    GENES,
    HALF_LIFE_R,
    HALF_LIFE_SIGN,
    LOSSES,
    MATCHED,
    NOISE,
    SHUFFLED,
    WITHIN,
)
from seqcast.evaluation.planted.planted_variants import STATUSES
from seqcast.evaluation.planted.readouts import MAIN, WORDS
from seqcast.genome.variants import OUTCOMES, REASONS
from seqcast.report.pages.rendering import UNDESCRIBED, render

QUESTIONS = {
    ("decay_r", GENES): "Are decay rates of genes predicted? r of ln rates",
    ("auroc", ALL): "Are causal variants distinguished from matched ones? AUROC",
    ("effect_spearman", MAIN): "Is the size of effects right? Spearman's ρ, causal variants",
    ("sign_accuracy", MAIN): "Is their direction right? Fraction of causal variants",
    ("graded_share", LOSSES): "Do two lost U of an ARE matter more than one? Fraction of elements",
    ("fold_disagreement", NOISE): "Do folds differ more where they err more? Spearman's ρ",
    ("map_auroc", BASES): "Are planted elements found base by base in mutagenesis maps? AUROC",
    (HALF_LIFE_R, WITHIN): "Are changes of half-lives right within an element (ARE, PUM, MIR)? r",
    (HALF_LIFE_SIGN, ALL): "Is the direction of changes of half-lives right? Fraction",
    ("called_share", DECOY): "Control: how many decoys have the size of causal variants? Fraction",
    ("called_share", MATCHED): "Control: how many matched controls do? Fraction",
    ("auroc", SHUFFLED): "Control: shuffled labels. AUROC",
}
SECTIONS = (
    ("Decay of genes", ("decay_",)),
    ("Causal against matched controls", ("auroc", "average_precision")),
    ("Flagged without an effect", ("called_",)),
    ("Effects", ("effect_", "sign_")),
    ("Changes of half-lives", ("half_life_",)),
    ("Calibration of effect sizes", ("calibration_",)),
    ("Graded losses of AU-rich elements", ("graded_",)),
    ("Disagreement of folds", ("fold_",)),
    ("Intervals of effects", ("interval_",)),
    ("Elements in mutagenesis maps", ("map_",)),
)
NAMES = {
    "decay_r": "r of ln rates", "decay_spearman": "ρ", "decay_r_linear": "r of rates",
    "half_life_r": "r", "half_life_sign": "right sign",
    "calibration_slope": "slope", "interval_share": "true effects inside",
    "auroc": "AUROC", "average_precision": "average precision", "called_share": "fraction flagged",
    "effect_spearman": "ρ", "effect_pearson": "r", "sign_accuracy": "right sign",
    "effect_share": "fraction of the true size", "graded_share": "right order",
    "graded_mean_predicted": "mean predicted effect", "graded_mean_true": "mean true effect",
    "fold_disagreement": "ρ", "map_auroc": "AUROC", "map_average_precision": "average precision",
}  # fmt: skip


def planted_truth_html(
    model: str, measures: pl.DataFrame, variants: pl.DataFrame, genes: pl.DataFrame,
    facts: Mapping[str, Any], descriptions: Mapping[str, str] = UNDESCRIBED,
) -> str:  # fmt: skip
    """The page of one model.

    Parameters
    ----------
    model : str
    measures, variants, genes : DataFrame
        As `planted_metrics.evaluate`, `planted_variants.compare_variants` and
        `planted_decay.compare_genes` return them.
    facts : mapping
        Provenance of the tables: ``held_out`` (contigs), ``origin`` of the weights, ``fold``,
        ``same_weights``.
    descriptions : mapping, optional
        Model to what the table of models says of it.

    Returns
    -------
    str
        A whole HTML document.
    """
    found = {(row["measure"], row["group"]): row for row in measures.to_dicts()}
    asked = [{"question": words, **found[key]} for key, words in QUESTIONS.items() if key in found]
    sections = [
        (title, [row for row in measures.to_dicts() if row["measure"].startswith(prefixes)])
        for title, prefixes in SECTIONS
    ]
    return render(
        "planted_truth.html",
        model=model,
        contigs=", ".join(facts.get("held_out", [])),
        predictions=model_in_words({**facts, "model": model}),
        same_weights=facts.get("same_weights", []),
        descriptions=descriptions,
        untrained=is_untrained(facts),
        asked=asked,
        met=sum(row["verdict"].startswith("met") for row in asked),
        sections=sections,
        names=NAMES,
        words=WORDS,
        kinds=_counts(variants),
        genes=_statuses(genes, planted_decay.STATUSES),
        statuses=_statuses(variants, OUTCOMES | REASONS | STATUSES),
    )


def _counts(variants: pl.DataFrame) -> list[dict[str, Any]]:
    """How many variants of each kind are compared, in order of first appearance."""
    counted = variants.filter(pl.col("kind").is_not_null()).group_by("kind", maintain_order=True)
    return counted.agg(
        planted=pl.len(), compared=(pl.col("status") == planted_decay.COMPARED).sum()
    ).to_dicts()  # fmt: skip


def _statuses(table: pl.DataFrame, explained: Mapping[str, str]) -> list[dict[str, Any]]:
    """Count of each status with its explanation, the most frequent first."""
    counts = table["status"].value_counts(name="n").sort("n", "status", descending=[True, False])
    return [
        {"status": status, "n": n, "explanation": explained.get(status, "")}
        for status, n in counts.iter_rows()
    ]
