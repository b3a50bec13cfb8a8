"""compat "helical_cpu" against the original's run on a CPU, at all its tokens."""

import numpy as np
import pytest
import torch

from tests.seqcast.models.helix_examples import ATOL, CASES, RTOL, TINY, opened, tiny


@pytest.fixture(scope="module")
def golden(shared):
    return shared / "reference/helix_mrna"


@pytest.mark.parametrize(("folder", "case"), CASES)
def test_all_tokens_are_the_originals(golden, folder, case):
    model, tokens, expected = opened(golden, folder, case, compat="helical_cpu")
    features = model(tokens).numpy()  # padding and end token included
    np.testing.assert_allclose(features, expected["cpu_naive"], rtol=RTOL, atol=ATOL)


def test_one_chunk_and_wide_steps_are_as_ours():
    params = TINY | {"time_step_min": 1e-9}
    ours, original = tiny(params), tiny(params, compat="helical_cpu")
    original.load_state_dict(ours.state_dict())
    tokens = ours.tokenize(["ACGU" * 60])
    torch.testing.assert_close(original(tokens)[:, :-1], ours(tokens)[:, :-1], rtol=0, atol=1e-5)


def test_more_chunks_are_not():
    ours, original = (
        tiny(TINY | {"chunk_size": 32}),
        tiny(TINY | {"chunk_size": 32}, compat="helical_cpu"),
    )
    original.load_state_dict(ours.state_dict())
    tokens = ours.tokenize(["ACGU" * 60])
    difference = (original(tokens) - ours(tokens)).abs().amax(2)[0]
    assert difference[:32].max() < 1e-2 < difference[64:-1].max()


def test_layers_of_the_original():
    model = tiny(compat="helical_cpu")
    tokens = model.tokenize(["ACGU", "A"])
    first, last = model.hidden_states(tokens, [0, 3])
    assert torch.equal(first, model.embeddings(tokens))
    assert torch.equal(model.finish(last), model(tokens))
