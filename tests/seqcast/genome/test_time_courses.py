"""One grammar of times, and time courses by the published descriptions."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.evaluation.coverage.decay_fits import USED, time_h
from seqcast.genome.time_courses import (
    TimeCourse,
    named_times,
    rna_tracks,
    time_courses,
    tracks_to_show,
)

TRACKS = pl.DataFrame({"description": ["RNA:ActD:sim 0h", "RNA:ActD:sim 2h", "CAGE:sim"]})
# Spellings of a unit -> how many of it are an hour.
SPELLINGS = {
    1: ["h", "H", "hr", "hrs", "Hr", "hour", "hours", "Hours", "HOURS"],
    60: ["m", "min", "mins", "Min", "minute", "minutes", "MIN"],
    3600: ["s", "sec", "secs", "second", "seconds"],
    1 / 24: ["d", "day", "days", "Days"],
}
UNITS = st.sampled_from([(n, unit) for n, units in SPELLINGS.items() for unit in units])
SINGLE = {"m", "s", "d"}  # units that no hyphen or underscore may lie before


@given(
    st.integers(0, 999),
    st.sampled_from([1, 2, 4, 8]),
    UNITS,
    st.sampled_from(["", " ", "  ", "_", "-"]),
    st.sampled_from(["", "K562_", "HEK293 ", "t=", "HeLa.", "293T,", "shNS_rep1-"]),
    st.sampled_from(["", "_rep2", " R1", ".A", "-chx", ", 5 mM s4U", " (ED170305)"]),
)
def test_a_time_is_one_number_in_figures_and_in_fits(
    number: int, parts: int, unit: tuple[float, str], apart: str, before: str, behind: str
) -> None:
    an_hour, spelling = unit
    apart = " " if spelling in SINGLE and apart in ("_", "-") else apart
    said = f"RNA:ActD:{before}{number / parts:g}{apart}{spelling}{behind}"
    hours = float(f"{number / parts:g}") / an_hour
    assert time_h(said) == (pytest.approx(hours), USED)
    table = pl.DataFrame({"description": [said, f"RNA:ActD:{before}99999h{behind}"]})
    (course,) = time_courses(table)
    assert course.hours == (time_h(said)[0], 99999)


@pytest.mark.parametrize(
    ("description", "hours"),
    [
        ("0.5 h", (0.5,)),
        ("1/2 h", ()),
        ("\u22121 h", ()),
        ("1 h/2 h", (1.0, 2.0)),
        ("0,5 h", (0.5,)),
        (".5 h", (0.5,)),
        ("1 h 30 min", (1.5,)),
        ("1h30m", (1.5,)),
        ("60 min, 1 h and 3600 s", (1,)),
        ("0.1 d or 2.4 h", (2.4,)),
        ("pulse 2 h, chase 30 min", (0.5, 2)),
        ("collected (4 h)", (4,)),
        ("4 h (after 24 h of serum)", (4,)),
        ("4sU, 5M reads of 3D cultures in 1 mM, 30S, 2 minor", ()),
        ("0,2,4 h", ()),  # a list, of which no single one is meant
        ("1.2.4h", ()),
        ("rep_1_m", ()),
        ("SRS12h t4h", ()),
        ("9" * 400 + "h", ()),
        ("", ()),
    ],
)
def test_what_is_a_time_and_what_is_none(description: str, hours: tuple[float, ...]) -> None:
    assert named_times(description).hours == hours


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    found = named_times(text)
    assert found.hours == tuple(sorted(set(found.hours)))
    assert len(found.around) > len(found.hours) or not found.hours


@pytest.mark.parametrize(
    ("description", "name", "hours"),
    [
        ("RNA:ActD:HeLa mRNA lifetime-SiControl-TI-3h D2", "HeLa mRNA lifetime-SiControl-TI", 3.0),
        ("RNA:ActD:HeLa mRNA lifetime-SiControl-TI-3h E2", "HeLa mRNA lifetime-SiControl-TI", 3.0),
        ("RNA:ActD:K562__0.5h__rep2", "K562", 0.5),
        ("RNA:ActD:HepG2_shNS_1h_rep1 (RNA-seq_rep1)", "HepG2_shNS", 1.0),
        ("RNA:ActD:HEK293T 293t_6h_chx_B", "HEK293T 293t chx", 6.0),
        ("RNA:ActD:sim 8h", "sim", 8.0),
        ("RNA:ActD:3T3 actD_15hr_eluate", "3T3 actD eluate", 15.0),
    ],
)
def test_description_of_a_time_point(description: str, name: str, hours: float) -> None:
    prefix, suffix = description.split(f"{hours:g}h")
    table = pl.DataFrame({"description": [description, f"{prefix}99h{suffix}"]})
    assert time_courses(table) == [TimeCourse(name, (hours, 99.0), ((0,), (1,)))]


@pytest.mark.parametrize(
    "description",
    [
        "RNA:ActD:HEK293T half-life measurement by transcriptional inhibition ctrl_actD_2",
        "RNA:ActD:HEK293T miCLIP-Seq of HEK293T cells hek293t_rnaseq",
        "RNA:4sU:HEK293_4h_R1",  # labelling
        "RNA:4sU:Jurkat total RNA 4 hours 4CT",  # activation
        "RNA:ActD:2h of this, then 4h of that",  # two times
        "RNA:K562 0h",
        "CLIP:PUM1:K562 0h",
    ],
)
def test_a_time_is_not_guessed(description: str) -> None:
    table = pl.DataFrame({"description": [description, description.replace("4h", "8h")]})
    assert time_courses(table) == []


def test_one_time_is_no_course() -> None:
    table = pl.DataFrame({"description": ["RNA:ActD:a_0h_A", "RNA:ActD:a_0h_B", "RNA:ActD:b_1h"]})
    assert time_courses(table) == []
    assert tracks_to_show(table) == [0, 1, 2]


def test_published_tracks_hold_eight_courses(shared: Path) -> None:
    table = pl.read_csv(shared / "reference/borzuki/arch/hl_clip/targets_human.txt", separator="\t")
    courses = {course.name: course for course in time_courses(table)}
    assert {name: course.hours for name, course in courses.items()} == {
        "HeLa mRNA lifetime-SiControl-TI": (0, 3, 6),
        "HeLa mRNA lifetime-SiYTHDF2-TI": (0, 3, 6),
        "K562": (0, 0.5, 2, 4, 8),
        "HUES9": (0, 0.5, 2, 4, 8),
        "HepG2_shNS": (0, 1, 3, 6),
        "HepG2_shIGF2BP1": (0, 1, 3, 6),
        "HEK293T 293t ad": (1, 3, 6),
        "HEK293T 293t chx": (1, 3, 6),
    }
    assert courses["K562"].tracks[0] == (221, 222, 223)  # K562__0.0h__rep2, rep1, rep0
    assert courses["HEK293T 293t ad"].tracks == ((343,), (347,), (349, 351))
    assert sum(len(course.positions) for course in courses.values()) == 12 + 30 + 16 + 8


def test_replicates_are_averaged_by_their_place_in_the_table() -> None:
    course = TimeCourse("x", (0.0, 2.0), ((5, 3), (4,)))
    coverage = np.array([[1.0, 2.0], [10.0, 10.0], [3.0, 6.0]])
    average = course.average(coverage, np.array([3, 4, 5]))
    assert average.tolist() == [[2.0, 4.0], [10.0, 10.0]]


def test_rna_tracks_stand_in_where_no_course_is() -> None:
    table = pl.DataFrame({"description": ["CAGE:a", *[f"RNA:{i}" for i in range(9)]]})
    assert rna_tracks(table) == list(range(1, 10))
    assert tracks_to_show(table) == [1, 2, 3, 4, 5, 6]
    assert tracks_to_show(table.head(1)) == [0]
    assert tracks_to_show(TRACKS.head(3)) == [0, 1]
