"""The command `seqcast embed`: mRNA sequences in, a table of embeddings out."""

import argparse
import sys
from pathlib import Path
from typing import Any

import polars as pl
import torch

from seqcast.cli.options import add_cds, add_computing, check_outputs, check_regular, check_threads
from seqcast.core.errors import InputError
from seqcast.core.provenance import provenance, versions
from seqcast.core.store import file_sha256
from seqcast.models.interface import load_model
from seqcast.predict.embeddings.embed_options import POOLINGS, TOO_LONG, EmbedOptions
from seqcast.predict.embeddings.embed_table import write_embeddings
from seqcast.predict.embeddings.embedding_tables import TableEmbedder
from seqcast.predict.embeddings.engine import Embedder
from seqcast.transcripts.files import parse_sequences
from seqcast.transcripts.given import judge_sequences, read_sequences

ARCHITECTURES = ("helix_mrna", "mamba2_mrna")  # of task embedding
GATED = (
    "the weights of Helix-mRNA are in the hub repository helical-ai/Helix-mRNA: accept the "
    "conditions on its page (licence CC-BY-NC-SA 4.0), then download model.safetensors and "
    "config.json with a token of that account in HF_TOKEN"
)


def embed(chosen: argparse.Namespace) -> None:
    """Embed the sequences of a file: one row per sequence, in order.

    Parameters
    ----------
    chosen : namespace
        Arguments of ``seqcast embed``.
    """
    _check_arguments(chosen)
    torch.set_num_threads(chosen.threads)
    sequences = _read(chosen.sequences, chosen.cds)
    model = load_model(
        chosen.architecture, chosen.weights, chosen.hyperparameters, compat=chosen.compat,
        device=chosen.device, precision=chosen.precision,
    )  # fmt: skip
    options = {
        "pooling": chosen.pooling, "layers": chosen.layers, "too_long": chosen.too_long,
        "window_overlap_tokens": chosen.window_overlap_tokens,
        "codon_marks": not chosen.no_codon_marks, "log_likelihood": not chosen.no_log_likelihood,
        "batch_tokens": chosen.batch_tokens,
    }  # fmt: skip
    wanted: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }
    embedder = Embedder(model, EmbedOptions(**wanted, per_symbol=bool(chosen.per_nucleotide)))
    table = TableEmbedder(embedder, lambda: [sequences])
    facts = provenance(
        architecture=chosen.architecture, weights_sha256=file_sha256(chosen.weights),
        sequences=chosen.sequences, cds=chosen.cds, device=str(next(model.parameters()).device),
        precision=chosen.precision, threads=chosen.threads, versions=versions(),
        options={**options, "compat": chosen.compat},
    )  # fmt: skip
    write_embeddings(table, len(sequences), chosen.output, chosen.per_nucleotide, facts)
    sys.stderr.write(
        f"{len(sequences)} sequences, {table.counts['embedded']} embedded, {table.tokens} tokens\n"
    )


def _check_arguments(chosen: argparse.Namespace) -> None:
    check_threads(chosen.threads)
    if not chosen.output.endswith(".parquet"):
        raise InputError(f"--output {chosen.output}: expected a name that ends in .parquet")
    if chosen.per_nucleotide is not None and not chosen.per_nucleotide.endswith(".zarr"):
        raise InputError(
            f"--per-nucleotide {chosen.per_nucleotide!r}: expected a name that ends in .zarr"
        )
    overlap = chosen.window_overlap_tokens
    if overlap is not None and overlap < 1:
        raise InputError(f"--window-overlap-tokens {overlap}: expected 1 or more, or leave it out")
    written = [Path(path) for path in (chosen.output, chosen.per_nucleotide) if path]
    for path in written:
        check_regular("--output or --per-nucleotide", str(path))
    read = [chosen.sequences, chosen.weights, chosen.hyperparameters]
    check_outputs(written, read, "--output or --per-nucleotide")
    for path in (chosen.weights, chosen.hyperparameters):
        if not Path(path).is_file():
            raise InputError(f"{path} does not exist; {GATED}")


def _read(path: str, cds: str) -> pl.DataFrame:
    if path != "-":
        return read_sequences(path, cds)
    name = "standard input"
    return judge_sequences(parse_sequences(sys.stdin.buffer.read(), name), name, cds)


def add_command(commands: Any) -> None:
    """Add ``embed`` to the parser's commands."""
    command = commands.add_parser(
        "embed",
        help="embed mRNAs and give their log-likelihoods",
        description=(
            "Embeddings and log-likelihoods of mRNAs: one row per sequence, in input order."
        ),
        epilog=f"Nothing is downloaded; {GATED}.",
    )
    command.set_defaults(run=embed)
    add = command.add_argument
    add("sequences", help="FASTA, or a table with a column of sequences (TSV, CSV, parquet); - is "
        "standard input")  # fmt: skip
    add("--weights", required=True, help="model.safetensors or pytorch_model.bin")
    add("--hyperparameters", required=True, help="config.json that belongs to the weights")
    add("--output", "-o", required=True, help="table (.parquet)")
    add("--per-nucleotide", metavar="ZARR", help="also write features of each nucleotide (.zarr)")
    add("--layers", type=int, nargs="+", default=[], help="with --per-nucleotide: also hidden "
        "states, 0 (token embeddings), 1 (after the first block) ...")  # fmt: skip
    add_cds(command)
    add("--pooling", nargs="+", choices=POOLINGS, default=list(POOLINGS), help="default both")
    add("--no-codon-marks", action="store_true", help="do not mark the codons of a known CDS")
    add("--no-log-likelihood", action="store_true")
    add("--too-long", choices=TOO_LONG, default=EmbedOptions.too_long,
        help="what to do with more tokens than the model takes; default: a status")  # fmt: skip
    add("--window-overlap-tokens", type=int, help="with --too-long window; default half")
    add("--architecture", choices=ARCHITECTURES, default=ARCHITECTURES[0],
        help=f"default {ARCHITECTURES[0]}")  # fmt: skip
    add("--compat", choices=["helical_cpu", "helical_pooling"],
        help="reproduce helical: its network on a CPU, or its pooling")  # fmt: skip
    add("--batch-tokens", type=int, help="tokens embedded at once")
    add_computing(command)
