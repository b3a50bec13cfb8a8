"""How sequences are embedded."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

from seqcast.core.errors import InputError
from seqcast.models.architectures import POOLINGS
from seqcast.models.interface import EmbeddingModel

TOO_LONG = ("status", "error", "truncate_left", "truncate_right", "window")
HELICAL_POOLING = "helical_pooling"


@dataclass(frozen=True)
class EmbedOptions:
    """How sequences are embedded.

    Attributes
    ----------
    pooling : tuple of str
        Of "mean" (over all tokens of the sequence, codon-start tokens included) and "last" (the
        last token, which has seen all others).
    regions : bool
        Also the mean over 5' UTR, CDS (with the marks inside it) and 3' UTR, where they are known.
    layers : tuple of int
        Hidden states to keep of each symbol: 0, the token embeddings; i, after block i, before
        the last norm.
    per_symbol : bool
        Keep the features of each symbol, and its log-likelihood, in addition to what is pooled.
    log_likelihood : bool
        Sum of the natural logarithms of the probability of each token but the first, given those
        before it: softmax over the whole vocabulary. Codon-start tokens count as tokens; an N does
        not, but stands before the next ones as the model reads it.
    too_long : {"status", "error", "truncate_left", "truncate_right", "window"}
        What to do with more tokens than the model takes: give a status and no numbers; stop; leave
        out the left or the right end; or use windows, see `overlapping_windows.pieces_of`.
    window_overlap_tokens : int, optional
        What neighbouring windows share at least; default half of the model's length.
    codon_marks : bool
        Put the model's codon-start token, if it has one, before each codon of a known CDS. Of no
        effect on texts that are given as they are.
    batch_tokens : int, optional
        Tokens at once, padding included (at least one sequence); by default what the model prefers,
        32 times that on a GPU. Changes no number.
    reuse : bool
        Of mRNAs that come with edits of them (`Embedder.edited`), compute what lies before an edit
        once. Changes numbers by rounding only.
    """

    pooling: tuple[str, ...] = POOLINGS
    regions: bool = True
    layers: tuple[int, ...] = ()
    per_symbol: bool = False
    log_likelihood: bool = True
    too_long: str = "status"
    window_overlap_tokens: int | None = None
    codon_marks: bool = True
    batch_tokens: int | None = None
    reuse: bool = True

    def __post_init__(self) -> None:
        if unknown := [name for name in self.pooling if name not in POOLINGS]:
            raise InputError(f"pooling {unknown[0]!r}: expected {' and '.join(POOLINGS)}, or one")
        if self.too_long not in TOO_LONG:
            raise InputError(f"too_long {self.too_long!r}: expected one of {', '.join(TOO_LONG)}")
        if self.batch_tokens is not None and self.batch_tokens < 1:
            raise InputError(f"batch_tokens {self.batch_tokens}: expected 1 or more, or none")
        if len(set(self.layers)) < len(self.layers):
            raise InputError(f"layers {list(self.layers)}: expected each once")
        if self.layers and not self.per_symbol:
            raise InputError(
                f"layers {list(self.layers)} are states of each nucleotide; ask for features per "
                "nucleotide too, or for no layers"
            )

    def overlap(self, model: EmbeddingModel) -> int:
        """Tokens that neighbouring windows share at least, for this model."""
        longest = model.max_tokens - 1  # the end token is no symbol
        overlap = longest // 2 if self.window_overlap_tokens is None else self.window_overlap_tokens
        if not 1 <= overlap < longest:
            raise InputError(
                f"window_overlap_tokens {overlap}: expected 1 to {longest - 1}, so that each token "
                f"of a window of {longest} has another before it"
            )
        return overlap

    def check(self, model: EmbeddingModel) -> None:
        """Refuse options that this model cannot follow."""
        if wrong := [layer for layer in self.layers if not 0 <= layer <= model.depth]:
            raise InputError(
                f"layer {wrong[0]}: expected 0 (token embeddings) to {model.depth}, the number of "
                "the model's blocks"
            )
        if self.too_long == "window":
            self.overlap(model)
            if model.compat == HELICAL_POOLING:
                raise InputError(
                    "too_long 'window' and compat 'helical_pooling' exclude each other: the "
                    "original pools one row of tokens; it truncates long ones (truncate_right)"
                )


def checked_options(options: dict[str, Any]) -> dict[str, Any]:
    """Options of embeddings of the types that they have to be; one pooling may be text."""
    for name, value in options.items():
        expected = None
        if name == "pooling" and not isinstance(value, str | list | tuple):
            expected = "mean, last, or both as a tuple"
        elif name in ("regions", "codon_marks", "log_likelihood") and not isinstance(value, bool):
            expected = "True or False"
        elif name in ("batch_tokens", "window_overlap_tokens") and value is not None:
            is_whole = isinstance(value, Integral) and not isinstance(value, bool)
            expected = None if is_whole and value > 0 else "1 or more, or None"
        if expected:
            raise InputError(f"{name} is {value!r:.60}; expected {expected}")
    pooling = options.get("pooling")
    return {**options, "pooling": (pooling,)} if isinstance(pooling, str) else options
