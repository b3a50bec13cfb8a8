"""Draw labelled reads from indexed genomes, the same ones for the same seed whatever the order.

Positions are drawn over a whole collection at once, as numbers; only then is each shard opened, to
find out which genome, region and bases a number stands for. Memory holds the reads and one shard's
table of regions, but no genome.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_table, write_tsv
from seqcast.datasets.reads.assemblies import SELECTED, read_assemblies, stable_hash
from seqcast.datasets.reads.genome_split import Split, Wanted, choose_dev_units, unit_names
from seqcast.datasets.reads.packed_reads import ReadTable, write_reads
from seqcast.datasets.reads.pieces import read_pieces
from seqcast.datasets.reads.twobit import COMPLEMENT, TwoBitFile, pack
from seqcast.genome.coding_regions import Compat
from seqcast.reads import outcomes

logger = logging.getLogger(__name__)

LABELS = {name: label for label, name in enumerate(outcomes.LABELS)}
PARTS = ("train", "dev")
FETCHED_AT_ONCE = 20_000
# of INSDC and RefSeq; other names of records ("contig_1") are unique in their file only
ACCESSION = r"^[A-Z]{1,6}(_[A-Z]*)?(\d+\.\d+|\d{5,})$"
CELLS = {
    "collection": pl.String,
    "class": pl.String,
    "assembly": pl.String,
    "chromosome": pl.String,
    "unit": pl.String,
    "shard": pl.Int64,
    "low": pl.Float64,
    "weight": pl.Float64,
    "last": pl.Int64,
}


@dataclass(frozen=True)
class SamplingOptions:
    """How reads are drawn.

    Attributes
    ----------
    read_length_nt : int
    seed : int
    group : str
        Column of the table of assemblies whose equal values are one unit of a split by genome:
        "species_taxid" or "assembly".
    dev_share : float
        Fraction of the positions that genomes of the development part hold, about.
    compat : {"readseeker"}, optional
        ``readseeker``: with replacement, and weighted as `read_pieces` says. By default no
        position and strand is drawn twice.
    """

    read_length_nt: int = 300
    seed: int = 42
    group: str = "species_taxid"
    dev_share: float = 0.05
    compat: Compat = None


@dataclass(frozen=True)
class Portion:
    """What a set of training reads takes from a collection.

    Attributes
    ----------
    origin : str
        Name of the kind of genomes, written next to each read.
    train_per_class, dev_per_class : int
        Reads of either class, if `coding_share` is one half.
    split : {"genome", "chromosome", "read"}
        See `seqcast.datasets.reads.genome_split.Wanted`.
    coding_share : float
        Fraction of the ``2 x per_class`` reads of a part that are coding.
    assemblies : path
        Table of the collection's assemblies (TSV).
    shards : sequence of (path, path)
        (sequences, regions) of each shard.
    """

    collection: str
    origin: str
    train_per_class: int
    dev_per_class: int
    assemblies: str | Path
    shards: Sequence[tuple[str | Path, str | Path]]
    split: Split = "genome"
    coding_share: float = 0.5

    def reads(self, part: str, kind: str) -> int:
        """Reads of a class in a part."""
        total = 2 * (self.train_per_class if part == "train" else self.dev_per_class)
        coding = round(total * self.coding_share)
        return coding if kind == "coding" else total - coding


class Draws(NamedTuple):
    """Reads that were drawn, not looked at yet: arrays of one length."""

    cell: np.ndarray  # row in the table of cells
    offset: np.ndarray  # inside the cell, as weight
    strand: np.ndarray  # 1: reverse complement


def write_read_set(
    portions: Sequence[Portion],
    options: SamplingOptions,
    train: str | Path,
    dev: str | Path,
    genomes: str | Path,
) -> None:
    """Draw a set of training reads and write it.

    Parameters
    ----------
    portions : sequence of Portion
        One a collection, each collection once.
    options : SamplingOptions
    train, dev : path
        Tables in DNABERT's layout with ReadSeeker's ten columns, each shuffled.
    genomes : path
        TSV: collection, assembly, unit (what the split keeps together), train, dev (reads).

    Raises
    ------
    InputError
        If a collection has no regions, or a class of it fewer distinct reads than are wanted, if a
        collection cannot be split, if two collections split one genome in different ways, or if two
        assemblies hold the same record, unless they are split by read.
    """
    _check_splits(portions)
    cells = _all_cells(portions, options)
    _check_regions(portions, options, cells)
    wanted = [Wanted(p.collection, p.train_per_class, p.dev_per_class, p.split) for p in portions]
    dev_units = choose_dev_units(cells, wanted, options.dev_share, options.seed)
    draws = _draw_all(portions, options, cells, dev_units)
    shards = [(portion, *files) for portion in portions for files in portion.shards]
    for part, path in (("train", train), ("dev", dev)):
        slots = np.random.default_rng(stable_hash(options.seed, "order", part))
        table = ReadTable(draws[part].cell.size, options.read_length_nt)
        _look_up(draws[part], slots.permutation(table.reads), cells, shards, options, table)
        write_reads(table, path)
        logger.info("%s: %d reads", path, table.reads)
    _write_genomes(cells, draws, genomes)


def _check_splits(portions: Sequence[Portion]) -> None:
    """Refuse a genome that one collection splits by chromosome and another one does not."""
    splits: dict[str, Portion] = {}
    for portion in portions:
        table = read_assemblies(portion.assemblies)
        for name in table.filter(status=SELECTED)["assembly"]:
            other = splits.setdefault(name, portion)
            if (other.split == "chromosome") != (portion.split == "chromosome"):
                raise InputError(
                    f"assembly {name} is in collection {other.collection}, split by {other.split}, "
                    f"and in {portion.collection}, split by {portion.split}; expected one split, "
                    "or it would be in train and in dev. Give both the same in datasets.tsv."
                )


def _all_cells(portions: Sequence[Portion], options: SamplingOptions) -> pl.DataFrame:
    """Cells of all shards of all collections, sorted by names alone."""
    tables, shard, records = [pl.DataFrame(schema=CELLS)], 0, []
    for portion in portions:
        assemblies = read_assemblies(portion.assemblies)
        for _, regions in portion.shards:
            pieces = read_pieces(regions, options.read_length_nt, options.compat)
            if portion.split != "read":
                records.append(pieces.table.select("contig", "assembly").unique())
            cells = pieces.cells()
            unit = unit_names(cells, assemblies, portion.split, options.group)
            cells = cells.with_columns(
                collection=pl.lit(portion.collection), unit=unit, shard=pl.lit(shard, pl.Int64)
            )
            tables.append(cells.select(list(CELLS)))
            shard += 1
    if records:
        _check_records(pl.concat(records).unique())
    return pl.concat(tables).sort("collection", "class", "assembly", "chromosome")


def _check_records(records: pl.DataFrame) -> None:
    """Refuse a record in two assemblies, one of which may be in train and the other in dev."""
    named = records.filter(pl.col("contig").str.contains(ACCESSION))
    repeated = named.filter(pl.col("contig").is_duplicated()).sort("contig", "assembly")
    if not repeated.is_empty():
        name, one, two = repeated["contig"][0], *repeated["assembly"][:2]
        raise InputError(
            f"the record {name} is in two assemblies, {one} and {two}; expected each record in "
            "one, or its reads would be in train and in dev. Leave one of the two out of the "
            "collections."
        )


def _check_regions(
    portions: Sequence[Portion], options: SamplingOptions, cells: pl.DataFrame
) -> None:
    """Refuse collections without a place for a read."""
    found = set(cells["collection"])
    for portion in portions:
        if portion.collection not in found and (portion.train_per_class or portion.dev_per_class):
            raise InputError(
                f"no CDS features in the genomes of collection {portion.collection}, or no room "
                f"for a read of {options.read_length_nt} nt in them or next to them; expected "
                "annotated records. Give full GenBank files (.gbff), or ask for shorter reads."
            )


def _draw_all(
    portions: Sequence[Portion],
    options: SamplingOptions,
    cells: pl.DataFrame,
    dev_units: set[str],
) -> Mapping[str, Draws]:
    """Reads of each part: of each collection and class in turn."""
    found: dict[str, list[Draws]] = {part: [] for part in PARTS}
    in_dev = cells["unit"].is_in(list(dev_units)).to_numpy()
    for portion in sorted(portions, key=lambda portion: portion.collection):
        for kind in LABELS:
            own = (cells["collection"] == portion.collection) & (cells["class"] == kind)
            rows = own.to_numpy()
            counts = {part: portion.reads(part, kind) for part in PARTS}
            if portion.split == "read":
                both = _draw(cells, rows & ~in_dev, sum(counts.values()), portion, kind, "reads",
                             options)  # fmt: skip
                found["dev"].append(Draws(*(column[: counts["dev"]] for column in both)))
                found["train"].append(Draws(*(column[counts["dev"] :] for column in both)))
                continue
            for part, side in (("train", rows & ~in_dev), ("dev", rows & in_dev)):
                found[part].append(_draw(cells, side, counts[part], portion, kind, part, options))
    return {
        part: Draws(*(np.concatenate(column) for column in zip(*draws, strict=True)))
        for part, draws in found.items()
    }


def _draw(
    cells: pl.DataFrame,
    rows: np.ndarray,
    n: int,
    portion: Portion,
    kind: str,
    part: str,
    options: SamplingOptions,
) -> Draws:
    """Draw reads of one class of a collection from some of its cells."""
    if not n:
        return Draws(*(np.empty(0, dtype) for dtype in (np.int64, np.float64, np.uint8)))
    rng = np.random.default_rng(stable_hash(options.seed, "reads", portion.collection, kind, part))
    index = np.flatnonzero(rows)
    bounds = np.concatenate([[0.0], np.cumsum(cells["weight"].to_numpy()[index])])
    total = bounds[-1]
    distinct = 2 * int(total)  # without compat: positions on two strands
    if total == 0 or (options.compat is None and n > distinct):
        raise InputError(
            f"collection {portion.collection} has {distinct} distinct {kind} reads of "
            f"{options.read_length_nt} nt for {part}; expected {n} at least, as datasets.tsv "
            "asks. Ask for fewer, or add genomes to the collection."
        )
    if options.compat is None:
        codes = rng.choice(distinct, n, replace=False)
        at, strand = (codes >> 1).astype(np.float64), (codes & 1).astype(np.uint8)
    else:
        at = np.minimum(rng.random(n) * total, np.nextafter(total, 0.0))
        strand = rng.integers(0, 2, n, dtype=np.uint8)
    cell = np.searchsorted(bounds, at, side="right") - 1
    return Draws(index[cell], at - bounds[cell], strand)


def _look_up(
    draws: Draws,
    slots: np.ndarray,
    cells: pl.DataFrame,
    shards: Sequence[tuple[Portion, str | Path, str | Path]],
    options: SamplingOptions,
    table: ReadTable,
) -> None:
    """Fill the slots of a table, shard by shard."""
    shard_of = cells["shard"].to_numpy()[draws.cell]
    order = np.argsort(shard_of, kind="stable")
    bounds = np.searchsorted(shard_of[order], np.arange(len(shards) + 1))
    low, last = (cells[column].to_numpy() for column in ("low", "last"))
    for shard, (portion, sequences, regions) in enumerate(shards):
        own = order[bounds[shard] : bounds[shard + 1]]
        if not own.size:
            continue
        pieces = read_pieces(regions, options.read_length_nt, options.compat)
        cell = draws.cell[own]
        piece, start = pieces.locate(low[cell] + draws.offset[own], last[cell])
        in_file = np.lexsort((start, piece))
        piece, start, own = piece[in_file], start[in_file], own[in_file]
        chosen = pieces.table[piece]
        columns = ["contig", "taxid", "locus_tags", "region_start", "region_end"]
        facts = read_table(regions, columns=columns)[chosen["row"]].with_columns(
            slot=pl.Series(slots[own], dtype=pl.UInt32),
            start=pl.Series(start, dtype=pl.Int64),
            reversed=pl.Series(draws.strand[own]),
            label=chosen["class"].replace_strict(LABELS, return_dtype=pl.UInt8),
            origin=pl.lit(portion.origin),
        )
        table.facts.append(facts)
        with TwoBitFile(sequences) as genome:
            _fill(table, genome, chosen, facts)


def _fill(table: ReadTable, genome: TwoBitFile, chosen: pl.DataFrame, facts: pl.DataFrame) -> None:
    """Put the bases of one shard's reads into their slots."""
    names = chosen.select(name=pl.concat_str("assembly", "contig", separator=":"))["name"]
    slots, start = facts["slot"].to_numpy(), facts["start"].to_numpy()
    reverse = facts["reversed"].to_numpy() == 1
    for first in range(0, slots.size, FETCHED_AT_ONCE):
        some = slice(first, first + FETCHED_AT_ONCE)
        codes = genome.fetch(names[some].to_list(), start[some], table.length_nt)
        codes[reverse[some]] = codes[reverse[some]][:, ::-1] ^ COMPLEMENT
        table.packed[slots[some]] = pack(codes)


def _write_genomes(cells: pl.DataFrame, draws: Mapping[str, Draws], path: str | Path) -> None:
    """Reads that each genome, or part of it, gives to each part."""
    counts = {part: np.bincount(draws[part].cell, minlength=cells.height) for part in PARTS}
    table = cells.select("collection", "assembly", "unit").with_columns(
        **{part: pl.Series(counts[part]) for part in PARTS}
    )
    names = ["collection", "assembly", "unit"]
    write_tsv(table.group_by(names).agg(pl.col(PARTS).sum()).sort(names), path)
