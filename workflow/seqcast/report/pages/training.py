"""HTML page of one trained fold: what it learned from, how, what it is worth."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.store import read_tsv
from seqcast.datasets.coverage.target_windows import read_windows, roles_of_parts
from seqcast.datasets.coverage.track_comparison import FINE
from seqcast.evaluation.coverage.track_kinds import medians_by_kind
from seqcast.evaluation.coverage.training_verdicts import (
    OVERALL,
    SUFFIX,
    read_inferred,
    read_verdicts,
)
from seqcast.report.pages.rendering import UNDESCRIBED, count, figure, relative_to, render

ACCURACY = {  # column of the table of tracks -> head of a column
    "pearsonr": "r of bins", "r2": "R² of bins", "gene_pearsonr": "r over genes",
    "gene_density_pearsonr": "r over genes, per base", "gene_length_pearsonr": "length alone",
    "gene_rolled_pearsonr": "rolled genes", "within_gene_pearsonr": "r within genes",
}  # fmt: skip
CAPTIONS = {
    "learning_curve": "Learning curve: losses, validation values and learning rate by step. The "
    "grey line is the evaluation whose weights are kept.",
    "genes": "Predicted against measured coverage of genes in test windows.",
    "decays": "Decay rates fitted to predicted against measured coverage; points at a bound of "
    "the fit have the value of the bound.",
    "windows": "Windows of the training dataset on the genome, by what this fold did with them.",
}


class TrainingFiles(NamedTuple):
    """What the page of a trained fold is made from; of other tasks than coverage the first four.

    Attributes
    ----------
    history, recipe, hyperparameters : path
    figures : tuple of path
        PNG files named by `CAPTIONS`, as ``<anything>.genes.png``.
    windows, preflight : path, optional
        Windows of the training dataset with their parts, and what its preflight found.
    tracks, verdict : path, optional
        Accuracy on test windows (`coverage_accuracy.track_table`), and `training_verdicts`.
    """

    history: str | Path
    recipe: str | Path
    hyperparameters: str | Path
    figures: tuple[str | Path, ...] = ()
    windows: str | Path | None = None
    preflight: str | Path | None = None
    tracks: str | Path | None = None
    verdict: str | Path | None = None


def training_html(
    files: TrainingFiles, about: Mapping[str, str], descriptions: Mapping[str, str] = UNDESCRIBED
) -> str:
    """The page of one trained fold.

    Parameters
    ----------
    files : TrainingFiles
    about : mapping
        ``model``, ``fold``, ``training``, ``data``, ``initial`` (empty: none was
        given, all weights are random), ``architecture``, ``task``.
    descriptions : mapping, optional
        Model to what the table of models says of it.

    Returns
    -------
    str
        A whole HTML document.
    """
    history = read_inferred(files.history)
    verdicts = read_verdicts([files.verdict] if files.verdict else [])
    return render(
        "training.html", {"figure": figure, "count": count},
        about=about, descriptions=descriptions,
        steps=history["step"][-1], evaluations=len(history),
        best=history.filter("best")["step"][-1],
        overall=next(iter(verdicts.filter(aspect=OVERALL).to_dicts()), None),
        verdicts=verdicts.filter(pl.col("aspect") != OVERALL).to_dicts(),
        figures=[_drawing(path) for path in files.figures],
        columns=ACCURACY, accuracy=_accuracy(files.tracks) if files.tracks else [],
        parts=_parts(files.windows, about["fold"]) if files.windows else [],
        **_preflight(files.preflight),
        recipe=list(_settings(json.loads(Path(files.recipe).read_text(encoding="utf-8")))),
        recipe_name=Path(files.recipe).name,
        hyperparameters=Path(files.hyperparameters).name,
    )  # fmt: skip


def overall_verdicts(paths: Iterable[str | Path], at: str | Path) -> list[dict[str, Any]]:
    """What pages of scores say of the folds that made them.

    Parameters
    ----------
    paths : iterable of path
        Of `write_verdict`; the page of a fold lies next to its verdict.
    at : path
        Where the page of scores will be.

    Returns
    -------
    list of dict
        model, fold, grade and note of the `OVERALL` verdict, and ``href``, a link to the page.
    """
    told = []
    for path in paths:
        href = relative_to(str(path).removesuffix(SUFFIX) + ".html", at)
        overall = read_verdicts([path]).filter(aspect=OVERALL)
        told += [{**row, "href": href} for row in overall.to_dicts()]
    return told


def _drawing(path: str | Path) -> dict[str, str]:
    name = Path(path).stem.rpartition(".")[2]
    coded = base64.b64encode(Path(path).read_bytes()).decode()
    return {"caption": CAPTIONS[name], "uri": f"data:image/png;base64,{coded}"}


def _accuracy(path: str | Path) -> list[dict[str, Any]]:
    return medians_by_kind(read_inferred(path), list(ACCURACY))


def _parts(path: str | Path, fold: str) -> list[dict[str, Any]]:
    """Windows and bases of each role."""
    windows = read_windows(path)
    told = windows.with_columns(
        role=pl.col("part").replace_strict(roles_of_parts(windows, fold), default="not used")
    )
    rows = told.group_by("role", maintain_order=True).agg(
        windows=pl.len(), bases=(pl.col("end") - pl.col("start")).sum(),
        contigs=pl.col("chrom").n_unique(),
    )  # fmt: skip
    return rows.sort("windows", descending=True).to_dicts()


def _preflight(path: str | Path | None) -> dict[str, Any]:
    """What the preflight looked at: how many things, and those that were not fine."""
    if path is None:
        return {"looked_at": 0, "doubtful": []}
    table = read_tsv(path, {"value": pl.Float64})
    return {
        "looked_at": len(table),
        "doubtful": table.filter(pl.col("status") != FINE).to_dicts(),
    }


def _settings(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Keys of nested settings, with dots, and their values as JSON has them."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _settings(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", json.dumps(value)
