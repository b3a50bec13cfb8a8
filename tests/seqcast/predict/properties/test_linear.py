"""Ridge and logistic regression against scikit-learn and the normal equations."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss

from seqcast.core.errors import InputError
from seqcast.datasets.properties.labelled import PropertyData
from seqcast.predict.properties.linear import (
    LOGISTIC_PENALTIES,
    RIDGE_PENALTIES,
    linear_predictions,
)
from tests.seqcast.datasets.properties.toys import property_of, transcripts

RNG = np.random.default_rng(7)


def dataset(p: int, rows: int = 90, kind: str = "regression", **cells: str):
    """Features, and data whose labels are linear in them, with noise."""
    x = RNG.normal(size=(rows, p)) * RNG.uniform(0.1, 10, p) + RNG.normal(size=p)
    y = x @ RNG.normal(size=p) / np.sqrt(p) + RNG.normal(size=rows)
    classes = np.digitize(y, np.quantile(y, [0.5] if kind == "binary" else [0.3, 0.6]))
    columns = {"y": y, "z": 100 + 5 * x[:, 0] + RNG.normal(size=rows), "c": classes}
    label = "y" if kind == "regression" else "c"
    table = transcripts(rows, **columns)
    return x, PropertyData.from_table(
        table, property_of(**{"labels": label, "kind": kind, **cells})
    )


@pytest.mark.parametrize("p", [5, 54, 300])
def test_ridge_is_the_normal_equations_of_the_best_penalty(p: int) -> None:
    x, data = dataset(p, labels="y,z")
    found = linear_predictions(x, data)
    (one,) = data.rounds()
    mean, deviation = x[one.train].mean(0), x[one.train].std(0)
    scaled = (x - mean) / deviation
    y = data.labels
    for label in range(2):
        best = (-np.inf, None, None)
        for penalty in RIDGE_PENALTIES:
            a = scaled[one.train]
            left = a.T @ a / len(a) + penalty * np.eye(p)
            own = y[one.train, label]
            w = np.linalg.solve(left, a.T @ (own - own.mean()) / len(a))
            predicted = scaled @ w + own.mean()
            truth = y[one.validation, label]
            r2 = 1 - np.mean((predicted[one.validation] - truth) ** 2) / truth.var()
            best = max(best, (r2, penalty, predicted), key=lambda item: item[0])
            plain = Ridge(alpha=penalty * len(a)).fit(a, own).predict(scaled)
            np.testing.assert_allclose(predicted, plain, rtol=1e-6, atol=1e-8)
        assert found.choices[0]["penalty"][label] == best[1]
        assert found.choices[0]["validation_r2"][label] == pytest.approx(best[0], rel=1e-6)
        rows = one.predicted
        np.testing.assert_allclose(found.values[rows, label], best[2][rows], rtol=1e-6)
    assert np.isnan(found.values[one.train]).all()


@pytest.mark.parametrize(("p", "kind"), [(4, "binary"), (200, "binary"), (20, "multiclass")])
def test_logistic_is_that_of_scikit_learn(p: int, kind: str) -> None:
    x, data = dataset(p, 120, kind)
    found = linear_predictions(x, data)
    (one,) = data.rounds()
    scaled = (x - x[one.train].mean(0)) / x[one.train].std(0)
    labels, tried = data.labels[:, 0].astype(int), []
    for penalty in LOGISTIC_PENALTIES:
        model = LogisticRegression(C=1 / (penalty * len(one.train)), max_iter=5000, tol=1e-6)
        model.fit(scaled[one.train], labels[one.train])
        loss = log_loss(labels[one.validation], model.predict_proba(scaled[one.validation]))
        tried.append((loss, penalty, model.predict_proba(scaled[one.predicted])))
    loss, penalty, expected = min(tried, key=lambda item: item[0])
    assert found.choices[0]["penalty"] == penalty
    np.testing.assert_allclose(found.values[one.predicted], expected, atol=5e-4)
    np.testing.assert_allclose(found.values[one.predicted].sum(1), 1)


def test_folds_predict_every_row_once_without_having_seen_it() -> None:
    x, data = dataset(30, split="kfold:3")
    found = linear_predictions(x, data)
    assert np.isfinite(found.values).all()
    # the label of a row, which its own prediction must not know, changes all others' folds
    labels = data.labels.copy()
    row = int(data.rounds()[1].test[0])
    labels[row] += 1000
    changed = linear_predictions(x, type(data)(**{**vars(data), "labels": labels})).values
    same = np.isclose(changed, found.values)[:, 0]
    assert set(np.flatnonzero(same).tolist()) == set(data.rounds()[1].test.tolist())


def test_rows_without_features_get_a_status() -> None:
    x, data = dataset(5)
    x[3, 2] = np.nan
    found = linear_predictions(x, data)
    assert found.data.status[3] == "no_features"
    assert np.isnan(found.values[3]).all()
    assert found.data.labels[3] == data.labels[3]


def test_constant_features_are_left_out() -> None:
    x, data = dataset(5)
    more = np.concatenate([x, np.full((len(x), 2), 0.1)], axis=1)
    np.testing.assert_allclose(
        linear_predictions(more, data).values, linear_predictions(x, data).values
    )
    with pytest.raises(InputError, match="each of 2 features is the same in all 54 training rows"):
        linear_predictions(more[:, 5:], data)


@pytest.mark.parametrize("shape", [(90,), (80, 3), (90, 0)])
def test_features_fit_the_rows(shape: tuple) -> None:
    with pytest.raises(InputError, match="for 90 rows"):
        linear_predictions(np.zeros(shape), dataset(2)[1])
