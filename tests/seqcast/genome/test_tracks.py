"""Targets tables and the transform of the training data."""

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.genome.tracks import Tracks, check_tracks, track_path

HEADER = "\tidentifier\tfile\tclip\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"
ROWS = (
    "0\ta+\tx\t384\t384\t0.3\tsum_sqrt\t1\tRNA:a\n"
    "1\ta-\tx\t384\t384\t0.3\tsum_sqrt\t0\tRNA:a\n"
    "2\tb\tx\t64\t32\t2\tmean\t2\tDNASE:b\n"
)


def table(tmp_path, text):
    path = tmp_path / "targets.txt"
    path.write_text(text)
    return path


def test_strands_and_collapse(tmp_path):
    tracks = Tracks.read(table(tmp_path, HEADER + ROWS))
    assert tracks.strand.tolist() == ["+", "-", "."]
    assert tracks.collapsed.tolist() == [0, 2]
    assert tracks.of_gene_strand("+").tolist() == [0, 2]
    assert tracks.of_gene_strand("-").tolist() == [1, 2]
    assert tracks.table()["identifier"].to_list() == ["a+", "b"]
    assert tracks.table()["units"].to_list() == ["sum of coverage x 0.3", "mean of coverage x 2"]


def test_subset_keeps_the_channels_of_the_full_table(tmp_path):
    rows = (
        HEADER
        + "7\ta+\tx\t384\t384\t1\tsum_sqrt\t8\tRNA\n8\ta-\tx\t384\t384\t1\tsum_sqrt\t7\tRNA\n"
    )
    tracks = Tracks.read(table(tmp_path, rows))
    assert tracks.channel.tolist() == [7, 8]
    assert tracks.pair.tolist() == [1, 0]


@pytest.mark.parametrize(("rows", "channels", "pairs"), [
    ([1], [7], [0]), ([2, 0], [5, 6, 8], [1, 0, 2]), ([], [], []),
])  # fmt: skip
def test_a_subset_has_both_strands_of_each_row(tmp_path, rows, channels, pairs):
    def line(channel, name, pair):
        return f"{channel}\t{name}\tx\t384\t384\t1\tsum_sqrt\t{pair}\t{name}\n"

    text = line(5, "a+", 6) + line(7, "b", 7) + line(6, "a-", 5) + line(8, "c", 8)
    tracks = Tracks.read(table(tmp_path, HEADER + text))
    chosen = tracks.subset(np.array(rows, dtype=int))
    assert sorted(chosen.channel.tolist()) == channels
    assert chosen.identifier[chosen.pair].tolist() == [
        {"a+": "a-", "a-": "a+"}.get(name, name) for name in chosen.identifier
    ]
    assert chosen.pair.tolist() == pairs
    names = tracks.table()["identifier"].to_numpy()[sorted(rows)].tolist()
    assert chosen.table()["identifier"].to_list() == names


@pytest.mark.parametrize(("learned", "message"), [
    (["a+", "a-", "b", "c"], ""),
    (["a-", "a+", "b"], r"mine\.txt: output 0 is 'a\+'; expected 'a-'"),
    (["a+", "a-"], "output 2 is 'b'; expected no such output"),
])  # fmt: skip
def test_outputs_are_what_the_model_learned(tmp_path, learned, message):
    tracks = Tracks.read(table(tmp_path, HEADER + ROWS))
    with pytest.raises(InputError, match=message) if message else nullcontext():
        tracks.check_outputs(learned, "mine.txt")


@pytest.mark.parametrize(("text", "message"), [
    (HEADER + ROWS.split("\n")[0] + "\n", "strand_pair names rows \\[1\\]"),
    (HEADER.replace("scale", "factor") + ROWS, "has no column 'scale'; expected a table of tracks"),
    (HEADER + ROWS.replace("a+", "a"), "do not end in \\+ and -"),
    (HEADER + ROWS.replace("a-", "b+"), "do not end in \\+ and -"),
    (HEADER + ROWS.replace("\ta+", "\t"), "do not end in \\+ and -"),
    (HEADER + ROWS.replace("a-", "b-"), "'a\\+' has strand_pair 'b-', but .* differ before that"),
    (HEADER + ROWS.replace("sqrt\t1", "sqrt\t7").replace("sqrt\t0", "sqrt\t1").replace("t\t7", "t\t0"),
     "a\\+ has the strand_pair of its own index.* but a- is there"),
    (HEADER + ROWS.replace("0.3", "0.30", 1).replace("384\t384\t0.3\t", "384\t384\t0.6\t"),
     "scale is 0.3 for a\\+ and 0.6 for a-; expected the same for both strands"),
    (HEADER + ROWS.replace("384", "", 1), "clip is empty for a\\+ and 384.0 for a-"),
    (HEADER + ROWS.replace("sum_sqrt", "sum", 1), "sum_stat is sum for a\\+ and sum_sqrt for a-"),
    (HEADER + ROWS.replace("mean", "sqrt_mean"), "sum_stat \\['sqrt_mean'\\]; expected sum, mean"),
    (HEADER + ROWS.replace("2\tb", "-1\tb").replace("mean\t2", "mean\t-1"), "negative or repeated"),
    (HEADER + ROWS.replace("\t32\t2\t", "\t32\t0,5\t"), "'0,5' in column 'scale' of row 3"),
    (HEADER + ROWS.replace("\t32\t2\t", "\t32\t0\t"), "scale 0 of b; expected a finite number above 0"),
    (HEADER + ROWS.replace("\t32\t2\t", "\t32\tnan\t"), "scale nan of b"),
    (HEADER + ROWS.replace("\t32\t2\t", "\t-32\t2\t"), "clip_soft -32 of b; .* empty for none"),
    (HEADER.replace("file", "scale") + ROWS, "has two columns 'scale'; expected each once"),
    (HEADER, "the table has no rows"),
])  # fmt: skip
def test_broken_tables_are_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        Tracks.read(table(tmp_path, text))


def test_what_a_pair_may_have(tmp_path):
    lone = ROWS.replace("2\tb", "2\tb+") + "3\tc-\tx\t\t\t1\tsum\t3\tDNASE:c\n"
    tracks = Tracks.read(table(tmp_path, HEADER + lone.replace("0.3", "0.30", 1)))
    assert tracks.strand.tolist() == ["+", "-", ".", "."]  # one strand alone has no pair


def test_empty_lines_are_passed_over(tmp_path):
    assert len(Tracks.read(table(tmp_path, HEADER + ROWS.replace("\n", "\n\n")))) == 3


def test_quotes_are_letters(tmp_path):
    rows = ROWS.replace("RNA:a\n1", 'RNA:"a\n1').replace("DNASE:b", 'DNASE:b"')
    assert len(Tracks.read(table(tmp_path, HEADER + rows))) == 3


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.txt does not exist; expected a table of tracks"):
        Tracks.read(tmp_path / "none.txt")


def with_factors(*cells):
    rows = [f"{row}\t{cell}" for row, cell in zip(ROWS.splitlines(), cells, strict=True)]
    return "\n".join([HEADER.rstrip("\n") + "\tnorm_factor", *rows, ""])


def test_factors_that_make_samples_comparable_are_told_beside_the_scale(tmp_path):
    assert Tracks.read(table(tmp_path, HEADER + ROWS)).norm_factor is None
    tracks = Tracks.read(table(tmp_path, with_factors("2.5", "2.50", "")))
    assert tracks.norm_factor.tolist() == [2.5, 2.5, 1]
    assert tracks.scale.tolist() == [0.3, 0.3, 2]
    assert tracks.table()["units"].to_list() == [
        "sum of coverage x 0.3 x 2.5", "mean of coverage x 2"]  # fmt: skip


@pytest.mark.parametrize(("cells", "message"), [
    (("2", "1", ""), "norm_factor is 2.0 for a\\+ and 1.0 for a-; expected the same for both"),
    (("0", "0", ""), "norm_factor 0 of a\\+; expected a finite number above 0"),
    (("1", "1", "two"), "'two' in column 'norm_factor' of row 3"),
])  # fmt: skip
def test_bad_factors_are_refused(tmp_path, cells, message):
    with pytest.raises(InputError, match=message):
        Tracks.read(table(tmp_path, with_factors(*cells)))


@pytest.mark.parametrize("unclip", [0, 1])
@pytest.mark.parametrize("unscale", [0, 1])
@pytest.mark.parametrize("function", ["untransform_preds", "untransform_preds1"])
@pytest.mark.parametrize("name", ["borzuki", "tiny"])
def test_untransform_equals_the_original(shared, name, function, unclip, unscale):
    golden = np.load(shared / "reference/borzuki/metrics/untransform.npz")
    column = {key: golden[f"{name}/{key}"] for key in ("clip_soft", "scale", "sum_stat")}
    n = len(column["scale"])
    blank = np.full(n, "")
    tracks = Tracks(
        np.arange(n), blank, blank, column["sum_stat"].astype(str), np.full(n, "."), np.arange(n),
        column["clip_soft"].astype(float), column["scale"].astype(float),
    )  # fmt: skip
    found = tracks.untransform(
        torch.from_numpy(golden[f"{name}/preds"].T),
        bool(unclip),
        bool(unscale),
        function.endswith("1"),
    )
    expected = golden[f"{name}/{function}/unclip{unclip}_unscale{unscale}"].T
    # the original computes in float32 where it does not unclip: (p + 1)^2 - 1 loses digits near 0
    in_float32 = function == "untransform_preds" and not unclip
    atol = 1e-6 / (column["scale"].min() if unscale else 1)
    rtol, atol = (1e-5, atol) if in_float32 else (1e-12, 1e-12)
    assert np.allclose(found, expected, rtol=rtol, atol=atol)


def test_published_tables_are_read(shared):
    counts = {}
    for folder in sorted((shared / "reference/borzuki/arch").iterdir()):
        tracks = Tracks.read(folder / "targets_human.txt")
        counts[folder.name] = len(tracks)
        assert (tracks.pair[tracks.pair] == np.arange(len(tracks))).all()
    assert counts == {"baseline": 123, "baseline_micro": 123, "hl_clip": 426,
                      "hl_clip_micro": 426, "hl_micro": 353}  # fmt: skip
    rna = Tracks.read(shared / "reference/borzuki/arch/hl_clip/targets_human_rna.txt")
    assert (rna.channel[0], rna.channel[-1]) == (34, 352)  # borzuki.md section 5


OWN_HEADER = "\tidentifier\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"


def own_table(path: Path, *rows: tuple[int, str]) -> Path:
    lines = [f"{i}\t{name}\t384\t1\tsum\t{i}\t\n" for i, name in rows]
    path.write_text(OWN_HEADER + "".join(lines))
    return path


def test_outputs_are_the_rows_of_the_set(tmp_path: Path) -> None:
    learned = own_table(tmp_path / "set.tsv", (9, "a"), (5, "b"), (7, "c"))
    check_tracks(
        learned, own_table(tmp_path / "own.tsv", (2, "c"), (0, "a")), tmp_path / "found.tsv"
    )
    assert (tmp_path / "found.tsv").read_text() == "output\tidentifier\n0\ta\n1\tb\n2\tc\n"


def test_another_order_is_refused(tmp_path: Path) -> None:
    learned = own_table(tmp_path / "set.tsv", (0, "a"), (1, "b"))
    own = own_table(tmp_path / "own.tsv", (0, "b"), (1, "a"))
    with pytest.raises(InputError, match=r"own\.tsv: output 0 is 'b'; expected 'a'"):
        check_tracks(learned, own, tmp_path / "found.tsv")
    assert not (tmp_path / "found.tsv").exists()


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("a.bw", "coverage/a.bw"),
        ("../made/a.bw", "coverage/../made/a.bw"),
        ("/data/a.bw", "/data/a.bw"),
        ("results/coverage_tracks/a.plus.bw", "results/coverage_tracks/a.plus.bw"),
        ("results_of_may/a.bw", "coverage/results_of_may/a.bw"),
    ],
)
def test_a_table_names_files_beside_itself_or_files_that_the_workflow_makes(file, path):
    assert track_path("coverage/targets.tsv", file) == Path(path)
