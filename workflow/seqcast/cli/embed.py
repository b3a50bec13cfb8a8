"""The command `seqcast embed`: mRNA sequences in, a table of embeddings out."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
import torch
from cyclopts import Parameter

from seqcast.cli.options import Computing, check_outputs, check_regular, check_threads, one_of
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


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class EmbedCommand(Computing):
    """How sequences are embedded, and where embeddings go.

    Attributes
    ----------
    weights : str
        model.safetensors or pytorch_model.bin.
    hyperparameters : str
        config.json that belongs to the weights.
    output : str
        Table (.parquet).
    per_nucleotide : str, optional
        Also write features of each nucleotide (.zarr).
    layers : tuple of int
        With --per-nucleotide: also hidden states, 0 (token embeddings), 1 (after the first block)
        and so on.
    cds : str
        whole: each sequence is a CDS; none: none has one; default: what the columns cds_start and
        cds_end say, if present.
    pooling : tuple of str
        mean, last or both.
    no_codon_marks : bool
        Do not mark the codons of a known CDS.
    no_log_likelihood : bool
        Do not compute log-likelihoods.
    too_long : str
        What to do with more tokens than the model takes: status, error, truncate_left,
        truncate_right or window.
    window_overlap_tokens : int, optional
        With --too-long window; default: half of the model's length.
    architecture : str
        helix_mrna or mamba2_mrna.
    compat : str, optional
        Reproduce helical: its network on a CPU, or its pooling.
    batch_tokens : int, optional
        Tokens embedded at once.
    """

    weights: str
    hyperparameters: str
    output: Annotated[str, Parameter(alias="-o")]
    per_nucleotide: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None
    layers: tuple[int, ...] = ()
    cds: Literal["", "whole", "none"] = ""
    pooling: Annotated[tuple[str, ...], one_of(POOLINGS)] = POOLINGS
    no_codon_marks: bool = False
    no_log_likelihood: bool = False
    too_long: Annotated[str, one_of(TOO_LONG)] = EmbedOptions.too_long
    window_overlap_tokens: int | None = None
    architecture: Annotated[str, one_of(ARCHITECTURES)] = ARCHITECTURES[0]
    compat: Literal["helical_cpu", "helical_pooling"] | None = None
    batch_tokens: int | None = None


def embed(
    sequences: Annotated[str, Parameter(allow_leading_hyphen=True)], /, *, chosen: EmbedCommand
) -> None:
    """Embed mRNAs and give their log-likelihoods.

    Embeddings and log-likelihoods of mRNAs: one row per sequence, in input order. Nothing is
    downloaded: the weights of Helix-mRNA are in the hub repository helical-ai/Helix-mRNA; accept
    the conditions on its page (licence CC-BY-NC-SA 4.0), then download model.safetensors and
    config.json with a token of that account.

    Parameters
    ----------
    sequences : str
        FASTA, or a table with a column of sequences (TSV, CSV, parquet); - is standard input.
    """
    _check_arguments(sequences, chosen)
    torch.set_num_threads(chosen.threads)
    given = _read(sequences, chosen.cds)
    model = load_model(
        chosen.architecture, chosen.weights, chosen.hyperparameters, compat=chosen.compat,
        device=chosen.device, precision=chosen.precision,
    )  # fmt: skip
    options: dict[str, Any] = {
        "pooling": chosen.pooling, "layers": chosen.layers, "too_long": chosen.too_long,
        "window_overlap_tokens": chosen.window_overlap_tokens,
        "codon_marks": not chosen.no_codon_marks, "log_likelihood": not chosen.no_log_likelihood,
        "batch_tokens": chosen.batch_tokens,
    }  # fmt: skip
    embedder = Embedder(model, EmbedOptions(**options, per_symbol=bool(chosen.per_nucleotide)))
    table = TableEmbedder(embedder, lambda: [given])
    facts = provenance(
        architecture=chosen.architecture, weights_sha256=file_sha256(chosen.weights),
        sequences=sequences, cds=chosen.cds, device=str(next(model.parameters()).device),
        precision=chosen.precision, threads=chosen.threads, versions=versions(),
        options={**options, "compat": chosen.compat},
    )  # fmt: skip
    write_embeddings(table, len(given), chosen.output, chosen.per_nucleotide, facts)
    sys.stderr.write(
        f"{len(given)} sequences, {table.counts['embedded']} embedded, {table.tokens} tokens\n"
    )


def _check_arguments(sequences: str, chosen: EmbedCommand) -> None:
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
    read = [sequences, chosen.weights, chosen.hyperparameters]
    check_outputs(written, read, "--output or --per-nucleotide")
    for needed in (chosen.weights, chosen.hyperparameters):
        if not Path(needed).is_file():
            raise InputError(f"{needed} does not exist; {GATED}")


def _read(path: str, cds: str) -> pl.DataFrame:
    if path != "-":
        return read_sequences(path, cds)
    name = "standard input"
    return judge_sequences(parse_sequences(sys.stdin.buffer.read(), name), name, cds)
