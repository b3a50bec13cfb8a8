"""The assays that measure the synthetic genome, and their tracks in the published format."""

from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

STRANDS = "+-"
CLIP_LIMIT = 384  # of clip and clip_soft, as published for RNA-seq


@dataclass(frozen=True)
class Assay:
    """One experiment; each gives a track a strand.

    Attributes
    ----------
    name : str
        The tracks are named ``<name>+`` and ``<name>-``.
    kind : str
        actd (what is left after transcription stopped), 4su (what was made since labelling began),
        total (mature and pre-mRNA), cage (transcripts' starts) or clip (sites of a protein).
    description : str
        As in published targets tables.
    time_h : float
        Of the time courses.
    element : str, optional
        The element that a protein of CLIP binds.
    scale : float
        Factor on the training targets.
    """

    name: str
    kind: str
    description: str
    time_h: float = 0.0
    element: str | None = None
    scale: float = 0.3


# In the order of the tracks; ActD, 4sU 1 h, total and CAGE first, as config/demo has had them.
ASSAYS = (
    *(Assay(f"sim_actd_{t}h", "actd", f"RNA:ActD:sim {t}h", t) for t in (0, 2, 4, 8)),
    Assay("sim_4su_1h", "4su", "RNA:4sU:sim 1h", 1),
    Assay("sim_total", "total", "RNA:sim total"),
    Assay("sim_cage", "cage", "CAGE:sim", scale=1.0),
    Assay("sim_4su_2h", "4su", "RNA:4sU:sim 2h", 2),
    Assay("sim_4su_4h", "4su", "RNA:4sU:sim 4h", 4),
    Assay("sim_clip_are", "clip", "CLIP:sim ARE", element="ARE"),
    Assay("sim_clip_pum", "clip", "CLIP:sim PUM", element="PUM"),
)


class Track(NamedTuple):
    """One bigWig: an assay on a strand."""

    identifier: str
    assay: Assay
    strand: str


TRACKS = tuple(Track(f"{a.name}{strand}", a, strand) for a in ASSAYS for strand in STRANDS)


def targets_table() -> pl.DataFrame:
    """Return the tracks as a published targets table has them.

    Returns
    -------
    DataFrame
        An unnamed index, then identifier, source, file (relative to the table's folder), clip,
        clip_soft, scale, sum_stat, strand_pair, description, strand.
    """
    rows = [
        {
            "": i,
            "identifier": track.identifier,
            "source": "simulate",
            "file": f"coverage/{track.identifier}.bw",
            "clip": CLIP_LIMIT,
            "clip_soft": CLIP_LIMIT,
            "scale": str(track.assay.scale),
            "sum_stat": "sum_sqrt",
            "strand_pair": i ^ 1,  # the two strands of an assay are neighbours
            "description": track.assay.description,
            "strand": track.strand,
        }
        for i, track in enumerate(TRACKS)
    ]
    return pl.DataFrame(rows)
