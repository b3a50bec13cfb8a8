"""The planted truth as tables, on the scale of the scores."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pysam

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.target_store import CoverageStore
from seqcast.genome.fasta import quiet_htslib
from seqcast.genome.tracks import Tracks

KEY = ["chrom", "pos", "ref", "alt"]
FACTS = ["kind", "element", "gene_id", "pas_distance_bp", "true_dlogk"]
PSEUDOCOUNT = 1.0  # of logSED: log2(1 + sum)
UNTRAINED_PART = "test"  # of a training store


def read_effects(path: str | Path) -> pl.DataFrame:
    """True effects of planted variants, as `simulate.effects.true_effects` has them.

    Raises
    ------
    InputError
        If columns are missing, a variant comes twice, or there is none.
    """
    table = pl.read_csv(path, separator="\t", schema_overrides={"element": pl.String})
    if missing := [name for name in [*KEY, *FACTS] if name not in table.columns]:
        raise InputError(
            f"{path} has no columns {missing}; expected a table of true effects of a simulated "
            "genome (planted_effects.tsv). Simulate it with measurements."
        )
    if table.is_empty():
        raise InputError(f"{path} has no variants; expected one or more. Simulate the genome again")
    if (twice := table.filter(pl.struct(KEY).is_duplicated())).height:
        raise InputError(
            f"{path} has {twice['variant'][0]} twice; expected each variant once. Simulate again."
        )
    return table


def read_pairs(path: str | Path) -> pl.DataFrame:
    """Which variants belong together: INFO/PI of the VCF of planted variants.

    Parameters
    ----------
    path : path

    Returns
    -------
    DataFrame
        chrom, pos, ref, alt, ``pair``: the same ID for a causal variant and its match, for a decoy
        and its match, and for the two losses of an AU-rich element.

    Raises
    ------
    InputError
        If the file does not have it.
    """
    with quiet_htslib(), pysam.VariantFile(str(path)) as file:
        if "PI" not in file.header.info:
            raise InputError(
                f"{path} does not describe INFO/PI; expected the VCF of planted variants of a "
                "simulated genome (planted_variants.vcf)."
            )
        rows = [
            (r.chrom, r.pos, r.ref, alt, r.info.get("PI")) for r in file for alt in r.alts or ()
        ]
    return pl.DataFrame(rows, schema=[*KEY, "pair"], orient="row", infer_schema_length=None)


def track_factors(targets: str | Path, identifiers: Iterable[str], unscale: bool) -> np.ndarray:
    """What scores count for a unit of coverage, one number per track.

    Parameters
    ----------
    targets : path
        The model's table of tracks.
    identifiers : iterable of str
        Collapsed tracks, as scores have them.
    unscale : bool
        Whether scores were made of coverage without the scale of the table.

    Returns
    -------
    ndarray, shape=(tracks,)
        The scale of the table, or 1.

    Raises
    ------
    InputError
        If the table lacks a track, or a track is no sum over bases.
    """
    tracks = Tracks.read(targets)
    place = {name: i for i, name in enumerate(tracks.identifier.tolist())}
    factors = []
    for name in identifiers:
        if name not in place or not tracks.sum_stat[place[name]].startswith("sum"):
            raise InputError(
                f"{targets} has no track {name} whose sum_stat is a sum; expected the table of "
                "tracks that the model was scored with. Give the same table."
            )
        factors.append(1.0 if unscale else tracks.scale[place[name]])
    return np.array(factors)


def true_scores(
    effects: pl.DataFrame, identifiers: Sequence[str], factors: np.ndarray
) -> np.ndarray:
    """logSED of the expected coverage: log2(1 + ALT) - log2(1 + REF), with the scores' scale.

    Parameters
    ----------
    effects : DataFrame
        As `read_effects` returns it: change of ln of exonic coverage, and that of REF itself.
    identifiers : sequence of str
    factors : ndarray, shape=(tracks,)
        See `track_factors`.

    Returns
    -------
    ndarray, shape=(rows, tracks), float64
        NaN for tracks that the simulation does not have.
    """
    scores = np.full((effects.height, len(identifiers)), np.nan)
    for i, (name, factor) in enumerate(zip(identifiers, factors, strict=True)):
        if name in effects.columns:
            ref = factor * effects[f"ref_{name}"].to_numpy()
            alt = ref * np.exp(effects[name].to_numpy())
            scores[:, i] = np.log2(PSEUDOCOUNT + alt) - np.log2(PSEUDOCOUNT + ref)
    return scores


def check_held_out(stores: Mapping[str, CoverageStore], contigs: Collection[str]) -> None:
    """Stop if a model learned from a contig that it is to be tested on.

    Parameters
    ----------
    stores : mapping of str to CoverageStore
        Those that the folds were trained with, by path.
    contigs : collection of str
        Held out.

    Raises
    ------
    InputError
        If a store has a window of such a contig in another part than "test".
    """
    for path, store in stores.items():
        seen = store.windows.filter(
            pl.col("chrom").is_in(list(contigs)) & (pl.col("part") != UNTRAINED_PART)
        )
        if seen.height:
            chrom, start, end, part = seen.select("chrom", "start", "end", "part").row(0)
            raise InputError(
                f"{path} has {chrom}:{start}-{end} in part '{part}', but {chrom} is to be held "
                f"out; expected it in part '{UNTRAINED_PART}' or not at all. Name other contigs, "
                "or train on others."
            )
