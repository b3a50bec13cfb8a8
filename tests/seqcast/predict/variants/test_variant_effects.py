"""Whole score tables with a model that counts bases."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seqcast.core.errors import InputError
from seqcast.genome.annotation import Annotation
from seqcast.predict.inference import geometry_of
from seqcast.predict.variants.allele_coverage import chunks_of, predict_alleles
from seqcast.predict.variants.alleles import Edit, Geometry
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.shards import Places
from seqcast.predict.variants.variant_effects import in_input_order, score_variants
from seqcast.predict.variants.windows import Placed, edits_of, shared_windows
from tests.seqcast.predict.variants.test_statistics import largest_cut
from tests.seqcast.toy_models import BaseCounter

# the counting model knows no strands: a reverse complement would count the partner base
OPTIONS = ScoreOptions(reverse_complement=False)


@pytest.fixture
def snv(genome):
    ref = genome.fetch("chr1", 2099, 2100)
    return 2100, ref, "A" if ref != "A" else "C"


def test_one_row_an_alt_and_gene(genome, annotation, tracks, model, checked, snv):
    _pos, ref, alt = snv
    tables = score_variants(model, checked(snv), genome, annotation, tracks, OPTIONS)
    assert tables.gene.select("variant", "gene_id", "status", "distance_to_tss_bp").rows() == [
        ("v0", "G1.1", "scored", 199), ("v0", "G2.1", "scored", 300)]  # fmt: skip
    change = dict.fromkeys("ACGT", 0) | {ref: -1, alt: 1}
    # track a+ counts A, its partner a- counts C, c and d count G and T
    assert tables.gene["SED"].to_list()[0] == [change["A"], change["G"], change["T"]]
    assert tables.gene["SED"].to_list()[1] == [0, 0, 0]
    assert tables.window["SUM"].to_list() == [
        [change["A"] + change["C"], change["G"], change["T"]]]  # fmt: skip


def test_minus_genes_read_the_minus_tracks(genome, annotation, tracks, model, checked):
    ref = genome.fetch("chr1", 2349, 2350)
    alt = "C" if ref != "C" else "A"
    table = score_variants(
        model, checked((2350, ref, alt)), genome, annotation, tracks, OPTIONS
    ).gene
    assert table["gene_id"].to_list() == ["G1.1", "G2.1"]
    assert table["SED"].to_list()[1][0] == {"C": -1}.get(ref, 0) + {"C": 1}.get(alt, 0)


def test_every_row_is_there_with_its_status(genome, annotation, tracks, model, checked, snv):
    base = genome.fetch("chr1", 99, 100)
    variants = checked(
        snv, (2100, snv[1], "<DEL>"), (9999, "A", "C"), (100, base, "A" if base != "A" else "C"),
        (2100, snv[1], snv[1] + "ACGT" * 200), (2100, snv[1], "*"),
    )  # fmt: skip
    tables = score_variants(model, variants, genome, annotation, tracks, OPTIONS)
    assert tables.window["status"].to_list() == [
        "scored",
        "alt_symbolic",
        "position_out_of_range",
        "scored",
        "indel_too_long",
        "alt_star",
    ]
    assert tables.gene.filter(pl.col("row") == 3)["status"].to_list() == ["no_gene_in_window"]
    unscored = tables.gene.filter(pl.col("status") != "scored")
    assert unscored["SED"].null_count() == len(unscored) == 5  # never 0
    assert tables.gene["row"].unique(maintain_order=True).to_list() == list(range(6))


def test_spellings_of_one_deletion_score_alike(genome, annotation, tracks, model, checked):
    ref = genome.fetch("chr1", 2099, 2105)
    variants = checked(
        (2100, ref, ref[0]),
        (2099, genome.fetch("chr1", 2098, 2105), genome.fetch("chr1", 2098, 2100)),
    )
    table = score_variants(model, variants, genome, annotation, tracks, OPTIONS).gene
    assert len(table) == 4
    assert table["SED"].to_list()[:2] == table["SED"].to_list()[2:]


@pytest.mark.parametrize("how", [{"batch_size": 4}, {"workers": 2}, {"shards": 3}])
@pytest.mark.parametrize("compat", [{}, {"compat": "hound_snp", "cluster": 0.5}])
def test_how_work_is_cut_changes_no_number(genome, annotation, tracks, model, checked, how, compat):
    rows = []
    for pos in range(1500, 2600, 150):
        ref = genome.fetch("chr1", pos - 1, pos + 1)
        rows += [
            (pos, ref, ref[0]),
            (pos, ref[0], ref[0] + "ACGT"),
            (pos, ref[0], "A" if ref[0] != "A" else "G"),
        ]
    variants, options = checked(*rows), ScoreOptions(reverse_complement=False, **compat)
    how = dict(how)
    shards = how.pop("shards", 1)
    places = Places.of([variants], geometry_of(model), options)
    parts = [
        score_variants(model, variants, genome, annotation, tracks, options,
                       places.rows(shard, shards).tolist(), **how)
        for shard in range(shards)
    ]  # fmt: skip
    whole = score_variants(model, variants, genome, annotation, tracks, options)
    assert sum(len(p.window) for p in parts) == len(variants)
    assert_frame_equal(in_input_order(pl.concat([p.gene for p in parts])), whole.gene)
    assert_frame_equal(in_input_order(pl.concat([p.window for p in parts])), whole.window)


@pytest.mark.parametrize("unscale", [False, True])
@pytest.mark.parametrize("compat", [None, "hound_snp"])
def test_coverage_on_the_sides_of_polya_sites(
    genome, annotation, tracks, model, checked, unscale, compat
):
    plus, minus = annotation.genes
    genes = (replace(plus, polya_sites=(2050, 2102, 2190)), replace(minus, polya_sites=(2390,)))
    scaled = replace(tracks, scale=np.array([0.1, 0.1, 0.2, 0.001]))
    options = replace(OPTIONS, compat=compat, unscale=unscale, gene_scores=("SED", "COVR", "SCOVR"))
    ref = genome.fetch("chr1", 2079, 2100)
    insertion = checked((2080, ref[0], ref[0] + "A" * 20))
    table = score_variants(model, insertion, genome, Annotation(genes), scaled, options).gene
    assert table.select("gene_id", "status", "polya_sites", "polya_sites_in_window").rows() == [
        ("G1.1", "scored", 3, 3), ("G2.1", "scored", 1, 1)]  # fmt: skip
    assert table["COVR"].is_null().to_list() == [False, True]  # one site is no choice
    assert table["SED"].null_count() == 0
    edits = edits_of(insertion, options.convention(geometry_of(model)), geometry_of(model))
    start = None if compat is None else (2067 + 2349) // 2 - 512  # the middle of both genes
    chunks = chunks_of(model, [Placed(0, edits[0], start)], scaled, options)
    prediction = predict_alleles(model, chunks, genome, scaled, options)
    pair, *alleles = next(iter(prediction))[:3]
    sides = [side for site in (2050, 2102, 2190) for side in sides_of(site - pair.start)]
    for track, position, scale in (("a+", 0, 0.1), ("c", 1, 0.2), ("d", 2, 0.001)):
        channel = scaled.identifier.tolist().index(track)
        changes = []
        for replicate in range(len(alleles[0])):
            sums = [
                [x[replicate, channel, a:b].sum().item() / (1 if unscale else scale)
                 for a, b in sides] for x in alleles
            ]  # fmt: skip
            changes.append(largest_cut(*sums))
        assert table["SCOVR"][0][position] == pytest.approx(np.mean(changes), rel=1e-6)
        assert table["COVR"][0][position] == pytest.approx(np.mean(np.abs(changes)), rel=1e-6)


def sides_of(at):
    return (
        (round(at / 32) - 3, round(at / 32) + 1),
        (round((at + 1) / 32), round((at + 1) / 32) + 4),
    )


def test_scores_of_sites_need_sites(genome, annotation, tracks, model, checked, snv):
    plain = score_variants(model, checked(snv), genome, annotation, tracks, OPTIONS).gene
    assert not {"COVR", "SCOVR", "polya_sites"} & {*plain.columns}
    options = replace(OPTIONS, gene_scores=("SED", "COVR"))
    with pytest.raises(InputError, match=r"no gene has poly\(A\) sites; give a BED file"):
        score_variants(model, checked(snv), genome, annotation, tracks, options)


def test_hound_snp_scores_genes_in_windows_of_their_own(genome, annotation, tracks, model, checked):
    # bases of G1.1 have the mean 2067.7, those of G2.1 2349.5; windows reach 512 bp to either side
    gene_starts = {"G1.1": 2067 - 512, "G2.1": 2349 - 512}
    exons = {gene.gene_id: gene.exons for gene in annotation.genes}
    places = [1555, 1556, 1837, 1838, 2000, 2579, 2580, 2861, 2862]  # 1-based
    rows = [(p, (r := genome.fetch("chr1", p - 1, p)), "A" if r != "A" else "C") for p in places]
    options = replace(OPTIONS, compat="hound_snp", gene_cluster=0)
    table = score_variants(model, checked(*rows), genome, annotation, tracks, options).gene
    expected = []
    for i, (pos, ref, alt) in enumerate(rows):
        held = [g for g, start in gene_starts.items() if start <= pos - 1 < start + 1024]
        expected += [(i, "no_gene_in_window", None, None, None)] * (not held)
        for name in held:
            origin, size = gene_starts[name], geometry_of(model).bin_size_bp
            bins = {(x - origin) // size for a, b in exons[name] for x in range(a, b)}
            bases = "".join(
                genome.fetch("chr1", origin + b * size, origin + (b + 1) * size) for b in bins
            )
            inside = (pos - 1 - origin) // size in bins
            own = {"G1.1": "AGT", "G2.1": "CGT"}[name]  # what the tracks of its strand count
            change = [inside * ((base == alt) - (base == ref)) for base in own]
            expected.append((i, "scored", name, [bases.count(base) for base in own], change))
    assert table.select("row", "status", "gene_id", "REF", "SED").rows() == expected


def test_swapped_alleles_change_the_sign(genome, annotation, tracks, model, checked, snv):
    _pos, ref, alt = snv
    straight = checked(snv)
    swapped = straight.with_columns(ref=pl.lit(alt), alt=pl.lit(ref), swapped=pl.lit(True))
    a, b = (score_variants(model, v, genome, annotation, tracks, OPTIONS).gene["logSED"].to_list()
            for v in (straight, swapped))  # fmt: skip
    assert a[0] == [-x for x in b[0]]


def test_nothing_to_score(genome, annotation, tracks, model, checked):
    tables = score_variants(model, checked((9999, "A", "C")), genome, annotation, tracks, OPTIONS)
    assert tables.gene["status"].to_list() == ["position_out_of_range"]
    empty = checked((9999, "A", "C")).clear()
    tables = score_variants(model, empty, genome, annotation, tracks, OPTIONS)
    assert len(tables.gene) == len(tables.window) == 0
    assert tables.gene["SED"].dtype == pl.Array(pl.Float32, 3)


def test_tracks_of_another_model_are_refused(genome, annotation, tracks, model, checked, snv):
    with pytest.raises(InputError, match="names output 9 but the model has 4"):
        score_variants(
            model,
            checked(snv),
            genome,
            annotation,
            replace(tracks, channel=tracks.channel + 6),
            OPTIONS,
        )


def test_predictions_that_are_no_numbers_are_no_scores(genome, annotation, tracks, checked, snv):
    class Broken(BaseCounter):
        def forward(self, one_hot):
            counts = super().forward(one_hot)
            counts[..., 12] = float("nan")  # a bin of the first gene's exons
            return counts

    tables = score_variants(Broken(1024), checked(snv), genome, annotation, tracks, OPTIONS)
    # one row a gene as in a fold without trouble, so that the folds' tables fit together
    assert tables.gene["status"].to_list() == ["prediction_not_finite"] * 2
    assert tables.window["status"].to_list() == ["prediction_not_finite"]
    assert tables.window["SUM"].to_list() == [None]


@pytest.mark.parametrize("compat", ["borzoi_sed", "hound_snp"])
def test_long_spellings_that_leave_the_window_are_not_scored_in_compat(
    genome, annotation, tracks, model, checked, compat
):
    # both programs put the alleles into the window as they are spelled
    ref = genome.fetch("chr1", 2000, 2600)
    variants = checked((2001, ref, ref[:-1] + ("A" if ref[-1] != "A" else "C")))
    options = ScoreOptions(reverse_complement=False, compat=compat)
    tables = score_variants(model, variants, genome, annotation, tracks, options)
    assert tables.window["status"].to_list() == ["indel_too_long"]
    tables = score_variants(model, variants, genome, annotation, tracks, OPTIONS)
    assert tables.window["status"].to_list() == ["scored"]


GEOMETRY = Geometry(length_bp=1000, bin_size_bp=10, crop_bins=0)


def edits(*places):
    return [
        p if isinstance(p, str) else Edit(p[0], p[1] - 1, p[1], "A", p[1], "C", "A") for p in places
    ]


@pytest.mark.parametrize(("cluster", "places", "starts"), [
    (0, [("1", 50), ("1", 50), ("1", 40)], [None, None, None]),
    (0.2, [("1", 600), ("1", 799), ("1", 800)], [199, 199, None]),  # reach 200, middle 699
    (0.2, [("1", 600), ("2", 610)], [None, None]),
    (0.2, [("1", 600), "alt_star", ("1", 610)], [105, None, 105]),
    (0.2, [("1", 600), ("1", 100)], [None, None]),  # unsorted
])  # fmt: skip
def test_groups(cluster, places, starts):
    assert shared_windows(edits(*places), GEOMETRY, cluster) == starts
