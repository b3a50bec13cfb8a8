"""The engine of embeddings: texts in, pooled features and log-likelihoods out, in input order."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.models.interface import EmbeddingModel, evaluating
from seqcast.predict.embeddings.embed_options import HELICAL_POOLING, EmbedOptions
from seqcast.predict.embeddings.embedding_outcomes import REGIONS
from seqcast.predict.embeddings.overlapping_windows import Piece, pieces_of
from seqcast.predict.embeddings.pooling import DataSet, helical_pooling, span_sums
from seqcast.predict.embeddings.token_batches import pools, token_batches
from seqcast.transcripts.letters import UNKNOWN, capitals

logger = logging.getLogger(__name__)

GPU_BATCHES = 32  # a GPU takes so many times what suits a CPU
POOL_BATCHES = 16
POOL_VALUES = 64_000_000  # features of symbols that are kept for results of a pool (256 MB)
NO_LIKELIHOOD = "the checkpoint holds no language-model head: there is no log-likelihood"

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


@dataclass
class _Work:
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

    @property
    def start(self) -> int:
        return self.pieces[0].start if self.pieces else 0

    @property
    def stop(self) -> int:
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

    def add_scores(self, piece: Piece, scores: np.ndarray, keep: bool) -> None:
        """Log-likelihoods of the symbols that a piece keeps."""
        letters = capitals(self.text[piece.kept : piece.stop]).encode()
        counted = np.frombuffer(letters, dtype=np.uint8) != ord(UNKNOWN)
        if piece.kept == piece.start:
            counted[0] = False  # nothing stands before this symbol
        self.log_likelihood += float(scores[counted].sum(dtype=np.float64))
        self.predicted += int(counted.sum())
        if keep:
            scores = np.where(counted, scores, np.float32(np.nan))
            self.symbols.setdefault(SCORES, []).append(scores)

    def means(self) -> dict[str, np.ndarray]:
        """Mean features of the text ("all") and of each region that is not empty."""
        spans = self.spans(self.start, self.stop)
        return {
            name: (total / (stop - low)).astype(np.float32)
            for name, (low, stop), total in zip(("all", *REGIONS), spans, self.sums, strict=True)
            if stop > low
        }


class Embedder:
    """Embeds texts with a model.

    Parameters
    ----------
    model : EmbeddingModel
        As `load_model` returns it. With the compat "helical_pooling" mean and last are those of
        that program, see `pooling`; then texts are the whole dataset.
    options : EmbedOptions, optional
    """

    def __init__(self, model: EmbeddingModel, options: EmbedOptions | None = None) -> None:
        self.model, self.options = model, options or EmbedOptions()
        self.options.check(model)
        self.longest = model.max_tokens - 1
        self.overlap = self.options.overlap(model) if self.options.too_long == "window" else 0
        self.letters = set("ACGUTN") | set(model.codon_mark or "")
        self.likelihood = self.options.log_likelihood and model.has_lm_head
        if self.options.log_likelihood and not model.has_lm_head:
            logger.warning(NO_LIKELIHOOD)

    def pieces(self, length: int) -> list[Piece]:
        """What is embedded of a text of so many symbols; nothing where it is too long."""
        return pieces_of(length, self.longest, self.options.too_long, self.overlap)

    def __call__(
        self, texts: Iterable[str], regions: Iterable[Regions | None] | None = None
    ) -> Iterator[Embedded]:
        """One result a text, in order.

        Parameters
        ----------
        texts : iterable of str
            Nucleotides A, C, G, U or T, N and the model's codon-start token, in either case. Read
            as results are asked for, a pool at a time.
        regions : iterable of mapping, optional
            For each text its regions, as `transcripts.marks.regions` gives them, or None.

        Raises
        ------
        InputError
            If a text holds another character, or is too long where the option is "error".
        """
        known: Iterable[Regions | None] = repeat(None) if regions is None else regions
        return self.embed(zip(texts, known, strict=regions is not None))

    def embed(self, items: Iterable[tuple[str, Regions | None]]) -> Iterator[Embedded]:
        """As a call, for texts that come with their regions."""
        works = self._works(items)
        data_set = None
        if self.model.compat == HELICAL_POOLING:
            whole = list(works)
            works = iter(whole)
            lengths = [work.stop - work.start for work in whole if work.pieces]
            data_set = DataSet(max(lengths, default=0), len(lengths) > 1)
        device = next(self.model.parameters()).device
        batch_tokens = self.options.batch_tokens or self.model.batch_tokens * (
            GPU_BATCHES if device.type == "cuda" else 1
        )
        most = POOL_BATCHES * batch_tokens
        if self.options.per_symbol:
            most = min(most, POOL_VALUES // (self.model.width * (1 + len(self.options.layers))))
        for pool in pools(works, lambda work: len(work.text) + 1, most):
            with evaluating(self.model), torch.inference_mode():
                self._embed(pool, batch_tokens, device, data_set)
            pool.reverse()
            while pool:  # what is handed over is not held while the next pool is embedded
                yield self._result(pool.pop())

    def _works(self, items: Iterable[tuple[str, Regions | None]]) -> Iterator[_Work]:
        for number, (text, regions) in enumerate(items, 1):
            if wrong := sorted(set(text.upper()) - self.letters):
                letters = ", ".join(sorted(self.letters))
                raise InputError(f"sequence {number} holds {wrong[0]!r}; the model reads {letters}")
            pieces = self.pieces(len(text)) if text else []
            if text and not pieces and self.options.too_long == "error":
                raise InputError(
                    f"sequence {number} has {len(text)} tokens; the model takes {self.longest}: "
                    "leave it out, or choose another value of too_long"
                )
            yield _Work(text, (regions or {}) if self.options.regions else {}, pieces)

    def _embed(
        self, pool: Sequence[_Work], batch_tokens: int, device: torch.device,
        data_set: DataSet | None,
    ) -> None:  # fmt: skip
        parts = [(work, piece) for work in pool for piece in work.pieces]
        lengths = [piece.stop - piece.start + 1 for _, piece in parts]
        for batch in token_batches(lengths, batch_tokens):
            # windows of a text are of one length: sorted, they follow each other in all batches
            self._embed_batch([parts[i] for i in sorted(batch)], device, data_set)

    def _embed_batch(
        self,
        parts: list[tuple[_Work, Piece]],
        device: torch.device,
        data_set: DataSet | None,
    ) -> None:
        texts = [work.text[piece.start : piece.stop] for work, piece in parts]
        if data_set and data_set.several and len(texts) == 1:
            texts *= 2  # the original masks the end token in batches of several, and only there
        tokens = self.model.tokenize(texts).to(device)
        features, layers = self._features(tokens, data_set)
        end = tokens.shape[1] - 1
        shifts = [end - piece.stop for _, piece in parts]  # symbol i is token i + shift of its row
        spans = [
            [(low + shift, stop + shift) for low, stop in work.spans(piece.kept, piece.stop)]
            for (work, piece), shift in zip(parts, shifts, strict=True)
        ]
        sums = span_sums(features[: len(parts)], spans).cpu().numpy()
        last = features[:, end - 1].float().cpu().numpy()
        scores = self._scores(tokens, features) if self.likelihood else None
        for row, ((work, piece), shift) in enumerate(zip(parts, shifts, strict=True)):
            work.add(piece, sums[row], last[row])
            kept = slice(piece.kept + shift, end)
            if scores is not None:
                work.add_scores(piece, scores[row, kept], self.options.per_symbol)
            if data_set:
                states = features[row, piece.start + shift :]
                pooled = helical_pooling(states, piece.stop - piece.start == data_set.longest)
                work.mean, work.last = (vector.float().cpu().numpy() for vector in pooled)
            if self.options.per_symbol:
                for name, states in {FEATURES: features, **layers}.items():
                    of_text = states[row, kept].float().cpu().numpy()
                    work.symbols.setdefault(name, []).append(of_text)

    def _features(
        self, tokens: Tensor, data_set: DataSet | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Final features, and the states of the wanted layers, in one pass."""
        wanted = [*self.options.layers, self.model.depth]
        if data_set:
            *states, last = self.model.states_in_data_set(tokens, wanted, *data_set)
        elif not self.options.layers:
            return self.model(tokens), {}
        else:
            *states, last = self.model.hidden_states(tokens, wanted)
        return self.model.finish(last), {
            str(layer): state for layer, state in zip(self.options.layers, states, strict=True)
        }

    def _scores(self, tokens: Tensor, features: Tensor) -> np.ndarray:
        """Log-likelihood of each token given those before it, (batch, tokens); 0 for the first."""
        # token j is predicted from the features of token j - 1
        said = self.model.logits(features[:, :-1]).float().log_softmax(-1)
        scores = said.gather(-1, tokens[:, 1:, None]).squeeze(-1)
        return torch.nn.functional.pad(scores, (1, 0)).cpu().numpy()

    def _result(self, work: _Work) -> Embedded:
        if not work.text:
            return Embedded("no_sequence")
        if not work.pieces:
            return Embedded("too_long")
        flag = ""
        if (work.start, work.stop) != (0, len(work.text)):
            flag = "truncated"
        elif len(work.pieces) > 1:
            flag = "windowed"
        result = Embedded("embedded", flag, work.start, work.stop)
        means = work.means()
        mean = means["all"] if work.mean is None else work.mean
        assert work.last is not None  # a text that has pieces has a last one
        numbers = np.concatenate([mean, work.last, [work.log_likelihood], *means.values()])
        if not np.isfinite(numbers).all():
            result.status = "prediction_not_finite"
            return result
        result.mean = mean if "mean" in self.options.pooling else None
        result.last = work.last if "last" in self.options.pooling else None
        result.regions = {name: values for name, values in means.items() if name in REGIONS}
        if work.predicted:
            result.log_likelihood, result.predicted = work.log_likelihood, work.predicted
        symbols = {name: np.concatenate(parts) for name, parts in work.symbols.items()}
        result.features = symbols.pop(FEATURES, None)
        result.token_log_likelihood = symbols.pop(SCORES, None)
        result.layers = {int(name): values for name, values in symbols.items()}
        return result


def embed_texts(
    model: EmbeddingModel, texts: Iterable[str], options: EmbedOptions | None = None,
    regions: Iterable[Regions | None] | None = None,
) -> Iterator[Embedded]:  # fmt: skip
    """One result a text, in order: `Embedder` in one call."""
    return Embedder(model, options)(texts, regions)
