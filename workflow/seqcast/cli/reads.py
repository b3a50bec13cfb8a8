"""The command `seqcast classify-reads`: a stream of reads in, a table out, without a workflow."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any, TextIO

import polars as pl
import torch

from seqcast.cli.options import add_computing, check_outputs, check_regular, check_threads
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


def classify_reads(chosen: argparse.Namespace) -> None:
    """Classify a stream of reads: table to a file or to standard output, reads to split files.

    Parameters
    ----------
    chosen : namespace
        Arguments of ``seqcast classify-reads``.
    """
    _check_arguments(chosen)
    torch.set_num_threads(chosen.threads)
    model = load_model(
        chosen.architecture, *_model_files(chosen), compat=chosen.compat,
        device=chosen.device, precision=chosen.precision,
    )  # fmt: skip
    options = ReadOptions(chosen.threshold, chosen.both_strands, chosen.batch_nt)
    classifier = Classifier([model], options)
    with ExitStack() as stack:
        reads = stack.enter_context(open_reads(
            chosen.reads, chosen.reads2, chosen.reference, interleaved=chosen.interleaved
        ))  # fmt: skip
        split = None
        if chosen.split:
            split = stack.enter_context(SplitWriter(chosen.split, reads.paired, chosen.pairs))

        def tables() -> Iterator[pl.DataFrame]:
            for chunk in reads:
                table = classifier(chunk)
                if split:
                    split.write(chunk, table["label"].to_list())
                yield table

        if chosen.output == "-":
            _write_tsv(tables(), sys.stdout)
        else:
            with atomic(chosen.output) as temporary, temporary.open("w") as file:
                _write_tsv(tables(), file)
    _report(classifier, reads.counts)


def _check_arguments(chosen: argparse.Namespace) -> None:
    """Stop at what cannot be, before an output replaces something else."""
    check_threads(chosen.threads)
    written = [] if chosen.output == "-" else [Path(chosen.output)]
    for path in written:
        check_regular("--output", str(path), "give another name, or - and >")
    if chosen.split:
        for paired, qualities in product((False, True), repeat=2):
            written += split_paths(chosen.split, paired, qualities).values()
    check_outputs(written, [chosen.reads, chosen.reads2], "--output or --split")


def _model_files(chosen: argparse.Namespace) -> tuple[Path, Path]:
    """Weights and hyperparameters: those given, or our own small classifier's."""
    given, ours = (chosen.weights, chosen.hyperparameters), shipped_model(OURS)
    if chosen.architecture == ours.architecture:
        return chosen.weights or ours.weights[0], chosen.hyperparameters or ours.hyperparameters
    if None in given:
        raise InputError(
            f"--architecture {chosen.architecture} needs --weights and --hyperparameters, the "
            f"published files of the model; only {OURS} comes with seqcast"
        )
    return given


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


def add_command(commands: Any) -> None:
    """Add ``classify-reads`` to the parser's commands."""
    command = commands.add_parser(
        "classify-reads",
        help="classify sequencing reads as coding or non-coding",
        description="Classify each read as coding or non-coding: one row per read.",
    )
    command.set_defaults(run=classify_reads)
    add = command.add_argument
    add("reads", help="FASTQ or FASTA, plain or compressed (gzip, bgzip, bzip2, xz, zstd), BAM, "
        "CRAM or SAM; - is standard input")  # fmt: skip
    add("reads2", nargs="?", help="second file of read pairs")
    add(
        "--interleaved", action="store_true", help="one file holds pairs, mate 1 and mate 2 in turn"
    )
    add("--output", "-o", default="-", help="table; - (default) is standard output")
    add(
        "--split",
        metavar="PREFIX",
        help="also write PREFIX.coding.fastq.gz, .non_coding, .unscored",
    )
    add("--pairs", choices=sorted(PAIR_RULES), default="either",
        help="with --split: a pair is coding if either mate is, or if both are")  # fmt: skip
    add("--threshold", type=float, default=ReadOptions.threshold,
        help="reads of this probability or more are coding (default %(default)s)")  # fmt: skip
    add("--both-strands", action="store_true", help="average each read with its reverse complement")
    add("--reference", help="FASTA that a CRAM file was written against")
    add("--architecture", default=OURS, help=f"{OURS} (default) or readseeker")
    add("--weights", type=Path, help="default: seqcast's own small classifier")
    add("--hyperparameters", type=Path, help="JSON that belongs to the weights")
    add("--compat", choices=["dnabert"], help="treat reads as DNABERT does (readseeker)")
    add("--batch-nt", type=int, help="bases predicted at once")
    add_computing(command)
