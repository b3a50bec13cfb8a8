"""HTML pages of the report: what was run on what, and the table of the strongest variants.

Each page is one file without scripts or outside resources. Names and alleles come from users'
files; the templates escape all of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.provenance import ORIGINS, model_in_words, same_weights
from seqcast.core.store import column_names, read_provenance, read_table, read_tsv
from seqcast.evaluation.variants.variant_sets import SETS, read_sets
from seqcast.evaluation.verification.verdicts import last_verdict
from seqcast.genome.annotation import COUNTS
from seqcast.genome.variants import OUTCOMES, REASONS
from seqcast.predict.variants.effect_intervals import IN_WORDS, OPEN
from seqcast.predict.variants.ranking import VARIANT
from seqcast.report.pages.rendering import UNDESCRIBED, number, render, shorten, thousands

NOT_RECORDED = "not recorded"
# Always listed, for a reader must know them; others are added as they were recorded.
OPTIONS = ("on_ref_mismatch", "compat", "reverse_complement", "shifts_bp", "precision")
MEASURED = {"n": pl.Int64} | dict.fromkeys(("pearson", "spearman", "rmse", "sd"), pl.Float64)

Facts = Mapping[str, Any]


def run_summary_html(
    checked: Mapping[str, str | Path],
    ensembles: Mapping[tuple[str, str], str | Path],
    folds: Sequence[str | Path],
    versions: Mapping[str, str],
    annotations: Mapping[str, str | Path] | None = None,
    verification: Sequence[Sequence[str]] = (),
    descriptions: Mapping[str, str] = UNDESCRIBED,
    window_modes: Sequence[str | Path] = (),
) -> str:
    """The page that says what a run did.

    Parameters
    ----------
    checked : mapping
        Dataset to its table of checked variants (parquet).
    ensembles : mapping
        (model, dataset) to its score table over folds, gene level (parquet).
    folds : sequence of path
        Score tables of single folds; only their provenance is read.
    versions : mapping
        Program to version, of the programs that make the report.
    annotations : mapping, optional
        Assembly to its table of genes (`Annotation.write`); only its provenance is read.
    verification : sequence of sequence of str
        Model, fold, prepared weights and verdict (`verdicts.write_verdict`) of each fold of the
        run; a verdict need not be there.
    descriptions : mapping, optional
        Model to what the table of models says of it.
    window_modes : sequence of path
        Tables of how much scores depend on where windows lie (`measure_window_modes`).

    Returns
    -------
    str
        A whole HTML document.

    Raises
    ------
    ValueError
        If the statuses in a score table do not add up to the input ALTs of its dataset.
    """
    variants = {name: read_table(path) for name, path in checked.items()}
    inputs = {name: read_provenance(path) for name, path in checked.items()}
    facts = [read_provenance(path) for path in folds]
    return _page(
        "run_summary.html",
        inputs=[_input_row(name, inputs[name], variants[name]) for name in checked],
        statuses=[_status_table(name, variants[name], ensembles) for name in checked],
        models=_distinct(map(_fold_row, facts)),
        untrained=_distinct(str(f.get("model")) for f in facts if f.get("origin") == "random"),
        same_weights=same_weights(facts),
        options=_option_rows([*inputs.values(), *facts]),
        versions=_version_rows(versions, facts),
        annotations=_annotation_rows(annotations or {}),
        verification=[
            (model, fold, *last_verdict(verdict, prepared))
            for model, fold, prepared, verdict, *_ in verification
        ],
        descriptions=descriptions,
        window_modes=[row for path in window_modes for row in read_tsv(path, MEASURED).to_dicts()],
    )


def ranked_table_html(
    ranked: pl.DataFrame,
    facts: Facts,
    rows: int = 100,
    descriptions: Mapping[str, str] = UNDESCRIBED,
    sets: Sequence[str | Path] = (),
    trainings: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The page of the strongest variants.

    Parameters
    ----------
    ranked : DataFrame
        All of `ranking.rank_variants`; may have no rows.
    facts : mapping
        Provenance of its file: ``dataset``, ``score``, ``tracks`` (in words), ``model``, ``fold``
        and, where folds have the same weights, ``same_weights``; ``nulls``, the name of the null
        variants, where `ranked` has percentiles.
    rows : int
        Rows of the page, the first ones; it says of how many.
    descriptions : mapping, optional
        Model to what the table of models says of it.
    sets : sequence of path
        The table of sets (`variant_sets.group_variants`), if the variants belong to any.
    trainings : sequence of mapping
        Of `training.overall_verdicts`: what the folds of the model are worth.

    Returns
    -------
    str
        A whole HTML document.
    """
    of_sets = pl.concat([pl.DataFrame(schema=SETS), *map(read_sets, sets)])
    return _page(
        "ranked.html",
        sets=of_sets.head(rows).to_dicts(),
        number_of_sets=len(of_sets),
        has_percentile=of_sets["percentile"].count() > 0,
        rows=ranked.head(rows).to_dicts(),
        total=len(ranked),
        dataset=facts["dataset"],
        model=model_in_words(facts),
        score=facts["score"],
        tracks=facts["tracks"],
        has_spread=ranked["fold_sd"].count() > 0,
        has_intervals=ranked["low"].count() > 0,
        has_half_lives="delta_log2_half_life" in ranked.columns,
        open=OPEN,
        fold_signs=IN_WORDS,
        same_weights=facts.get("same_weights", []),
        descriptions=descriptions,
        nulls=facts.get("nulls", ""),
        trainings=trainings,
    )


def count_statuses(variants: pl.DataFrame, ensemble: pl.DataFrame) -> dict[str, int]:
    """Input ALTs by their final status.

    Parameters
    ----------
    variants : DataFrame
        Checked variants, one row an input ALT.
    ensemble : DataFrame
        Score table of the same ALTs, one row or more an ALT.

    Returns
    -------
    dict
        Status to count: "scored" first, then the most frequent, ties by name. The counts add up
        to ``len(variants)``.

    Raises
    ------
    ValueError
        If an ALT has no row in `ensemble`, rows of different status, or rows beyond the input.
    """
    key = ["row"] if "row" in ensemble.columns else VARIANT
    final = ensemble.select(*key, final="status").unique()
    outcome = variants.join(final, on=key, how="left")["final"]
    strangers = len(final.join(variants, on=key, how="anti"))
    if len(outcome) != len(variants) or outcome.null_count() or strangers:
        raise ValueError(
            f"statuses do not add up: {len(variants)} input ALTs, of which {outcome.null_count()} "
            f"are not in the score table, which has {strangers} that are not in the input"
        )
    counts = dict(outcome.value_counts().iter_rows())
    return dict(sorted(counts.items(), key=lambda item: (item[0] != "scored", -item[1], item[0])))


def _input_row(dataset: str, facts: Facts, variants: pl.DataFrame) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "file": facts.get("file", NOT_RECORDED),
        "sha256": facts.get("sha256", NOT_RECORDED),
        "assembly": facts.get("assembly", NOT_RECORDED),
        "alts": len(variants),
        "swapped": int(variants["swapped"].sum()),
    }


def _status_table(
    dataset: str, variants: pl.DataFrame, ensembles: Mapping[tuple[str, str], str | Path]
) -> dict[str, Any]:
    """Counts of one dataset: one row per status, one column per model."""
    identity = ["row", *VARIANT, "status"]
    counts = {}
    for (model, name), path in ensembles.items():
        if name == dataset:
            present = [c for c in identity if c in column_names(path)]
            counts[model] = count_statuses(variants, read_table(path, columns=present))
    statuses = _distinct(status for column in counts.values() for status in column)
    return {
        "dataset": dataset,
        "alts": len(variants),
        "models": list(counts),
        "rows": [
            {
                "status": status,
                "explanation": (OUTCOMES | REASONS).get(status, ""),
                "counts": [column.get(status, 0) for column in counts.values()],
            }
            for status in statuses
        ],
        "sums": [sum(column.values()) for column in counts.values()],
    }


def _annotation_rows(annotations: Mapping[str, str | Path]) -> list[tuple[str, int, str]]:
    """Assembly, number and meaning of each count of its genes that is not 0."""
    return [
        (assembly, counts[name], meaning)
        for assembly, path in annotations.items()
        for counts in [read_provenance(path).get("counts", {})]
        for name, meaning in COUNTS.items()
        if counts.get(name)
    ]


def _fold_row(facts: Facts) -> dict[str, Any]:
    names = ("model", "architecture", "fold", "weights_sha256", "device")
    row = {name: _text(facts.get(name, NOT_RECORDED)) for name in names}
    origin = facts.get("origin", NOT_RECORDED)
    return {**row, "origin": ORIGINS.get(origin, origin), "untrained": origin == "random"}


def _option_rows(facts: Sequence[Facts]) -> list[tuple[str, list[str]]]:
    """Options and the distinct values that files of the run were made with."""
    values: dict[str, list[str]] = {name: [] for name in OPTIONS}
    for fact in facts:
        recorded = dict(fact.get("options") or {})
        if "precision" in fact:
            recorded["precision"] = fact["precision"]
        for name, value in recorded.items():
            values.setdefault(name, []).append(_text(value))
    return [(name, _distinct(found) or [NOT_RECORDED]) for name, found in values.items()]


def _version_rows(versions: Facts, facts: Sequence[Facts]) -> list[tuple[str, str, str]]:
    """Program, version in the report, versions that the score tables were made with."""
    recorded = [
        {**(fact.get("versions") or {}), "seqcast": fact.get("seqcast_version", NOT_RECORDED)}
        for fact in facts
    ]
    programs = _distinct([*versions, *(name for found in recorded for name in found)])
    return [
        (name, str(versions.get(name, "")),
         ", ".join(_distinct(str(found[name]) for found in recorded if name in found)))
        for name in programs
    ]  # fmt: skip


def _distinct(items: Iterable[Any]) -> list[Any]:
    """Items without repeats, in order of first appearance."""
    seen: list[Any] = []
    for item in items:
        if item not in seen:
            seen.append(item)
    return seen


def _text(value: Any) -> str:
    """An option as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or "none"
    return "none" if value is None else str(value)


def _percentile(row: Mapping[str, Any]) -> str:
    """The percentile of a row of ranked variants; beyond the largest null, among how many."""
    if row["percentile"] is None:
        return ""
    if row["nulls_below"] == row["nulls"]:
        return f"> {row['nulls']:,} of {row['nulls']:,}"
    return f"{row['percentile']:.1f}"


def _page(template: str, **values: Any) -> str:
    filters: dict[str, Callable] = {
        "shorten": shorten,
        "number": number,
        "percentile": _percentile,
        "thousands": thousands,
    }
    return render(template, filters, **values)
