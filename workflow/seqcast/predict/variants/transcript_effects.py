"""Effects of variants on mRNAs: how far ALT and REF transcript are apart for an embedding model.

For each ALT and each transcript that it changes, the whole mRNA of either allele is embedded. The
models are causal: what lies before the first symbol that differs is computed once a transcript (and
block of variants), which changes scores by rounding only (``EmbedOptions.reuse``).

- ``cosine_mean``, ``cosine_last``: cosine distance (1 - cosine) of the pooled features, 0 to 2.
- ``L2_mean``, ``L2_last``: Euclidean distance.
- ``LLR``: log-likelihood of ALT minus REF transcript in nats, with codon-start tokens; positive
  where the model finds the ALT transcript likelier. Bases N count in neither: an edit touches none,
  so that both leave out the same ones. A longer mRNA has more factors, so insertions are
  less likely for their length alone: compare indels with indels. Null where the weights have no
  language-model head.

The mean is over all tokens: the same change counts less in a longer mRNA. The last token has seen
all others. LLR has a sign, ALT minus REF in the terms of the VCF; distances have none. Differences
of the order of 1e-5 in single precision (features of order 1) are rounding: the two mRNAs may be
embedded in different batches.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.progress import progress
from seqcast.core.store import array_column
from seqcast.genome.fasta import Fetch, Genome, fetch_by_blocks
from seqcast.models.interface import EmbeddingModel
from seqcast.predict.embeddings.embed_options import POOLINGS, EmbedOptions
from seqcast.predict.embeddings.embedded_text import Embedded
from seqcast.predict.embeddings.engine import Embedder
from seqcast.predict.variants import SCORES_OF_MRNAS as SCORES
from seqcast.predict.variants.gene_bins import distance_to_tss_bp
from seqcast.transcripts.consequences import read_edited
from seqcast.transcripts.edits import (
    Edit,
    MrnaEdit,
    SplicedTranscript,
    place_edit,
    slack_bp,
    spliced_transcripts,
)
from seqcast.transcripts.marks import text_of

BLOCK_VARIANTS = 256  # whose mRNAs are embedded together
IDENTITY = {
    "row": pl.Int64, "variant": pl.String, "chrom": pl.String, "pos": pl.Int64, "ref": pl.String,
    "alt": pl.String, "gene_id": pl.String, "gene_name": pl.String, "transcript_id": pl.String,
    "region": pl.String, "consequence": pl.String, "status": pl.String,
    "distance_to_tss_bp": pl.Int64,
}  # fmt: skip


class _Change(NamedTuple):
    """What is embedded for a row: a transcript with and without an edit."""

    transcript: SplicedTranscript
    edit: MrnaEdit
    swapped: bool


@dataclass
class _Row:
    """A row of the table."""

    identity: dict[str, Any]
    change: _Change | None = None
    scores: dict[str, float | None] = field(default_factory=dict)

    def score(self, before: Embedded, after: Embedded, swapped: bool) -> None:
        """Take the scores of the mRNA with the genome's allele and of the edited one."""
        failed = next((x.status for x in (before, after) if x.status != "embedded"), None)
        ref, alt = (after, before) if swapped else (before, after)
        scores = {} if failed else differences(ref, alt)
        if not all(value is None or np.isfinite(value) for value in scores.values()):
            failed, scores = "prediction_not_finite", {}
        self.identity["status"], self.scores = failed or "scored", scores


def score_transcript_variants(
    model: EmbeddingModel,
    variants: pl.DataFrame,
    genome: Genome,
    transcripts: pl.DataFrame,
    options: EmbedOptions | None = None,
) -> pl.DataFrame:
    """Score variants in the mRNAs that they change.

    Parameters
    ----------
    model : EmbeddingModel
        As `load_model` returns it.
    variants : DataFrame
        Checked variants (`variants.check_variants`).
    genome : Genome
        The genome of both tables.
    transcripts : DataFrame
        A table of transcripts with places on that genome, as prepare_transcripts makes it.
    options : EmbedOptions, optional
        Of it, ``log_likelihood``, ``codon_marks``, ``batch_tokens``, ``reuse``, and for mRNAs that
        are longer than the model takes "window"; else they have the status too_long: of a truncated
        mRNA the edit itself might be cut off.

    Returns
    -------
    DataFrame
        `IDENTITY`, then `SCORES` as lists of one number. One row per ALT and transcript that its
        edit touches, introns included, in order of the variants and then of the transcripts; an
        ALT that touches none has one row. Each has a status: "scored" or a key of
        `variants.REASONS`. ``region`` and ``consequence`` (`transcripts.consequences`) are those of
        the change from the genome's allele; ``distance_to_tss_bp`` is along the genome, from the
        TSS of the transcript, negative upstream.

    Raises
    ------
    InputError
        If no transcript has a place on the genome.
    """
    parts = score_in_parts(model, variants, genome, transcripts, options or EmbedOptions())
    return next(parts)[1]


def score_in_parts(
    model: EmbeddingModel, variants: pl.DataFrame, genome: Genome, transcripts: pl.DataFrame,
    options: EmbedOptions, start: int = 0, due: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, pl.DataFrame]]:  # fmt: skip
    """`score_transcript_variants` of the rows of `variants` from `start` on, one after the other.

    A part ends with a block of `BLOCK_VARIANTS`, of which all mRNAs are embedded together, so that
    rows from there on, scored by another call, have the same numbers to the last bit.

    Parameters
    ----------
    start : int
        A multiple of `BLOCK_VARIANTS`, or the number of variants.
    due : callable
        Asked after each block whether the part ends there.

    Yields
    ------
    stop : int
        The row of `variants` that the part ends before.
    table : DataFrame
        Of the rows since the part before.
    """
    placed = spliced_transcripts(transcripts)
    if not placed:
        raise InputError(
            f"none of the {len(transcripts)} transcripts has exons on a genome; expected a set of "
            "kind transcripts for variants, mRNAs from a file have no place"
        )
    spans, fetch = _Spans(placed), fetch_by_blocks(genome)
    embedder = Embedder(model, of_alleles(options))
    rows: list[_Row] = []
    blocks = range(start, len(variants), BLOCK_VARIANTS)
    for i in progress(len(blocks), "block")(blocks):
        stop = min(i + BLOCK_VARIANTS, len(variants))
        block = list(_rows(variants[i:stop], spans, fetch))
        _score_block(block, embedder)
        rows += block
        if stop < len(variants) and due():
            yield stop, _table(rows)
            rows = []
    yield len(variants), _table(rows)


def _score_block(rows: Sequence[_Row], embedder: Embedder) -> None:
    marked = embedder.options.codon_marks and embedder.model.codon_mark is not None
    changes: dict[SplicedTranscript, list[tuple[_Row, _Change]]] = {}
    for row in rows:
        if row.change:
            changes.setdefault(row.change.transcript, []).append((row, row.change))
    groups = (
        [_text(transcript.sequence, transcript.cds, marked)]
        + [_edited_text(change, marked) for _, change in found]
        for transcript, found in changes.items()
    )
    for found, (before, *edited) in zip(changes.values(), embedder.edited(groups), strict=True):
        for (row, change), after in zip(found, edited, strict=True):
            row.score(before, after, change.swapped)


def of_alleles(options: EmbedOptions) -> EmbedOptions:
    """Of options for embeddings, those that leave the edit of an mRNA in it.

    Both poolings and nothing else; an mRNA that is too long has a status unless windows are
    wanted, for an end that is left out may hold the edit.
    """
    too_long = "window" if options.too_long == "window" else "status"
    return replace(
        options, pooling=POOLINGS, regions=False, layers=(), per_symbol=False, too_long=too_long
    )


def differences(ref: Embedded, alt: Embedded) -> dict[str, float | None]:
    """Scores of one pair of embedded mRNAs, by name in the order of `SCORES`.

    Parameters
    ----------
    ref, alt : Embedded
        Both of status "embedded", with mean and last.

    Returns
    -------
    dict of str to float or None
        NaN where a cosine is not defined (features that are all 0); None for LLR without a
        language-model head.
    """
    scores: dict[str, float | None] = {}
    for name in ("mean", "last"):
        a, b = (np.asarray(getattr(x, name), dtype=np.float64) for x in (ref, alt))
        with np.errstate(invalid="ignore"):
            apart = a / np.linalg.norm(a) - b / np.linalg.norm(b)
        # 1 - cosine without the cancellation of vectors that are almost the same
        scores[f"cosine_{name}"] = float(apart @ apart) / 2
        scores[f"L2_{name}"] = float(np.linalg.norm(a - b))
    scores["LLR"] = None
    if ref.log_likelihood is not None and alt.log_likelihood is not None:
        scores["LLR"] = alt.log_likelihood - ref.log_likelihood
    return scores


def _rows(variants: pl.DataFrame, spans: "_Spans", fetch: Fetch) -> Iterator[_Row]:
    """The rows of the table, in order, before anything is embedded."""
    for row in variants.iter_rows(named=True):
        named = {name: row[name] for name in ("row", "variant", "chrom", "pos", "ref", "alt")}
        if row["status"] != "valid":
            yield _Row({**named, "status": row["status"]})
            continue
        place = row["start"], row["end"], row["insert"]
        edit = Edit(*place, slack_bp(fetch, row["contig"], *place))
        found = list(_touched(spans.near(row["contig"], edit), edit, row["swapped"]))
        for touched in found or [_Row({"status": "no_transcript"})]:
            yield replace(touched, identity=named | touched.identity)


def _touched(transcripts: Iterable[SplicedTranscript], edit: Edit, swapped: bool) -> Iterator[_Row]:
    """A row for each of some transcripts that an edit touches."""
    is_indel = edit.start == edit.end or not edit.insert
    position = edit.start - is_indel  # of an indel the base before it, as in a VCF
    for transcript in transcripts:
        place = place_edit(transcript, edit)
        if place is None:
            continue
        identity = {
            "gene_id": transcript.gene_id,
            "gene_name": transcript.gene_name,
            "transcript_id": transcript.transcript_id,
            "distance_to_tss_bp": distance_to_tss_bp(transcript, position),
        }
        if isinstance(place, str):
            yield _Row({**identity, "status": place})
            continue
        reading = read_edited(transcript.sequence, transcript.cds, place)
        identity |= {"region": reading.region, "consequence": reading.consequence}
        yield _Row(identity, _Change(transcript, place, swapped))


class _Spans:
    """Which transcripts lie near a place."""

    def __init__(self, transcripts: Sequence[SplicedTranscript]) -> None:
        of_chrom: dict[str, list[SplicedTranscript]] = {}
        for transcript in transcripts:
            of_chrom.setdefault(transcript.chrom, []).append(transcript)
        self.of_chrom = {
            chrom: (found, np.array([t.start for t in found]), np.array([t.end for t in found]))
            for chrom, found in of_chrom.items()
        }

    def near(self, contig: str, edit: Edit) -> list[SplicedTranscript]:
        """Transcripts whose span overlaps or adjoins all places of the edit, in order."""
        if contig not in self.of_chrom:
            return []
        transcripts, starts, ends = self.of_chrom[contig]
        reach = edit.end + edit.slack_bp
        return [transcripts[i] for i in np.flatnonzero((starts <= reach) & (edit.start <= ends))]


def _edited_text(change: _Change, marked: bool) -> str:
    reading = read_edited(change.transcript.sequence, change.transcript.cds, change.edit)
    return _text(reading.sequence, reading.cds, marked)


def _text(sequence: str, cds: tuple[int, int] | None, marked: bool) -> str:
    start, end = cds or (None, None)
    return text_of(sequence, start, end, marked)


def _table(rows: Sequence[_Row]) -> pl.DataFrame:
    table = pl.DataFrame([row.identity for row in rows], schema=IDENTITY)
    columns = []
    for name in SCORES:
        values = [row.scores.get(name) for row in rows]
        known = np.array([value is not None for value in values], dtype=bool)
        numbers = np.array([0.0 if value is None else value for value in values])
        columns.append(array_column(name, numbers.reshape(-1, 1), known))
    return table.with_columns(columns)
