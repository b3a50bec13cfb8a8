"""Sums over spans of tokens against plain loops."""

import json

import numpy as np
import pytest
import torch

from seqcast.models.interface import load_model
from seqcast.predict.embeddings.embed_options import EmbedOptions
from seqcast.predict.embeddings.engine import embed_texts
from seqcast.predict.embeddings.pooling import helical_pooling, span_sums
from tests.seqcast.predict.embeddings.small_helix import write_small_helix
from tests.seqcast.predict.embeddings.toys import random_text


def test_sums_of_spans_leave_out_what_is_no_number():
    features = torch.randn(2, 9, 4)
    features[0, :3] = float("nan")  # padding
    features[1, 8] = float("inf")
    spans = [[(3, 9), (3, 5), (6, 6)], [(0, 8), (2, 3), (3, 8)]]
    found = span_sums(features, spans)
    for row, of_row in enumerate(spans):
        for span, (low, stop) in enumerate(of_row):
            expected = features[row, low:stop].double().sum(0)
            torch.testing.assert_close(found[row, span], expected)


def read_golden(path):
    with np.load(path) as arrays:
        return dict(arrays)


CASES = [
    (model, case)
    for model, cases in {
        "small": ["single", "batch_left_pad", "batch_truncated", "mixed_case_N", "long_single"],
        "small_bias_k3": ["single", "batch_left_pad", "mixed_case_N", "long_single"],
        "published_config": ["single", "batch_left_pad", "long_single"],
    }.items()
    for case in cases
]


@pytest.mark.parametrize(("model", "case"), CASES)
def test_pooling_of_golden_features(shared, model, case):
    folder = shared / "reference/helix_mrna" / model
    golden = read_golden(folder / f"{case}.npz")
    special = golden["special_tokens_mask"].astype(bool)
    about = json.loads((folder / "cases.json").read_text())[case]
    lengths = [min(len(text), about["max_length"] - 1) for text in about["sequences"]]
    assert (~special).sum(1).tolist() == lengths
    for row, n in enumerate(lengths):
        features = torch.from_numpy(golden["last_hidden_state"][row])
        mean, last = helical_pooling(features[-n - 1 :], n == max(lengths))
        expected = golden["pooled_reference"][row]
        np.testing.assert_allclose(np.concatenate([last, mean]), expected, atol=2e-5, rtol=1e-4)
        ours = span_sums(features[None], [[(len(features) - 1 - n, len(features) - 1)]])[0, 0] / n
        expected = golden["pooled_correct"][row]
        np.testing.assert_allclose(
            np.concatenate([features[-2], ours]), expected, atol=2e-5, rtol=1e-4
        )


@pytest.mark.parametrize(("symbols", "longest"), [(1, False), (2, True)])
def test_division_by_zero_is_no_number(symbols, longest):
    mean, _ = helical_pooling(torch.ones(symbols + 1, 3), longest)
    assert not mean.isfinite().any()


# Biases let padding in, in the original; ours does not depend on it.
PADDED = [("small_bias_k3", "batch_left_pad"), ("small_bias_k3", "mixed_case_N")]


@pytest.mark.parametrize(
    ("model", "case", "compat"),
    [(*names, "helical_pooling") for names in CASES]
    + [(*names, None) for names in CASES if names not in PADDED],
)
def test_golden_pooling(shared, model, case, compat):
    folder = shared / "reference/helix_mrna" / model
    about = json.loads((folder / "cases.json").read_text())[case]
    golden = read_golden(folder / f"{case}.npz")
    weights, config = folder / "model.safetensors", folder / "config.json"
    helix = load_model("helix_mrna", weights, config, compat=compat, device="cpu")
    texts = [text[: about["max_length"] - 1] for text in about["sequences"]]
    found = list(embed_texts(helix, texts))
    name = "pooled_reference" if compat else "pooled_correct"
    for one, expected in zip(found, golden[name], strict=True):
        if not np.isfinite(expected).all():
            assert one.status == "prediction_not_finite"
            continue
        np.testing.assert_allclose([*one.last, *one.mean], expected, atol=2e-5, rtol=1e-4)


def test_the_original_depends_on_the_data_set_and_not_on_batches(tmp_path):
    files = write_small_helix(tmp_path)
    model = load_model("helix_mrna", *files, compat="helical_pooling", device="cpu")
    texts = [random_text(n, n) for n in (20, 300, 21, 300, 150)]
    whole = list(embed_texts(model, texts))
    for batch_tokens in (1, 400):
        parts = embed_texts(model, texts, EmbedOptions(batch_tokens=batch_tokens))
        for one, same in zip(whole, parts, strict=True):
            np.testing.assert_allclose(same.mean, one.mean, atol=1e-5)
            np.testing.assert_allclose(same.last, one.last, atol=1e-5)
    ours = load_model("helix_mrna", *files, device="cpu")
    for text, one in zip(texts, whole, strict=True):
        symbols = next(iter(embed_texts(ours, [text], EmbedOptions(per_symbol=True)))).features
        place = -2 if len(text) == 300 else -1  # the longest have no padding
        np.testing.assert_allclose(one.last, symbols[place], atol=1e-5)


def test_hidden_states_and_likelihoods_are_those_of_the_network(tmp_path):
    files = write_small_helix(tmp_path)
    options = EmbedOptions(per_symbol=True, layers=(0, 3))
    texts = [random_text(n, n) for n in (20, 300, 21)]
    original, ours = (
        list(embed_texts(load_model("helix_mrna", *files, compat=c, device="cpu"), texts, options))
        for c in ("helical_pooling", None)
    )
    for one, other in zip(original, ours, strict=True):
        np.testing.assert_allclose(one.features, other.features, atol=1e-5)
        np.testing.assert_allclose(one.layers[3], other.layers[3], atol=1e-5)
        assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-2)
