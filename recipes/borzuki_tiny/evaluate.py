"""Evaluation of `borzuki_tiny` on genomes of another seed and another grammar than the demo's.

    python -m recipes.borzuki_tiny.evaluate FOLDER

Simulates each genome in a folder of its own below FOLDER, predicts what the workflow would, and
compares it with the truth. A genome whose measures are there already is not evaluated again. Then
writes, next to the weights, genomes.tsv, all measures of all genomes, and intervals.tsv, the
factors of the intervals of effects, which it takes from the genomes of `CALIBRATING` alone. Prints
a table in Markdown.
"""

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.api import score_variants
from seqcast.core.errors import InputError
from seqcast.core.store import read_table, write_table, write_tsv
from seqcast.evaluation.planted import planted_metrics
from seqcast.evaluation.planted.evaluate_planted import (
    PlantedFiles,
    PlantedTables,
    evaluate_planted_truth,
)
from seqcast.evaluation.planted.planted_intervals import calibrate, with_intervals
from seqcast.evaluation.planted.planted_variants import COMPARED
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from seqcast.models.shipped import ShippedModel, load_shipped, shipped_model
from seqcast.predict.coverage.coverage_files import average_coverage
from seqcast.predict.coverage.predict_regions import RegionFiles, predict_regions
from seqcast.predict.variants.effect_intervals import Intervals
from seqcast.predict.variants.ensemble import average_folds
from seqcast.simulate import simulate_genome, species_parameters

MODEL = "borzuki_tiny"
CONTIGS = {"chrS1": 480, "chrS2": 160}  # genes of the demo's genome
NUMBERS = {"planted_snvs": 120, "planted_ares": 25}  # of its variants
HELD_OUT = ["chrS2"]
REPORT = {"score": "logSED", "tracks": "^RNA:ActD"}  # of the demo
INFERENCE = {"device": "cpu", "precision": "fp32", "batch_size": 1, "workers": 0}
GENOMES: dict[str, dict[str, Any]] = {  # the config's simulation; `make demo` has seed 1
    "seed 2": {"seed": 2, "species": "a"},
    "second grammar": {"seed": 1, "species": "a", "grammar": 1},
}
CALIBRATING = ("seed 2",)
MEASURES, VARIANTS, RATES = "measures.tsv", "variants.parquet", "rates.parquet"
ELEMENTS = ("ARE", "PUM", "MIR", "STB", "PAS")
SHOWN = {
    ("decay_r", "held-out genes"): "decay rates of genes, r of ln rates",
    ("auroc", "all"): "causal variants against matched controls, AUROC",
    **{("auroc", f"element {name}"): f"of {name}" for name in ELEMENTS},
    ("effect_spearman", "actd"): "effect sizes, Spearman",
    ("effect_spearman", "actd, raised"): "of effects that raise coverage",
    ("effect_spearman", "actd, lowered"): "of effects that lower coverage",
    ("sign_accuracy", "actd"): "correct signs, fraction",
    ("called_share", "decoy"): "decoys with the size of causal variants, fraction",
    ("called_share", "matched"): "matched controls with that size, fraction",
    ("called_share", "decoy, PAS left out"): "decoys, PAS left out of the causal variants",
    ("calibration_slope", "all"): "slope of true over predicted effects",
    **{("calibration_slope", f"element {name}"): f"of {name}" for name in ELEMENTS},
    ("interval_share", "all"): "true effects within their 90 % interval, fraction",
    ("interval_share", "causal"): "of causal variants",
}


def evaluate(folder: Path, simulation: Mapping[str, Any]) -> None:
    """Simulate a genome, predict coverage and effects, and compare them with the truth."""
    options = {name: value for name, value in simulation.items() if name != "seed"}
    parameters = species_parameters(options.pop("species"), CONTIGS, NUMBERS, **options)
    simulate_genome(parameters, simulation["seed"], folder, measured=True)
    with Genome(folder / "genome.fa") as genome:
        read_annotation(folder / "annotation.gtf", genome).write(folder / "genes.parquet")
    model = shipped_model(MODEL)
    Tracks.read(str(model.tracks)).table().write_parquet(folder / "tracks.parquet")
    folds = range(len(model.weights))
    for fold in folds:
        predict(folder, model, fold)
    scores = [folder / f"fold{fold}.parquet" for fold in folds]
    coverage = [folder / f"fold{fold}.zarr" for fold in folds]
    average_folds(scores, folder / "ensemble.parquet")
    average_coverage(coverage, folder / "ensemble.zarr")
    files = PlantedFiles(
        folder / "ensemble.parquet", folder / "tracks.parquet", folder / "ensemble.zarr",
        str(model.tracks), folder / "genes.parquet", folder / "planted_effects.tsv",
        folder / "planted_variants.vcf", folder / "genes.tsv", folder / "elements.tsv",
        tuple(scores), tuple(coverage),
    )  # fmt: skip
    names = (MEASURES, VARIANTS, RATES, "bases.parquet")
    made = PlantedTables(*(folder / name for name in names))
    drawn = {**simulation, "genes": CONTIGS, "numbers": NUMBERS}
    evaluate_planted_truth(files, made, HELD_OUT, drawn, {}, REPORT, {"model": MODEL})


def predict(folder: Path, model: ShippedModel, fold: int) -> None:
    """Scores of the planted variants and coverage of the held-out contig by one fold."""
    facts = {"model": MODEL, "fold": str(fold), "origin": "source"}
    tables = score_variants(
        load_shipped(MODEL, fold, device="cpu"), folder / "planted_variants.vcf",
        folder / "genome.fa", folder / "annotation.gtf", str(model.tracks),
        gene_scores=(REPORT["score"],), window_scores=(), window="shared",
    )  # fmt: skip
    write_table(tables.gene, folder / f"fold{fold}.parquet", facts)
    files = RegionFiles(
        model.weights[fold], model.hyperparameters, str(model.tracks), folder / "held_out.bed",
        folder / "genome.fa",
    )  # fmt: skip
    facts = {"architecture": model.architecture, **facts}
    predict_regions(files, str(folder / f"fold{fold}.zarr"), facts, None, {}, INFERENCE, 1)


def summarise(folders: Mapping[str, Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All measures of all genomes, and the intervals that their last rows are of."""
    variants = {name: read_table(folder / VARIANTS) for name, folder in folders.items()}
    calibrating = pl.concat([variants[name] for name in CALIBRATING]).filter(status=COMPARED)
    folds = len(shipped_model(MODEL).weights)
    intervals = calibrate(calibrating, REPORT["score"], REPORT["tracks"], folds)
    tables = []
    for name, folder in folders.items():
        with_ends = with_intervals(variants[name], Intervals(intervals))
        table = planted_metrics.evaluate(with_ends, read_table(folder / RATES))
        tables.append(table.select(pl.lit(name).alias("genome"), pl.all()))
    return pl.concat(tables), intervals


def printed(table: pl.DataFrame) -> list[str]:
    """Lines of Markdown: `SHOWN`, one column per genome."""
    names = table["genome"].unique(maintain_order=True).to_list()
    found = {(row["genome"], row["measure"], row["group"]): row for row in table.to_dicts()}
    lines = [f"| measure | threshold | {' | '.join(names)} |", "|---" * (2 + len(names)) + "|"]
    for key, words in SHOWN.items():
        rows = [found.get((name, *key), {"value": None, "bar": ""}) for name in names]
        values = ["" if row["value"] is None else f"{row['value']:.2f}" for row in rows]
        bar = rows[0]["bar"].replace(">=", "≥").replace("<=", "≤")
        lines.append(f"| {words} | {bar} | {' | '.join(values)} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 where the user can fix something."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.borzuki_tiny.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--output", type=Path, default=shipped_model(MODEL).weights[0].parent, metavar="FOLDER",
        help="of genomes.tsv and intervals.tsv; default: next to the weights",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    folders = {name: options.folder / name.replace(" ", "_") for name in GENOMES}
    try:
        for name, simulation in GENOMES.items():
            if not (folders[name] / MEASURES).exists():
                evaluate(folders[name], simulation)
        table, intervals = summarise(folders)
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    write_tsv(table, options.output / "genomes.tsv")
    write_tsv(intervals, options.output / "intervals.tsv")
    sys.stdout.write("\n".join(printed(table)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
