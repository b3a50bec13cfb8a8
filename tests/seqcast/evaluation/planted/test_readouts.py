"""Weights of tracks in effects."""

import numpy as np
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.planted.readouts import WORDS, make_readouts, slope_weights, time_course
from seqcast.simulate.assays import ASSAYS

IDENTIFIERS = [f"{assay.name}+" for assay in ASSAYS]


def test_readouts_are_means_of_kinds_and_a_slope():
    readouts = make_readouts(["other+", *IDENTIFIERS])
    assert set(readouts.names) == set(WORDS)
    scores = np.random.default_rng(0).normal(size=(3, len(IDENTIFIERS) + 1))
    found = dict(zip(readouts.names, readouts.of(scores).T, strict=True))
    of = dict(zip(IDENTIFIERS, scores[:, 1:].T, strict=True))  # the foreign track has no weight
    course = [of[f"sim_actd_{t}h+"] for t in (0, 2, 4, 8)]
    assert found["actd"] == pytest.approx(np.mean(course, axis=0))
    assert found["total"] == pytest.approx(of["sim_total+"])
    assert found["clip"] == pytest.approx((of["sim_clip_are+"] + of["sim_clip_pum+"]) / 2)
    slopes = [np.polyfit([0, 2, 4, 8], row, 1)[0] for row in np.transpose(course)]
    assert found["decay"] == pytest.approx(-np.log(2) * np.array(slopes))


def test_a_known_change_of_the_decay_rate_is_read():
    names, hours = time_course()
    assert hours.tolist() == [0, 2, 4, 8]
    score = np.zeros((1, len(IDENTIFIERS)))
    for name, hour in zip(names, hours, strict=True):  # exp(-0.3 T) more than the reference
        score[0, IDENTIFIERS.index(f"{name}+")] = -0.3 * hour / np.log(2)
    readouts = make_readouts(IDENTIFIERS)
    assert readouts.of(score)[0, readouts.names.index("decay")] == pytest.approx(0.3)
    assert slope_weights(hours) @ (5 - 2 * hours) == pytest.approx(-2)


def test_kinds_without_tracks_are_left_out_and_the_time_course_must_be_there():
    course = [name for name in IDENTIFIERS if "actd" in name]
    assert make_readouts(course).names == ("actd", "decay")
    with pytest.raises(InputError, match=r"no tracks sim_actd_2h\+; expected the whole"):
        make_readouts([name for name in IDENTIFIERS if "actd_2h" not in name])
