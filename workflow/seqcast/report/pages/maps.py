"""Page of the mutagenesis maps of a dataset: a table of all, and the figures of the strongest."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.provenance import is_untrained, model_in_words
from seqcast.evaluation.variants.attribution_agreement import ALL
from seqcast.predict.maps.effect_maps import SCORED, strongest_maps
from seqcast.report.pages.rendering import UNDESCRIBED, count, figure, render


def maps_html(
    bases: pl.DataFrame, facts: Mapping[str, Any], drawings: Sequence[Path],
    descriptions: Mapping[str, str] = UNDESCRIBED, agreement: pl.DataFrame | None = None,
) -> str:  # fmt: skip
    """The page.

    Parameters
    ----------
    bases : DataFrame
        `EffectMap.bases` of all maps.
    facts : mapping
        Its provenance: ``dataset``, ``score``, ``track_groups``, ``model``, ``fold``.
    drawings : sequence of path
        SVG of the strongest maps, in the order of `strongest_maps`; the page holds them.
    descriptions : mapping, optional
    agreement : DataFrame, optional
        `attribution_agreement.AGREEMENT` of these maps; its rows of all regions are shown.

    Returns
    -------
    str
        A whole HTML document.
    """
    statuses = bases["status"].value_counts(name="n").sort("n", "status", descending=[True, False])
    return render(
        "maps.html", {"figure": figure, "count": count},
        dataset=facts["dataset"], model=model_in_words(facts), score=facts["score"],
        groups=facts["track_groups"], descriptions=descriptions,
        same_weights=facts.get("same_weights", []),
        untrained=is_untrained(facts),
        maps=[_summary(rank, one) for rank, one in enumerate(strongest_maps(bases), start=1)],
        statuses=statuses.to_dicts(),
        agreement=[] if agreement is None else agreement.filter(name=ALL).to_dicts(),
        drawings=[path.read_text(encoding="utf-8").partition("<svg")[2] for path in drawings],
    )  # fmt: skip


def _summary(rank: int, bases: pl.DataFrame) -> dict[str, Any]:
    """The row of one map."""
    first = bases.row(0, named=True)
    known = bases.drop_nulls("importance").sort(pl.col("importance").abs(), descending=True)
    top = known.row(0, named=True) if known.height else None
    return {
        "rank": rank, **{name: first[name] for name in ("name", "gene_id", "gene_name", "tracks")},
        "place": f"{first['chrom']}:{first['pos']:,}-{bases['pos'][-1]:,}", "bases": bases.height,
        "scored": int((bases["status"] == SCORED).sum()), "top": top,
    }  # fmt: skip
