"""How well weights of `six_frame` tell coding reads of genomes that they never saw.

    python -m recipes.six_frame.evaluate WEIGHTS [--genomes FOLDER] [--pyfgs PROGRAM]

Reads are the fragments of shared/data/reads (300 nt, and their middle 150 nt), and error-free
pieces of the GenBank files in FOLDER that the weights were not trained on. Next to the network
stand gene finders, run on the same reads: Pyrodigal (metagenome mode), and with --pyfgs
FragGeneScanRs, with the error model short5 and without one (complete). Theirs is the fraction of a
read in genes, coding from one half on. Writes a table in Markdown; --output gives all metrics. One
thread.
"""

import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch

from recipes.six_frame.regions import Source, pool_of
from recipes.six_frame.table import read_genomes
from recipes.six_frame.train import HYPERPARAMETERS
from recipes.six_frame.unclear import is_curated, unclear_regions
from seqcast.core.errors import InputError
from seqcast.core.programs import run
from seqcast.core.store import write_tsv
from seqcast.evaluation.metrics.binary import classification_metrics
from seqcast.evaluation.reads.comparators import read_gene_bed, read_gff, run_pyrodigal, score_reads
from seqcast.genome.genbank import read_genbank
from seqcast.genome.sequence import reverse_complement
from seqcast.models.convert import read_safetensors
from seqcast.models.interface import load_model
from seqcast.predict.reads.classification import p_coding

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
FRAGMENTS = ("ecoli", "spyogenes", "lambda", "sars2")  # folders of shared/data/reads
LENGTHS_NT = (300, 150)
MOST_OF_A_CLASS = 4000
LEAST_OF_A_CLASS = 50
SEED = 5
VALUES = ("metric", "value", "ci_low", "ci_high")
SHOWN = ("roc_auc", "accuracy", "recall", "specificity")
LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)

Scorer = Callable[[Sequence[str]], np.ndarray]


class Reads(NamedTuple):
    """Reads of one length with their labels, 1 for coding."""

    name: str
    sequences: list[str]
    labels: np.ndarray


def fragments(folder: Path) -> Iterator[Reads]:
    """The fragments of `FRAGMENTS`, whole and their middle half.

    Raises
    ------
    InputError
        If a file is missing.
    """
    for name in FRAGMENTS:
        path = folder / name / "fragments_300bp.tsv.gz"
        if not path.is_file():
            raise InputError(
                f"{path} is missing; expected labelled fragments there. Name the folder of "
                "data/reads with --shared, or score genomes alone with --only-genomes."
            )
        table = pl.read_csv(path, separator="\t")
        whole, labels = table["sequence"].to_list(), table["label"].to_numpy()
        yield Reads(name, whole, labels)
        yield Reads(name, [sequence[75:225] for sequence in whole], labels)


def genome_reads(path: Path) -> Iterator[Reads]:
    """Reads drawn without replacement from the regions of a GenBank file, on either strand.

    An annotation by the genome's publisher gives two sets a length: one with all gaps, one without
    what Pyrodigal sees as genes there. A set lacks where a class has few places.
    """
    name = path.name.removesuffix(".gb.gz")
    records = list(read_genbank(path))
    labels = {genome.name: genome.labels for genome in read_genomes()}.get(name, "annotated")
    nothing = [np.empty((0, 2), dtype=np.int64) for _ in records]
    kinds = {name: nothing}
    if is_curated(labels, records[0].genetic_code):
        kinds[f"{name}, unclear left out"] = unclear_regions(records)
    for title, unclear in kinds.items():
        for length in LENGTHS_NT:
            if drawn := _drawn(title, Source(name, records, unclear), length):
                yield drawn


def _drawn(title: str, source: Source, length: int) -> Reads | None:
    """Reads of one length; None where a class has too few places."""
    rng, pool = np.random.default_rng(SEED), pool_of([source])
    sequences: list[str] = []
    labels: list[int] = []
    for label, regions in enumerate(pool.regions):
        places = int(regions.counts(length)[0])
        if places < LEAST_OF_A_CLASS:
            logger.info("%s: %d places of class %d for %d nt", title, places, label, length)
            return None
        chosen = rng.choice(places, min(places, MOST_OF_A_CLASS), replace=False)
        starts = regions.starts_of(chosen, length)
        codes = pool.bases[starts[:, None] + np.arange(length)]
        for read, turned in zip(LETTERS[codes], rng.random(len(codes)) < 0.5, strict=True):
            text = read.tobytes().decode("ascii")
            sequences.append(reverse_complement(text) if turned else text)
        labels += [label] * len(codes)
    return Reads(title, sequences, np.array(labels))


def gene_finder(
    runner: Callable[[Path, Path], Any], reader: Callable[[Path], pl.DataFrame]
) -> Scorer:
    """Fraction of each read in the genes that a program finds."""

    def score(sequences: Sequence[str]) -> np.ndarray:
        names = [f"r{i}" for i in range(len(sequences))]
        reads = pl.DataFrame({"read": names, "length_nt": [len(s) for s in sequences]})
        with tempfile.TemporaryDirectory() as folder:
            fasta, genes = Path(folder) / "reads.fasta", Path(folder) / "genes"
            rows = zip(names, sequences, strict=True)
            fasta.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in rows))
            runner(fasta, genes)
            return score_reads(reads, reader(genes))["p_coding"].to_numpy()

    return score


def scorers(weights: Path, pyfgs: str | None) -> dict[str, Scorer]:
    """The methods of the table."""
    model = load_model("six_frame", weights, HYPERPARAMETERS, device="cpu")
    found: dict[str, Scorer] = {
        "six_frame": lambda sequences: p_coding(model, sequences),
        "pyrodigal": gene_finder(run_pyrodigal, read_gff),
    }
    if pyfgs:
        for errors in ("short5", "complete"):
            finder = gene_finder(fraggenescanrs(pyfgs, errors), read_gene_bed)
            found[f"FragGeneScanRs {errors}"] = finder
    return found


def fraggenescanrs(program: str, errors: str) -> Callable[[Path, Path], Any]:
    """Run FragGeneScanRs through pyfgs with an error model.

    Raises
    ------
    InputError
        If the program is missing.
    """
    if shutil.which(program) is None:
        raise InputError(
            f"--pyfgs {program}: no such program; install PyPI's pyfgs, or leave it out"
        )
    return lambda fasta, bed: run([program, fasta, "-m", errors, "--bed", bed, "-t", "1"])


def measure(reads: Reads, methods: Mapping[str, Scorer]) -> pl.DataFrame:
    """Metrics of all methods on one set: set, nt, coding, non_coding, method, metric, value ..."""
    coding = int(reads.labels.sum())
    tables = [
        classification_metrics(reads.labels, score(reads.sequences)).select(
            pl.lit(reads.name).alias("set"), pl.lit(len(reads.sequences[0])).alias("nt"),
            pl.lit(coding).alias("coding"), pl.lit(len(reads.labels) - coding).alias("non_coding"),
            pl.lit(method).alias("method"), *VALUES,
        ) for method, score in methods.items()
    ]  # fmt: skip
    return pl.concat(tables)


def printed(table: pl.DataFrame) -> str:
    """A row of Markdown: `SHOWN` of each method, the first two of the network with intervals."""
    cells = [
        f"{table['set'][0]}",
        f"{table['nt'][0]}",
        f"{table['coding'][0]} / {table['non_coding'][0]}",
    ]
    for (method,), rows in table.group_by("method", maintain_order=True):
        found = {name: tuple(rest) for name, *rest in rows.select(VALUES).iter_rows()}
        interval = SHOWN[:2] if method == "six_frame" else ()
        cells.append(", ".join(_number(found[name], name in interval) for name in SHOWN))
    return f"| {' | '.join(cells)} |\n"


def _number(found: tuple[float | None, ...], interval: bool) -> str:
    """A value, and its interval if there is one and it is wanted."""
    value, low, high = found
    if value is None:
        return "-"
    return f"{value:.3f}" + (f" [{low:.3f}, {high:.3f}]" if interval and low is not None else "")


def trained_on(weights: Path) -> set[str]:
    """Names of the genomes that weights were trained on, as their metadata say."""
    _, metadata = read_safetensors(weights)
    if "genome_content_sha256" not in metadata:
        raise InputError(
            f"{weights} does not say what it was trained on (genome_content_sha256); expected "
            "weights of recipes.six_frame.train. Leave out --genomes."
        )
    return set(json.loads(metadata["genome_content_sha256"]))


def sets(options: argparse.Namespace) -> Iterator[Reads]:
    """All sets that the command line asks for."""
    if not options.only_genomes:
        yield from fragments(options.shared / "data/reads")
    if options.genomes:
        seen = trained_on(options.weights)
        for path in sorted(options.genomes.glob("*.gb.gz")):
            if path.name.removesuffix(".gb.gz") not in seen:
                yield from genome_reads(path)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m recipes.six_frame.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shared = Path(os.environ.get("SEQCAST_SHARED", ROOT.parent / "shared"))
    made.add_argument("weights", type=Path, metavar="WEIGHTS")
    made.add_argument("--genomes", type=Path, metavar="FOLDER", help="of recipes.six_frame.fetch")
    made.add_argument("--only-genomes", action="store_true", help="no fragments of --shared")
    made.add_argument("--shared", type=Path, default=shared, help="folder of data/reads")
    made.add_argument("--pyfgs", metavar="PROGRAM", help="FragGeneScanRs")
    made.add_argument("--output", type=Path, metavar="TSV", help="all metrics")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns
    -------
    int
        Exit status: 0, or 2 where the user can fix something.
    """
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("seqcast.evaluation.reads").setLevel(logging.WARNING)  # commands run
    torch.set_num_threads(1)
    try:
        methods = scorers(options.weights, options.pyfgs)
        sys.stdout.write(f"| reads | nt | coding / non-coding | {' | '.join(methods)} |\n")
        tables = []
        for reads in sets(options):
            tables.append(measure(reads, methods))
            sys.stdout.write(printed(tables[-1]))
            sys.stdout.flush()
        if options.output:
            write_tsv(pl.concat(tables), options.output)
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
