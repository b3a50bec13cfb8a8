"""Scores of all variants of regions, to be looked up: a table for tabix, and a VCF.

Both have the same columns, as keys of INFO in the VCF: means of each score over the tracks of a
group, and the coverage of the gene with either allele. They are written while the scores are read,
so that memory does not grow with the number of variants.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.store import count_rows, empty_table, read_frames, read_table
from seqcast.predict.variants.exports.score_summary import check_tracks, score_names
from seqcast.predict.variants.exports.vcf_files import (
    COLUMNS,
    indexed_bgzip,
    info_definition,
    info_value,
    write_tabix,
)
from seqcast.predict.variants.ranking import LEVELS, describe_tracks, reduce_score, select_tracks

logger = logging.getLogger(__name__)

PLACE = ["chrom", "pos", "ref", "alt"]
WORDS = {  # column of the scores -> its key, and what it means
    "status": ("SEQCAST_STATUS", "scored, or the reason why the variant was not scored"),
    "gene_id": ("SEQCAST_GENE", "Gene whose coverage is predicted, percent-encoded"),
    "gene_name": ("SEQCAST_GENE_NAME", "Name of SEQCAST_GENE, percent-encoded"),
}
LOG2 = ("logSED", "logD1", "logD2", "COVR", "SCOVR")
OF_COVERAGE = ("SED", "D1", "D2", *LEVELS.values())  # other scores have no unit
TABIX = {"seq_col": 0, "start_col": 1, "end_col": 1, "meta_char": "#", "zerobased": False}


class PrecomputedFiles(NamedTuple):
    """Paths of tables of scores, of their tracks and regions, and of the genome's index (fai)."""

    scores: str | Path
    tracks: str | Path
    regions: str | Path
    contigs: str | Path


class Precomputed(NamedTuple):
    """Paths of the exports; each gets a CSI index, and a tabix index that can hold it."""

    table: str | Path
    vcf: str | Path


class _Summary(NamedTuple):
    """A score over the tracks of a group: key -> column of `reduce_score`, and what it means."""

    score: str
    selected: np.ndarray
    keys: dict[str, tuple[str, str]]


def write_precomputed(
    files: PrecomputedFiles, outputs: Precomputed, groups: Mapping[str, str],
    facts: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write the scores of regions as a bgzip table (TSV) and as VCF, indexed.

    The table has one line per variant and gene; the VCF has one record per variant, with one value
    per gene under each key (``Number=.``), in the same order. The keys are `WORDS` and, for each
    group of tracks, ``SEQCAST_<score>`` and ``SEQCAST_<score>_SD`` (mean and sd of
    `ranking.reduce_score`), ``SEQCAST_REF_LEVEL`` and ``SEQCAST_ALT_LEVEL``, with ``_<group>``
    behind unless the name of the group is empty. What is missing is ".". Rows without an ALT, as
    those of N, are left out, and logged.

    Parameters
    ----------
    files : PrecomputedFiles
        The scores of `enumeration.enumerate_variants`, whose order they keep.
    outputs : Precomputed
    groups : mapping of str to str
        Name -> regular expression on the descriptions of tracks; an empty one takes all.
    facts : mapping
        About the run, for the header line ``##seqcast``.

    Raises
    ------
    InputError
        If the tracks are not those of the scores, or a group has none.
    """
    tracks = read_table(files.tracks)
    summaries = _summaries(files.scores, tracks, groups)
    numbers = {key: text for one in summaries for key, (_, text) in one.keys.items()}
    about = [
        *(info_definition(key, ".", "String", text) for key, text in WORDS.values()),
        *(info_definition(key, ".", "Float", text) for key, text in numbers.items()),
        f"##seqcast={json.dumps(dict(facts))}",
    ]
    keys = [*(key for key, _ in WORDS.values()), *numbers]
    written = 0
    with (
        indexed_bgzip(outputs.table, **TABIX) as write_line,
        indexed_bgzip(outputs.vcf, preset="vcf") as write_record,
    ):
        for line in (*about, "\t".join(["#CHROM", "POS", "REF", "ALT", *keys])):
            write_line(line)
        for line in ("##fileformat=VCFv4.3", *_contigs(files), *about, "\t".join(COLUMNS)):
            write_record(line)
        for rows in _whole_variants(files.scores):
            cells = _cells(rows, summaries)
            written += cells.height
            for line in _joined(cells, [*PLACE, *keys], "\t"):
                write_line(line)
            for line in _records(cells, keys):
                write_record(line)
    for path, columns in ((outputs.table, TABIX), (outputs.vcf, {"preset": "vcf"})):
        write_tabix(path, **columns)
    logger.info("wrote %d of %d rows, those with an ALT", written, count_rows(files.scores))


def _summaries(
    scores: str | Path, tracks: pl.DataFrame, groups: Mapping[str, str]
) -> list[_Summary]:
    """The numbers of the exports, in order."""
    like = empty_table(scores)
    names, found = score_names(like), []
    check_tracks(like, tracks, names)
    for group, pattern in groups.items():
        selected, ending = select_tracks(tracks, pattern or None), f"_{group}" if group else ""
        over = describe_tracks(len(selected), tracks.height, pattern)
        coverage = " or ".join(tracks["units"].gather(selected).unique(maintain_order=True))
        for name in names:
            unit = "log2" if name in LOG2 else coverage if name in OF_COVERAGE else "none"
            about = f"of SEQCAST_GENE, mean over {over}; unit: {unit}"
            keys = {
                f"SEQCAST_{name}{ending}": ("mean", f"{name}, ALT against REF, {about}"),
                f"SEQCAST_{name}_SD{ending}": (
                    "sd", f"Standard deviation over the folds of the model of {name} {about}"
                ),
            }  # fmt: skip
            if name in LEVELS.values():
                text = f"Predicted coverage with {name}, summed over exons {about}"
                keys = {f"SEQCAST_{name}_LEVEL{ending}": ("mean", text)}
            found.append(_Summary(name, selected, keys))
    return found


def _contigs(files: PrecomputedFiles) -> Iterator[str]:
    """Header lines of the contigs of a genome, by the names that the variants have for them."""
    regions = read_table(files.regions, ["contig", "chrom", "start"]).drop_nulls()
    chroms = dict(regions.select("contig", "chrom").reverse().iter_rows())
    for line in Path(files.contigs).read_text().splitlines():
        contig, length_bp = line.split("\t")[:2]
        yield f"##contig=<ID={chroms.get(contig, contig)},length={length_bp}>"


def _whole_variants(scores: str | Path) -> Iterator[pl.DataFrame]:
    """Parts of a table; all rows of one variant are in the same."""
    held = empty_table(scores)
    for frame in read_frames(scores):
        held = pl.concat([held, frame])
        is_last = pl.col("row") == held["row"][-1]
        yield held.filter(~is_last)
        held = held.filter(is_last)
    yield held


def _cells(rows: pl.DataFrame, summaries: list[_Summary]) -> pl.DataFrame:
    """Row, place and, by key, text of the rows with an ALT."""
    rows = rows.filter(pl.col("alt") != ".")
    columns: dict[str, list[str]] = {
        key: list(map(info_value, rows[name])) for name, (key, _) in WORDS.items()
    }
    for score, selected, keys in summaries:
        reduced = reduce_score(rows, score, selected)
        columns |= {key: list(map(info_value, reduced[name])) for key, (name, _) in keys.items()}
    return rows.select("row", *PLACE).with_columns(
        pl.Series(key, cells, dtype=pl.String) for key, cells in columns.items()
    )


def _joined(cells: pl.DataFrame, columns: list[str], separator: str) -> pl.Series:
    return cells.select(pl.concat_str(columns, separator=separator)).to_series()


def _records(cells: pl.DataFrame, keys: list[str]) -> pl.Series:
    """Lines of the VCF, one per variant, with the values of its genes under each key."""
    of_genes = cells.group_by("row", *PLACE, maintain_order=True).agg(
        (pl.lit(f"{key}=") + pl.col(key).str.join(",")).alias(key) for key in keys
    )
    return _joined(
        of_genes.select(*PLACE, missing=pl.lit("."), info=pl.concat_str(keys, separator=";")),
        ["chrom", "pos", "missing", "ref", "alt", "missing", "missing", "info"],
        "\t",
    )
