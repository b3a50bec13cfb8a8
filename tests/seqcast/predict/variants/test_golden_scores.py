"""Scores with ``compat`` against the files that the original programs wrote."""

import re

import h5py
import numpy as np
import polars as pl
import pytest

from seqcast import load_model, score_variants
from seqcast.genome.fasta import Genome
from seqcast.genome.variants import check_variants, read_variants

# golden file -> VCF, targets, options (README of the golden data)
SED = {
    "eqtl_f32": ("eqtl", "targets", {}),
    "eqtl_rc_f32": ("eqtl", "targets", {"reverse_complement": True}),
    "eqtl_span_rna_noclip_rc_f32": (
        "eqtl", "targets_rna", {"reverse_complement": True, "span": True, "unclip": False}),
    "indels_f32": ("synthetic_indels", "targets", {}),
    "indels_rc_f32": ("synthetic_indels", "targets", {"reverse_complement": True}),
    "indels_span_rna_noclip_rc_f32": (
        "synthetic_indels", "targets_rna", {"reverse_complement": True, "span": True, "unclip": False}),
    "old_untransform_f32": ("eqtl", "targets", {"old_transform": True}),
}  # fmt: skip
HOUND = {
    "eqtl_f32": ("eqtl", {}),
    "eqtl_rc_f32": ("eqtl", {"reverse_complement": True}),
    "eqtl_rc_shifts_f32": ("eqtl", {"reverse_complement": True, "shifts_bp": (1, 0, -1)}),
    "eqtl_cluster_f32": ("eqtl", {"cluster": 0.2}),
    "flip_f32": ("eqtl_flip", {}),
    "flip_rc_f32": ("eqtl_flip", {"reverse_complement": True}),
    "indels_f32": ("synthetic_indels", {}),
    "indels_rc_f32": ("synthetic_indels", {"reverse_complement": True}),
    "indels_rc_shifts_f32": (
        "synthetic_indels", {"reverse_complement": True, "shifts_bp": (1, 0, -1)}),
    "indels_stitch_f32": ("synthetic_indels", {"stitch": True}),
    "indels_cluster_f32": ("synthetic_indels", {"cluster": 0.2}),
}  # fmt: skip


# Of these, all variants are scored; of the others, which have the options of one of these and another
# that concerns each variant alone, some: SNVs, insertions and deletions. It saves half of the time.
WHOLE = {
    "eqtl_rc_f32", "indels_rc_f32", "flip_rc_f32", "eqtl_cluster_f32", "indels_cluster_f32",
    "indels_stitch_f32",
}  # fmt: skip
SOME = re.compile("_63671_|_135203_|_371662_|_631092_|_686112_|_846000_")


# of 24 variants, to save time: SNVs, an insertion, a deletion; windows of one gene and of eight
SNPGENE = {
    "eqtl_f32": ("eqtl", "_63671_|_135203_"),
    "indels_f32": ("synthetic_indels", "_686112_|_846000_"),
}


@pytest.fixture(scope="module")
def tiny(shared):
    data = shared / "reference/borzuki/real_tiny/data"
    return data, load_model("borzuki", data / "model.h5", data / "params.json", device="cpu")


def score(tiny, vcf, targets, reverse_complement=False, **options):
    data, model = tiny
    # under swap, right deletions cannot be told from exchanged insertions
    mode = "exclude" if "indels" in str(vcf) else "swap"
    return score_variants(
        model, vcf, data / "hg38_1m.fa.gz", data / "synthetic_genes.gtf",
        data / f"tiny_hg38/{targets}.txt", on_ref_mismatch=mode,
        reverse_complement=reverse_complement, **options,
    )  # fmt: skip


# Profiles of a gene sum to 1, over a few bins. Predictions agree to 5e-6 of their scale, on any
# processor, so that two profiles differ by up to twice that, however small their difference is.
OF_PROFILES = {"nD2": 1e-5, "nDi": 1e-5}


def scored(tmp_path, shared, golden, vcf):
    """The VCF of a golden file, or one of some of its records; whether a variant is in it."""
    path = shared / f"reference/borzuki/real_tiny/data/{vcf}.vcf"
    if golden in WHOLE:
        return path, lambda variant: True
    lines = path.read_text().splitlines(keepends=True)
    kept = [line for line in lines if line.startswith("#") or SOME.search(line)]
    (tmp_path / path.name).write_text("".join(kept))
    return tmp_path / path.name, lambda variant: SOME.search(variant) is not None


def assert_close(found, golden, name, least=0.0, spread=None):
    """Within the tolerance of the golden README: rtol 1e-3, atol relative to the spread."""
    spread = np.abs(golden).max() if spread is None else spread
    assert np.allclose(found, golden, rtol=1e-3, atol=max(2e-4 * spread, least)), (
        f"{name}: largest difference {np.abs(found - golden).max() / spread:.2e} of the spread"
    )


@pytest.mark.parametrize("golden", SED)
def test_gene_scores_equal_borzoi_sed(shared, tiny, golden, tmp_path):
    vcf, targets, options = SED[golden]
    path, is_in = scored(tmp_path, shared, golden, vcf)
    with h5py.File(shared / f"reference/borzuki/real_tiny/golden/borzoi_sed_{golden}.h5") as file:
        names = [n for n in file if file[n].ndim == 2]
        scores = {n: file[n][()] for n in names}
        rows = list(
            zip(
                file["snp"][()][file["si"][()]].astype(str),
                file["gene"][()].astype(str),
                strict=True,
            )
        )
    table = score(
        tiny, path, targets, compat="borzoi_sed", gene_scores=tuple(names), **options
    ).gene
    table = table.filter(table["status"] == "scored")
    ours = {(v, g): i for i, (v, g) in enumerate(table.select("variant", "gene_id").iter_rows())}
    at = [i for i, (variant, _) in enumerate(rows) if is_in(variant)]
    assert set(ours) == {rows[i] for i in at}
    order = [ours[rows[i]] for i in at]
    for name in names:
        least, spread = OF_PROFILES.get(name, 0.0), np.abs(scores[name]).max()
        assert_close(table[name].to_numpy()[order], scores[name][at], name, least, spread)


@pytest.mark.parametrize("golden", HOUND)
def test_window_scores_equal_hound_snp(shared, tiny, golden, tmp_path):
    vcf, options = HOUND[golden]
    path, is_in = scored(tmp_path, shared, golden, vcf)
    with h5py.File(shared / f"reference/borzuki/real_tiny/golden/hound_snp_{golden}.h5") as file:
        names = [n for n in file if file[n].ndim == 2]
        scores = {n: file[n][()] for n in names}
        variants = file["snp"][()].astype(str).tolist()
    table = score(
        tiny, path, "targets", compat="hound_snp", window_scores=tuple(names), gene_scores=(),
        **options,
    ).window  # fmt: skip
    at = [i for i, variant in enumerate(variants) if is_in(variant)]
    assert table["variant"].to_list() == [variants[i] for i in at]
    for name in names:
        spread = np.abs(scores[name]).max()
        assert_close(table[name].to_numpy(), scores[name][at], name, spread=spread)


@pytest.mark.parametrize("golden", SNPGENE)
def test_gene_scores_equal_hound_snpgene(shared, tiny, golden):
    data, _ = tiny
    vcf, like = SNPGENE[golden]
    ours = {"SUM": "SED"} | {name: name for name in ("logSED", "D1", "logD1", "D2", "logD2")}
    with h5py.File(data.parent / f"golden/hound_snpgene_{golden}.h5") as file:
        rows = [(v, g) for v in file["SUM"] if re.search(like, v) for g in file["SUM"][v]]
        scores = {n: np.array([file[n][v][g][()] for v, g in rows]) for n in ours}
    with Genome(data / "hg38_1m.fa.gz") as genome:
        variants = check_variants(read_variants(data / f"{vcf}.vcf"), genome)
    table = score(
        tiny, variants.filter(pl.col("variant").str.contains(like)), "targets",
        compat="hound_snp", gene_scores=tuple(ours.values()), window_scores=("SUM",),
    ).gene  # fmt: skip
    assert set(table["status"]) == {"scored"}
    found = {(v, g): i for i, (v, g) in enumerate(table.select("variant", "gene_id").iter_rows())}
    assert set(found) == set(rows)
    assert len(found) == table.height
    order = [found[key] for key in rows]
    for name, our_name in ours.items():
        assert_close(table[our_name].to_numpy()[order], scores[name], name)
