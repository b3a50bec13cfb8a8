"""Null variants with their scores, to compare others with; and what exactly these are.

A percentile means nothing without the mixture that it is among. So a table of nulls carries its
definition: which file of variants, how many, what scored them (weights, options, tracks), on which
genome, in which classes. Its name follows any change of these. Scores that were made in another way
are refused.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import differing, model_in_words
from seqcast.core.store import (
    empty_table,
    read_frames,
    read_provenance,
    read_table,
    write_table,
)
from seqcast.genome.annotation import read_annotation
from seqcast.predict.nulls.null_classes import CLASSES, PLACE, Ladder, classify
from seqcast.predict.variants.ranking import describe_tracks, reduce_score, select_tracks

DEFINITION = "null_definition"  # in the provenance of a table of nulls
# Options that decide which scores there are, or how fast they are made, and no number.
NOT_COMPARED = ("gene_scores", "window_scores", "batch_tokens")
IDENTITY = ["row", "variant", "chrom", *PLACE, "status"]


class NullFiles(NamedTuple):
    """Files that a table of nulls is made of.

    Attributes
    ----------
    scores : path
        Score table of null variants, mean of the folds.
    tracks : path
        Its tracks.
    variants : path
        The variants, checked.
    annotation : path
        The genes that were scored.
    contigs : path
        Lengths of the contigs of their genome (fai).
    """

    scores: str | Path
    tracks: str | Path
    variants: str | Path
    annotation: str | Path
    contigs: str | Path


class Mixture(NamedTuple):
    """What a table of nulls is made for.

    Attributes
    ----------
    dataset : str
    scores : sequence of str
        Those of the table of scores that are kept; a score that no row has is left out.
    groups : mapping of str to str
        Name -> regular expression on the descriptions of tracks: each score is reduced over those
        of each group. An empty name has no ending, an empty expression takes all tracks.
    distances_bp : sequence of int
        See `null_classes.classify`.
    min_variants : int
        Null variants that a class has for a percentile to be given in it.
    """

    dataset: str
    scores: Sequence[str]
    groups: Mapping[str, str]
    distances_bp: Sequence[int]
    min_variants: int


@dataclass(frozen=True)
class Nulls:
    """Scores of null variants.

    Attributes
    ----------
    table : DataFrame
        ``row``, ``gene_id``, `CLASSES`, and for each score and group `column` the mean magnitude
        over tracks; one row per variant and gene; null without a score.
    definition : mapping
        In the provenance of its file.
    path : path
        For messages.
    """

    table: pl.DataFrame
    definition: Mapping[str, Any]
    path: str | Path = ""

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read what `write_nulls` wrote.

        Raises
        ------
        InputError
            If it is another table.
        """
        facts = read_provenance(path)
        if DEFINITION not in facts:
            raise InputError(
                f"{path} has no definition of nulls; expected a table of null variants, "
                "results/nulls/MODEL/DATASET.parquet of a run with a dataset of kind nulls"
            )
        return cls(read_table(path), facts[DEFINITION], path)

    @property
    def name(self) -> str:
        """Dataset and digest of the definition."""
        return name_of(self.definition)

    @property
    def columns(self) -> dict[str, tuple[str, str]]:
        """Score and group of each column of the table that holds scores."""
        return {
            column(score, group): (score, group)
            for group in self.definition["groups"]
            for score in self.definition["scores"]
        }

    @cached_property
    def ladders(self) -> dict[str, Ladder]:
        """Nulls by class, of each of `columns`."""
        least = int(self.definition["min_variants"])
        return {name: Ladder(self.table, name, least) for name in self.columns}

    def selected(self, tracks: pl.DataFrame) -> dict[str, np.ndarray]:
        """Positions of the tracks of each group in a table of tracks.

        Raises
        ------
        InputError
            If they are not those of the nulls.
        """
        found = {}
        for group, asked in self.definition["groups"].items():
            found[group] = select_tracks(tracks, asked["pattern"] or None)
            if _digest_of_tracks(tracks[found[group]]) != asked["sha256"]:
                over = describe_tracks(len(found[group]), len(tracks), asked["pattern"])
                raise InputError(
                    f"{self.path}: the nulls are over {asked['tracks']}, and the scores over "
                    f"{over} with other identifiers or units; expected the same table of tracks. "
                    "Score the null variants with the tracks of the scores"
                )
        return found

    def check(self, facts: Mapping[str, Any], contigs: Mapping[str, int]) -> None:
        """Refuse scores that were made in another way than those of the nulls.

        Parameters
        ----------
        facts : mapping
            Provenance of the scores.
        contigs : mapping of str to int
            Lengths of the contigs of their genome.

        Raises
        ------
        InputError
            Naming what differs, and both values.
        """
        ours, theirs = self.definition["made_by"], made_by(facts)
        for name, here, there in differing(ours, theirs):
            raise InputError(
                f"{self.path}: the nulls are of {model_in_words(self.definition)}, {name} "
                f"{_text(here)}; the scores are of {model_in_words(facts)}, {name} "
                f"{_text(there)}. Expected both made in "
                "the same way: score the null variants as the others, or name other nulls"
            )
        for contig, length_bp in self.definition["contigs"].items():
            if contigs.get(contig) != length_bp:
                there = f"{contigs[contig]:,} bp" if contig in contigs else "not there"
                raise InputError(
                    f"{self.path}: the nulls are on a genome where {contig} has {length_bp:,} bp; "
                    f"in that of the scores it is {there}. Expected the same build: score null "
                    "variants of this one"
                )


def column(score: str, group: str) -> str:
    """Column of a score over the tracks of a group."""
    return f"{score}_{group}" if group else score


def name_of(definition: Mapping[str, Any]) -> str:
    """Name of nulls: their dataset, and 8 hexadecimal digits that follow any change of them."""
    text = json.dumps({k: v for k, v in definition.items() if k != "file"}, sort_keys=True)
    return f"{definition['dataset']}.{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def made_by(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Of the provenance of scores, what percentiles need to be alike; weights in any order."""
    weights = facts.get("tensors_sha256")
    options = facts.get("options") or {}
    return {
        "architecture": facts.get("architecture"),
        "weights": sorted(weights) if isinstance(weights, list) else [weights],
        "precision": facts.get("precision"),
        **{name: value for name, value in options.items() if name not in NOT_COMPARED},
    }


def write_nulls(
    files: NullFiles, output: str | Path, mixture: Mixture, facts: Mapping[str, Any]
) -> None:
    """Reduce the scores of null variants, and write them with their classes and definition.

    Parameters
    ----------
    files : NullFiles
    output : path
        The table of `Nulls`.
    mixture : Mixture
    facts : mapping
        Provenance.

    Raises
    ------
    InputError
        If no null variant is scored.
    """
    tracks, made = read_table(files.tracks), read_provenance(files.scores)
    groups = {name: select_tracks(tracks, like or None) for name, like in mixture.groups.items()}
    table = _reduced_nulls(files, mixture, groups)
    scores = [name for name in mixture.scores
              if any(table[column(name, group)].count() for group in groups)]  # fmt: skip
    if not scores:
        raise InputError(
            f"{files.scores}: none of the null variants of {mixture.dataset} has a score "
            f"({', '.join(mixture.scores)}); expected some near genes. Look at the column status"
        )
    kept = [column(name, group) for group in groups for name in scores]
    file = read_provenance(files.variants)
    definition = {
        "dataset": mixture.dataset,
        "file": file.get("file"),
        "sha256": file.get("sha256"),
        "variants": table["row"].n_unique(),
        "pairs": table.height,
        "model": made.get("model"),
        "fold": made.get("fold"),
        "made_by": made_by(made),
        "contigs": _contigs(files),
        "scores": scores,
        "groups": {
            name: {
                "pattern": like,
                "tracks": describe_tracks(len(groups[name]), tracks.height, like),
                "sha256": _digest_of_tracks(tracks[groups[name]]),
            }
            for name, like in mixture.groups.items()
        },
        "distances_bp": list(mixture.distances_bp),
        "min_variants": mixture.min_variants,
    }
    told = {**made, **facts, DEFINITION: definition, "nulls": name_of(definition)}
    write_table(table.select("row", "gene_id", *CLASSES, *kept), output, told)


def reduced(
    frame: pl.DataFrame, columns: Mapping[str, tuple[str, str]], groups: Mapping[str, np.ndarray]
) -> pl.DataFrame:
    """The mean magnitude of each score over the tracks of each group.

    Parameters
    ----------
    frame : DataFrame
        A table of scores.
    columns : mapping
        Of the result: name -> score and group.
    groups : mapping
        Group -> positions of its tracks.
    """
    return pl.DataFrame(
        {
            name: reduce_score(frame, score, groups[group])["mean_abs"]
            for name, (score, group) in columns.items()
        }
    )


def read_scores(path: str | Path, scores: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Parts of a table of scores, with what their classes are read from; the first has no rows.

    Raises
    ------
    InputError
        If it lacks a score.
    """
    empty = empty_table(path)
    if missing := [name for name in scores if name not in empty.columns]:
        raise InputError(
            f"{path} has no score {missing[0]}; expected it as the nulls have it. Add it to "
            "variant_effects.gene_scores, or leave it out of nulls.scores"
        )
    own = [name for name in ("consequence",) if name in empty.columns]
    columns = [*IDENTITY, *own, *scores]
    yield empty.select(columns)
    yield from read_frames(path, columns)


def _reduced_nulls(
    files: NullFiles, mixture: Mixture, groups: Mapping[str, np.ndarray]
) -> pl.DataFrame:
    """Rows with a score, their classes and reduced scores."""
    annotation = read_annotation(files.annotation)
    columns = {column(s, group): (s, group) for group in groups for s in mixture.scores}
    parts = []
    for frame in read_scores(files.scores, mixture.scores):
        scored = frame.filter(pl.col("status") == "scored")
        classes = classify(scored, annotation, mixture.distances_bp)
        numbers = reduced(scored, columns, groups)
        parts.append(
            pl.concat([scored.select("row", "gene_id"), classes, numbers], how="horizontal")
        )
    return pl.concat(parts)


def _contigs(files: NullFiles) -> dict[str, int]:
    """Lengths of the contigs that null variants are on."""
    lengths = read_lengths(files.contigs)
    valid = read_table(files.variants, ["contig", "status"]).filter(pl.col("status") == "valid")
    return {name: lengths[name] for name in valid["contig"].unique().sort()}


def read_lengths(index: str | Path) -> dict[str, int]:
    """Contigs of a genome and their lengths, from its index (fai)."""
    rows = (line.split("\t")[:2] for line in Path(index).read_text().splitlines())
    return {contig: int(length_bp) for contig, length_bp in rows}


def _digest_of_tracks(tracks: pl.DataFrame) -> str:
    text = json.dumps(tracks.select("identifier", "units").rows())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(value: Any) -> str:
    """A setting in words; of digests their beginning."""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)[:12] if isinstance(value, str) else json.dumps(value)
