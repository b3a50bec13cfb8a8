"""Decay rates of time courses: against scipy's optimiser, and against a known truth."""

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize

from seqcast.core.errors import InputError
from seqcast.evaluation.coverage.decay_fits import (
    AMPLITUDE_AT_BOUND,
    CONSTANT,
    HEK293_GAPDH,
    MANY_TIMES,
    NO_COVERAGE,
    NO_TIME,
    RATE_AT_BOUND,
    USED,
    VALID,
    DecayOptions,
    find_course,
    fit_decays,
    reference_values,
    time_h,
)
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix

PUBLISHED = np.array(list(HEK293_GAPDH), float)
GENES = 15  # of the comparison with scipy, which takes most of the time
FREE = DecayOptions(penalty=0)
# a slow gene is far from its plateau at the last time
LABELLING = DecayOptions("labelling", penalty=0, amplitude=(1e-3, 100))


def courses(seed, genes=200, times=PUBLISHED, noise=0.05, shape="decay"):
    """True rates within the bounds, and courses with noise in the log."""
    rng = np.random.default_rng(seed)
    rate = np.exp(rng.uniform(np.log(0.02), np.log(0.6), genes))
    left = np.exp(-rate[:, None] * times)
    curve = left if shape == "decay" else 1 - left
    return rate, rng.lognormal(4, 1, genes)[:, None] * curve * rng.lognormal(
        0, noise, (genes, len(times))
    )


def plain_loss(parameters, times, y, options):
    """The published objective, for one gene."""
    amplitude, rate = parameters
    left = np.exp(-rate * (times - options.amplitude_at_h))
    curve = left if options.shape == "decay" else 1 - left
    pull = options.penalty * np.log(rate / options.usual_rate_per_h) ** 2
    return np.mean((amplitude * curve - y) ** 2) + pull


def plain_fit(times, y, options):
    """scipy's bounded search, from the published start and two more."""
    bounds = [options.amplitude, options.rate_per_h]
    starts = [(1, 1), (1, 0.1), (1, 0.01)]
    fits = [
        minimize(plain_loss, start, (times, y, options), "L-BFGS-B", bounds=bounds, tol=1e-14)
        for start in starts
    ]
    return min(fits, key=lambda fit: fit.fun), fits[0]


@pytest.mark.parametrize(
    "options",
    [DecayOptions(), FREE, LABELLING, DecayOptions(penalty=0.05), DecayOptions.of_times(PUBLISHED)],
)
def test_equals_scipy_gene_by_gene(options):
    _, values = courses(1, genes=GENES, noise=0.3, shape=options.shape)
    found = fit_decays([f"g{i}" for i in range(GENES)], PUBLISHED, values, options=options)
    as_published = 0
    for i, y in enumerate(values / values.max(axis=1, keepdims=True)):
        best, first = plain_fit(PUBLISHED, y, options)
        ours = plain_loss(
            (found["amplitude"][i], found["decay_rate_per_h"][i]), PUBLISHED, y, options
        )
        assert ours <= best.fun + 1e-9  # the lowest that any search finds
        assert np.log(found["decay_rate_per_h"][i]) == pytest.approx(np.log(best.x[1]), abs=2e-3)
        assert found["amplitude"][i] == pytest.approx(best.x[0], abs=2e-3)
        as_published += abs(np.log(first.x[1] / found["decay_rate_per_h"][i])) < 2e-3
    assert as_published >= 0.9 * GENES


def test_finds_the_true_rate():
    rate, values = courses(2, noise=0)
    found = fit_decays(range(200), PUBLISHED, values, options=FREE)
    assert set(found["status"]) == {VALID}
    assert found["decay_rate_per_h"].to_numpy() == pytest.approx(rate, rel=1e-5)
    assert found["rmse"].max() < 1e-6
    half_life = np.log(2) / found["decay_rate_per_h"].to_numpy()
    assert found["half_life_h"].to_numpy() == pytest.approx(half_life)
    assert found["log2_decay_rate"].to_numpy() == pytest.approx(np.log2(found["decay_rate_per_h"]))


def test_the_score_is_a_rate_and_the_penalty_pulls_to_one_per_hour():
    rate, values = courses(2, noise=0.2)
    published = fit_decays(range(200), PUBLISHED, values)["log2_decay_rate"].to_numpy()
    free = fit_decays(range(200), PUBLISHED, values, options=FREE)["log2_decay_rate"].to_numpy()
    assert np.corrcoef(published, np.log2(rate))[0, 1] > 0.95  # faster decay, larger score
    assert (published >= free - 1e-6).all()


def test_bounds_follow_the_times() -> None:
    """2 % left at the second time, to 2 % lost at the last one; of a labelling, from time 0."""
    minutes = np.array([0, 1, 2, 4, 8]) / 60
    found = DecayOptions.of_times(minutes)
    assert np.exp(-np.array(found.rate_per_h)[::-1] * minutes[[1, 4]]) == pytest.approx(
        [0.02, 0.98]
    )
    later = DecayOptions.of_times(minutes + 2)
    assert later.rate_per_h == pytest.approx(found.rate_per_h)
    assert (found.amplitude_at_h, later.amplitude_at_h) == (0, 2)
    labelling = DecayOptions.of_times(minutes[1:], "labelling")
    assert labelling.rate_per_h == pytest.approx(found.rate_per_h)
    assert labelling.amplitude_at_h == 0
    told = DecayOptions.of_times(minutes, "decay", [0.01, 2])
    assert told.half_life_h == pytest.approx((0.01, 2))
    with pytest.raises(InputError, match=r"half-lives from 2 to 0\.01 h; expected the shortest"):
        DecayOptions.of_times(minutes, "decay", [2, 0.01])


@pytest.mark.parametrize("unit", [1 / 60, 1, 24])
@pytest.mark.parametrize("start", [0, 5])
def test_the_unit_and_the_start_of_a_course_change_nothing(unit, start) -> None:
    """Half-lives of 1 to 10 units, sampled at 0 to 8 units after the first sample."""
    times = np.array([0, 1, 2, 4, 8]) + start
    half_lives = np.geomspace(1, 10, 50)
    values = 100 * 2 ** -(times / half_lives[:, None])
    options = DecayOptions.of_times(times * unit)
    found = fit_decays(range(50), times * unit, values, options=options)
    assert set(found["status"]) == {VALID}
    bias = np.log2(found["half_life_h"].to_numpy() / (half_lives * unit))
    assert np.abs(bias).max() < 0.1  # of the pull to the middle of the bounds
    assert np.median(bias) == pytest.approx(0, abs=0.03)


def test_labelling_finds_the_true_rate():
    rate, values = courses(5, noise=0, shape="labelling")
    found = fit_decays(range(200), PUBLISHED, values, options=LABELLING)
    assert found["decay_rate_per_h"].to_numpy() == pytest.approx(rate, rel=1e-4)


def test_normalisers_divide_before_the_largest_value():
    _, values = courses(3, noise=0)
    gapdh = np.array(list(HEK293_GAPDH.values()))
    found = fit_decays(range(200), PUBLISHED, values * gapdh, gapdh)
    plain = fit_decays(range(200), PUBLISHED, values)
    for name in ("decay_rate_per_h", "amplitude"):
        assert found[name].to_numpy() == pytest.approx(plain[name].to_numpy(), rel=1e-6)


def test_genes_that_tell_nothing_say_so():
    values = np.array(
        [[0.0] * 6, [3.0] * 6, [1e9, 1, 0, 0, 0, 0], [6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 6]]
    )
    found = fit_decays(list("abcde"), PUBLISHED, values, options=FREE)
    assert found["status"].to_list() == [
        NO_COVERAGE,
        CONSTANT,
        AMPLITUDE_AT_BOUND,
        VALID,
        RATE_AT_BOUND,
    ]
    assert found["decay_rate_per_h"].to_list()[4] == pytest.approx(1e-3)
    assert found[:2].select(pl.selectors.float()).null_count().sum_horizontal()[0] == 10


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("RNA:4sU:HEK293_12h_R1", (12, USED)),
        ("RNA:ActD:K562__0.5h__rep2", (0.5, USED)),
        ("RNA:ActD:HeLa mRNA lifetime-SiControl-TI-0h D1", (0, USED)),
        ("RNA:4sU:Jurkat total RNA 4 hours 4CT", (4, USED)),
        ("RNA:4sU:K562 s4u feed 5 min 1 mM s4U enriched RNA (ED170305)", (5 / 60, USED)),
        ("RNA:ActD:sim 8h", (8, USED)),
        ("RNA:4sU:HEK293_SS_R1", (None, NO_TIME)),
        ("RNA:4sU:HEK293T hORFeome CL2_SteadyState", (None, NO_TIME)),
        ("RNA:ActD:HEK293T 293t_0h_B", (0, USED)),
        ("RNA:K562 SRS12hx 3 minor", (None, NO_TIME)),
        ("feed: 2h 1 mM s4U, 0.5h 20 mM U", (None, MANY_TIMES)),
    ],
)
def test_times_of_published_descriptions(description, expected):
    assert time_h(description) == expected


def test_a_course_of_the_published_tracks(shared):
    path = shared / "reference/borzuki/metrics/hl_spec/targets_human.txt"
    table = pl.read_csv(path, separator="\t", infer_schema=False, quote_char=None)
    names, said = table["identifier"].to_list(), table["description"].to_list()
    course = find_course(names, said, "RNA:4sU:HEK293_.*_R1")
    assert course.times_h.tolist() == list(HEK293_GAPDH)
    assert course.tracks["status"].to_list().count(NO_TIME) == 1
    course = find_course(names, said, "RNA:ActD:K562__")
    assert course.times_h.tolist() == [0, 0.5, 2, 4, 8]
    assert [len(replicates) for replicates in course.members] == [3] * 5


def matrix():
    hours = (0, 0, 2, 8)
    values = np.log2(1 + np.array([[8.0, 12, 5, 1], [100, 100, 90, 0]]))
    names = np.array([f"t{i}" for i in range(4)])
    return GeneMatrix(np.array(["g1.3", "g2.1"]), names, values), [f"ActD {h}h" for h in hours]


def test_replicates_are_averaged_as_coverage():
    genes, said = matrix()
    course = find_course(genes.identifiers, said, "ActD")
    assert course.times_h.tolist() == [0, 2, 8]
    assert course.values(genes)[0] == pytest.approx([10, 5, 1])
    assert reference_values(genes, course, "g1.3") == pytest.approx([10, 5, 1])
    with pytest.raises(InputError, match=r"'g2.1' has no coverage at \[8.0\] h"):
        reference_values(genes, course, "g2.1")
    with pytest.raises(InputError, match="'GAPDH' is none of 2 genes"):
        reference_values(genes, course, "GAPDH")


def test_bad_courses_are_told():
    with pytest.raises(InputError, match="not a regular expression"):
        find_course(["a"], ["RNA 1h"], "RNA(")
    with pytest.raises(InputError, match="none of 1 tracks"):
        find_course(["a"], ["RNA 1h"], "ActD")
    with pytest.raises(InputError, match=r"times \[1.0\] h; expected 3 times.*'RNA SS'"):
        find_course(["a", "b"], ["RNA 1h", "RNA SS"], "RNA")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"values": np.ones((1, 5))}, r"expected \(1 genes, 6 times\)"),
        ({"times_h": np.array([0, 0, 1, 1, 0, 1])}, "expected 3 different ones"),
        ({"values": np.array([[1, 2, -3, 4, 5, 6]])}, "'g' has -3.0 at 4.0 h"),
        ({"values": np.array([[1, 2, np.nan, 4, 5, 6]])}, "has nan at 4.0 h"),
        ({"normalisers": [1, 1, 0, 1, 1, 1]}, "expected a positive number"),
        ({"normalisers": [1, 1]}, "expected a positive number"),
    ],
)
def test_bad_values_are_told(change, told):
    given = {"genes": ["g"], "times_h": PUBLISHED, "values": np.ones((1, 6)), **change}
    with pytest.raises(InputError, match=told):
        fit_decays(**given)


@pytest.mark.parametrize(
    "change",
    [
        {"shape": "both"},
        {"penalty": -1},
        {"amplitude": (2, 1)},
        {"rate_per_h": (0, 1)},
        {"usual_rate_per_h": 0},
    ],
)
def test_bad_options_are_told(change):
    with pytest.raises(InputError, match="expected"):
        DecayOptions(**change)
