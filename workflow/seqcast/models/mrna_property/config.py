"""Shape of a network that predicts labels of mRNAs: its body, its pooling and its head."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from seqcast.core.errors import InputError
from seqcast.models.architectures import POOLINGS, PROPERTY_KINDS
from seqcast.models.settings import require, require_number, require_size

HEADS = ("linear", "mlp")
LARGEST_HIDDEN = 4096  # units of a head


@dataclass(frozen=True)
class HeadConfig:
    """Section ``head``.

    Parameters
    ----------
    kind : {"linear", "mlp"}
        One map to the outputs, or one to hidden units, GELU and one to the outputs.
    hidden : int
        Hidden units of an mlp.
    dropout : float
        Fraction of the pooled features, and of the hidden units, that a training step leaves out.
        0.02 as in helical's fine-tuning model (helicalAI/helical, commit 0a3d870).
    standardise : bool
        Whether pooled features are first brought to mean 0 and standard deviation 1 over the
        training rows, as the body gives them before the training. Means over many tokens differ
        little between sequences, and a head learns them slowly without. Not in the original.
    """

    kind: str = "linear"
    hidden: int = 128
    dropout: float = 0.02
    standardise: bool = False

    def __post_init__(self) -> None:
        require(self.kind in HEADS, "head.kind", self.kind, " or ".join(HEADS))
        require_size("head.hidden", self.hidden, LARGEST_HIDDEN)
        require(isinstance(self.standardise, bool), "head.standardise", self.standardise, "a bool")
        require_number("head.dropout", self.dropout, "a share in [0, 1)", lambda n: 0 <= n < 1)


@dataclass(frozen=True)
class MrnaPropertyConfig:
    """Content of the JSON file.

    Parameters
    ----------
    architecture : str
        Of the body, a key of `models.architectures.ARCHITECTURES` whose models are EmbeddingModels.
    config : mapping or str
        The body's config.json: its content, or a path, from the folder that the program runs in.
    pooling : list of {"last", "mean"}
        What becomes of the features of the tokens: those of the sequence's last token, and the
        mean over all its tokens, side by side in this order.
    codon_marks : bool
        Whether the body's codon-start token stands before each codon of a known CDS.
    head : HeadConfig
    kind : {"regression", "binary", "multiclass"}, optional
    outputs : int, optional
        Labels of a regression, 1 for binary, else the classes. A training takes both from its
        property, a file of weights tells them by its tensors.
    """

    task: ClassVar[str] = "property"
    architecture: str
    config: Mapping[str, Any] | str
    pooling: tuple[str, ...] = ("last", "mean")
    codon_marks: bool = True
    head: HeadConfig = field(default_factory=HeadConfig)
    kind: str | None = None
    outputs: int | None = None

    def __post_init__(self) -> None:
        require(isinstance(self.architecture, str), "architecture", self.architecture, "a name")
        require(isinstance(self.config, Mapping | str), "config", self.config,
                 "the content of the body's config.json, or its path")  # fmt: skip
        good = len(self.pooling) > 0 and all(name in POOLINGS for name in self.pooling)
        once = good and len(set(self.pooling)) == len(self.pooling)
        require(once, "pooling", list(self.pooling), "last, mean or both")
        require(isinstance(self.codon_marks, bool), "codon_marks", self.codon_marks, "a bool")
        kinds = f"one of {', '.join(PROPERTY_KINDS)}"
        require(self.kind in (None, *PROPERTY_KINDS), "kind", self.kind, kinds)
        if self.outputs is not None:
            require_size("outputs", self.outputs)
        if self.outputs is not None and self.kind in ("binary", "multiclass"):
            fits = self.outputs == 1 if self.kind == "binary" else self.outputs > 1
            require(fits, "outputs", self.outputs, f"what {self.kind} has: 1 for binary, else "
                     "the number of classes")  # fmt: skip

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Read the content of the JSON file.

        Raises
        ------
        InputError
            If a key is unknown or missing, or a value is out of range.
        """
        values = _known(cls, params, "")
        if missing := [name for name in ("architecture", "config") if name not in values]:
            raise InputError(f"the hyperparameters of an mrna_property network lack {missing[0]!r}")
        if "pooling" in values:
            pooling = values["pooling"]
            require(isinstance(pooling, list | tuple), "pooling", pooling, "a list")
            values["pooling"] = tuple(pooling)
        if "head" in values:
            require(isinstance(values["head"], Mapping), "head", values["head"], "an object")
            values["head"] = HeadConfig(**_known(HeadConfig, values["head"], "head."))
        return cls(**values)


def _known(kind: type, params: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The mapping as a dict, all of whose keys are fields of `kind`."""
    known = [one.name for one in fields(kind)]
    if unknown := sorted(params.keys() - set(known)):
        raise InputError(
            f"unknown key {prefix + unknown[0]!r} in the hyperparameters of an mrna_property "
            f"network; known: {', '.join(known)}"
        )
    return dict(params)
