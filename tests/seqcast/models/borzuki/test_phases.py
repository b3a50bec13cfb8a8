"""Windows that start at other bases share all blocks up to where their pooling differs."""

import torch

from tests.seqcast.models.test_convolution_patches import alive, bases, one_hot, small


def test_blocks_run_once_a_phase():
    model = alive(small(), 1)
    calls = []
    for part in (model.stem, *model.tower.blocks):
        part.register_forward_hook(lambda part, *_: calls.append(part))
    sequence = one_hot(bases(4096))
    starts = [512, 514, 516, 768, 576]  # of the phases 0, 2, 4, 0 and 64 of a cell of 128 bp
    found = model.convolve_at(sequence, [(start, 4) for start in starts])
    assert [calls.count(part) for part in (model.stem, *model.tower.blocks)] == [
        1,
        1,
        2,
        3,
        3,
        3,
        3,
    ]
    for start, run in zip(starts, found, strict=True):
        # of a window that starts there, without the cells that see beyond its ends
        whole = model.convolve(sequence[:, :, start - 512 : start + 1024])
        for ours, plain in zip(run, whole, strict=True):
            n = ours.shape[1] // 4
            assert torch.allclose(ours, plain[:, 4 * n : 8 * n], rtol=0, atol=1e-12)
