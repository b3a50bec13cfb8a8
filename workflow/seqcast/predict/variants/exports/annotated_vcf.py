"""The input VCF again, with the scores of each ALT in its INFO column."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pysam

from seqcast.core.errors import InputError
from seqcast.core.text_files import open_bytes
from seqcast.genome.fasta import quiet_htslib
from seqcast.genome.haplotypes import is_haplotype
from seqcast.genome.vcf import check_indexable, is_table, read_variants
from seqcast.predict.variants.exports.score_summary import check_tracks
from seqcast.predict.variants.exports.vcf_files import (
    COLUMNS,
    indexed_bgzip,
    info_definition,
    info_value,
    write_tabix,
)
from seqcast.predict.variants.ranking import (
    describe_tracks,
    levels,
    reduce_score,
    select_tracks,
    strongest_rows,
)

IDENTITY = ["row", "chrom", "pos", "ref", "alt"]


def annotate_vcf(
    vcf_in: str | Path,
    scores: pl.DataFrame,
    tracks: pl.DataFrame,
    path: str | Path,
    score: str = "logSED",
    provenance: Mapping[str, Any] | None = None,
    tracks_like: str | None = None,
    further: pl.DataFrame | None = None,
) -> None:
    """Copy a VCF with the strongest gene of each ALT, as bgzip with a CSI index next to it.

    Lines are copied as they are but for INFO, where values per ALT (``Number=A``) are added instead
    of any of an earlier run: ``SEQCAST_STATUS``; ``SEQCAST_GENE``, the gene_id with the greatest
    mean magnitude over tracks (the first of equals), and ``SEQCAST_GENE_NAME``; for that gene
    ``SEQCAST_<score>``, ``_ABS``, ``_SD`` and ``_MAX``, the mean, mean_abs, sd and top of
    `ranking.reduce_score`, and ``_MAX_TRACK``, what describes the track of the last;
    ``SEQCAST_REF_LEVEL`` and ``SEQCAST_ALT_LEVEL`` (`ranking.levels`). A record without ALT has one
    of each. What is missing is ".".

    A file that lacks its ``#CHROM`` line gets one, columns missing up to INFO are filled with ".",
    contigs missing in the header are added. Records are sorted (stably, contigs as in the header)
    if an index needs it, and only then held in memory.

    Parameters
    ----------
    vcf_in : path
        What `vcf.read_variants` reads.
    scores : DataFrame
        The table of its scores, all ALTs and all genes; joined by ``row``. Haplotypes have no
        record and are left out.
    tracks : DataFrame
        ``description`` of each track, in the order of the score lists.
    path : path
        The annotated file, ending in ``.vcf.gz``; it and its index, ``<path>.csi``, are written
        atomically. Where no record reaches beyond 2^29 bp, where tabix indexes end, there is a
        ``<path>.tbi`` as well.
    score : str
        Name of the score.
    provenance : mapping, optional
        Facts about the run, for the header line ``##seqcast``.
    tracks_like : str, optional
        Regular expression on descriptions: the tracks that count. Default: all.
    further : DataFrame, optional
        Columns of the rows of `scores` whose values of the strongest gene are added:
        `percentiles.reported`, as ``SEQCAST_CONSEQUENCE``, ``SEQCAST_<score>_PERCENTILE`` and the
        others; half-lives, as ``SEQCAST_REF_HALF_LIFE_H``, ``SEQCAST_DELTA_LOG2_HALF_LIFE``, ...

    Raises
    ------
    InputError
        If the VCF cannot be read, is not the one that was scored, lacks scores for some ALTs, or
        cannot be indexed (`vcf.check_indexable`); if ``path`` has another suffix; if the score or
        the tracks do not fit.
    """
    vcf_in, path = Path(vcf_in), Path(path)
    if not path.name.endswith(".vcf.gz"):
        raise InputError(f"{path}: an annotated VCF is written as bgzip; end its name in .vcf.gz")
    variants = read_variants(vcf_in)
    added = [] if further is None else further.get_columns()
    names = [column.name for column in added]
    scores = scores.with_columns(added).filter(~is_haplotype(scores, variants.height))
    check_indexable(vcf_in)
    check_tracks(scores, tracks, [score])
    selected = select_tracks(tracks, tracks_like)
    values = _values_of_alts(scores, tracks, score, selected, names)
    _check_scored(variants, scores, vcf_in)
    over = describe_tracks(len(selected), tracks.height, tracks_like)
    definitions = [*_definitions(score, over), *_of_further(score, names)]
    header, contigs = _header(vcf_in, variants, definitions, provenance)
    lines = _annotated(vcf_in, variants, values, n_columns=header[-1].count("\t") + 1)
    with indexed_bgzip(path, preset="vcf") as write:
        for line in (*header, *_sorted(lines, variants, contigs)):
            write(line)
    write_tabix(path, preset="vcf")


def _values_of_alts(
    scores: pl.DataFrame, tracks: pl.DataFrame, score: str, selected: np.ndarray,
    further: Sequence[str],
) -> dict[str, Sequence[str]]:  # fmt: skip
    """The text of each INFO key, one value per ALT in input order."""
    parts = [
        scores.select("row", "status", "gene_id", "gene_name", *further),
        reduce_score(scores, score, selected),
        levels(scores, selected),
    ]
    strongest = strongest_rows(pl.concat(parts, how="horizontal"), ["row"]).sort("row")
    names = tracks["description"].gather(strongest["top_at"])
    columns = {
        "STATUS": strongest["status"],
        "GENE": strongest["gene_id"],
        "GENE_NAME": strongest["gene_name"],
        score: strongest["mean"],
        f"{score}_ABS": strongest["mean_abs"],
        f"{score}_SD": strongest["sd"],
        f"{score}_MAX": strongest["top"],
        f"{score}_MAX_TRACK": names,
        "REF_LEVEL": strongest["ref_level"],
        "ALT_LEVEL": strongest["alt_level"],
        **{_key(name, score): strongest[name] for name in further},
    }
    return {
        f"SEQCAST_{key}": [info_value(cell) for cell in cells] for key, cells in columns.items()
    }


def _definitions(score: str, over: str) -> list[str]:
    """The header lines of the INFO keys; `over` says which tracks count."""
    described = {
        "STATUS": ("String", "scored, or the reason why the ALT was not scored"),
        "GENE": ("String", f"Gene with the greatest mean |{score}| over {over}, percent-encoded"),
        "GENE_NAME": ("String", "Name of SEQCAST_GENE, percent-encoded"),
        score: ("Float", f"Mean {score} over {over} for SEQCAST_GENE, ALT against REF"),
        f"{score}_ABS": ("Float", f"Mean |{score}| over {over} for SEQCAST_GENE"),
        f"{score}_SD": (
            "Float",
            f"Standard deviation of {score} over the folds of the model, mean over {over}",
        ),
        f"{score}_MAX": (
            "Float",
            f"{score} for SEQCAST_GENE of the track with the greatest |{score}|, of {over}",
        ),
        f"{score}_MAX_TRACK": (
            "String",
            f"Description of the track of SEQCAST_{score}_MAX, percent-encoded",
        ),
        "REF_LEVEL": (
            "Float",
            f"Predicted coverage of SEQCAST_GENE with REF, summed over exons, mean over {over}",
        ),
        "ALT_LEVEL": ("Float", "The same with ALT"),
    }
    return [
        info_definition(f"SEQCAST_{key}", "A", kind, text)
        for key, (kind, text) in described.items()
    ]


def _key(name: str, score: str) -> str:
    """The key of a further column, behind SEQCAST_."""
    of_gene = name == "consequence" or "half_life" in name
    return name.upper() if of_gene else f"{score}_{name.upper()}"


def _of_further(score: str, columns: Sequence[str]) -> list[str]:
    """The header lines of the keys that half-lives and null variants give."""
    described = {
        "ref_half_life_h": ("Float", "Half-life (h) of SEQCAST_GENE with REF, by predicted "
                            "coverage, mean over time courses"),
        "alt_half_life_h": ("Float", "The same with ALT"),
        "delta_log2_half_life": ("Float", "log2 of the half-life with ALT over that with REF"),
        "delta_log2_half_life_sd": ("Float", "Its standard deviation over the folds of the model"),
        "consequence": ("String", "Part of SEQCAST_GENE that the variant changes"),
        "percentile": ("Float", f"100 b / (n + 1), where the mean |{score}| of b of n null "
                       "variants of its class is smaller"),
        "exceedance": ("Float", "Fraction of those at least as large, (n - b + 1) / (n + 1)"),
        "nulls": ("Integer", "Number n of null variants of its class, each with each gene"),
        "nulls_below": ("Integer", "Number b of those that are smaller"),
        "null_class": ("String", "The class: genes, consequences, distances, percent-encoded"),
    }  # fmt: skip
    return [
        info_definition(f"SEQCAST_{_key(name, score)}", "A", *described[name]) for name in columns
    ]


def _check_scored(variants: pl.DataFrame, scores: pl.DataFrame, path: Path) -> None:
    """Refuse scores that are not those of this file's ALTs, all of them."""
    scored = scores.select(IDENTITY).unique("row", keep="first").sort("row")
    if scored.equals(variants.select(IDENTITY)):
        return
    both = variants.join(scored, on=IDENTITY, how="anti")
    example = "" if both.is_empty() else f", such as {both['variant'][0]}"
    raise InputError(
        f"{path} has {variants.height} ALTs and the table scores of {scored.height}; "
        f"{both.height} of the file's ALTs are not in the table{example}. Give the file that was "
        "scored, unchanged, and the table of all its shards."
    )


def _header(
    path: Path,
    variants: pl.DataFrame,
    definitions: list[str],
    provenance: Mapping[str, Any] | None,
) -> tuple[list[str], list[str]]:
    """All header lines, ``#CHROM`` last, and the names of the contigs in their order."""
    given = list(_lines(path, header=True))
    columns = next((line for line in given if line.startswith("#CHROM")), "")
    if columns.count("\t") < len(COLUMNS) - 1:
        columns = "\t".join(COLUMNS)
    lines = [
        line
        for line in given
        if line.startswith("##") and not line.startswith("##INFO=<ID=SEQCAST_")
    ]
    if not lines or not lines[0].startswith("##fileformat"):
        lines.insert(0, "##fileformat=VCFv4.2")
    matches = (re.match(r"##contig=<(?:.*,)?ID=([^,>]+)", line) for line in lines)
    contigs = [match[1] for match in matches if match]
    missing = [
        name for name in variants["chrom"].unique(maintain_order=True) if name not in contigs
    ]
    lines += [f"##contig=<ID={name}>" for name in missing]
    lines += definitions
    if provenance is not None:
        lines.append(f"##seqcast={json.dumps(dict(provenance))}")
    return [*lines, columns], contigs + missing


def _annotated(
    path: Path, variants: pl.DataFrame, values: dict[str, Sequence[str]], n_columns: int
) -> Iterator[str]:
    """Each record with its values added to INFO, padded or cut to the columns of the header."""
    first = 0
    alts_of_record = variants.group_by("record", maintain_order=True).len()["len"]
    for line, n_alts in zip(_lines(path, header=False), alts_of_record, strict=True):
        fields = line.split("\t")[:n_columns]
        fields += ["."] * (n_columns - len(fields))
        kept = [
            item
            for item in fields[7].split(";")
            if item not in ("", ".") and not item.startswith("SEQCAST_")
        ]
        added = [
            f"{key}={','.join(column[first : first + n_alts])}" for key, column in values.items()
        ]
        fields[7] = ";".join(kept + added)
        first += n_alts
        yield "\t".join(fields)


def _sorted(lines: Iterable[str], variants: pl.DataFrame, contigs: list[str]) -> Iterable[str]:
    """The records in an order that can be indexed: as they are if that can be."""
    records = variants.unique("record", keep="first", maintain_order=True)
    in_runs = records["chrom"].rle_id().max() == records["chrom"].n_unique() - 1
    backwards = records.select(
        (pl.col("pos").diff() < 0) & (pl.col("chrom") == pl.col("chrom").shift())
    ).to_series()
    if records.is_empty() or (in_runs and not backwards.any()):
        return lines
    rank = pl.col("chrom").replace_strict(contigs, range(len(contigs)), return_dtype=pl.Int64)
    order = records.sort(rank, "pos", maintain_order=True)["record"]
    held = list(lines)
    return (held[record] for record in order)


def _lines(path: Path, header: bool) -> Iterator[str]:
    """The header's lines, or else the records', as text; undecodable bytes survive the copy.

    htslib is asked only for BCF: it refuses some VCF files that `read_variants` reads, and rewrites
    numbers. A table has no header; of its columns those of a VCF are written.
    """
    if is_table(path):
        columns = read_variants(path).select("chrom", "pos", "variant", "ref", "alt")
        yield from () if header else ("\t".join(map(str, row)) for row in columns.iter_rows())
        return
    with open_bytes(path) as file:
        if file.read(3) == b"BCF":
            yield from _bcf_lines(path, header)
            return
        file.seek(0)
        for raw in file:
            line = raw.decode(errors="surrogateescape").rstrip("\r\n\x1a").removeprefix("\ufeff")
            if line.startswith("#") == header and line.strip():
                yield line
            elif header and line.strip():
                return


def _bcf_lines(path: Path, header: bool) -> Iterator[str]:
    with quiet_htslib(), pysam.VariantFile(str(path)) as file:
        if header:
            yield from str(file.header).splitlines()
        else:
            for record in file:
                yield str(record).rstrip("\n")
