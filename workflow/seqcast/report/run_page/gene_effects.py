"""Effects of an ALT allele on each gene, by groups of tracks."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from seqcast.predict.variants.ranking import reduce_score
from seqcast.report.run_page.allele_rows import DIGITS

MOST_GROUPS = 8  # columns of a table that can be read


def track_groups(tracks: pl.DataFrame) -> dict[str, list[int]]:
    """Positions of the tracks of each assay: what their descriptions have before the last colon.

    "RNA:ActD:HEK293 2h" is of "RNA:ActD". If there are more than `MOST_GROUPS`, what stands before
    the first colon counts, and then all further groups are one.
    """
    descriptions = tracks["description"].to_list()
    for assay in (lambda text: text.rpartition(":")[0], lambda text: text.partition(":")[0]):
        groups: dict[str, list[int]] = {}
        for position, description in enumerate(descriptions):
            groups.setdefault(assay(description) or "others", []).append(position)
        if len(groups) <= MOST_GROUPS:
            return groups
    kept = sorted(groups, key=lambda name: -len(groups[name]))[: MOST_GROUPS - 1]
    rest = [position for name in groups if name not in kept for position in groups[name]]
    return {name: groups[name] for name in groups if name in kept} | {"others": sorted(rest)}


def group_effects(
    scores: pl.DataFrame, score: str, groups: Mapping[str, list[int]]
) -> dict[str, pl.Series]:
    """Mean score over each group of tracks, a value for each row of scores.

    Parameters
    ----------
    scores : DataFrame
        One row per ALT allele and gene.
    score : str
    groups : mapping
        Name to positions in the lists of scores.
    """
    return {
        name: reduce_score(scores, score, np.array(positions))["mean"]
        for name, positions in groups.items()
    }


def gene_effects(
    scores: pl.DataFrame, score: str, groups: Mapping[str, list[int]]
) -> list[list[Any]]:
    """Gene, status, distance to the TSS and `group_effects` of each row of scores, as JSON."""
    means = group_effects(scores, score, groups).values()
    told = scores.select(pl.coalesce("gene_name", "gene_id"), "status", "distance_to_tss_bp")
    rounded = {str(i): mean.round_sig_figs(DIGITS) for i, mean in enumerate(means)}
    return list(map(list, pl.concat([told, pl.DataFrame(rounded)], how="horizontal").iter_rows()))
