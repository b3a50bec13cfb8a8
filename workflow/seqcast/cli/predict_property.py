"""The command `seqcast predict-property`: new mRNAs in, what a fine-tuned model predicts out."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
import torch
from cyclopts import Parameter

from seqcast.cli.options import Computing, check_outputs, check_regular, check_threads
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


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PropertyCommand(Computing):
    """The model that predicts, and where predictions go.

    Attributes
    ----------
    hyperparameters : str
        JSON of the training, with the config of its backbone; a path in it holds from the folder
        that the command runs in.
    output : str
        Table (.parquet or .tsv).
    cds : str
        whole: each sequence is a CDS; none: none has one; default: what the columns cds_start and
        cds_end say, if present. As in the training: marked codons count.
    """

    hyperparameters: str
    output: Annotated[str, Parameter(alias="-o")]
    cds: Literal["", "whole", "none"] = ""


def predict_property(
    weights: str, /, *sequences: Annotated[str, Parameter(allow_leading_hyphen=True)],
    chosen: PropertyCommand,
) -> None:  # fmt: skip
    """Predict mRNA properties with a fine-tuned model.

    Labels of mRNAs by a fine-tuned model; one row per sequence, in order.

    Parameters
    ----------
    weights : str
        Weights of the fine-tuned model (.safetensors).
    sequences : str
        FASTA, or a table with a column of sequences (TSV, CSV, parquet), one or more; - is
        standard input.
    """
    _check_arguments(weights, sequences, chosen)
    torch.set_num_threads(chosen.threads)
    mrnas = _read(sequences, chosen.cds)
    model = load_model(
        ARCHITECTURE, weights, chosen.hyperparameters, device=chosen.device,
        precision=chosen.precision,
    )  # fmt: skip
    check_predicts(model)
    table = predict_designs(model, mrnas)
    table.insert_column(1, mrnas["file"])
    if chosen.output.endswith(".tsv"):
        write_tsv(table, chosen.output)
    else:
        facts = provenance(
            architecture=ARCHITECTURE, weights_sha256=file_sha256(weights),
            sequences=list(sequences), cds=chosen.cds, precision=chosen.precision,
            device=str(next(model.parameters()).device), threads=chosen.threads,
            versions=versions(), training=model.about,
        )  # fmt: skip
        write_table(table, chosen.output, facts)
    _report(table)


def _check_arguments(weights: str, sequences: Sequence[str], chosen: PropertyCommand) -> None:
    check_threads(chosen.threads)
    if not chosen.output.endswith(WRITTEN):
        raise InputError(f"--output {chosen.output}: expected a name in {' or '.join(WRITTEN)}")
    check_regular("--output", chosen.output)
    if (times := sequences.count(STANDARD_INPUT)) > 1:
        raise InputError(f"{STANDARD_INPUT} is given {times} times; standard input is read once")
    read = [*sequences, weights, chosen.hyperparameters]
    check_outputs([Path(chosen.output)], read, "--output")
    for path in (weights, chosen.hyperparameters):
        if not Path(path).is_file():
            raise InputError(
                f"{path} does not exist; expected the weights of a fine-tuned model (a workflow "
                "writes them to results/training) and the hyperparameters of its training"
            )


def _read(paths: Sequence[str], cds: str) -> pl.DataFrame:
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
