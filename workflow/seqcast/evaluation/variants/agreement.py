"""How far models put variants in the same order."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.provenance import provenance
from seqcast.core.store import read_provenance, read_table, read_tsv, write_table, write_tsv
from seqcast.evaluation.metrics.bootstrap import RESAMPLES
from seqcast.evaluation.metrics.correlations import LEAST_ROWS
from seqcast.evaluation.metrics.regression import regression_metrics
from seqcast.evaluation.metrics.table import row_of
from seqcast.evaluation.variants.joined_scores import Scored, compare_models, count_statuses

MAIN = ("L2_mean", "LLR")  # of the scores of mRNAs
SIGNED = ("LLR",)
LEAST_GENES = 3  # of the interval of a correlation
CORRELATIONS = {
    "model_a": pl.String, "score_a": pl.String, "model_b": pl.String, "score_b": pl.String,
    "variants": pl.String, "spearman": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64,
    "n": pl.Int64, "note": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """A column of the comparison whose size says how much an ALT matters to a model.

    Attributes
    ----------
    model : str
    score : str
        As figures and tables name its size.
    column : str
        Of the comparison; its numbers may have a sign.
    kind : {"coverage", "mrna"}
        Of the model.
    is_main : bool
        Whether it stands for the model in figures; others are kin of it.
    over : str
        The tracks that it is a mean over, in words.
    """

    model: str
    score: str
    column: str
    kind: str
    is_main: bool = True
    over: str = ""

    @property
    def base(self) -> str:
        """The score that it is the size of, as tables of scores name it."""
        return self.column.removeprefix(f"{self.model}.").removesuffix("_mean_abs")

    def size(self, table: pl.DataFrame) -> np.ndarray:
        """Its magnitude in each row of the comparison, NaN where it has none."""
        return np.abs(table[self.column].cast(pl.Float64).to_numpy())


@dataclass(frozen=True)
class Comparison:
    """Models on one set of variants.

    Attributes
    ----------
    table : DataFrame
        See `compare_models`.
    statuses : DataFrame
        See `count_statuses`.
    measures : tuple of Measure
        Columns of `table`: those of models of coverage, then of models of mRNAs.
    correlations : DataFrame
        See `correlate`.
    """

    table: pl.DataFrame
    statuses: pl.DataFrame
    measures: tuple[Measure, ...]
    correlations: pl.DataFrame


def compare(
    coverage: Sequence[Scored],
    mrna: Sequence[Scored],
    score: str = "logSED",
    tracks_like: str | None = None,
    resamples: int = RESAMPLES,
) -> Comparison:
    """All that is to be said of some models on one set of variants.

    Parameters
    ----------
    coverage, mrna : sequence of Scored
        Models of either kind, one or more.
    score : str
        Of the models of coverage.
    tracks_like : str, optional
        See `compare_models`.
    resamples : int
        Of the intervals of correlations.
    """
    table = compare_models(coverage, mrna, score, tracks_like)
    found = measures(coverage, mrna, score, tracks_like)
    statuses = count_statuses([*coverage, *mrna])
    return Comparison(table, statuses, tuple(found), correlate(table, found, resamples))


class ComparisonFiles(NamedTuple):
    """What is written of a comparison.

    Attributes
    ----------
    parquet : path
        The table, with measures, statuses and models in its provenance.
    table : path
        The same as TSV.
    correlations : path
        TSV.
    """

    parquet: str | Path
    table: str | Path
    correlations: str | Path


def write_comparison(
    compared: Comparison, models: Mapping[str, Mapping[str, Any]], files: ComparisonFiles
) -> None:
    """Write what pages and figures are made of.

    Parameters
    ----------
    compared : Comparison
    models : mapping
        As `joined_scores.read_scored` returns it.
    files : ComparisonFiles
    """
    facts = provenance(
        models=dict(models),
        measures=[asdict(measure) for measure in compared.measures],
        statuses=compared.statuses.to_dict(as_series=False),
    )
    write_table(compared.table, files.parquet, facts)
    write_tsv(compared.table, files.table)
    write_tsv(compared.correlations, files.correlations)


def read_comparison(
    table: str | Path, correlations: str | Path
) -> tuple[Comparison, dict[str, Any]]:
    """A comparison and its models, from two files of `write_comparison`."""
    facts = read_provenance(table)
    compared = Comparison(
        read_table(table),
        pl.DataFrame(facts["statuses"]),
        tuple(Measure(**fields) for fields in facts["measures"]),
        read_tsv(correlations, CORRELATIONS),
    )
    return compared, facts["models"]


def measures(
    coverage: Sequence[Scored], mrna: Sequence[Scored], score: str = "logSED",
    tracks_like: str | None = None,
) -> list[Measure]:  # fmt: skip
    """The measures of a comparison: those of models of coverage, then of models of mRNAs."""
    found = [
        Measure(s.model, f"mean |{score}|", f"{s.model}.{score}_mean_abs", "coverage",
                over=s.tracks_in_words(tracks_like))
        for s in coverage
    ]  # fmt: skip
    for scored in mrna:
        for name in scored.score_names:
            shown = f"|{name}|" if name in SIGNED else name
            column = f"{scored.model}.{name}"
            found.append(Measure(scored.model, shown, column, "mrna", name in MAIN))
    return found


def correlate(
    table: pl.DataFrame, measured: Sequence[Measure], resamples: int = RESAMPLES, seed: int = 0
) -> pl.DataFrame:
    """Spearman's correlation of the sizes of each two measures of different models.

    Parameters
    ----------
    table : DataFrame
        As `compare_models` returns it.
    measured : sequence of Measure
    resamples : int
        Of the bootstrap over genes: variants of one gene are not independent. Fewer than
        `LEAST_GENES` give no interval.
    seed : int

    Returns
    -------
    DataFrame
        `CORRELATIONS`: over the ``n`` rows where both have a number; null, with a note, where it
        is not defined. ``variants`` is "all", then "substitutions": alleles of one length. The
        size of an insertion or deletion follows its length in any model, which alone makes models
        agree.
    """
    same_length = (table["ref"].str.len_chars() == table["alt"].str.len_chars()).to_numpy()
    subsets = {"all": np.ones(len(table), dtype=bool), "substitutions": same_length}
    genes = table["gene_id"].fill_null("").to_numpy()
    rows: list[tuple] = []
    for a, b in combinations(measured, 2):
        if a.model == b.model:
            continue
        x, y = a.size(table), b.size(table)
        both = ~(np.isnan(x) | np.isnan(y))
        for name, subset in subsets.items():
            used = both & subset
            figures = _spearman(x[used], y[used], genes[used], resamples, seed)
            rows.append((a.model, a.score, b.model, b.score, name, *figures))
    return pl.DataFrame(rows, schema=CORRELATIONS, orient="row")


def _spearman(x: np.ndarray, y: np.ndarray, genes: np.ndarray, resamples: int, seed: int) -> tuple:
    """Of `CORRELATIONS`, spearman to note."""
    if len(x) < LEAST_ROWS:
        return None, None, None, len(x), f"fewer than {LEAST_ROWS} rows have both"
    few = len(np.unique(genes)) < LEAST_GENES
    metrics = regression_metrics(x, y, 0 if few else resamples, seed, groups=genes)
    found = row_of(metrics, "spearman")
    note = f"fewer than {LEAST_GENES} genes: no interval" if few else ""
    if found["value"] is None:
        note = "one of them is constant"
    return found["value"], found["ci_low"], found["ci_high"], len(x), note
