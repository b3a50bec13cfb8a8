"""Evaluation of `helix_tiny`: the next token, and half-lives that it was not trained on.

    python -m recipes.helix_tiny.evaluate WEIGHTS FOLDER

FOLDER contains the tables of recipes.helix_tiny.simulate. Prints two tables in Markdown. First the
cross entropy on the validation transcripts, next to Markov chains. Then linear probes (ridge
regressions on frozen embeddings) that predict the measured half-lives of the held-out contig: of
the demo's genome (seed 1) and of other seeds, next to baselines, the same network randomly
initialised, and the noise ceiling. --output writes all numbers. One thread.
"""

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from recipes.helix_tiny.markov import cross_entropies
from recipes.helix_tiny.train import HYPERPARAMETERS, transcripts_of
from seqcast.core.errors import InputError
from seqcast.core.store import write_tsv
from seqcast.datasets.properties.labelled import Property, PropertyData
from seqcast.evaluation.metrics.regression import regression_metrics
from seqcast.models.interface import load_model
from seqcast.predict.embeddings.embed_options import EmbedOptions
from seqcast.predict.embeddings.engine import Embedder
from seqcast.predict.properties.baselines import LONGEST_KMER, baseline_features, kmer_frequencies
from seqcast.predict.properties.linear import linear_predictions
from seqcast.simulate import Parameters, simulate_genome
from seqcast.training.initial import starting_model
from seqcast.training.next_token import read_texts, token_losses
from seqcast.training.task_options import TextOptions
from seqcast.transcripts.marks import mark_codons, regions
from seqcast.transcripts.prepare_transcripts import TranscriptSources, prepare_dataset

ORDERS = 6
BATCH = 8
GENOMES = (1, 2, 3, 4, 5)  # seeds; 1 is the demo's
LABEL = "measured_log_half_life"
PROPERTY = {"labels": LABEL, "kind": "regression", "split": "split", "groups": ""}
REGIONS = ("utr5", "cds", "utr3")
POOLINGS = {
    "mean": ("mean",), "last": ("last",), "regions": REGIONS, "cds and utr3": REGIONS[1:],
    "mean, last and regions": ("mean", "last", *REGIONS),
}  # fmt: skip
METRICS = ("r2", "spearman")
CEILING = "noise ceiling (true half-lives)"


def language_table(model: Any, folder: Path) -> pl.DataFrame:
    """Cross entropy on the validation transcripts: method, nats_per_token, perplexity."""
    training, tried = (
        read_texts([transcripts_of(folder, name)], model, TextOptions()).texts
        for name in ("train", "validation")
    )
    chains = cross_entropies(training, tried, ORDERS)
    tried = sorted(tried, key=len)
    with torch.inference_mode():
        parts = [token_losses(model, tried[i : i + BATCH]) for i in range(0, len(tried), BATCH)]
    names = [
        "nucleotide frequencies alone",
        *(f"the last {k} tokens" for k in range(1, len(chains))),
    ]
    rows = list(zip(names, chains, strict=True))
    rows.append(("helix_tiny", torch.cat(parts).double().mean().item()))
    table = pl.DataFrame(rows, ["method", "nats_per_token"], orient="row")
    return table.with_columns(perplexity=pl.col("nats_per_token").exp())


def simulated_mrnas(seed: int) -> pl.DataFrame:
    """Transcripts of the demo's kind, spliced from a genome of this seed and its annotation."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate_genome(Parameters(), seed, folder)
        files = {"genome": "genome.fa", "annotation": "annotation.gtf", "labels": "half_lives.tsv"}
        made = folder / "transcripts.parquet"
        prepare_dataset(
            TranscriptSources(**{key: folder / file for key, file in files.items()}),
            {"selection": "canonical"}, str(made), {"dataset": f"genome {seed}"},
        )  # fmt: skip
        return pl.read_parquet(made).filter(pl.col("status") == "valid")


def embeddings(model: Any, table: pl.DataFrame) -> dict[str, np.ndarray]:
    """Pooled features of each transcript, (rows, width): mean, last and those of the regions."""
    rows = list(table.select("sequence", "cds_start", "cds_end").iter_rows())
    embedder = Embedder(model, EmbedOptions(log_likelihood=False))
    found = list(
        embedder(
            [mark_codons(*row) for row in rows],
            [regions(len(text), start, end, marked=True) for text, start, end in rows],
        )
    )
    pooled = {"mean": [one.mean for one in found], "last": [one.last for one in found]}
    pooled |= {name: [one.regions[name] for one in found] for name in REGIONS}
    return {name: np.array(values) for name, values in pooled.items()}


def region_kmers(table: pl.DataFrame) -> np.ndarray:
    """Frequencies of the k-mers of CDS and 3' UTR, apart: as much as probes of the regions know."""
    rows = table.select("sequence", "cds_start", "cds_end").iter_rows()
    return np.array([
        np.concatenate([kmer_frequencies(part, k) for part in (text[start:end], text[end:])
                        for k in range(1, LONGEST_KMER + 1)])
        for text, start, end in rows
    ])  # fmt: skip


def probes(models: dict[str, Any], seed: int) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Metrics on the held-out contig of a genome: method, features, table of metrics."""
    table = simulated_mrnas(seed)
    data = PropertyData.from_table(table, Property.from_row("half_life", PROPERTY))
    test = data.rounds()[0].test
    truth = data.labels[test, 0]

    def told(features: np.ndarray) -> pl.DataFrame:
        return regression_metrics(truth, linear_predictions(features, data).values[test, 0])

    yield CEILING, "", regression_metrics(truth, table["log_half_life"].to_numpy()[test])
    for name in ("length_gc", "codon_usage", "kmer"):
        yield name, "", told(baseline_features(name, table, data.valid))
    yield "kmer", "cds and utr3", told(region_kmers(table))
    for name, model in models.items():
        pooled = embeddings(model, table)
        for features, parts in POOLINGS.items():
            yield name, features, told(np.concatenate([pooled[part] for part in parts], axis=1))


def probe_table(models: dict[str, Any], seeds: Sequence[int]) -> pl.DataFrame:
    """`probes` of several genomes: method, features, genome, metric, value, ci_low, ci_high, n."""
    tables = [
        found.filter(pl.col("metric").is_in(METRICS)).select(
            pl.lit(method).alias("method"), pl.lit(features).alias("features"),
            pl.lit(seed).alias("genome"), "metric", "value", "ci_low", "ci_high", "n",
        )
        for seed in seeds
        for method, features, found in probes(models, seed)
    ]  # fmt: skip
    return pl.concat(tables)


def printed(table: pl.DataFrame) -> Iterator[str]:
    """Lines of Markdown: R2 and Spearman of the first genome, and their means over all."""
    yield "| method | features | R2 | Spearman | mean R2 | mean Spearman |"
    yield "|---|---|---|---|---|---|"
    for (method, features), rows in table.group_by("method", "features", maintain_order=True):
        first = rows.filter(pl.col("genome") == rows["genome"][0])
        cells = [
            "{value:.3f} [{ci_low:.3f}, {ci_high:.3f}]".format(**row)
            for metric in METRICS
            for row in first.filter(pl.col("metric") == metric).to_dicts()
        ]
        for metric in METRICS:
            values = rows.filter(pl.col("metric") == metric)["value"]
            cells.append(f"{values.mean():.3f} ({values.min():.3f} to {values.max():.3f})")
        yield f"| {method} | {features} | {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns
    -------
    int
        Exit status: 0, or 2 where the user can fix something.
    """
    parser = argparse.ArgumentParser(
        prog="python -m recipes.helix_tiny.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("weights", type=Path, metavar="WEIGHTS")
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="of recipes.helix_tiny.simulate"
    )
    parser.add_argument("--genomes", type=int, nargs="+", default=GENOMES, metavar="SEED")
    parser.add_argument("--output", type=Path, metavar="TSV", help="all numbers of the probes")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    torch.set_num_threads(1)
    try:
        model = load_model("helix_mrna", options.weights, HYPERPARAMETERS, device="cpu")
        for name, *values in language_table(model, options.folder).iter_rows():
            sys.stdout.write(f"| {name} | {' | '.join(f'{value:.4f}' for value in values)} |\n")
        drawn = starting_model("helix_mrna", HYPERPARAMETERS, seed=0).eval()
        table = probe_table({"helix_tiny": model, "randomly initialised": drawn}, options.genomes)
        sys.stdout.write("\n" + "\n".join(printed(table)) + "\n")
        if options.output:
            write_tsv(table, options.output)
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
