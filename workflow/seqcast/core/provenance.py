"""What made a file: facts for its metadata."""

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from seqcast import __version__

# What reports say of weights, by the origin in folds.tsv.
ORIGINS = {
    "random": "UNTRAINED random weights",
    "source": "given weights",
    "train": "trained by this workflow",
}

SUMMED = ("variants", "scored", "windows", "alleles")  # counts of the work on a shard


def versions() -> dict[str, str]:
    """Versions of the programs that decide numbers, as far as this environment has them."""
    found = {"seqcast": __version__, "python": platform.python_version()}
    for name in ("torch", "numpy", "pysam", "polars"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def provenance(**facts: Any) -> dict[str, Any]:
    """Facts about an output: those given, and the version of seqcast."""
    return {"seqcast_version": __version__, **facts}


def merge_folds(folds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Facts of an ensemble: what its folds share, and a list where they differ.

    ``same_weights`` is added where `same_weights` finds any.
    """
    merged = {}
    for key in folds[0]:
        values = [fold.get(key) for fold in folds]
        merged[key] = values[0] if all(value == values[0] for value in values) else values
    repeated = same_weights(folds)
    return merged | ({"same_weights": repeated} if repeated else {})


def merge_shards(shards: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Facts of a table by those of its parts: what they share, and their work together.

    Of ``work``, the counts of what was computed add up; what is computed of each does not.
    """
    merged = dict(shards[0])
    if "work" in merged:
        works = [shard["work"] for shard in shards]
        merged["work"] = works[0] | {
            name: sum(work[name] for work in works) for name in SUMMED if name in works[0]
        }
    return merged


def same_weights(folds: Iterable[Mapping[str, Any]]) -> list[str]:
    """Folds of one model that have the same weights: they are no ensemble, and have no spread.

    Parameters
    ----------
    folds : iterable of mapping
        ``model`` and ``fold`` of each, and ``tensors_sha256`` (of the weights themselves) or
        ``weights_sha256`` (of the file that they came from), or anything else that is equal for
        equal weights alone; without either, the weights are not known. A fold may come repeatedly.

    Returns
    -------
    list of str
        Words such as "borzuki_tiny, folds 0 and 1", one for all folds that share their weights.
    """
    names: dict[tuple[Any, Any], dict[str, None]] = {}
    for i, fold in enumerate(folds):
        weights = fold.get("tensors_sha256") or fold.get("weights_sha256")
        of_weights = names.setdefault((fold.get("model"), weights), {})
        if weights:
            of_weights[str(fold.get("fold", i))] = None
    return [
        (f"{model}, " if model else "") + _in_words(list(found))
        for (model, _), found in names.items()
        if len(found) > 1
    ]


def origins_in_words(facts: Iterable[Mapping[str, Any]]) -> str:
    """Where the numbers of some files come from, each once: a program or the origin of weights.

    Parameters
    ----------
    facts : iterable of mapping
        ``origin``, one or a list: a key of `ORIGINS`, or another word that is kept; of the origin
        "program" also ``program`` and ``version``.
    """
    told: list[str] = []
    for one in facts:
        origin = one.get("origin") or "not recorded"
        if origin == "program":
            told.append(f"{one['program']} {one['version']}")
        else:
            folds = [origin] if isinstance(origin, str) else origin
            told += [ORIGINS.get(name, str(name)) for name in folds]
    return ", ".join(dict.fromkeys(told))


def is_untrained(facts: Mapping[str, Any]) -> bool:
    """Whether a fold has random weights, by the ``origin`` of a file: one, or a list."""
    origin = facts.get("origin")
    return "random" in (origin if isinstance(origin, list) else [origin])


def differing(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], at: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Facts that differ: name and both values, None where one has none; "a.b" is b within a."""
    for name in dict.fromkeys([*ours, *theirs]):
        one, other = ours.get(name), theirs.get(name)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from differing(one, other, f"{at}{name}.")
        elif one != other:
            yield f"{at}{name}", one, other


def folds_of(facts: Mapping[str, Any]) -> list[str]:
    """Names of the folds that a file is of, by its provenance."""
    fold = facts.get("fold", [])
    return [str(name) for name in (fold if isinstance(fold, list) else [fold])]


def model_in_words(facts: Mapping[str, Any]) -> str:
    """Model and folds of a file, by its provenance: "borzuki_tiny, mean of folds 0 and 1"."""
    folds, model = folds_of(facts), facts.get("model", "model not recorded")
    if not folds:
        return str(model)
    return f"{model}, {'mean of ' if folds[1:] else ''}{_in_words(folds)}"


def _in_words(folds: Sequence[str]) -> str:
    """Fold 0; folds 0 and 1; folds 0, 1 and 2."""
    if len(folds) == 1:
        return f"fold {folds[0]}"
    return f"folds {', '.join(folds[:-1])} and {folds[-1]}"
