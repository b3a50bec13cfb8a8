"""Mutagenesis maps on disk: tables of variants and of bases, and bigWig files for browsers."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pybigtools

from seqcast.core.provenance import folds_of
from seqcast.core.store import atomic, read_provenance, read_table, write_table, write_text_table
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
from seqcast.predict.maps.effect_maps import effect_maps
from seqcast.predict.maps.group_effects import IDENTITY, RegionScores, group_effects

logger = logging.getLogger(__name__)

SUMMARIES = ("importance", "largest_effect")  # of a base: a bigWig of each


class MapFiles(NamedTuple):
    """Files that maps are laid out from.

    Attributes
    ----------
    ensemble, folds : path, tuple of path
        Gene tables of scores.
    tracks : path
        Their tracks.
    regions : path
        `region_sets.REGIONS`.
    annotation, genome : path
    """

    ensemble: str | Path
    folds: tuple[str | Path, ...]
    tracks: str | Path
    regions: str | Path
    annotation: str | Path
    genome: str | Path


class MapTables(NamedTuple):
    """Paths of what `write_maps` writes.

    Attributes
    ----------
    variants, text : path
        `EffectMap.tidy` of all maps, as parquet and as text.
    bases : path
        `EffectMap.bases` of all maps.
    bigwig : path
        Folder.
    """

    variants: str | Path
    text: str | Path
    bases: str | Path
    bigwig: str | Path


def write_maps(
    files: MapFiles, outputs: MapTables, score: str, groups: Mapping[str, str | None],
    facts: Mapping[str, Any],
) -> None:  # fmt: skip
    """Lay out the scores of a dataset of regions as maps, and write them.

    Parameters
    ----------
    files : MapFiles
    outputs : MapTables
    score : str
        Gene score.
    groups : mapping
        See `group_effects`.
    facts : mapping
        Provenance, in addition to that of the scores.
    """
    about = read_provenance(files.ensemble)
    names, columns = folds_of(about), [*IDENTITY, score]
    scores = RegionScores(
        read_table(files.ensemble, columns),
        {name: read_table(path, columns) for name, path in zip(names, files.folds, strict=True)},
        read_table(files.tracks),
        about.get("same_weights", ()),
    )
    effects = group_effects(scores, score, groups)
    maps = effect_maps(effects, read_table(files.regions), read_annotation(files.annotation))
    about |= {"score": score, "track_groups": dict(groups), **facts}
    tidy = pl.concat([one.tidy() for one in maps])
    write_table(tidy, outputs.variants, about)
    write_text_table(tidy, outputs.text)
    bases = pl.concat([one.bases() for one in maps])
    write_table(bases, outputs.bases, about)
    with Genome(files.genome) as genome, atomic(outputs.bigwig) as folder:
        folder.mkdir()
        write_bigwigs(bases, genome.contigs, folder)


def write_bigwigs(
    bases: pl.DataFrame, contig_lengths: Mapping[str, int], folder: str | Path
) -> list[Path]:
    """Write a bigWig of each of the `SUMMARIES` for each group of tracks.

    Where maps overlap, as those of two genes, a base has the value of the map in which its
    importance has the greatest magnitude.

    Parameters
    ----------
    bases : DataFrame
        `EffectMap.bases` of all maps.
    contig_lengths : mapping of str to int
        In bp.
    folder : path
        Gets ``<group>.<summary>.bw``; no file where no base has a value.

    Returns
    -------
    list of Path
    """
    known = bases.drop_nulls(["contig", "importance"])
    ordered = (
        known.with_columns(size=pl.col("importance").abs())
        .sort("contig", "pos", "size", descending=[False, False, True])
        .unique(["tracks", "contig", "pos"], keep="first", maintain_order=True)
    )
    files = []
    for group in bases["tracks"].unique(maintain_order=True):
        table = ordered.filter(tracks=group)
        if table.is_empty():
            logger.warning("%s: no base was scored, so that there is no bigWig", group)
            continue
        lengths = {name: contig_lengths[name] for name in table["contig"].unique().sort()}
        for summary in SUMMARIES:
            files.append(Path(folder) / f"{group}.{summary}.bw")
            with atomic(files[-1]) as temporary:
                pybigtools.open(str(temporary), "w").write(lengths, _values(table, summary))
    return files


def _values(table: pl.DataFrame, summary: str) -> Iterator[tuple[str, int, int, float]]:
    """One base after the other: contig, start, end, value."""
    for contig, pos, value in table.select("contig", "pos", summary).iter_rows():
        yield contig, pos - 1, pos, value
