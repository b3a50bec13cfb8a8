"""Measures the differences of the default from the originals.

Prints the table of docs/reference/differences-variants.md.

    python -m benchmarks.differences [--shared ../shared]

Needs the golden data (see parity.py). The words of the table are in differences.tsv; every number
is computed here, with a trained small Borzoi (74 tracks, 47 after merging strands, 131,072 bp) on
1 Mb of hg38, over both strands unless stated otherwise. Column "evidence": "original output",
compared with a file of the original; "reimplemented behaviour", with a reimplementation where the
original wrote no such file; "seqcast only", our number.
"""

import argparse
import csv
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import polars as pl

from seqcast import load_model
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import Geometry
from seqcast.genome.tracks import Tracks
from seqcast.genome.variants import check_variants, read_variants
from seqcast.predict.variants.alleles import Aligned, AllelePair, Convention, Edit
from seqcast.predict.variants.compat import BorzoiSed, HoundSnp
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.score_tables import ScoreTables
from seqcast.predict.variants.variant_effects import score_variants

ROOT = Path(__file__).resolve().parents[1]
INDELS = "synthetic_indels"
LONG_DELETION = "846000"  # 33 bp
Key = tuple[str, str] | str
Scores = dict[Key, np.ndarray]


@dataclass(frozen=True)
class Rebuilt(ScoreOptions):
    """Options with an allele convention of this script."""

    build: Callable[[Geometry], Convention] = Aligned

    def convention(self, geometry: Geometry) -> Convention:
        return self.build(geometry)


class WithoutBinShift(BorzoiSed):
    """borzoi_sed, but for the move of gene bins at deletions."""

    def gene_offset_bp(self, edit: Edit) -> int:
        return 0


@dataclass(frozen=True)
class Moved(Aligned):
    """The default, in a window that lies elsewhere."""

    by_bp: int = 0

    def pair(self, edit: Edit, genome: Genome, start: int | None = None) -> AllelePair:
        start = edit.anchor + 1 - self.geometry.length_bp // 2 + self.by_bp
        return super().pair(edit, genome, start)


class Filled(HoundSnp):
    """hound_snp at deletions, but with the genome's bases instead of the N at the window's end."""

    def pair(self, edit: Edit, genome: Genome, start: int | None = None) -> AllelePair:
        pair = super().pair(edit, genome, start)
        end, lost = pair.start + self.geometry.length_bp, len(edit.ref) - len(edit.alt)
        bases = genome.fetch(edit.contig, end, end + lost)
        full = (s[:-lost] + bases if s.endswith("N" * lost) else s for s in pair.sequences)
        return replace(pair, sequences=tuple(full))


class FirstBaseLost(Aligned):
    """hound_snp's alt of a multi-base substitution: the first base unknown, the rest of ref."""

    def pair(self, edit: Edit, genome: Genome, start: int | None = None) -> AllelePair:
        pair = super().pair(edit, genome, start)
        ref, column = pair.sequences[0], edit.start - pair.start
        return replace(pair, sequences=(ref, f"{ref[:column]}N{ref[column + 1 :]}"))


class Lab:
    """The golden model and data."""

    def __init__(self, folder: Path) -> None:
        self.folder, data = folder, folder / "data"
        self.model = load_model("borzuki", data / "model.h5", data / "params.json", device="cpu")
        self.genome = Genome(data / "hg38_1m.fa.gz")
        self.annotation = read_annotation(data / "synthetic_genes.gtf", self.genome)
        self.tracks = Tracks.read(data / "tiny_hg38/targets.txt")

    def variants(self, vcf: str, like: str = "", on_ref_mismatch: str = "exclude") -> pl.DataFrame:
        """Checked rows of a golden VCF whose ID matches."""
        rows = read_variants(self.folder / f"data/{vcf}.vcf")
        rows = rows.filter(pl.col("variant").str.contains(like))
        return check_variants(rows, self.genome, on_ref_mismatch)

    def made(self, *rows: tuple[int, str, str]) -> pl.DataFrame:
        """Checked rows of chr1 from (pos, ref, alt), all with the ID "made"."""
        columns = ["row", "record", "variant", "chrom", "pos", "ref", "alt"]
        data = [(i, i, "made", "chr1", *row) for i, row in enumerate(rows)]
        return check_variants(pl.DataFrame(data, schema=columns, orient="row"), self.genome)

    def snv(self, pos: int) -> pl.DataFrame:
        """A transition on chr1."""
        ref = self.genome.fetch("chr1", pos - 1, pos)
        return self.made((pos, ref, dict(zip("ACGT", "GTAC", strict=True))[ref]))

    def score(
        self, variants: pl.DataFrame, options: ScoreOptions | None = None, **given: Any
    ) -> ScoreTables:
        options = options or ScoreOptions(**given)
        return score_variants(
            self.model, variants, self.genome, self.annotation, self.tracks, options
        )

    def file(self, name: str, score: str, like: str = "") -> Scores:
        """Scores of an original's file by (variant, gene), or by variant."""
        with h5py.File(self.folder / f"golden/{name}.h5") as file:
            keys = file["snp"][()].astype(str).tolist()
            if "si" in file:
                genes = file["gene"][()].astype(str).tolist()
                keys = list(zip([keys[i] for i in file["si"][()]], genes, strict=True))
            found = zip(keys, file[score][()], strict=True)
            return {key: values for key, values in found if like in str(key)}


def by_gene(tables: ScoreTables, score: str = "logSED") -> Scores:
    table = tables.gene.filter(status="scored")
    keys = table.select("variant", "gene_id").iter_rows()
    return dict(zip(keys, table[score].to_numpy(), strict=True))


def by_variant(tables: ScoreTables, score: str) -> Scores:
    table = tables.window
    return dict(zip(table["variant"], table[score].to_numpy(), strict=True))


def first(tables: ScoreTables, score: str = "logSED") -> np.ndarray:
    """Window score of the first row, one number per track."""
    return tables.window[score][0].to_numpy()


def size(values: np.ndarray) -> float:
    """Mean over tracks of the magnitude."""
    return float(np.abs(values).mean())


def strongest(scores: Scores, like: str) -> Key:
    """Of a variant's rows the one with the greatest score."""
    return max((key for key in scores if like in str(key)), key=lambda key: size(scores[key]))


def largest(ours: Scores, theirs: Scores) -> float:
    """Largest difference of any row and track."""
    return max(float(np.abs(ours[key] - theirs[key]).max()) for key in theirs)


def named(key: Key) -> str:
    return f"`{key}`" if isinstance(key, str) else f"`{key[0]}`, gene `{key[1]}`"


def compared(ours: Scores, theirs: Scores, score: str, *likes: str) -> str:
    """Mean magnitude over tracks, ours and theirs, and the largest difference, of some rows."""
    parts = []
    for key in (strongest(theirs, like) for like in likes):
        a, b = ours[key], theirs[key]
        parts.append(
            f"{named(key)}: mean abs. {score} {size(a):.3g}, original {size(b):.3g}, "
            f"largest difference {np.abs(a - b).max():.3g}"
        )
    return ";<br>".join(parts)


def snv(lab: Lab) -> str:
    ours = by_variant(lab.score(lab.variants("eqtl")), "logSED")
    theirs = lab.file("hound_snp_eqtl_rc_f32", "logSED")
    return (
        f"{len(theirs)} SNVs, logSED of the window: largest difference {largest(ours, theirs):.1e}"
    )


def unknown_bases(lab: Lab) -> str:
    ours = by_gene(lab.score(lab.variants("eqtl", "_14677_|_135203_")))
    theirs = lab.file("borzoi_sed_eqtl_rc_f32", "logSED")
    half = lab.model.window_length_bp // 2
    shares = [lab.genome.fetch("chr1", pos - half, pos + half).count("N") / (2 * half)
              for pos in (14677, 135203)]  # fmt: skip
    text = compared(ours, theirs, "logSED", "_14677_", "_135203_")
    return f"{text}.<br>{shares[0]:.0%} and {shares[1]:.0%} of the window are N"


def indel(lab: Lab, *likes: str) -> str:
    rows = lab.variants(INDELS, "|".join(likes))
    ours = by_gene(lab.score(rows))
    return compared(ours, lab.file("borzoi_sed_indels_rc_f32", "logSED"), "logSED", *likes)


def bin_shift(lab: Lab) -> str:
    rows = lab.variants(INDELS, LONG_DELETION)
    moved = lab.score(rows, compat="borzoi_sed")
    kept = lab.score(rows, Rebuilt(compat="borzoi_sed", build=WithoutBinShift))
    key = strongest(by_gene(moved), LONG_DELETION)
    parts = []
    for score in ("REF", "logSED"):
        stays, moves = (size(by_gene(tables, score)[key]) for tables in (kept, moved))
        parts.append(f"mean abs. {score} {stays:.4g} without the move, {moves:.4g} with it")
    return f"{named(key)}: {'; '.join(parts)}"


def window(lab: Lab, golden: str, **options: bool) -> str:
    likes = ("686112", "631092", LONG_DELETION)
    ours = by_variant(lab.score(lab.variants(INDELS, "|".join(likes)), **options), "D1")
    return compared(ours, lab.file(f"hound_snp_indels_{golden}f32", "D1"), "D1", *likes)


def window_phase(lab: Lab) -> str:
    rows = lab.variants(INDELS, LONG_DELETION)
    found = []
    for by_bp in (0, 33, 64, 128):
        options = Rebuilt(reverse_complement=False, build=partial(Moved, by_bp=by_bp))
        found.append(f"{size(first(lab.score(rows, options), 'D1')):.3g} (moved by {by_bp} bp)")
    return f"`{rows['variant'][0]}`: mean D1 {', '.join(found)}"


def window_end(lab: Lab) -> str:
    rows, one_strand = lab.variants(INDELS, LONG_DELETION), {"reverse_complement": False}
    zeros = lab.score(rows, compat="hound_snp", stitch=True, **one_strand)
    filled = Rebuilt(compat="hound_snp", build=partial(Filled, stitch=True), **one_strand)
    a, b = (size(first(tables, "D1")) for tables in (zeros, lab.score(rows, filled)))
    return f"`{rows['variant'][0]}`: mean D1 {a:.4g} with zeros, {b:.4g} with the genome's bases"


def spelling(lab: Lab) -> str:
    given = lab.variants(INDELS, "866849")
    start, end = given.select("start", "end").row(0)
    bases = lab.genome.fetch("chr1", start - 1, end)
    left = lab.made((start, bases, bases[0]))
    text = [f"`{given['variant'][0]}` as written, and left-aligned (POS {start})"]
    for name, options in {"default": {}, "compat: hound_snp": {"compat": "hound_snp"}}.items():
        one, other = (size(first(lab.score(rows, **options), "D1")) for rows in (given, left))
        text.append(f"`{name}` mean D1 {one:.3g} and {other:.3g}")
    return "; ".join(text)


def shifts(lab: Lab) -> str:
    rows, shifts_bp = lab.variants("eqtl", "_135203_"), (1, 0, -1)
    ours = by_variant(lab.score(rows, shifts_bp=shifts_bp), "D2")
    theirs = lab.file("hound_snp_eqtl_rc_shifts_f32", "D2", "_135203_")
    return f"shifts 1, 0, -1: {compared(ours, theirs, 'D2', '_135203_')}"


def js(lab: Lab) -> str:
    rows = lab.variants(INDELS, "686112")
    found = size(first(lab.score(rows, compat="hound_snp"), "JS"))
    return f"`{rows['variant'][0]}`, `compat: hound_snp`: mean JS {found:.2g}"


def log_d1(lab: Lab) -> str:
    scores = by_gene(lab.score(lab.variants("eqtl", "108826")), "logD1")
    key = strongest(scores, "108826")
    return f"{named(key)}: mean logD1 {size(scores[key]):.2g}"


def several_alts(lab: Lab) -> str:
    scores = lab.score(lab.made((108826, "G", "C"), (108826, "G", "T"))).window["logSED"].to_numpy()
    sizes = " and ".join(f"{size(row):.2g}" for row in scores)
    return f"chr1:108826 G>C,T: mean abs. logSED of the window {sizes}"


def turned(lab: Lab) -> tuple[str, str]:
    """Three bases at chr1:108826, and three others."""
    here = lab.genome.fetch("chr1", 108825, 108828)
    return here, here.translate(str.maketrans("ACGT", "CATG"))


def substitution(lab: Lab) -> str:
    here, other = turned(lab)
    rows = lab.made((108826, here, other))
    ours, lost = lab.score(rows), lab.score(rows, Rebuilt(build=FirstBaseLost))
    return (f"chr1:108826 {here}>{other}: mean abs. logSED of the window {size(first(ours)):.2g}, "
            f"as the original builds it {size(first(lost)):.2g}")  # fmt: skip


def delins(lab: Lab) -> str:
    here, other = turned(lab)
    found = size(first(lab.score(lab.made((108826, here, other[:2])))))
    return f"chr1:108826 {here}>{other[:2]}: mean abs. logSED of the window {found:.2g}"


def ref_mismatch(lab: Lab) -> str:
    statuses = lab.variants("eqtl_flip")["status"].to_list()
    swapped = first(lab.score(lab.variants("eqtl_flip", "108826", "swap")))
    given = first(lab.score(lab.variants("eqtl", "108826")))
    return (f"{len(statuses)} SNVs with REF and ALT exchanged: {statuses.count('ref_mismatch')} "
            "`ref_mismatch`; one of them with `swap`: largest difference of logSED from the "
            f"negative of the right row {np.abs(swapped + given).max():.1g}")  # fmt: skip


def unscorable(lab: Lab) -> str:
    alleles = [("G", "<DEL>"), ("G", "*"), ("G", "N"), ("A", "T")]
    table = lab.score(lab.made(*[(108826, *pair) for pair in alleles])).window
    statuses = ", ".join(f"`{status}`" for status in table["status"])
    nulls = table["logSED"].null_count()
    return f"`<DEL>`, `*`, N, wrong REF: {statuses}; logSED null in {nulls} of {len(table)}"


def no_gene(lab: Lab) -> str:
    tables = lab.score(lab.snv(450000))
    return (f"chr1:450000: `{tables.gene['status'][0]}`, mean abs. logSED of the window "
            f"{size(first(tables)):.2g}")  # fmt: skip


def window_start(lab: Lab) -> str:
    pos = lab.model.window_length_bp // 2 - 1
    return f"chr1:{pos}: mean abs. logSED of the window {size(first(lab.score(lab.snv(pos)))):.2g}"


def storage(lab: Lab) -> str:
    files = (lab.file(f"borzoi_sed_eqtl_rc{end}", "logSED") for end in ("_f32", ""))
    exact, half = (np.concatenate(list(file.values())).astype(np.float64) for file in files)
    error, large = np.abs(half - exact) / np.abs(exact), np.abs(exact) > 1e-3
    return (f"{exact.size} values of logSED, largest relative error: {error[large].max():.1e} of "
            f"the {large.sum()} above 0.001, {error[~large].max():.2g} of the others")  # fmt: skip


def unclip(lab: Lab) -> str:
    rows = lab.variants("eqtl", "_108826_|_135203_")
    double = by_gene(lab.score(rows, unclip=False))
    # compat makes the difference; the alleles' convention is the default's in both
    single = by_gene(lab.score(rows, Rebuilt(compat="borzoi_sed", unclip=False)))
    return f"{len(rows)} SNVs, logSED: largest difference {largest(double, single):.1e}"


def same_id(lab: Lab) -> str:
    table = lab.score(lab.made((108826, "G", "C"), (108827, "T", "C"))).window
    return f"two SNVs of one ID: {len(table)} rows, `row` {table['row'].to_list()}"


MEASURES: dict[str, Callable[[Lab], str]] = {
    "insertion": lambda lab: indel(lab, "686112", "631092"),
    "deletion": lambda lab: indel(lab, "276299", LONG_DELETION),
    "compensation": lambda lab: window(lab, "rc_"),
    "stitch": lambda lab: window(lab, "stitch_", reverse_complement=False),
    **{measure.__name__: measure for measure in (
        snv, unknown_bases, bin_shift, window_end, window_phase, spelling, shifts, js, log_d1,
        several_alts, substitution, delins, ref_mismatch, unscorable, no_gene, window_start,
        storage, unclip, same_id)},
}  # fmt: skip


def main() -> None:
    logging.getLogger("seqcast").setLevel(logging.ERROR)  # the golden VCFs have no #CHROM line
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = os.environ.get("SEQCAST_SHARED", ROOT.parent / "shared")
    parser.add_argument("--shared", type=Path, default=shared, help="folder of the golden data")
    lab = Lab(parser.parse_args().shared / "reference/borzuki/real_tiny")
    with Path(__file__).with_suffix(".tsv").open(newline="") as file:
        header, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    print("|", " | ".join([*header[1:4], "measured", header[4]]), "|\n|---|---|---|---|---|")
    for key, what, default, originals, by in rows:
        print("|", " | ".join([what, default, originals, MEASURES[key](lab), by]), "|", flush=True)


if __name__ == "__main__":
    main()
