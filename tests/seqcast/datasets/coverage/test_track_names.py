"""Names of files and sample sheets: what is read from them, and what is asked for."""

from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.track_names import (
    TrackFile,
    check_tracks,
    read_names,
    read_samples,
    sample_sheet,
)
from seqcast.genome.time_courses import named_times


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HeLa_ActD_0h_rep1.plus.bw", ("HeLa", "ActD", 0.0, "1", "+")),
        ("HeLa_ActD_4h_rep_2_minus.bigWig", ("HeLa", "ActD", 4.0, "2", "-")),
        ("actd-30min-R1-fwd.bw", ("sample", "ActD", 0.5, "1", "+")),
        ("sim_4su_2h-.bw", ("sim", "4sU", 2.0, "", "-")),
        ("K562_wt_240m_ActD.bw", ("K562_wt", "ActD", 4.0, "", ".")),
        ("RNA_ActD_1.5hr_rev.bw", ("sample", "ActD", 1.5, "", "-")),
        ("eCLIP_PUM2_K562_rep1.neg.bw", ("PUM2_K562", "CLIP", None, "1", "-")),
        ("HeLa_4h.bam", ("HeLa", "", 4.0, "", ".")),
    ],
)
def test_names_of_files(name, expected):
    (track,) = read_names([Path(name)])
    assert (track.sample, track.assay, track.hours, track.replicate, track.strand) == expected
    assert read_names([Path(name)], "RNA")[0].assay == "RNA"


def course(*names: str, assay: str | None = None) -> list[TrackFile]:
    return read_names([Path(name) for name in names], assay)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a_ActD_1h_2h.bw"], r"a_ActD_1h_2h.bw: its name has several times \(1 h, 2 h\)"),
        (["a_ActD_0h.bw", "a_ActD_t4.bw"], r"a_ActD_t4.bw: no time for 1 of 1 tracks of a_t4"),
        (["a_ActD_0h.bw", "a_ActD.bw"], r"a_ActD.bw: no time for 1 of 2 tracks of a \(ActD\)"),
        (["a_0h.bw", "a_4h.bw"], r"a_0h.bw: its name has a time and no assay; .*Give --assay"),
        (["a_ActD_4h.bw"], r"a_ActD_4h.bw: a \(ActD\) has one time, 4 h; expected two or more"),
        (["a_ActD_0h+.bw", "a_ActD_4h+.bw"], r"strand \+ of a_ActD_0h; expected \+ and -"),
        (["a_ActD_0h.bw", "a_ActD_4h+.bw", "a_ActD_4h-.bw"],
         r"a_ActD_0h.bw: no strand, but other tracks of a \(ActD\) have one"),
        (["x/a_ActD_0h.bw", "y/a_ActD_0h.bw"], "x/a_ActD_0h.bw and y/a_ActD_0h.bw: same sample"),
        (["a_ActD_60min.bw", "a_ActD_1h.bw"], "same sample, assay, time"),
    ],
)  # fmt: skip
def test_what_is_no_dataset_is_refused_with_its_file(names, message):
    with pytest.raises(InputError, match=message):
        check_tracks(course(*names))


def test_replicates_that_times_do_not_share_are_noted():
    names = [
        f"a_ActD_{time}_rep{n}.bw" for time, k in (("0h", 3), ("4h", 1)) for n in range(1, k + 1)
    ]
    (note,) = check_tracks(course(*names))
    assert note.startswith("a (ActD) has replicates: 3 at 0 h, 1 at 4 h")
    assert check_tracks(course("a.bw", "b.bw")) == []


def test_descriptions_name_each_time_exactly():
    tracks = course("a_ActD_0h_rep1.bw", "a_ActD_20min_rep1.bw", "a_ActD_2h_rep1.bw")
    assert [t.description for t in tracks] == [
        "RNA:ActD:a 0h rep1", "RNA:ActD:a 20min rep1", "RNA:ActD:a 2h rep1"]  # fmt: skip
    assert [named_times(t.description).hours for t in tracks] == [(0,), (1 / 3,), (2,)]
    assert [t.library for t in tracks][1] == "a_ActD_20min_rep1"


def test_a_sheet_is_read_as_it_was_written(tmp_path):
    tracks = course("a_ActD_0h+.bw", "a_ActD_20min-.bw", "CLIP_b.bw")
    sample_sheet(tracks).write_csv(tmp_path / "samples.tsv", separator="\t")
    read = read_samples(tmp_path / "samples.tsv")
    assert [Path(t.file).parent for t in read] == [tmp_path] * 3
    assert [t.description for t in read] == [t.description for t in tracks]
    assert [t.strand for t in read] == ["+", "-", "."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file\tsample\thours\na.bw\ts\tlate\n", r"line 2: hours is 'late'; expected a finite"),
        ("file\tsample\thours\na.bw\ts\t-1\n", r"line 2: hours -1; expected 0 or more"),
        ("file\tsample\tstrand\na.bw\ts\tplus\n", r"line 2: strand 'plus'; expected \+, - or \."),
        ("file\tsample\tassay\na.bw\ts\tactd\n", r"assay 'actd'; expected one of ActD, 4sU"),
        ("file\tsample\tnorm_factor\na.bw\ts\t0\n", r"norm_factor 0; expected a number above 0"),
        ("file\tsample\ttime\na.bw\ts\t1\n", r"column 'time'; expected file, sample"),
        ("file\tsample\na.bw\t\n", r"file or sample is empty"),
        ("file sample hours\na.bw s 4\n", "samples.tsv"),
    ],
)
def test_a_sheet_with_a_mistake_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "samples.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_samples(tmp_path / "samples.tsv")


def test_a_time_of_a_sheet_may_have_a_unit(tmp_path):
    (tmp_path / "samples.tsv").write_text(
        "file\tsample\tassay\thours\na.bw\ts\tActD\t30 min\nb.bw\ts\tActD\t2\n"
    )
    assert [t.hours for t in read_samples(tmp_path / "samples.tsv")] == [0.5, 2]
