"""Classifiers of reads beside each other, on a genome that none of them saw.

    python -m benchmarks.coding_reads [--shared ../shared] [--work results/coding_reads] [--seed 1]
                                      [--pyrodigal pyrodigal]

Reads of 300 nt from inside coding regions or gaps of at least 300 nt, either strand. Trained on the
first nine tenths of E. coli and on phage lambda; the last tenth of E. coli chooses the weights of
the network. Tested on S. pyogenes, and on the reads of E. coli's last tenth for which
FragGeneScan's output exists. The shipped six_frame was trained elsewhere (recipes/six_frame), with
S. pyogenes among its genomes: there its number is no test. One thread; CPU seconds are of scoring
alone, start and files included where a program is run.

Needs GenBank files and fragments of `shared/data/reads` and FragGeneScan's output of
`shared/reference/readseeker` (SEQCAST_SHARED). The network is trained by the loop of
`seqcast.training` with config/training/readseeker_small.json; what it makes stays in `--work`, and
an interrupted training goes on from there.
"""

import argparse
import gzip
import logging
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import torch
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from benchmarks.six_frame_features import six_frame_features
from seqcast.classification import p_coding
from seqcast.coding_regions import regions_of
from seqcast.genbank import GenbankRecord, read_genbank
from seqcast.jobs.train_reads import train_reads
from seqcast.metrics import classification_metrics
from seqcast.models.interface import load_model
from seqcast.models.kmers import base_codes, kmer_ids
from seqcast.reads.dnabert import read_dnabert, write_dnabert

ROOT = Path(__file__).resolve().parents[1]
GENBANK = {"ecoli": "NC_000913.3.gbk.gz", "lambda": "lambda.gbk.gz"}
LENGTH_NT = 300
TRAINED_SHARE = 0.9  # of E. coli, from its first base
DRAWN = {"train": {"ecoli": 30_000, "lambda": 1_500}, "dev": {"ecoli": 1_000}}  # a class
COMPLEMENT = str.maketrans("ACGT", "TGCA")
GOLDEN_FGS = "reference/readseeker/protocol/fragments_ecoli_FragGeneScan_illumina_5.ffn.gz"
SIX_FRAME = ROOT / "resources/six_frame/model.safetensors"

Reads = Sequence[str]
Scorer = Callable[[Reads], np.ndarray]


def draw(record: GenbankRecord, regions: pl.DataFrame, count: int, rng) -> Iterator[tuple]:
    """`count` reads a class, (sequence, label), all places in the regions equally likely.

    Reads with other letters than A, C, G, T are drawn again.
    """
    for label, kind in enumerate(("non_coding", "coding")):
        chosen = regions.filter(pl.col("class") == kind)
        places = (chosen["end"] - chosen["start"]).to_numpy() - LENGTH_NT + 1
        done = 0
        while done < count:
            row = rng.choice(len(places), p=places / places.sum())
            start = int(chosen["start"][int(row)] + rng.integers(places[row]))
            sequence = record.sequence[start : start + LENGTH_NT]
            if set(sequence) <= set("ACGT"):
                done += 1
                turned = rng.random() < 0.5
                yield sequence.translate(COMPLEMENT)[::-1] if turned else sequence, label


def write_training_reads(shared: Path, work: Path, seed: int) -> None:
    """train.tsv and dev.tsv in DNABERT's layout, where they are not there yet."""
    rng = np.random.default_rng(seed)
    records = {name: next(read_genbank(shared / f"data/reads/{name}/{file}"))
               for name, file in GENBANK.items()}  # fmt: skip
    regions = {name: regions_of(record, LENGTH_NT) for name, record in records.items()}
    border = int(TRAINED_SHARE * len(records["ecoli"].sequence))
    parts = {"train": regions | {"ecoli": regions["ecoli"].filter(pl.col("end") <= border)},
             "dev": {"ecoli": regions["ecoli"].filter(pl.col("start") >= border)}}  # fmt: skip
    for part, counts in DRAWN.items():
        rows = [row for name, count in counts.items()
                for row in draw(records[name], parts[part][name], count, rng)]  # fmt: skip
        write_dnabert(work / f"{part}.tsv", ["Sequence", "Label"], rows)


def read_rows(path: Path) -> tuple[list[str], np.ndarray]:
    """Sequences and labels of a DNABERT table."""
    rows = [row for chunk in read_dnabert(path) for row in chunk]
    return [row.sequence for row in rows], np.array([row.label for row in rows])


def train_network(work: Path) -> Path:
    """Weights of the small network, trained here unless `work` has them."""
    weights = work / "readseeker_small.safetensors"
    files = SimpleNamespace(
        train=work / "train.tsv", validation=work / "dev.tsv",
        recipe=ROOT / "config/training/readseeker_small.json",
        hyperparameters=ROOT / "config/hyperparameters/readseeker_small.json",
    )  # fmt: skip
    if not weights.exists():
        start = time.process_time()
        train_reads(
            files, str(weights), str(work / "history.tsv"), work / "last.pt",
            {"architecture": "readseeker"}, "cpu", threads=1,
        )  # fmt: skip
        print(f"training of the network: {time.process_time() - start:.0f} CPU s", flush=True)
    return weights


def model_scorer(architecture: str, weights: Path, hyperparameters: Path) -> Scorer:
    model = load_model(architecture, weights, hyperparameters, device="cpu")
    return lambda reads: p_coding(model, reads)


def kmer_shares(reads: Reads) -> sparse.csr_array:
    """Standardised so that the penalty is alike for all: 6-mer counts over their expectation."""
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


def covered_share(spans: Mapping[int, Iterable[tuple[int, int]]], reads: Reads) -> np.ndarray:
    """Share of each read inside the union of its predicted genes, 0-based half-open."""
    shares = np.zeros(len(reads))
    for row, genes in spans.items():
        inside = np.zeros(len(reads[row]), dtype=bool)
        for start, end in genes:
            inside[start:end] = True
        shares[row] = inside.mean()
    return shares


def pyrodigal_scorer(program: str, work: Path) -> Scorer:
    """Runs pyrodigal in metagenome mode; the score is the share of a read in predicted genes."""

    def score(reads: Reads) -> np.ndarray:
        fasta, gff = work / "reads.fasta", work / "genes.gff"
        fasta.write_text("".join(f">r{i}\n{read}\n" for i, read in enumerate(reads)))
        command = [program, "-p", "meta", "-j", "1", "-f", "gff", "-i", fasta, "-o", gff]
        subprocess.run(command, check=True, capture_output=True)
        spans: dict[int, list[tuple[int, int]]] = {}
        for line in gff.read_text().splitlines():
            if line and not line.startswith("#"):
                name, _, _, start, end = line.split("\t")[:5]
                spans.setdefault(int(name[1:]), []).append((int(start) - 1, int(end)))
        return covered_share(spans, reads)

    return score


def golden_fraggenescan(path: Path, rows: np.ndarray, reads: Reads) -> np.ndarray:
    """Share of reads in genes of FragGeneScan; read `rows[i]` of its run is `reads[i]`."""
    place = {int(row): i for i, row in enumerate(rows)}
    spans: dict[int, list[tuple[int, int]]] = {}
    with gzip.open(path, "rt") as file:
        for line in file:
            if line.startswith(">r"):
                name, start, end, _ = line[2:].rsplit("_", 3)
                if int(name) in place:
                    spans.setdefault(place[int(name)], []).append((int(start) - 1, int(end)))
    return covered_share(spans, reads)


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
    """The methods, trained where they are trained here; a method that is not there is said."""
    config = ROOT / "config/hyperparameters/readseeker_small.json"
    regression = LogisticRegression(C=0.01, max_iter=300)
    boosting = HistGradientBoostingClassifier(random_state=arguments.seed)
    found = {
        "readseeker_small": model_scorer("readseeker", train_network(arguments.work), config),
        "6-mer logistic regression": fitted(regression, kmer_shares, reads, labels),
        "boosting on six frames": fitted(boosting, six_frame_features, reads, labels),
    }
    if program := shutil.which(arguments.pyrodigal):
        found["pyrodigal -p meta"] = pyrodigal_scorer(program, arguments.work)
    else:
        print(f"left out: pyrodigal, no program {arguments.pyrodigal}")
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
            record = next(read_genbank(folder / name / GENBANK[name]))
            table = table.filter(pl.col("start") >= int(TRAINED_SHARE * len(record.sequence)))
        yield genome, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = os.environ.get("SEQCAST_SHARED", ROOT.parent / "shared")
    parser.add_argument("--shared", type=Path, default=shared, help="folder of the golden data")
    parser.add_argument("--work", type=Path, default=ROOT / "results/coding_reads")
    parser.add_argument("--pyrodigal", default="pyrodigal", help="the program")
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
            scores = golden_fraggenescan(golden, table["index"].to_numpy(), reads)
            rows.append(row_of("FragGeneScan illumina_5", name, labels, scores, None))
    pl.DataFrame(rows).write_csv(arguments.work / "coding_reads.tsv", separator="\t")
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
