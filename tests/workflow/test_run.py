"""The demo's tables, run to the end: what is there, and what a second, a killed, a split run do."""

import os
import signal
import time
import zipfile

import numpy as np
import polars as pl
import pybigtools
import pysam
import pytest
from matplotlib.figure import Figure
from polars.testing import assert_frame_equal

from seqcast import load_model, predict_coverage, score_variants
from seqcast.models.convert import write_safetensors
from seqcast.models.interface import build_model
from seqcast.predict.coverage.coverage_files import read_coverage
from seqcast.report.figures.scores import score_distribution
from tests.seqcast.models.test_coverage import DILATED

pytestmark = pytest.mark.slow

SCORES = "results/variant_effects/borzuki_tiny"
REPORT = "results/report/borzuki_tiny"
COVERAGE = "results/coverage/borzuki_tiny"
SET = "simulated_variants"
TARGETS = [
    f"{SCORES}/{SET}.ensemble.parquet",
    f"{SCORES}/{SET}.window.ensemble.parquet",
    f"{SCORES}/{SET}.ensemble.sed.h5",
    f"{SCORES}/{SET}.ensemble.vcf.gz",
    f"{SCORES}/{SET}.ensemble.vcf.gz.csi",
    f"{SCORES}/{SET}.ensemble.tsv.gz",
    f"{SCORES}/tracks.parquet",
    f"{COVERAGE}/simulated_regions.ensemble.zarr",
    f"{COVERAGE}/simulated_regions.ensemble.bigwig",
    "results/report/summary.html",
    f"{REPORT}/{SET}.distribution.png",
    f"{REPORT}/{SET}.ranked.html",
    f"{REPORT}/{SET}.agreement.png",
    f"{REPORT}/{SET}.tracks/1.png",
    f"{REPORT}/{SET}.tracks/2.png",
]


def input_alts(run):
    """ID, REF and ALT of each ALT of the demo's VCF, in file order."""
    lines = (run.folder / "resources/simulated/variants.vcf").read_text().splitlines()
    records = [line.split("\t") for line in lines if not line.startswith("#")]
    return [(f[2], f[3], alt) for f in records for alt in f[4].split(",")]


@pytest.mark.parametrize("target", TARGETS)
def test_output_is_there(finished, target):
    path = finished.folder / target
    assert path.exists()
    assert path.is_dir() or path.stat().st_size > 0


def test_no_temporary_file_is_left(finished):
    hidden = [p.name for p in finished.folder.glob("results/**/.*")]
    assert set(hidden) <= {".snakemake_timestamp"}  # Snakemake's own, in folders that are outputs


def test_every_alt_has_one_outcome(finished):
    alts = input_alts(finished)
    window = pl.read_parquet(finished.folder / f"{SCORES}/{SET}.window.ensemble.parquet")
    assert window.select("ref", "alt").rows() == [alt[1:] for alt in alts]
    gene = pl.read_parquet(finished.folder / f"{SCORES}/{SET}.ensemble.parquet")
    final = gene.select("row", "status").unique()
    assert sorted(final["row"]) == list(range(len(alts)))  # one status an ALT, none twice
    # six rows of the simulated VCF are mistakes on purpose (`seqcast.simulate.variants`)
    mistakes = ["alt_ambiguous", "alt_star", "alt_symbolic", "position_out_of_range",
                "ref_equals_alt", "ref_mismatch"]  # fmt: skip
    unscored = final.filter(pl.col("status") != "scored")
    assert sorted(unscored["status"]) == mistakes
    assert gene.filter(pl.col("status") == "scored")["logSED"].null_count() == 0
    assert gene.filter(pl.col("status") != "scored")["logSED"].null_count() == len(mistakes)


def test_an_architecture_of_ones_own_scores_the_variants_of_the_demo(finished, root, tmp_path):
    params = {"window_length_bp": 16_384, "bin_size_bp": 32, "channels": 4, "blocks": 2,
              "heads": {"human": 22}}  # fmt: skip
    drawn = build_model(DILATED, params)
    write_safetensors(drawn.state_dict(), tmp_path / "drawn.safetensors", {})
    model = load_model(DILATED, tmp_path / "drawn.safetensors", params, device="cpu")
    simulated, tracks = finished.folder / "resources/simulated", root / "config/demo/targets.tsv"
    genome = simulated / "genome.fa"
    found = score_variants(
        model, simulated / "variants.vcf", genome, simulated / "annotation.gtf", tracks
    )
    for level, made in (("", found.gene), ("window.", found.window)):
        demo = pl.read_parquet(finished.folder / f"{SCORES}/{SET}.{level}ensemble.parquet")
        same = [name for name, kind in demo.schema.items() if not isinstance(kind, pl.Array)]
        assert_frame_equal(made.select(same), demo.select(same))  # windows are of one length
        scores = made.filter(pl.col("status") == "scored")["logSED"].to_numpy()
        assert np.isfinite(scores).all()
        assert (np.abs(scores).max(axis=0) > 0).all()  # of each track
    coverage = predict_coverage(model, genome, [("chrS1", 100_000)], tracks)
    assert coverage.shape == (1, 22, 512)


def numbers_of(table, names):
    """Row and gene -> these columns."""
    keys = table.select("row", "gene_id").rows()
    return dict(zip(keys, table.select(names).rows(), strict=True))


def test_a_score_is_one_number_in_every_file(finished):
    """VCF, TSV, ranked table and page, and figures, against the mean of the ensemble's lists."""
    tracks = pl.read_parquet(finished.folder / f"{SCORES}/tracks.parquet")
    chosen = tracks["description"].str.contains("^RNA:ActD").arg_true().to_list()
    over = f"{len(chosen)} of {len(tracks)} tracks (^RNA:ActD)"
    gene = pl.read_parquet(finished.folder / f"{SCORES}/{SET}.ensemble.parquet")
    expected = {}  # row and gene -> mean, mean magnitude, sd, levels
    for row in gene.filter(pl.col("status") == "scored").iter_rows(named=True):
        score, sd, ref, alt = (np.array(row[name])[chosen].astype(float)
                               for name in ("logSED", "logSED_sd", "REF", "ALT"))  # fmt: skip
        numbers = score.mean(), np.abs(score).mean(), sd.mean(), ref.mean(), alt.mean()
        expected[row["row"], row["gene_id"]] = pytest.approx(numbers, rel=1e-5)

    tsv = pl.read_csv(finished.folder / f"{SCORES}/{SET}.ensemble.tsv.gz", separator="\t",
                      null_values="NA", infer_schema_length=None)  # fmt: skip
    assert tsv.select("dataset", "model", "folds", "tracks").unique().rows() == [
        (SET, "borzuki_tiny", "0,1", over)
    ]
    names = ["logSED_mean", "logSED_mean_abs", "logSED_sd", "REF_mean", "ALT_mean"]
    scored = tsv.filter(pl.col("status") == "scored")
    in_tsv = numbers_of(scored, names)
    assert in_tsv == expected

    ranked = pl.read_parquet(finished.folder / f"{REPORT}/{SET}.ranked.parquet")
    names = ["mean", "mean_abs", "fold_sd", "ref_level", "alt_level"]
    in_ranks = numbers_of(ranked, names)
    assert in_ranks == {key: expected[key] for key in in_ranks}
    page = (finished.folder / f"{REPORT}/{SET}.ranked.html").read_text()
    assert f'<td class="n">{ranked["mean_abs"][0]:#.3g}</td>' in page

    keys = [f"SEQCAST_logSED{end}" for end in ("", "_ABS", "_SD")]
    keys += ["SEQCAST_REF_LEVEL", "SEQCAST_ALT_LEVEL"]
    in_vcf = {}
    with pysam.VariantFile(str(finished.folder / f"{SCORES}/{SET}.ensemble.vcf.gz")) as file:
        assert over in file.header.info["SEQCAST_logSED"].description
        records = {(r.chrom, r.pos, r.ref, alt): (r.info, i)
                   for r in file for i, alt in enumerate(r.alts or ())}  # fmt: skip
    for row, *key, gene_id in ranked.select("row", "chrom", "pos", "ref", "alt", "gene_id").rows():
        info, i = records[tuple(key)]
        assert info["SEQCAST_GENE"][i] == gene_id
        in_vcf[row, gene_id] = tuple(info[name][i] for name in keys)
    assert in_vcf == {key: expected[key] for key in in_ranks}

    figure = Figure()
    score_distribution(figure.subplots(), {SET: gene}, selected=np.array(chosen))
    (line,) = figure.axes[0].lines
    assert line.get_xdata()[1:] == pytest.approx(sorted(ranked["mean_abs"]))


def test_summary_counts_the_alts(finished):
    page = (finished.folder / "results/report/summary.html").read_text()
    assert "UNTRAINED" not in page
    assert str(len(input_alts(finished))) in page


def test_second_run_has_nothing_to_do(finished):
    assert finished.planned() == {}


def test_report_holds_every_figure_and_page(finished):
    finished.succeed("--report", "report.zip")
    with zipfile.ZipFile(finished.folder / "report.zip") as report:
        names = [name.rsplit("/", 1)[-1] for name in report.namelist()]
    shown = [f"{SET}.{what}" for what in ("distribution.png", "ranked.html", "agreement.png")]
    for name in ["report.html", "summary.html", "1.png", "2.png", *shown]:
        assert names.count(name) == 1, name


def test_bigwigs_hold_the_values_of_the_zarr(finished):
    folder = finished.folder / f"{COVERAGE}/simulated_regions.ensemble.bigwig"
    with read_coverage(finished.folder / f"{COVERAGE}/simulated_regions.ensemble.zarr") as coverage:
        names, values = coverage.tracks["identifier"].to_list(), np.asarray(coverage.values)
        windows = coverage.windows.rows()
    assert sorted(p.name for p in folder.glob("*.bw")) == sorted(f"{name}.bw" for name in names)
    # Windows tile the regions, so that each bin of each window is in the bigWig.
    for j in (0, 1, len(names) - 1):
        with pybigtools.open(str(folder / f"{names[j]}.bw")) as bigwig:
            lengths = bigwig.chroms()
            for i, (contig, start, end) in enumerate(windows):
                bin_bp = (end - start) // values.shape[2]
                starts = np.arange(start, end, bin_bp)
                kept = (starts >= 0) & (starts + bin_bp <= lengths[contig])
                low, high = int(starts[kept][0]), int(starts[kept][-1]) + bin_bp
                found = bigwig.values(contig, low, high, fillna=None)[::bin_bp]
                np.testing.assert_array_equal(found, values[i, j][kept])
                assert kept.sum() > 0.5 * len(kept)


def test_coverage_is_the_mean_of_the_folds(finished):
    stores = [
        f"{COVERAGE}/simulated_regions.{name}.zarr" for name in ("fold0", "fold1", "ensemble")
    ]
    values = []
    for store in stores:
        with read_coverage(finished.folder / store) as coverage:
            values.append(np.asarray(coverage.values, dtype=np.float64))
    np.testing.assert_array_equal(((values[0] + values[1]) / 2).astype(np.float32), values[2])


def test_shards_change_no_number(finished, coverage_tables, tmp_path):
    run = finished.copy(tmp_path / "split")
    text = (run.folder / "resources/simulated/variants.vcf").read_text().splitlines(keepends=True)
    header = [line for line in text if line.startswith("#")]
    # Two shards of the first 11 records and of the 6 mistakes at the end cannot be equal in size.
    some = text[len(header) :][:11] + text[-6:]
    (run.folder / "some.vcf").write_text("".join(header + some))
    sets = [(f"in{n}", "variants", "simulated", "some.vcf", n) for n in (1, 3)]
    run.configure({**coverage_tables, "datasets": sets})
    levels = ("", "window.")
    run.succeed(*[f"{SCORES}/in{n}.{level}fold0.parquet" for n in (1, 3) for level in levels])
    for level in levels:
        whole, parts = (pl.read_parquet(run.folder / f"{SCORES}/in{n}.{level}fold0.parquet")
                        for n in (1, 3))  # fmt: skip
        assert whole["row"].n_unique() == len(some)
        assert_frame_equal(whole, parts, check_exact=True)


def wait_for(condition, process, seconds=60):
    """Wait until a condition holds, while a process lives."""
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_killed_run_leaves_no_half_output_and_is_taken_up_again(finished, tmp_path):
    run = finished.copy(tmp_path / "killed")
    target = f"{SCORES}/{SET}.fold0.parquet"
    shards = [run.folder / f"{SCORES}/shards/{SET}.fold0.{shard}.gene.parquet" for shard in "01"]
    logs = [run.folder / f"logs/score_variants/borzuki_tiny/{SET}.fold0.{n}.log" for n in "01"]
    assert not any(shard.exists() for shard in shards)  # gathered, and so removed
    for path in [run.folder / target, *logs]:
        path.unlink()
    process = run.start("--cores", "1", target)  # one shard after the other
    wait_for(lambda: all(log.exists() for log in logs), process)  # the second has begun
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (kept,) = [path for path in shards if path.exists()]  # the first; of the second, nothing
    whole = pl.read_parquet(kept)

    run.succeed("--unlock")
    assert run.planned("--rerun-incomplete", target) == {"score_variants": 1, "gather_shards": 1}
    run.succeed("--rerun-incomplete", target)
    assert not kept.exists()
    assert run.planned("--rerun-incomplete", target) == {}
    before, after = (pl.read_parquet(r.folder / target) for r in (finished, run))
    assert_frame_equal(before, after, check_exact=True)
    assert_frame_equal(whole, after.filter(pl.col("row").is_in(whole["row"].implode())))
