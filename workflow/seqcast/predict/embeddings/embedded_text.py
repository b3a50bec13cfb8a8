"""A text on its way through a model: what the batches have said of it, and the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from seqcast.predict.embeddings.embedding_outcomes import REGIONS
from seqcast.predict.embeddings.overlapping_windows import Piece
from seqcast.predict.embeddings.pooling import span_sums
from seqcast.transcripts.letters import UNKNOWN, capitals

PLACE_SYMBOLS = 64  # texts share their start in multiples of this: whole chunks of a scan

Regions = Mapping[str, slice]
FEATURES, SCORES = "features", "log_likelihood"  # of symbols, in addition to layers by their number


@dataclass
class Embedded:
    """What a model says of one text.

    Attributes
    ----------
    status : str
        One of `embedding_outcomes.STATUSES`; numbers are there only where it is "embedded".
    flag : str
        One of `embedding_outcomes.FLAGS`, or empty.
    start, stop : int
        Symbols of the text that are embedded, half-open; all of it but where it is truncated.
    mean, last : ndarray, shape=(width,), float32, optional
    regions : dict of str to ndarray
        The mean over each region of `embedding_outcomes.REGIONS` that is known and not empty.
    log_likelihood : float, optional
        Nats, over `predicted` tokens; None where none is predicted.
    predicted : int
        Tokens that have a token before them and are not N: known bases and codon-start tokens.
    features : ndarray, shape=(stop - start, width), float32, optional
        Of each symbol, on request.
    layers : dict of int to ndarray
        As ``features``, of hidden layers.
    token_log_likelihood : ndarray, shape=(stop - start,), float32, optional
        NaN for the first, and for N.
    """

    status: str
    flag: str = ""
    start: int = 0
    stop: int = 0
    mean: np.ndarray | None = None
    last: np.ndarray | None = None
    regions: dict[str, np.ndarray] = field(default_factory=dict)
    log_likelihood: float | None = None
    predicted: int = 0
    features: np.ndarray | None = None
    layers: dict[int, np.ndarray] = field(default_factory=dict)
    token_log_likelihood: np.ndarray | None = None


class Known(NamedTuple):
    """What texts that begin alike take over of the first symbols of one of them.

    Attributes
    ----------
    prefix : object
        From the model's ``remember``.
    feature : Tensor, shape=(width,)
        Of the last of these symbols.
    sums : ndarray, shape=(width,), float64
        Of their features.
    log_likelihood : float
    predicted : int
        As of `Embedded`.
    """

    prefix: Any
    feature: Tensor
    sums: np.ndarray
    log_likelihood: float
    predicted: int


@dataclass(eq=False)
class Work:
    """A text on its way: its pieces, and what the batches have said of it so far."""

    text: str
    regions: Regions
    pieces: list[Piece]
    sums: Any = 0.0  # (1 + regions, width) float64
    last: np.ndarray | None = None
    mean: np.ndarray | None = None  # where it is not the sum by the count
    log_likelihood: float = 0.0
    predicted: int = 0
    symbols: dict[str, list[np.ndarray]] = field(default_factory=dict)
    places: set[int] | None = None  # numbers of first symbols to keep; None: not asked for
    known: dict[int, Known] = field(default_factory=dict)  # by place
    after: "Work | None" = None  # what stands before the one piece is known from it

    @property
    def start(self) -> int:
        """The first symbol that its numbers are of."""
        return self.pieces[0].start if self.pieces and not self.after else 0

    @property
    def stop(self) -> int:
        """The end of the symbols that its numbers are of."""
        return self.pieces[-1].stop if self.pieces else 0

    def spans(self, first: int, stop: int) -> list[tuple[int, int]]:
        """Symbols of ``[first, stop)``: all of them, and those of each region, maybe none."""
        found = [(first, stop)]
        for name in REGIONS:
            region = self.regions.get(name, slice(0, 0))
            low = min(max(first, region.start), stop)
            found.append((low, max(low, min(stop, region.stop))))
        return found

    def add(self, piece: Piece, sums: np.ndarray, last: np.ndarray) -> None:
        """Sums of features over the spans of a piece, and the features of its last symbol."""
        self.sums = self.sums + sums
        if piece.stop == self.stop:
            self.last = last

    def counted(self, piece: Piece) -> np.ndarray:
        """Which of the symbols that a piece keeps have a likelihood."""
        letters = capitals(self.text[piece.kept : piece.stop]).encode()
        counted = np.frombuffer(letters, dtype=np.uint8) != ord(UNKNOWN)
        if piece.kept == piece.start and not self.after:
            counted[0] = False  # nothing stands before this symbol
        return counted

    def add_scores(self, piece: Piece, scores: np.ndarray, keep: bool) -> None:
        """Log-likelihoods of the symbols that a piece keeps."""
        counted = self.counted(piece)
        self.log_likelihood += float(scores[counted].sum(dtype=np.float64))
        self.predicted += int(counted.sum())
        if keep:
            scores = np.where(counted, scores, np.float32(np.nan))
            self.symbols.setdefault(SCORES, []).append(scores)

    def go_on_after(self, other: "Work") -> None:
        """Take over from another text the symbols that both begin with, if they are enough."""
        if any(work.pieces != [Piece(0, len(work.text), 0)] for work in (self, other)):
            return
        most = min(len(self.text) - 1, len(other.text))  # a symbol is left to compute
        ours, theirs = (np.frombuffer(x[:most].encode(), np.uint8) for x in (self.text, other.text))
        same = int(np.append(ours != theirs, True).argmax())
        if place := same // PLACE_SYMBOLS * PLACE_SYMBOLS:
            self.after, self.pieces = other, [Piece(place, len(self.text), place)]
            other.places = {place} | (other.places or set())

    def keep(self, features: Tensor, scores: np.ndarray | None, prefixes: dict[int, Any]) -> None:
        """Keep what others take over at places.

        Parameters
        ----------
        features : Tensor, shape=(symbols, width)
        scores : ndarray, shape=(symbols,), optional
            Log-likelihoods.
        prefixes : dict of int to object
            By place, from the model's ``remember``.
        """
        counted = self.counted(self.pieces[0])
        places = sorted(prefixes, reverse=True)
        sums = span_sums(features[None], [[(0, place) for place in places]])[0].cpu().numpy()
        for place, total in zip(places, sums, strict=True):
            said = np.zeros(0) if scores is None else scores[:place][counted[:place]]
            numbers = float(said.sum(dtype=np.float64)), len(said)
            self.known[place] = Known(prefixes[place], features[place - 1], total, *numbers)

    def take_over(self, place: int) -> Known:
        """What the other text kept of the symbols that both begin with."""
        assert self.after is not None
        known = self.after.known[place]
        self.sums = np.pad(known.sums[None], ((0, len(REGIONS)), (0, 0)))
        self.log_likelihood, self.predicted = known.log_likelihood, known.predicted
        return known

    def means(self) -> dict[str, np.ndarray]:
        """Mean features of the text ("all") and of each region that is not empty."""
        spans = self.spans(self.start, self.stop)
        return {
            name: (total / (stop - low)).astype(np.float32)
            for name, (low, stop), total in zip(("all", *REGIONS), spans, self.sums, strict=True)
            if stop > low
        }

    def result(self, pooling: Sequence[str]) -> Embedded:
        """What the model says of the text, once all batches are done; pooled as asked for."""
        if not self.text:
            return Embedded("no_sequence")
        if not self.pieces:
            return Embedded("too_long")
        flag = ""
        if (self.start, self.stop) != (0, len(self.text)):
            flag = "truncated"
        elif len(self.pieces) > 1:
            flag = "windowed"
        result = Embedded("embedded", flag, self.start, self.stop)
        means = self.means()
        mean = means["all"] if self.mean is None else self.mean
        assert self.last is not None  # a text that has pieces has a last one
        numbers = np.concatenate([mean, self.last, [self.log_likelihood], *means.values()])
        if not np.isfinite(numbers).all():
            result.status = "prediction_not_finite"
            return result
        result.mean = mean if "mean" in pooling else None
        result.last = self.last if "last" in pooling else None
        result.regions = {name: values for name, values in means.items() if name in REGIONS}
        if self.predicted:
            result.log_likelihood, result.predicted = self.log_likelihood, self.predicted
        symbols = {name: np.concatenate(parts) for name, parts in self.symbols.items()}
        result.features = symbols.pop(FEATURES, None)
        result.token_log_likelihood = symbols.pop(SCORES, None)
        result.layers = {int(name): values for name, values in symbols.items()}
        return result
