"""The engine of embeddings: texts in, pooled features and log-likelihoods out, in input order."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.models.interface import EmbeddingModel, evaluating
from seqcast.predict.embeddings.embed_options import HELICAL_POOLING, EmbedOptions
from seqcast.predict.embeddings.embedded_text import (
    FEATURES,
    Embedded,
    Known,
    Regions,
    Work,
)
from seqcast.predict.embeddings.overlapping_windows import Piece, pieces_of
from seqcast.predict.embeddings.pooling import DataSet, helical_pooling, span_sums
from seqcast.predict.embeddings.token_batches import pools, token_batches

logger = logging.getLogger(__name__)

GPU_BATCHES = 32  # a GPU takes so many times what suits a CPU
POOL_BATCHES = 16
PLACE_TOKENS = 1024  # the memory that a place takes, in features of tokens
POOL_VALUES = 64_000_000  # features of symbols that are kept for results of a pool (256 MB)
NO_LIKELIHOOD = "the checkpoint holds no language-model head: there is no log-likelihood"


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
        batch_tokens = self._batch_tokens(device)
        most = POOL_BATCHES * batch_tokens
        if self.options.per_symbol:
            most = min(most, POOL_VALUES // (self.model.width * (1 + len(self.options.layers))))
        for pool in pools(works, lambda work: len(work.text) + 1, most):
            with evaluating(self.model), torch.inference_mode():
                self._embed(pool, batch_tokens, device, data_set)
            pool.reverse()
            while pool:  # what is handed over is not held while the next pool is embedded
                yield pool.pop().result(self.options.pooling)

    def edited(self, groups: Iterable[Sequence[str]]) -> Iterator[list[Embedded]]:
        """As calls, for texts that come with edits of them.

        What lies before the first symbol that differs is computed once (option ``reuse``), which
        changes numbers by no more than rounding; networks that cannot do so (``resumes``), and
        options that keep features of symbols, embed each text by itself.

        Parameters
        ----------
        groups : iterable of sequence of str
            Each a text, and after it its edits.

        Yields
        ------
        list of Embedded
            Of each group, without means of regions.
        """
        if not self._reuses:
            known = list(groups)
            found = self(text for group in known for text in group)
            for group in known:
                yield list(islice(found, len(group)))
            return
        device = next(self.model.parameters()).device
        batch_tokens = self._batch_tokens(device)
        shared = map(self._shared, groups)
        for pool in pools(shared, _pool_tokens, POOL_BATCHES * batch_tokens):
            with evaluating(self.model), torch.inference_mode():
                self._embed([work for works in pool for work in works], batch_tokens, device, None)
            for works in pool:
                yield [work.result(self.options.pooling) for work in works]

    @property
    def _reuses(self) -> bool:
        options, model = self.options, self.model
        plain = options.per_symbol or model.compat == HELICAL_POOLING
        return options.reuse and model.resumes and not plain

    def _shared(self, texts: Sequence[str]) -> list[Work]:
        first, *others = works = list(self._works((text, None) for text in texts))
        for work in others:
            work.go_on_after(first)
        for work in works:
            work.places = work.places or set()  # in all: no other scan is chosen for some of them
        return works

    def _batch_tokens(self, device: torch.device) -> int:
        return self.options.batch_tokens or self.model.batch_tokens * (
            GPU_BATCHES if device.type == "cuda" else 1
        )

    def _works(self, items: Iterable[tuple[str, Regions | None]]) -> Iterator[Work]:
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
            yield Work(text, (regions or {}) if self.options.regions else {}, pieces)

    def _embed(
        self, pool: Sequence[Work], batch_tokens: int, device: torch.device,
        data_set: DataSet | None,
    ) -> None:  # fmt: skip
        known = [work for work in pool if work.after is None]
        for works in (known, [work for work in pool if work.after]):
            parts = [(work, piece) for work in works for piece in work.pieces]
            lengths = [piece.stop - piece.start + 1 for _, piece in parts]
            for batch in token_batches(lengths, batch_tokens):
                # windows of a text are of one length: sorted, they follow each other in all batches
                self._embed_batch([parts[i] for i in sorted(batch)], device, data_set)
        for work in known:
            work.known.clear()

    def _embed_batch(
        self,
        parts: list[tuple[Work, Piece]],
        device: torch.device,
        data_set: DataSet | None,
    ) -> None:
        texts = [work.text[piece.start : piece.stop] for work, piece in parts]
        if data_set and data_set.several and len(texts) == 1:
            texts *= 2  # the original masks the end token in batches of several, and only there
        tokens = self.model.tokenize(texts).to(device)
        known = [work.take_over(piece.start) for work, piece in parts if work.after]
        features, layers, prefixes = self._features(tokens, [w for w, _ in parts], known, data_set)
        end = tokens.shape[1] - 1
        shifts = [end - piece.stop for _, piece in parts]  # symbol i is token i + shift of its row
        spans = [
            [(low + shift, stop + shift) for low, stop in work.spans(piece.kept, piece.stop)]
            for (work, piece), shift in zip(parts, shifts, strict=True)
        ]
        sums = span_sums(features[: len(parts)], spans).cpu().numpy()
        last = features[:, end - 1].float().cpu().numpy()
        first = [piece.start + shift for (_, piece), shift in zip(parts, shifts, strict=True)]
        before = [(at, one.feature) for at, one in zip(first, known, strict=False)]
        scores = self._scores(tokens, features, before) if self.likelihood else None
        for row, ((work, piece), shift) in enumerate(zip(parts, shifts, strict=True)):
            work.add(piece, sums[row], last[row])
            if prefixes and prefixes[row]:
                scored = None if scores is None else scores[row, shift:end]
                work.keep(features[row, shift:end], scored, prefixes[row])
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
        self, tokens: Tensor, works: Sequence[Work], known: Sequence[Known],
        data_set: DataSet | None,
    ) -> tuple[Tensor, dict[str, Tensor], list[dict[int, Any]]]:  # fmt: skip
        """Final features, the states of the wanted layers in the same pass, and what is kept."""
        wanted = [*self.options.layers, self.model.depth]
        states: list[Tensor] = []
        prefixes: list[dict[int, Any]] = []
        if known:
            last = self.model.resume(tokens, [one.prefix for one in known])
        elif works[0].places is not None:
            last, prefixes = self.model.remember(tokens, [sorted(w.places or ()) for w in works])
        elif data_set:
            *states, last = self.model.states_in_data_set(tokens, wanted, *data_set)
        elif not self.options.layers:
            return self.model(tokens), {}, []
        else:
            *states, last = self.model.hidden_states(tokens, wanted)
        layers = {str(layer): x for layer, x in zip(self.options.layers, states, strict=True)}
        return self.model.finish(last), layers, prefixes

    def _scores(
        self, tokens: Tensor, features: Tensor, known: Sequence[tuple[int, Tensor]]
    ) -> np.ndarray:
        """Log-likelihood of each token given those before it, (batch, tokens).

        Of rows that go on behind others, `known` has the first token and the features before it;
        of other rows the first number means nothing.
        """
        # token j is predicted from the features of token j - 1
        before = torch.nn.functional.pad(features, (0, 0, 1, 0))[:, :-1]
        for row, (first, feature) in enumerate(known):
            before[row, first] = feature
        said = self.model.logits(before)
        said = said.log_softmax(-1, torch.promote_types(said.dtype, torch.float32))
        return said.gather(-1, tokens[..., None]).squeeze(-1).cpu().numpy()


def _pool_tokens(works: Sequence[Work]) -> int:
    """What a text and its edits take in a pool."""
    tokens = sum(piece.stop - piece.start + 1 for work in works for piece in work.pieces)
    return tokens + PLACE_TOKENS * sum(len(work.places or ()) for work in works)


def embed_texts(
    model: EmbeddingModel, texts: Iterable[str], options: EmbedOptions | None = None,
    regions: Iterable[Regions | None] | None = None,
) -> Iterator[Embedded]:  # fmt: skip
    """One result a text, in order: `Embedder` in one call."""
    return Embedder(model, options)(texts, regions)
