"""The command `seqcast predict-property`: new mRNAs in, what a fine-tuned model predicts out."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import torch

from seqcast.cli.options import add_cds, add_computing, check_outputs, check_regular, check_threads
from seqcast.core.errors import InputError
from seqcast.core.provenance import provenance, versions
from seqcast.core.store import file_sha256, write_table, write_tsv
from seqcast.models.interface import load_model
from seqcast.predict.properties.designs import PREDICTED, check_predicts, predict_designs
from seqcast.transcripts.files import parse_sequences
from seqcast.transcripts.given import judge_sequences, read_sequences
from seqcast.transcripts.records import COLUMNS

ARCHITECTURE = "mrna_property"
WRITTEN = (".parquet", ".tsv")
STANDARD_INPUT = "-"


def predict_property(chosen: argparse.Namespace) -> None:
    """Predict the sequences of files: one row per sequence, in order.

    Parameters
    ----------
    chosen : namespace
        Arguments of ``seqcast predict-property``.
    """
    _check_arguments(chosen)
    torch.set_num_threads(chosen.threads)
    sequences = _read(chosen.sequences, chosen.cds)
    model = load_model(
        ARCHITECTURE, chosen.weights, chosen.hyperparameters, device=chosen.device,
        precision=chosen.precision,
    )  # fmt: skip
    check_predicts(model)
    table = predict_designs(model, sequences)
    table.insert_column(1, sequences["file"])
    if chosen.output.endswith(".tsv"):
        write_tsv(table, chosen.output)
    else:
        facts = provenance(
            architecture=ARCHITECTURE, weights_sha256=file_sha256(chosen.weights),
            sequences=chosen.sequences, cds=chosen.cds, precision=chosen.precision,
            device=str(next(model.parameters()).device), threads=chosen.threads,
            versions=versions(), training=model.about,
        )  # fmt: skip
        write_table(table, chosen.output, facts)
    _report(table)


def _check_arguments(chosen: argparse.Namespace) -> None:
    check_threads(chosen.threads)
    if not chosen.output.endswith(WRITTEN):
        raise InputError(f"--output {chosen.output}: expected a name in {' or '.join(WRITTEN)}")
    check_regular("--output", chosen.output)
    if (times := chosen.sequences.count(STANDARD_INPUT)) > 1:
        raise InputError(f"{STANDARD_INPUT} is given {times} times; standard input is read once")
    read = [*chosen.sequences, chosen.weights, chosen.hyperparameters]
    check_outputs([Path(chosen.output)], read, "--output")
    for path in (chosen.weights, chosen.hyperparameters):
        if not Path(path).is_file():
            raise InputError(
                f"{path} does not exist; expected the weights of a fine-tuned model (a workflow "
                "writes them to results/training) and the hyperparameters of its training"
            )


def _read(paths: list[str], cds: str) -> pl.DataFrame:
    """The table of transcripts of all files, and ``file``, where each row is from."""
    tables = []
    for path in paths:
        if path == STANDARD_INPUT:
            name = "standard input"
            data = sys.stdin.buffer.read()
            table = judge_sequences(parse_sequences(data, name), name, cds)
        else:
            table = read_sequences(path, cds)
        tables.append(table.select(*COLUMNS, pl.lit(path).alias("file")))
    together = pl.concat(tables)
    return together.with_columns(row=pl.int_range(len(together), dtype=pl.Int64))


def _report(table: pl.DataFrame) -> None:
    counts = Counter(table["status"])
    others = [f"{n} {name}" for name, n in counts.most_common() if name != PREDICTED]
    said = [f"{len(table)} sequences, {counts[PREDICTED]} predicted", *others]
    sys.stderr.write(f"{'; '.join(said)}\n")


def add_command(commands: Any) -> None:
    """Add ``predict-property`` to the parser's commands."""
    command = commands.add_parser(
        "predict-property",
        help="predict mRNA properties with a fine-tuned model",
        description="Labels of mRNAs by a fine-tuned model; one row per sequence, in order.",
    )
    command.set_defaults(run=predict_property)
    add = command.add_argument
    add("weights", help="weights of the fine-tuned model (.safetensors)")
    add("sequences", nargs="+", help="FASTA, or a table with a column of sequences (TSV, CSV, "
        "parquet), one or more; - is standard input")  # fmt: skip
    add("--hyperparameters", required=True, help="JSON of the training, with the body's config; a "
        "path in it holds from the folder that the command runs in")  # fmt: skip
    add("--output", "-o", required=True, help="table (.parquet or .tsv)")
    add_cds(command, ". As in the training: marked codons count")
    add_computing(command)
