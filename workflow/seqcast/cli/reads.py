"""The command `seqcast classify-reads`: a stream of reads in, a table out, without a workflow."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Literal, TextIO

import polars as pl
import torch
from cyclopts import Parameter

from seqcast.cli.options import Computing, check_outputs, check_regular, check_threads, one_of
from seqcast.core.errors import InputError
from seqcast.core.store import atomic
from seqcast.models.interface import load_model
from seqcast.models.shipped import shipped_model
from seqcast.predict.reads.classification import Classifier, ReadOptions
from seqcast.reads.open import open_reads
from seqcast.reads.outcomes import COLUMNS
from seqcast.reads.records import ReadCounts
from seqcast.reads.split import PAIR_RULES, SplitWriter, split_paths

OURS = "six_frame"  # model and architecture: the classifier that comes with seqcast


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ReadsCommand(Computing):
    """How reads are classified, and where they go.

    Attributes
    ----------
    interleaved : bool
        One file holds pairs, mate 1 and mate 2 in turn.
    output : str
        Table; - is standard output.
    split : str, optional
        Prefix: also write PREFIX.coding.fastq.gz, .non_coding and .unscored.
    pairs : str
        With --split: a pair is coding if either mate is, or if both are.
    threshold : float
        Reads of this probability or more are coding.
    both_strands : bool
        Average each read with its reverse complement.
    reference : str, optional
        FASTA that a CRAM file was written against.
    architecture : str
        six_frame or readseeker.
    weights : Path, optional
        Default: the small classifier that ships with seqcast.
    hyperparameters : Path, optional
        JSON that belongs to the weights.
    compat : str, optional
        Treat reads as DNABERT does (readseeker).
    batch_nt : int, optional
        Bases predicted at once.
    """

    interleaved: bool = False
    output: Annotated[str, Parameter(alias="-o", allow_leading_hyphen=True)] = "-"
    split: str | None = None
    pairs: Annotated[str, one_of(sorted(PAIR_RULES))] = "either"
    threshold: float = ReadOptions.threshold
    both_strands: bool = False
    reference: str | None = None
    architecture: str = OURS
    weights: Path | None = None
    hyperparameters: Path | None = None
    compat: Literal["dnabert"] | None = None
    batch_nt: int | None = None


DEFAULT = ReadsCommand()


def classify_reads(
    reads: Annotated[str, Parameter(allow_leading_hyphen=True)], reads2: str | None = None, /, *,
    chosen: ReadsCommand = DEFAULT,
) -> None:  # fmt: skip
    """Classify sequencing reads as coding or non-coding.

    One row per read, to a file or to standard output, and the reads to split files.

    Parameters
    ----------
    reads : str
        FASTQ or FASTA, plain or compressed (gzip, bgzip, bzip2, xz, zstd), BAM, CRAM or SAM; - is
        standard input.
    reads2 : str, optional
        Second file of read pairs.
    """
    _check_arguments(reads, reads2, chosen)
    torch.set_num_threads(chosen.threads)
    model = load_model(
        chosen.architecture, *_model_files(chosen), compat=chosen.compat,
        device=chosen.device, precision=chosen.precision,
    )  # fmt: skip
    options = ReadOptions(chosen.threshold, chosen.both_strands, chosen.batch_nt)
    classifier = Classifier([model], options)
    with ExitStack() as stack:
        stream = stack.enter_context(
            open_reads(reads, reads2, chosen.reference, interleaved=chosen.interleaved)
        )
        split = None
        if chosen.split:
            split = stack.enter_context(SplitWriter(chosen.split, stream.paired, chosen.pairs))

        def tables() -> Iterator[pl.DataFrame]:
            for chunk in stream:
                table = classifier(chunk)
                if split:
                    split.write(chunk, table["label"].to_list())
                yield table

        if chosen.output == "-":
            _write_tsv(tables(), sys.stdout)
        else:
            with atomic(chosen.output) as temporary, temporary.open("w") as file:
                _write_tsv(tables(), file)
    _report(classifier, stream.counts)


def _check_arguments(reads: str, reads2: str | None, chosen: ReadsCommand) -> None:
    """Stop at what cannot be, before an output replaces something else."""
    check_threads(chosen.threads)
    written = [] if chosen.output == "-" else [Path(chosen.output)]
    for path in written:
        check_regular("--output", str(path), "give another name, or - and >")
    if chosen.split:
        for paired, qualities in product((False, True), repeat=2):
            written += split_paths(chosen.split, paired, qualities).values()
    check_outputs(written, [reads, reads2], "--output or --split")


def _model_files(chosen: ReadsCommand) -> tuple[Path, Path]:
    """Weights and hyperparameters: those given, or our own small classifier's."""
    ours = shipped_model(OURS)
    if chosen.architecture == ours.architecture:
        return chosen.weights or ours.weights[0], chosen.hyperparameters or ours.hyperparameters
    if chosen.weights is None or chosen.hyperparameters is None:
        raise InputError(
            f"--architecture {chosen.architecture} needs --weights and --hyperparameters, the "
            f"published files of the model; only {OURS} comes with seqcast"
        )
    return chosen.weights, chosen.hyperparameters


def _write_tsv(tables: Iterator[pl.DataFrame], file: TextIO) -> None:
    file.write("\t".join(COLUMNS) + "\n")
    for table in tables:
        # names end at their first blank: nothing needs quotes
        text = table.write_csv(
            separator="\t", include_header=False, float_precision=6, quote_style="never"
        )
        file.write(text)
    file.flush()


def _report(classifier: Classifier, records: ReadCounts) -> None:
    counts, total = classifier.counts, classifier.total
    others = [f"{n} {name}" for name, n in sorted(counts.items()) if name != "scored"]
    if skipped := records.secondary + records.supplementary:
        others.append(f"{skipped} secondary and supplementary alignments are no reads")
    said = "; ".join([f"{total} reads, {counts['scored']} scored", *others])
    sys.stderr.write(f"{said}\n")
