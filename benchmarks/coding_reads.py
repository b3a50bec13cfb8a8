"""Classifiers of reads next to each other, on a genome that none of them saw.

    python -m benchmarks.coding_reads [--shared ../shared] [--work results/coding_reads] [--seed 1]

Reads of 300 nt from inside coding regions or gaps of at least 300 nt, either strand. Trained on the
first nine tenths of E. coli and on phage lambda; the last tenth of E. coli chooses the weights of
the network. Tested on S. pyogenes, and on the reads of E. coli's last tenth for which
FragGeneScan's output exists. The shipped six_frame was trained elsewhere (recipes/six_frame), on
neither of the three; relatives of E. coli are among its genomes. One thread; CPU seconds are of
scoring alone, start and files included where a program is run.

Needs GenBank files and fragments of `shared/data/reads` and FragGeneScan's output of
`shared/reference/readseeker` (SEQCAST_SHARED). The network is trained by the loop of
`seqcast.training` with config/training/readseeker_small.json; what it makes stays in `--work`, and
an interrupted training resumes from there.
"""

import argparse
import gzip
import logging
import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import torch
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from benchmarks.six_frame_features import six_frame_features
from seqcast.core.errors import InputError
from seqcast.core.programs import find
from seqcast.core.store import read_provenance, write_table, write_tsv
from seqcast.datasets.reads.assemblies import Selection, select_assemblies, write_assemblies
from seqcast.datasets.reads.assembly_index import ShardFiles, index_assemblies
from seqcast.datasets.reads.sampling import Portion, SamplingOptions, write_read_set
from seqcast.evaluation.metrics.binary import classification_metrics
from seqcast.evaluation.reads.comparators import (
    READS,
    read_ffn,
    read_gff,
    run_pyrodigal,
    score_reads,
)
from seqcast.genome.genbank import read_genbank
from seqcast.models.interface import load_model
from seqcast.models.readseeker.kmers import base_codes, kmer_ids
from seqcast.predict.reads.classification import p_coding
from seqcast.reads.dnabert import read_dnabert
from seqcast.training.outputs import TrainingOutputs
from seqcast.training.reads import ReadTrainingFiles, train_reads

ROOT = Path(__file__).resolve().parents[1]
GENBANK = {"ecoli": "NC_000913.3.gbk.gz", "lambda": "lambda.gbk.gz"}
LENGTH_NT = 300
TRAINED_SHARE = 0.9  # of E. coli, from its first base
# genome, part of it, reads per class of train.tsv and of dev.tsv
DRAWN = [("ecoli", "first", 30_000, 0), ("ecoli", "last", 0, 1_000), ("lambda", "whole", 1_500, 0)]
GOLDEN_FGS = "reference/readseeker/protocol/fragments_ecoli_FragGeneScan_illumina_5.ffn.gz"
SIX_FRAME = ROOT / "resources/six_frame/model.safetensors"

Reads = Sequence[str]
Scorer = Callable[[Reads], np.ndarray]


def border_bp(shared: Path) -> int:
    """Where the part of E. coli ends that is trained on."""
    record = next(read_genbank(shared / "data/reads/ecoli" / GENBANK["ecoli"]))
    return int(TRAINED_SHARE * len(record.sequence))


def write_training_reads(shared: Path, work: Path, seed: int) -> None:
    """train.tsv and dev.tsv in DNABERT's layout, and genomes.tsv, what they were drawn from."""
    for name, file in GENBANK.items():
        table = select_assemblies([shared / f"data/reads/{name}/{file}"], Selection(), seed)
        write_assemblies(table, work / f"{name}.assemblies.tsv")
        ends = ("2bit", "all.parquet", "report.tsv")
        files = ShardFiles(*(work / f"{name}.{end}" for end in ends))
        index_assemblies(table, files, work / "downloads", LENGTH_NT)
    border = border_bp(shared)
    inside = {"first": pl.col("region_end") <= border, "last": pl.col("region_start") >= border,
              "whole": pl.lit(True)}  # fmt: skip
    portions = []
    for name, part, train, dev in DRAWN:
        regions = work / f"{name}.{part}.parquet"
        found = pl.read_parquet(work / f"{name}.all.parquet").filter(inside[part])
        write_table(found, regions, read_provenance(work / f"{name}.all.parquet"))
        shards = [(work / f"{name}.2bit", regions)]
        portions.append(Portion(f"{name}_{part}", name, train, dev, work / f"{name}.assemblies.tsv",
                                shards, split="read"))  # fmt: skip
    options = SamplingOptions(read_length_nt=LENGTH_NT, seed=seed)
    write_read_set(portions, options, *(work / f"{n}.tsv" for n in ("train", "dev", "genomes")))


def read_rows(path: Path) -> tuple[list[str], np.ndarray]:
    """Sequences and labels of a DNABERT table."""
    rows = [row for chunk in read_dnabert(path) for row in chunk]
    return [row.sequence for row in rows], np.array([row.label for row in rows])


def train_network(work: Path) -> Path:
    """Weights of the small network, trained here unless `work` has them."""
    weights = work / "readseeker_small.safetensors"
    files = ReadTrainingFiles(
        train=work / "train.tsv", validation=work / "dev.tsv",
        recipe=ROOT / "config/training/readseeker_small.json",
        hyperparameters=ROOT / "config/hyperparameters/readseeker_small.json",
    )  # fmt: skip
    if not weights.exists():
        start = time.process_time()
        outputs = TrainingOutputs(weights, work / "history.tsv", work / "last.pt")
        train_reads(files, outputs, {"architecture": "readseeker"}, "cpu", threads=1)
        print(f"training of the network: {time.process_time() - start:.0f} CPU s", flush=True)
    return weights


def model_scorer(architecture: str, weights: Path, hyperparameters: Path) -> Scorer:
    model = load_model(architecture, weights, hyperparameters, device="cpu")
    return lambda reads: p_coding(model, reads)


def kmer_counts(reads: Reads) -> sparse.csr_array:
    """How often each 6-mer is in each read, shape=(reads, 4096)."""
    codes = base_codes(any_case=True)[np.frombuffer("".join(reads).encode(), dtype=np.uint8)]
    ids = kmer_ids(codes.reshape(len(reads), -1), 6).astype(np.int64) - 5
    rows = np.repeat(np.arange(len(reads)), ids.shape[1])
    counts = np.ones(ids.size, dtype=np.float32)
    table = sparse.coo_array((counts, (rows, ids.ravel())), shape=(len(reads), 4**6))
    return table.tocsr()


def fitted(estimator, features: Callable[[Reads], object], reads: Reads, labels) -> Scorer:
    start = time.process_time()
    estimator.fit(features(reads), labels)
    print(f"training of {type(estimator).__name__}: {time.process_time() - start:.0f} CPU s",
          flush=True)  # fmt: skip
    return lambda tested: estimator.predict_proba(features(tested))[:, 1]


def pyrodigal_scorer(work: Path) -> Scorer:
    """Runs pyrodigal in metagenome mode; the score is the fraction of a read in predicted genes."""

    def score(reads: Reads) -> np.ndarray:
        fasta, gff = work / "reads.fasta", work / "genes.gff"
        table = named(range(len(reads)), reads)
        fasta.write_text("".join(f">r{i}\n{read}\n" for i, read in enumerate(reads)))
        run_pyrodigal(fasta, gff)
        return score_reads(table, read_gff(gff))["p_coding"].to_numpy()

    return score


def golden_fraggenescan(path: Path, rows: Sequence[int], reads: Reads, work: Path) -> np.ndarray:
    """Fraction of reads in genes of FragGeneScan; read `rows[i]` of its run is `reads[i]`."""
    ffn, table = work / "fraggenescan.ffn", named(rows, reads)
    ffn.write_bytes(gzip.decompress(path.read_bytes()))
    genes = read_ffn(ffn).join(table, on="read", how="semi", maintain_order="left")
    return score_reads(table, genes)["p_coding"].to_numpy()


def named(rows: Iterable[int], reads: Reads) -> pl.DataFrame:
    """read, length_nt: reads named by their rows, ``r0``, as in the programs' output."""
    rows_of = zip((f"r{row}" for row in rows), map(len, reads), strict=True)
    return pl.DataFrame(list(rows_of), schema=READS, orient="row")


def cpu_seconds() -> float:
    """Of this process and of the programs it ran."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def row_of(method: str, test: str, labels, scores: np.ndarray, seconds: float | None) -> dict:
    table = classification_metrics(labels, scores)
    values = {name: (value, low, high)
              for name, value, low, high, *_ in table.iter_rows()}  # fmt: skip
    row = {"method": method, "test": test, "reads": len(labels)}
    for name in ("accuracy", "roc_auc"):
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), values[name], strict=True))
    return row | {"reads_per_cpu_s": len(labels) / seconds if seconds else None}


def scorers(arguments, reads: Reads, labels: np.ndarray) -> dict[str, Scorer]:
    """The methods, trained where they are trained here; a method that is missing is named."""
    config = ROOT / "config/hyperparameters/readseeker_small.json"
    regression = LogisticRegression(C=0.01, max_iter=300)
    boosting = HistGradientBoostingClassifier(random_state=arguments.seed)
    found = {
        "readseeker_small": model_scorer("readseeker", train_network(arguments.work), config),
        "6-mer logistic regression": fitted(regression, kmer_counts, reads, labels),
        "boosting on six frames": fitted(boosting, six_frame_features, reads, labels),
    }
    try:
        find("pyrodigal")
        found["pyrodigal -p meta"] = pyrodigal_scorer(arguments.work)
    except InputError as error:
        print(f"left out: pyrodigal ({error})")
    if SIX_FRAME.exists():
        config = ROOT / "config/hyperparameters/six_frame.json"
        found["six_frame, as shipped"] = model_scorer("six_frame", SIX_FRAME, config)
    else:
        print(f"left out: six_frame, no file {SIX_FRAME.relative_to(ROOT)}")
    return found


def tests(shared: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    """Name and fragments of each set: sequence, label, and index, their number in the file."""
    folder = shared / "data/reads"
    for name, genome in (("spyogenes", "S. pyogenes"), ("ecoli", "E. coli, last tenth")):
        table = pl.read_csv(folder / f"{name}/fragments_300bp.tsv.gz", separator="\t")
        table = table.with_row_index()
        if name == "ecoli":
            table = table.filter(pl.col("start") >= border_bp(shared))
        yield genome, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = os.environ.get("SEQCAST_SHARED", ROOT.parent / "shared")
    parser.add_argument("--shared", type=Path, default=shared, help="folder of the golden data")
    parser.add_argument("--work", type=Path, default=ROOT / "results/coding_reads")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    arguments.work.mkdir(parents=True, exist_ok=True)
    if not (arguments.work / "dev.tsv").exists():
        write_training_reads(arguments.shared, arguments.work, arguments.seed)
    methods, rows = scorers(arguments, *read_rows(arguments.work / "train.tsv")), []
    for name, table in tests(arguments.shared):
        reads, labels = table["sequence"].to_list(), table["label"].to_numpy()
        for method, score in methods.items():
            start = cpu_seconds()
            scores = score(reads)
            rows.append(row_of(method, name, labels, scores, cpu_seconds() - start))
        if name.startswith("E. coli"):  # of other genomes FragGeneScan's output is not at hand
            golden = arguments.shared / GOLDEN_FGS
            scores = golden_fraggenescan(golden, table["index"], reads, arguments.work)
            rows.append(row_of("FragGeneScan illumina_5", name, labels, scores, None))
    write_tsv(pl.DataFrame(rows), arguments.work / "coding_reads.tsv")
    for row in rows:
        print(printed(row))


def printed(row: dict) -> str:
    """A line of the table of benchmarks/README.md."""
    cells = [row["method"], row["test"], f"{row['reads']:,}"]
    for name in ("accuracy", "roc_auc"):
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        cells.append(f"{row[name]:.3f} ({low:.3f}-{high:.3f})")
    cells.append(f"{row['reads_per_cpu_s']:,.0f}" if row["reads_per_cpu_s"] else "-")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
