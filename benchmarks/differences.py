"""What seqcast's default scores differ in from the originals'; prints the table of docs/differences.md.

    python benchmarks/differences.py [--shared ../shared]

Needs the golden data (see parity.py). Every number is computed here: with a trained small Borzoi (74
tracks, 47 after the strands are joined, 131,072 bp) on 1 Mb of hg38. "file" compares with what the
original program wrote; "rebuilt" with its behaviour written anew, because it wrote no such file;
"seqcast" is our number alone, beside what the original was seen to do.
"""

import argparse
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import polars as pl

from seqcast import load_model
from seqcast.annotation import read_annotation
from seqcast.genome import Genome
from seqcast.scoring.alleles import Aligned, AllelePair, Convention, Edit, Geometry
from seqcast.scoring.compat import BorzoiSed
from seqcast.scoring.variant_effects import ScoreOptions, ScoreTables, score_variants
from seqcast.tracks import Tracks
from seqcast.variants import check_variants, read_variants

ROOT = Path(__file__).resolve().parents[1]
BOTH_STRANDS = {"reverse_complement": True}
Key = tuple[str, str] | str


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
    """The default in a window that lies elsewhere."""

    by_bp: int = 0

    def pair(self, edit: Edit, genome: Genome, start: int | None = None) -> AllelePair:
        start = edit.anchor + 1 - self.geometry.length_bp // 2 + self.by_bp
        return super().pair(edit, genome, start)


class FirstBaseLost(Aligned):
    """hound_snp's alt of a multi-base substitution: the first base is unknown, the rest is ref."""

    def pair(self, edit: Edit, genome: Genome, start: int | None = None) -> AllelePair:
        pair = super().pair(edit, genome, start)
        reference, column = pair.sequences[0], edit.start - pair.start
        return replace(
            pair, sequences=(reference, f"{reference[:column]}N{reference[column + 1 :]}")
        )


class Lab:
    """The golden model and data."""

    def __init__(self, folder: Path) -> None:
        self.folder, data = folder, folder / "data"
        self.model = load_model("borzuki", data / "model.h5", data / "params.json", device="cpu")
        self.genome = Genome(data / "hg38_1m.fa.gz")
        self.annotation = read_annotation(data / "synthetic_genes.gtf", self.genome)
        self.tracks = Tracks.read(data / "tiny_hg38/targets.txt")

    def variants(self, vcf: str, like: str = "", mode: str = "exclude") -> pl.DataFrame:
        """Checked rows of a golden VCF whose ID matches."""
        rows = read_variants(self.folder / f"data/{vcf}.vcf").filter(
            pl.col("variant").str.contains(like)
        )
        return check_variants(rows, self.genome, mode)

    def made(self, *rows: tuple[int, str, str], name: str = "made") -> pl.DataFrame:
        """Checked rows of chr1 from (pos, ref, alt)."""
        frame = pl.DataFrame(
            [(i, i, name, "chr1", *row) for i, row in enumerate(rows)],
            schema=["row", "record", "variant", "chrom", "pos", "ref", "alt"], orient="row",
        )  # fmt: skip
        return check_variants(frame, self.genome)

    def score(self, variants: pl.DataFrame, options: Any = None, **given: Any) -> ScoreTables:
        options = options or ScoreOptions(**given)
        return score_variants(
            self.model, variants, self.genome, self.annotation, self.tracks, options
        )

    def file(self, name: str, score: str) -> dict[Key, np.ndarray]:
        """Scores of an original's file by (variant, gene), or by variant."""
        with h5py.File(self.folder / f"golden/{name}.h5") as file:
            variants = file["snp"][()].astype(str)
            if "si" not in file:
                return dict(zip(variants.tolist(), file[score][()], strict=True))
            keys = zip(variants[file["si"][()]], file["gene"][()].astype(str), strict=True)
            return dict(zip(keys, file[score][()], strict=True))


def by_gene(tables: ScoreTables, score: str = "logSED") -> dict[Key, np.ndarray]:
    table = tables.gene.filter(status="scored")
    return dict(zip(table.select("variant", "gene_id").iter_rows(), table[score].to_numpy(),
                    strict=True))  # fmt: skip


def by_variant(tables: ScoreTables, score: str = "logSED") -> dict[Key, np.ndarray]:
    table = tables.window.filter(status="scored")
    return dict(zip(table["variant"], table[score].to_numpy(), strict=True))


def size(values: np.ndarray) -> float:
    """Mean over tracks of the magnitude."""
    return float(np.abs(values).mean())


def strongest(scores: dict[Key, np.ndarray], like: str) -> Key:
    """The gene on which a variant acts most, in the original's eyes."""
    return max((key for key in scores if like in str(key)), key=lambda key: size(scores[key]))


def named(key: Key) -> str:
    return f"`{key}`" if isinstance(key, str) else f"`{key[0]}`, gene `{key[1]}`"


def compared(ours: dict, theirs: dict, likes: list[str], score: str = "logSED") -> str:
    """Mean magnitude over tracks, ours and theirs, and the largest difference, of named rows."""
    parts = []
    for like in likes:
        key = strongest(theirs, like)
        a, b = ours[key], theirs[key]
        parts.append(
            f"{named(key)}: mean \\|{score}\\| {size(a):.3g} (default) and {size(b):.3g} "
            f"(original), largest difference {np.abs(a - b).max():.3g}"
        )
    return ";<br>".join(parts)


def largest(ours: dict, theirs: dict, like: Callable[[str], bool] = lambda _: True) -> float:
    """Largest difference of any track over the rows of both."""
    return max(float(np.abs(ours[k] - theirs[k]).max()) for k in theirs if like(str(k)))


def unknown_bases(lab: Lab) -> list[tuple[str, ...]]:
    ours = lab.score(lab.variants("eqtl"), **BOTH_STRANDS)
    sed, hound = lab.file("borzoi_sed_eqtl_rc_f32", "logSED"), lab.file("hound_snp_eqtl_rc_f32", "logSED")  # fmt: skip
    share = lab.genome.fetch("chr1", 14677 - 65536, 14677 + 65536).count("N") / 131072
    text = compared(by_gene(ours), sed, ["14677", "135203"])
    same = largest(by_variant(ours), hound)
    return [
        ("SNV, no shifts", "none", "none (hound_snp)", f"8 SNVs: largest difference of the window's logSED {same:.1e}", "file"),
        ("N and bases beyond a contig", "0 in all channels, as in training", "borzoi_sed: 0.25; hound_snp: 0",
         f"{text}. N fills {share:.0%} of the first window, none of the second", "file"),
    ]  # fmt: skip


def displacement(lab: Lab) -> list[tuple[str, ...]]:
    variants = lab.variants("synthetic_indels")
    ours = lab.score(variants, **BOTH_STRANDS)
    sed = lab.file("borzoi_sed_indels_rc_f32", "logSED")
    hound = lab.file("hound_snp_indels_rc_f32", "D1")
    plain = lab.score(variants)
    stitch = lab.file("hound_snp_indels_stitch_f32", "D1")
    insertions = ["686112_A_AG", "631092"]
    return [
        ("Insertion, gene score", "bins behind the edit are compared with the reference's bins of the same bases",
         "borzoi_sed: alt displaced left by half the insertion", compared(by_gene(ours), sed, insertions), "file"),
        ("Deletion, gene score", "the same; bins wholly inside the deletion count 0 in alt",
         "borzoi_sed: ref displaced left by half the deletion, and the gene's bins moved (next row)",
         compared(by_gene(ours), sed, ["276299_AA_A", "846000"]), "file"),
        bin_shift(lab, variants),
        ("Insertion or deletion, window score", "one comparison, aligned on both sides",
         "hound_snp: mean over two comparisons, one displaced behind the variant, one before it",
         compared(by_variant(ours, "D1"), hound, ["686112_A_AG", "631092", "846000"], "D1"), "file"),
        ("The same with `--indel_stitch`", "ref in its window; both sides filled from the genome",
         "hound_snp: behind a deletion both alleles are moved by its length; zeros at the window's end",
         compared(by_variant(plain, "D1"), stitch, ["686112_A_AG", "631092", "846000"], "D1"), "file"),
        window_phase(lab, variants),
    ]  # fmt: skip


def window_phase(lab: Lab, variants: pl.DataFrame) -> tuple[str, ...]:
    row = variants.filter(pl.col("variant").str.contains("846000"))
    found = {by: size(by_row(lab.score(row, Rebuilt(build=lambda g, by=by: Moved(g, by_bp=by))), "D1"))
             for by in (0, 33, 64, 128)}  # fmt: skip
    text = ", ".join(f"{value:.3g} (moved by {by} bp)" for by, value in found.items())
    return ("Where the window lies", "POS in its middle", "the same",
            "no difference, but the cause of most of the row above: the network pools bases in blocks of "
            f"128 bp. {named(row['variant'][0])}, default: mean D1 {text}", "seqcast")  # fmt: skip


def bin_shift(lab: Lab, variants: pl.DataFrame) -> tuple[str, ...]:
    row = variants.filter(pl.col("variant").str.contains("846000"))
    moved = lab.score(row, compat="borzoi_sed")
    fixed = lab.score(row, Rebuilt(compat="borzoi_sed", build=WithoutBinShift))
    theirs = lab.file("borzoi_sed_indels_f32", "REF")
    key = strongest(theirs, "846000")
    found = size(by_gene(moved, "REF")[key]), size(by_gene(fixed, "REF")[key])
    scores = size(by_gene(moved)[key]), size(by_gene(fixed)[key])
    return ("Gene bins at a deletion", "those of the exons", "borzoi_sed: moved left by the length of the deletion",
            f"{named(key)}, one strand: mean REF {found[1]:.4g} without and {found[0]:.4g} with the move; "
            f"mean \\|logSED\\| {scores[1]:.3g} and {scores[0]:.3g}", "rebuilt")  # fmt: skip


def spelling(lab: Lab) -> list[tuple[str, ...]]:
    given = lab.variants("synthetic_indels", "866849")
    start, end = given.select("start", "end").row(0)
    base = lab.genome.fetch("chr1", start - 1, end)
    left = lab.made((start, base, base[0]))
    text = []
    for name, options in {"default": {}, "`compat: hound_snp`": {"compat": "hound_snp"}}.items():
        one, other = (by_row(lab.score(rows, **options), "D1")[0] for rows in (given, left))
        text.append(f"mean D1 {size(one):.3g} and {size(other):.3g} ({name})")
    return [(
        "Spelling of an insertion or deletion", "trimmed and left-aligned first: every spelling scores the same",
        "window and anchor follow POS as it is written",
        f"`{given['variant'][0]}` as written and left-aligned (POS {start}): {', '.join(text)}", "seqcast",
    )]  # fmt: skip


def by_row(tables: ScoreTables, score: str = "logSED") -> np.ndarray:
    return tables.window[score].to_numpy()


def replicates(lab: Lab) -> list[tuple[str, ...]]:
    shifts = {**BOTH_STRANDS, "shifts_bp": (1, 0, -1)}
    rows = lab.variants("eqtl", "108826|135203")
    ours = lab.score(rows, **shifts)
    theirs = lab.file("hound_snp_eqtl_rc_shifts_f32", "D2")
    theirs = {key: values for key, values in theirs.items() if "135203" in str(key)}
    indel = lab.variants("synthetic_indels", "686112")
    js = size(by_row(lab.score(indel, compat="hound_snp"), "JS"))
    logs = size(next(iter(by_gene(lab.score(rows), "logD1").values())))
    return [
        ("Shifts", "predictions are averaged, then scored (as in borzoi_sed)", "hound_snp: each shift is scored, then averaged",
         f"shifts 1, 0, -1: {compared(by_variant(ours, 'D2'), theirs, ['135203'], 'D2')}", "file"),
        ("JS with several replicates", "scored for each and averaged", "hound_snp: the row stays 0, exit status 0",
         f"`chr1_686112_A_AG_b38`, `compat: hound_snp`: mean JS {js:.2g}", "seqcast"),
        ("logD1 of a gene", "scored", "borzoi_sed: stops with a TypeError", f"`chr1_108826_G_C_b38`: mean logD1 {logs:.2g}", "seqcast"),
    ]  # fmt: skip


def alleles(lab: Lab) -> list[tuple[str, ...]]:
    multi = by_row(lab.score(lab.made((108826, "G", "C"), (108826, "G", "T"))))
    here = lab.genome.fetch("chr1", 108825, 108828)
    turned = here.translate(str.maketrans("ACGT", "CATG"))
    mnv, delins = lab.made((108826, here, turned)), lab.made((108826, here, turned[:2]))
    ours, lost = by_row(lab.score(mnv))[0], by_row(lab.score(mnv, Rebuilt(build=FirstBaseLost)))[0]
    return [
        ("Several ALTs in a record", "each is a row", "both: only the first is scored, silently",
         f"chr1:108826 G>C,T: mean \\|logSED\\| of the window {size(multi[0]):.2g} and {size(multi[1]):.2g}", "seqcast"),
        ("Substitution of several bases", "scored", "hound_snp: the first base becomes N, the rest stays, with a warning",
         f"chr1:108826 {here}>{turned}: mean \\|logSED\\| of the window {size(ours):.2g}, as the original builds it {size(lost):.2g}", "rebuilt"),
        ("Deletion with insertion, first bases differ", "scored", "hound_snp: alt is ref, score 0, with a warning",
         f"chr1:108826 {here}>{turned[:2]}: mean \\|logSED\\| of the window {size(by_row(lab.score(delins))):.2g}", "seqcast"),
    ]  # fmt: skip


def references(lab: Lab) -> list[tuple[str, ...]]:
    flipped = lab.variants("eqtl_flip")["status"].to_list()
    swapped = by_row(lab.score(lab.variants("eqtl_flip", "108826", "swap")))[0]
    given = by_row(lab.score(lab.variants("eqtl", "108826")))[0]
    bad = lab.made(
        (108826, "G", "<DEL>"), (108826, "G", "*"), (108826, "G", "N"), (108826, "A", "T")
    )
    table = lab.score(bad).window
    statuses = ", ".join(f"`{status}`" for status in table["status"])
    edge = lab.made((65535, lab.genome.fetch("chr1", 65534, 65535), "G"))
    beyond = lab.made((450000, lab.genome.fetch("chr1", 449999, 450000), "G"))
    return [
        ("REF is not the genome's", "`exclude` gives a status; `swap` scores, with the sign of the VCF; `error` stops",
         "hound_snp: swaps where ALT matches, else stops; borzoi_sed: swaps, else stops",
         f"8 SNVs with REF and ALT exchanged: {flipped.count('ref_mismatch')} `ref_mismatch`; with `swap`, "
         f"`chr1_108826` differs from the right row's negative by at most {np.abs(swapped + given).max():.1g}", "seqcast"),
        ("A row that cannot be scored", "a row with its reason, scores null", "hound_snp: a number, 0 for symbolic alleles, or stops (wrong REF); borzoi_sed: stops (wrong REF)",
         f"`<DEL>`, `*`, N, wrong REF: {statuses}; {table['logSED'].null_count()} of 4 null", "seqcast"),
        ("No gene in the window", "a row `no_gene_in_window`; window scores are there", "borzoi_sed: left out of the file",
         f"chr1:450000: `{lab.score(beyond).gene['status'][0]}`", "seqcast"),
        ("POS one less than half the window", "scored", "borzoi_sed: stops (window start -1)",
         f"chr1:65535: `{lab.score(edge).window['status'][0]}`", "seqcast"),
    ]  # fmt: skip


def storage(lab: Lab) -> list[tuple[str, ...]]:
    single, half = (lab.file(f"borzoi_sed_eqtl_rc{end}", "logSED") for end in ("_f32", ""))
    a, b = (np.concatenate([s[k] for k in single]).astype(np.float64) for s in (single, half))
    off = np.abs(a - b)[np.abs(a) > 1e-3] / np.abs(a[np.abs(a) > 1e-3])
    tiny = np.abs(a - b)[np.abs(a) <= 1e-3] / np.abs(a[np.abs(a) <= 1e-3])
    rows = lab.variants("eqtl", "108826|135203")
    same = rows.with_columns(variant=pl.lit("same"))
    n = lab.score(same).window.filter(pl.col("variant") == "same").height
    # `compat` squares in single precision where nothing is unclipped; the rest is the default's
    options = {"unclip": False, "reverse_complement": True}
    double = by_gene(lab.score(rows, **options))
    rounded = by_gene(lab.score(rows, Rebuilt(compat="borzoi_sed", **options)))
    return [
        ("Storage", "float32", "float16 (also for folds before they are averaged)",
         f"{a.size} values of logSED: rounding changes the {off.size} above 0.001 by up to {off.max():.1e} "
         f"of themselves, the smaller ones by up to {tiny.max():.2g}", "file"),
        ("`unclip: false`", "squares in float64", "in float32: coverage below 1e-7 is lost",
         f"2 SNVs: largest difference of logSED {largest(double, rounded):.1e}", "rebuilt"),
        ("Two variants of one ID", "two rows; column `row` tells them apart", "programs that join by ID mix them up",
         f"two SNVs called `same`: {n} rows", "seqcast"),
    ]  # fmt: skip


def main() -> None:
    logging.getLogger("seqcast").setLevel(logging.ERROR)  # the golden VCFs have no #CHROM line
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = os.environ.get("SEQCAST_SHARED", ROOT.parent / "shared")
    parser.add_argument("--shared", type=Path, default=shared, help="folder of the golden data")
    lab = Lab(parser.parse_args().shared / "reference/borzuki/real_tiny")
    print("| what | seqcast, default | originals | measured | by |\n|---|---|---|---|---|")
    for topic in (unknown_bases, displacement, spelling, replicates, alleles, references, storage):
        for cells in topic(lab):
            print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
