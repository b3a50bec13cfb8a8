"""What a user can mend stops the run with one line that says what, and no traceback."""

import gzip
import json
import shutil

import polars as pl
import pysam
import pytest
import torch

pytestmark = pytest.mark.slow

SCORES = "results/variant_effects/borzuki_tiny"
TINY = "config/hyperparameters/borzuki_tiny.json"
TARGETS = "config/demo/targets.tsv"
DEMO_SET = ("simulated_variants", "variants", "simulated", "resources/simulated/variants.vcf", 2)
MODEL = ("borzuki_tiny", "borzuki", "coverage", TINY, "human", TARGETS, "")
SEEDED = ("borzuki_tiny", "0", "random", "10")

# Found before any job is planned, what else is in tests/seqcast/plan: rows in place of the demo's,
# a config, and what is said.
PLANNING = {
    "set whose file does not exist": (
        {"datasets": [(*DEMO_SET[:3], "nowhere/missing.vcf", 1)]}, {},
        "ERROR: datasets.tsv (simulated_variants), column path: nowhere/missing.vcf does not exist; "
        "expected a file, seen from "),
    "unknown key in the config": (
        {}, {"report": {"scores": "SED"}}, "ERROR: config: $.report: Additional properties are not "
        "allowed ('scores' was unexpected)"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", PLANNING)
def test_a_mistake_in_a_table_or_the_config_is_one_line(workflow, coverage_tables, mistake):
    tables, config, message = PLANNING[mistake]
    workflow.configure({**coverage_tables, **tables}, **config)
    result = workflow.run("-n")
    printed = result.stdout + result.stderr
    assert result.returncode == 1
    assert message in printed
    assert "Traceback" not in printed
    # no frames of other people's code either; Snakemake may print its own command line
    lines = [line for line in printed.splitlines() if "__main__.py --snakefile" not in line]
    assert not any("site-packages" in line for line in lines)


# Found by a job: its log, and what is said there and on stderr.
JOBS = {
    "VCF of another build": (
        "check_variants/other_build", "REF matches the genome in 0 of 30 variants (0%); expected "
        "at least 70%. Wrong build? Give the FASTA of the right assembly"),
    "VCF of other contigs": (
        "check_variants/other_contigs", "no contig of the variants (17, 18) is in"),
    "record that ends beyond any index": (
        "check_variants/far_end", "has END=999999999999999; expected a record that ends below 2^31"),
    "file that is no VCF": ("check_variants/no_vcf", "expected"),
    "weights of another network": (
        "prepare_weights/misfit.fold0", "weights.safetensors: tensors do not fit the "
        "hyperparameters: 0 missing [], 0 left over []"),
    "pair that is not in the table": (
        "describe_tracks/lost", "lost.tsv: strand_pair names rows [21] that the table does not"),
    "pair that is not mutual": (
        "describe_tracks/loose", "loose.tsv: strand_pair of rows [0, 1] names rows that name"),
    "pair that is no number": (
        "describe_tracks/text", "text.tsv: 'next' in column 'strand_pair'"),
    "annotation of another assembly": (
        "prepare_annotation/other", "no contig of other.gtf (Chr1, Chr2) is in"),
    "GPU that does not exist": (
        "score_variants/borzuki_tiny/fresh.fold0.0", "device 'cuda' was asked for but torch"),
}  # fmt: skip


def another_base(line):
    """A VCF line with a REF that the genome does not carry."""
    fields = line.split("\t")
    fields[3], fields[4] = [base for base in "ACGT" if base != fields[3][0]][:2]
    return "\t".join(fields)


def write_inputs(folder):
    """Files with one mistake each, made from the demo's."""
    lines = (folder / "resources/simulated/variants.vcf").read_text().splitlines(keepends=True)
    header = [line for line in lines if line.startswith("#")]
    records = lines[len(header) :]
    vcfs = {
        "other_build": [another_base(line) for line in records[:30]],
        "other_contigs": ["17\t5\t.\tA\tC\t.\t.\t.\n", "18\t5\t.\tA\tC\t.\t.\t.\n"],
        "far_end": [*records[:2], "chrS1\t900\t.\tA\t<DEL>\t.\t.\tEND=999999999999999\n"],
        "empty": [],
        "unscorable": [line for line in records if "<DEL>" in line or "\t*\t" in line],
    }
    for name, some in vcfs.items():
        (folder / f"{name}.vcf").write_text("".join(header + some))
    (folder / "no_vcf.vcf").write_text("chrS1,100,A,C\n")
    gtf = (folder / "resources/simulated/annotation.gtf").read_text()
    (folder / "other.gtf").write_text(gtf.replace("chrS", "Chr"))
    params = json.loads((folder / TINY).read_text())
    params["model"]["trunk"][1]["filters_end"] = 48
    (folder / "misfit.json").write_text(json.dumps(params))
    rows = (folder / TARGETS).read_text().splitlines(keepends=True)
    (folder / "lost.tsv").write_text("".join(rows[:-1]))
    (folder / "loose.tsv").write_text("".join(rows).replace("sum_sqrt\t1\t", "sum_sqrt\t3\t"))
    (folder / "text.tsv").write_text("".join(rows).replace("sum_sqrt\t1\t", "sum_sqrt\tnext\t"))


@pytest.fixture(scope="module")
def mistaken(finished, tmp_path_factory):
    """One run of everything in `JOBS`: each job fails alone, the others go on."""
    run = finished.copy(tmp_path_factory.mktemp("mistaken") / "run")
    folder = run.folder
    write_inputs(folder)
    shutil.copy(
        folder / "resources/models/borzuki_tiny.fold0.safetensors", folder / "weights.safetensors"
    )
    genome, annotation = "resources/simulated/genome.fa", "resources/simulated/annotation.gtf"
    run.configure(
        {
            "assemblies": [("simulated", genome, annotation, ""), ("other", genome, "other.gtf", "")],
            "models": [
                MODEL,
                ("misfit", *MODEL[1:3], "misfit.json", *MODEL[4:]),
                *[(name, *MODEL[1:5], f"{name}.tsv", "") for name in ("lost", "loose", "text")],
            ],
            "folds": [SEEDED, ("borzuki_tiny", "1", "random", "11"),
                      ("misfit", "0", "source", "weights.safetensors"),
                      *[(name, "0", "random", "1") for name in ("lost", "loose", "text")]],
            "datasets": [
                DEMO_SET, ("fresh", *DEMO_SET[1:4], 1),
                *[(name, "variants", "simulated", f"{name}.vcf", 1) for name in
                  ("other_build", "other_contigs", "far_end", "no_vcf")],
            ],
        },
        inference={"device": "cuda", "threads": 1},
    )  # fmt: skip
    targets = ["resources/models/misfit.fold0.safetensors"]
    targets += [
        f"results/variant_effects/{name}/tracks.parquet" for name in ("lost", "loose", "text")
    ]
    targets += [f"{SCORES}/{name}.fold0.parquet" for name in
                ("fresh", "other_build", "other_contigs", "far_end", "no_vcf")]  # fmt: skip
    targets += ["resources/assemblies/other.genes.parquet"]
    result = run.run("--keep-going", "--rerun-triggers", "mtime", "--", *targets)
    assert result.returncode == 1
    return run, result.stderr


@pytest.mark.parametrize("mistake", JOBS)
def test_a_mistake_in_a_file_is_one_line_in_the_log_and_on_stderr(mistaken, mistake):
    run, stderr = mistaken
    name, message = JOBS[mistake]
    if mistake == "GPU that does not exist" and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    said = (run.folder / f"logs/{name}.log").read_text().splitlines()
    (line,) = [line for line in said if line.startswith("ERROR: ")]
    assert line == said[-1]
    assert message in line
    assert len(line) < 800  # a line to read, not a dump
    # Snakemake writes the end of a line of its own later than the line: ours may stand behind it
    assert any(told.endswith(line) for told in stderr.splitlines())
    assert "Traceback" not in "\n".join(said)


def test_no_traceback_on_stderr(mistaken):
    assert "Traceback" not in mistaken[1]


def test_another_build_stops_before_any_inference(mistaken):
    folder = mistaken[0].folder
    assert not (folder / "results/variants/other_build.parquet").exists()
    assert list(folder.glob("logs/score_variants/*/other_build.*")) == []
    assert list(folder.glob(f"{SCORES}/**/other_build.*")) == []


@pytest.fixture(scope="module")
def unscored(finished, coverage_tables, tmp_path_factory):
    """A run to the end on a VCF without rows, and on one of which no row can be scored."""
    run = finished.copy(tmp_path_factory.mktemp("unscored") / "run")
    write_inputs(run.folder)
    sets = [(name, "variants", "simulated", f"{name}.vcf", 1) for name in ("empty", "unscorable")]
    run.configure(
        {**coverage_tables, "datasets": sets},
        exports=["sed_h5", "scores_h5", "vcf", "tsv"],
        report={"tracks": "^RNA:ActD"},
    )  # fmt: skip
    run.succeed()
    return run


@pytest.mark.parametrize(("name", "statuses"), [
    ("empty", []),
    ("unscorable", ["alt_star", "alt_symbolic"]),
])  # fmt: skip
def test_nothing_to_score_is_a_result(unscored, name, statuses):
    for level in ("", "window."):
        table = pl.read_parquet(unscored.folder / f"{SCORES}/{name}.{level}ensemble.parquet")
        assert sorted(table["status"]) == statuses
        assert table["logSED"].null_count() == len(statuses)
    with gzip.open(unscored.folder / f"{SCORES}/{name}.ensemble.tsv.gz", "rt") as file:
        assert len([line for line in file if not line.startswith("#")]) == 1 + len(statuses)
    with pysam.VariantFile(str(unscored.folder / f"{SCORES}/{name}.ensemble.vcf.gz")) as vcf:
        assert len(list(vcf)) == len(statuses)
    report = unscored.folder / "results/report"
    assert (report / f"borzuki_tiny/{name}.distribution.png").stat().st_size > 0
    assert name in (report / "summary.html").read_text()
    assert list((report / f"borzuki_tiny/{name}.tracks").glob("*.png")) == []


def test_report_of_nothing_is_built(unscored):
    unscored.succeed("--report", "report.zip")
    assert (unscored.folder / "report.zip").stat().st_size > 0
