"""Tables of transcripts to tables of embeddings: one row per row, whatever became of it."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import array_column
from seqcast.predict.embeddings.embedded_text import Embedded, Regions
from seqcast.predict.embeddings.embedding_outcomes import REGIONS, columns
from seqcast.predict.embeddings.engine import Embedder
from seqcast.reads.records import in_chunks
from seqcast.transcripts.marks import is_mark, regions, text_of

CHUNK_ROWS = 1024
NEEDED = (
    "row",
    "id",
    "gene_id",
    "sequence",
    "length_nt",
    "cds_start",
    "cds_end",
    "status",
    "flags",
    "problem",
)

# Beyond an end of the CDS that is not known are bases of a broken codon, and no UTR.
NO_UTR = {"cds_incomplete_start": "utr5", "cds_incomplete_end": "utr3"}

Keep = Callable[[Embedded, np.ndarray], None]
Frames = Callable[[], Iterable[pl.DataFrame]]


def check_embeds(model: Any) -> None:
    """Refuse a model of another task.

    Raises
    ------
    InputError
        If it is no `models.interface.EmbeddingModel`.
    """
    if model.task != "embedding":
        raise InputError(
            f"a {type(model).__name__} embeds no sequences; expected a model of task embedding, "
            "such as helix_mrna or mamba2_mrna. Load one of those"
        )


@dataclass(frozen=True)
class Extent:
    """What is embedded of a row: nucleotides ``[start_nt, start_nt + length_nt)``, maybe none."""

    start_nt: int
    length_nt: int


class TableEmbedder:
    """Embeds the rows of a table of transcripts.

    Parameters
    ----------
    embedder : Embedder
    frames : callable
        Gives the table in pieces, from its first row each time it is called; columns `NEEDED`.

    Attributes
    ----------
    counts : Counter
        Rows by status and by flag, filled on the way.
    tokens, nucleotides : int
        Embedded so far.
    """

    def __init__(self, embedder: Embedder, frames: Frames) -> None:
        self.embedder, self.frames = embedder, frames
        self.marked = embedder.options.codon_marks and embedder.model.codon_mark is not None
        self.counts: Counter[str] = Counter()
        self.tokens = self.nucleotides = 0

    def __call__(
        self, keep: Keep | None = None, watch: Callable[[Iterable], Iterator] = iter
    ) -> Iterator[pl.DataFrame]:
        """The table of embeddings, in the order of the rows, in pieces of `CHUNK_ROWS`.

        Parameters
        ----------
        keep : callable, optional
            Takes each result, and which of its symbols are nucleotides rather than codon-start
            tokens.
        watch : callable
            Wraps the results, to report progress.

        Raises
        ------
        InputError
            If sequences are too long and the option is "error"; all are counted first.
        """
        if self.embedder.options.too_long == "error":
            self._refuse_long()
        for chunk in in_chunks(watch(self._results(keep)), CHUNK_ROWS):
            yield self._table([row for row, _ in chunk], [found for _, found in chunk])

    def extents(self) -> Iterator[tuple[str, Extent]]:
        """Id and embedded nucleotides of each row, before anything is embedded."""
        for row in self._rows():
            text, _ = self._text(row)
            pieces = self.embedder.pieces(len(text)) if text else []
            if not pieces:
                yield row["id"], Extent(0, 0)
                continue
            nucleotide = ~is_mark(text)
            before, inside = pieces[0].start, slice(pieces[0].start, pieces[-1].stop)
            yield row["id"], Extent(int(nucleotide[:before].sum()), int(nucleotide[inside].sum()))

    def _rows(self) -> Iterator[dict[str, Any]]:
        for frame in self.frames():
            yield from frame.select(NEEDED).iter_rows(named=True)

    def _text(self, row: dict[str, Any]) -> tuple[str, Regions]:
        """What the model reads of a row, empty where that is nothing, and its regions."""
        if row["status"] != "valid":
            return "", {}
        sequence, cds = row["sequence"], (row["cds_start"], row["cds_end"])
        known = regions(len(sequence), *cds, marked=self.marked)
        for flag in NO_UTR.keys() & row["flags"].split(","):
            known.pop(NO_UTR[flag], None)
        return text_of(sequence, *cds, self.marked), known

    def _refuse_long(self) -> None:
        texts = ((row["id"], self._text(row)[0]) for row in self._rows())
        long = [(name, len(text)) for name, text in texts if text and not self._taken(text)]
        if long:
            name, tokens = long[0]
            raise InputError(
                f"{len(long)} sequences have more than the {self.embedder.longest} tokens that "
                f"the model takes: {', '.join(name for name, _ in long[:5])}"
                f"{' ...' if len(long) > 5 else ''} ({name}: {tokens}, codon-start "
                "tokens included); leave them out, or set too_long to status, truncate_left, "
                "truncate_right or window"
            )

    def _taken(self, text: str) -> bool:
        return bool(self.embedder.pieces(len(text)))

    def _results(self, keep: Keep | None) -> Iterator[tuple[dict[str, Any], Embedded]]:
        waiting: deque[tuple[dict[str, Any], str]] = deque()

        def texts() -> Iterator[tuple[str, Regions]]:
            for row in self._rows():
                text, of_text = self._text(row)
                waiting.append((row, text))
                yield text, of_text

        for found in self.embedder.embed(texts()):
            row, text = waiting.popleft()
            nucleotide = ~is_mark(text)[found.start : found.stop]
            if keep is not None:
                keep(found, nucleotide)
            if row["status"] != "valid":
                found.status = row["status"]
            flags = [*filter(None, [row["flags"], found.flag])]
            row["flags"] = ",".join(flags)
            self.counts.update([found.status, *filter(None, row["flags"].split(","))])
            self.tokens += found.stop - found.start
            self.nucleotides += int(nucleotide.sum())
            found.features = found.token_log_likelihood = None  # kept, or not wanted
            found.layers = {}
            yield row, found

    def _table(self, rows: Sequence[dict[str, Any]], results: Sequence[Embedded]) -> pl.DataFrame:
        width = self.embedder.model.width
        tokens = [found.stop - found.start or None for found in results]
        vectors = {
            "embedding_mean": [found.mean for found in results],
            "embedding_last": [found.last for found in results],
            **{
                f"embedding_mean_{region}": [found.regions.get(region) for found in results]
                for region in REGIONS
            },
        }
        total = [found.log_likelihood for found in results]
        plain = {
            **{name: [row[name] for row in rows] for name in ("row", "id", "gene_id", "length_nt")},
            "tokens": tokens,
            "status": [found.status for found in results],
            "flags": [row["flags"] for row in rows],
            "problem": [row["problem"] for row in rows],
            "log_likelihood": total,
            "log_likelihood_tokens": [
                None if value is None else found.predicted
                for value, found in zip(total, results, strict=True)
            ],
            "log_likelihood_per_token": [
                None if value is None else value / found.predicted
                for value, found in zip(total, results, strict=True)
            ],
        }
        schema = columns(width)
        table = pl.DataFrame(plain, schema={name: schema[name] for name in plain})
        table = table.with_columns(_vectors(name, found, width) for name, found in vectors.items())
        return table.select(list(schema))


def _vectors(name: str, vectors: Sequence[np.ndarray | None], width: int) -> pl.Series:
    values = np.zeros((len(vectors), width), dtype=np.float32)
    valid = np.array([vector is not None for vector in vectors], dtype=bool)
    if valid.any():
        values[valid] = np.stack([vector for vector in vectors if vector is not None])
    return array_column(name, values, valid)
