"""Patched convolutions give what the plain forward gives, wherever and whatever the edit."""

import copy
import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.models import convolution_patches
from seqcast.models.borzuki.network import Borzuki
from seqcast.models.convolution_patches import convolve, convolve_many, patch, splice
from seqcast.models.coverage import ConvolutionsFirst
from tests.seqcast.models.borzuki.test_network import TINY
from tests.seqcast.models.dilated_cnn import DilatedCnn
from tests.seqcast.plain_borzuki import plain_forward

ROOT = Path(__file__).resolve().parents[3]
LENGTH = 32 * 128  # the slot of a SNV is 12 cells of 32
EDGES = [0, 1, 127, 128, 129, 255, 256, 640, 641, 642, LENGTH // 2]
EDGES += [LENGTH - 1 - at for at in EDGES]


def small(**blocks):
    """Hyperparameters of `TINY` with other values in the blocks of these names."""
    params = copy.deepcopy(TINY)
    params["model"]["seq_length"] = LENGTH
    for block in params["model"]["trunk"]:
        block |= blocks.get(block["name"], {})
    return params


def micro():
    """The published hl_clip_micro, an eighth as wide."""
    path = ROOT / "config/hyperparameters/borzuki_hl_clip_micro.json"
    params = json.loads(path.read_text())
    model = params["model"] | {"seq_length": LENGTH}
    stem, tower, transformer, *_ = model["trunk"]
    stem["filters"] = 24
    tower |= {"filters_init": 26, "filters_end": 48, "divisible_by": 2}
    transformer |= {"key_size": 4, "repeat": 2}
    return {"model": model}


def cropped():
    params = small(unet_conv={"upsample_conv": True}, conv_dna={"kernel_size": 15})
    params["model"]["trunk"].append({"name": "Cropping1D", "cropping": 9})
    return params


def without_unet():
    params = small(res_tower={"repeat": 3, "kernel_size": 3}, conv_dna={"kernel_size": 1})
    params["model"]["trunk"] = params["model"]["trunk"][:3]
    return params


CONFIGS = {"tiny": small, "micro": micro, "cropped": cropped, "without U-net": without_unet}


def alive(params, seed: int) -> Borzuki:
    """A network in float64 in which every weight and statistic counts."""
    torch.manual_seed(seed)
    model = Borzuki.from_params(params).eval().requires_grad_(False)
    model.initialise()
    model.draw_alive()
    for name, tensor in model.state_dict().items():
        if tensor.ndim == 1 and "running_var" not in name and tensor.is_floating_point():
            tensor.add_(torch.randn_like(tensor), alpha=0.2)
        elif "running_var" in name:
            tensor.uniform_(0.5, 2)
    return model.double()


class PatchedDilated(DilatedCnn, ConvolutionsFirst):
    """Another architecture, in another order of axes: convolutions all through."""

    forward = ConvolutionsFirst.forward

    @property
    def grid_bp(self):
        return self.bin_size_bp

    @property
    def reach_bp(self):
        return 7 + self.bin_size_bp * sum(2**i for i in range(len(self.blocks)))

    def convolve(self, one_hot):
        x = F.relu(self.stem(one_hot)).unflatten(2, (-1, self.bin_size_bp)) @ self.weights
        for block in self.blocks:
            x = block(x)
        return (x.mT,)

    def finish(self, convolved):
        return F.softplus(self.head(F.relu(convolved[0]))).mT


def dilated() -> PatchedDilated:
    torch.manual_seed(5)
    params = {"window_length_bp": LENGTH, "bin_size_bp": 64, "channels": 8, "blocks": 3,
              "heads": {"human": 3}}  # fmt: skip
    return PatchedDilated.from_params(params).eval().requires_grad_(False).double()


MODELS = {**{name: lambda make=make: alive(make(), 1) for name, make in CONFIGS.items()},
          "dilated": dilated}  # fmt: skip


@pytest.fixture(scope="module", params=MODELS)
def model(request) -> ConvolutionsFirst:
    return MODELS[request.param]()


@pytest.fixture(scope="module")
def tiny() -> ConvolutionsFirst:
    return alive(small(), 1)


def bases(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 4, (n,), generator=torch.Generator().manual_seed(seed))


def one_hot(*sequences: torch.Tensor) -> torch.Tensor:
    """``(batch, 4, length)``; a base of -1 is N."""
    rows = torch.stack(sequences)
    return (rows[:, None] == torch.arange(4)[:, None]).double()


def substituted(reference: torch.Tensor, at: int, n: int) -> torch.Tensor:
    allele = reference.clone()
    allele[at : at + n] = (allele[at : at + n] + 1) % 4
    return allele


def largest_error(found, expected) -> float:
    """Largest difference, by the largest value."""
    return ((found - expected).abs().max() / expected.abs().max()).item()


def patched_error(model, alleles, left, right=None) -> float:
    """Largest error of patched activations and coverage, against the plain network's."""
    found = splice(patch(model, alleles, left, right))
    expected = model.convolve(alleles)
    assert [one.shape for one in found] == [one.shape for one in expected]
    errors = [largest_error(*pair) for pair in zip(found, expected, strict=True)]
    return max(*errors, largest_error(model.finish(found), model(alleles)))


def test_substitutions_anywhere_on_both_strands(model):
    reference = bases(LENGTH)
    alleles = [substituted(reference, at, n) for n in (1, 3, 130) for at in EDGES]
    far = substituted(substituted(reference, 700, 1), 1100, 2)  # two edits of one allele
    n_run = reference.clone()
    n_run[1000:1050] = -1
    alleles = one_hot(*alleles, far, n_run, reference)
    for strand in (lambda x: x, lambda x: x.flip(1, 2)):
        x = strand(alleles)
        known = convolve(model, strand(one_hot(reference)))
        assert patched_error(model, x, known) <= 1e-12
        effects = (model(x) - model.finish(known.activations)).abs().amax((1, 2))
        assert effects[:-1].min() > 1e-6  # so that a wrong one would be seen
        assert effects[-1] < 1e-12


def test_substitutions_in_single_precision(model):
    single = copy.deepcopy(model).float()
    reference = bases(LENGTH)
    alleles = one_hot(*(substituted(reference, at, 1) for at in EDGES)).float()
    known = convolve(single, one_hot(reference).float())
    assert patched_error(single, alleles, known) <= 1e-5


@pytest.mark.parametrize("shift", [-3, 1, 64])
def test_shifted_windows(tiny, shift):
    """As the ensemble of `predict.inference` shifts them: zeros enter, an edit may leave."""
    reference = bases(LENGTH)
    alleles = one_hot(*(substituted(reference, at, 2) for at in EDGES))
    x, known = (F.pad(windows, (shift, -shift)) for windows in (alleles, one_hot(reference)))
    assert patched_error(tiny, x, convolve(tiny, known)) <= 1e-12


def test_patched_equals_the_plain_network(tiny):
    reference = bases(LENGTH)
    alleles = one_hot(substituted(reference, 2000, 1), substituted(reference, 5, 2))
    found = tiny.finish(splice(patch(tiny, alleles, convolve(tiny, one_hot(reference)))))
    assert largest_error(found, plain_forward(tiny, alleles)) <= 1e-12


def indel(genome: torch.Tensor, start: int, at: int, grown: int, anchor: str) -> torch.Tensor:
    """The window at `start` with bases inserted before column `at`, or deleted from there on.

    `anchor` is the flank that stays in its columns; the other one is filled from the genome.
    """
    inserted, at = bases(max(0, grown), 3), start + at
    left, right = genome[:at], genome[at + max(0, -grown) :]
    if anchor == "left":
        return torch.cat([left[start:], inserted, right])[:LENGTH]
    kept = torch.cat([inserted, right[: start + LENGTH - (len(genome) - len(right))]])
    return torch.cat([left, kept])[-LENGTH:]


@pytest.mark.parametrize("anchor", ["left", "right"])
@pytest.mark.parametrize("grown", [-64, -7, -1, 1, 2, 64, 128])
def test_indels_between_two_windows(tiny, anchor, grown):
    genome, start = bases(3 * LENGTH, 2), LENGTH
    positions = [0, 1, 127, 128, 1900, LENGTH - 130, LENGTH - 65]
    alleles = [indel(genome, start, at, grown, anchor) for at in positions]
    # what the flank that moves has in its columns: the reference, that much away
    away = start - grown if anchor == "left" else start + grown
    stays, moves = (convolve(tiny, one_hot(genome[at : at + LENGTH])) for at in (start, away))
    left, right = (stays, moves) if anchor == "left" else (moves, stays)
    assert patched_error(tiny, one_hot(*alleles), left, right) <= 1e-12
    turned = [convolve(tiny, known.one_hot.flip(1, 2)) for known in (right, left)]
    assert patched_error(tiny, one_hot(*alleles).flip(1, 2), *turned) <= 1e-12
    # without the other window: more is computed
    assert patched_error(tiny, one_hot(*alleles), stays) <= 1e-12
    widths = [p.cells for p in patch(tiny, one_hot(*alleles), left, right)]
    assert max(widths) <= 12  # of 32: an insertion of 128 reaches 7


@settings(max_examples=25)
@given(st.data())
def test_any_edits(tiny, data):
    """Substitutions, insertions and deletions, several at once, overlapping, of N too."""
    reference = bases(LENGTH, data.draw(st.integers(0, 9)))
    known = convolve(tiny, one_hot(reference))
    edits = st.lists(st.tuples(st.integers(0, LENGTH), st.integers(0, 64), st.integers(0, 64)),
                     max_size=3)  # fmt: skip
    alleles = []
    for edited in data.draw(st.lists(edits, min_size=1, max_size=3)):
        allele = reference
        for at, deleted, inserted in edited:
            new = bases(inserted, at) - at % 2  # N among them in some
            allele = torch.cat([allele[:at], new, allele[at + deleted :]])
        alleles.append(torch.cat([allele, bases(LENGTH, 1)])[:LENGTH])
    assert patched_error(tiny, one_hot(*alleles), known) <= 1e-12


@pytest.mark.parametrize("tile_bp", [128, 1024, 1 << 15])
def test_neighbouring_windows(model, monkeypatch, tile_bp):
    """At any distance, on either strand, the ends of some shifted, N, or unlike the neighbours'."""
    monkeypatch.setattr(convolution_patches, "TILE_BP", tile_bp)
    starts = [905, 0, 1, 1, 3, 64, 71, 128, 200, 2 * LENGTH]
    genome = bases(4 * LENGTH)
    genome[LENGTH - 5 : LENGTH + 5] = -1
    windows = one_hot(*(genome[at : at + LENGTH] for at in starts))
    windows[3, :, :4] = 0
    windows[4, :, -7:] = 0.25
    for turned, at in ((windows, starts), (windows.flip(1, 2), [-start for start in starts])):
        found = convolve_many(model, turned, at)
        expected = model.convolve(turned)
        for i, one in enumerate(found):
            assert torch.equal(one.one_hot, turned[i : i + 1])
            for ours, plain in zip(one.activations, expected, strict=True):
                assert largest_error(ours, plain[i : i + 1]) <= 1e-12


def test_reach_is_what_a_cell_depends_on(model):
    """One base closer or farther than `reach_bp` decides."""
    torch.manual_seed(2)
    start, end = model.grid_bp * (16 * 128 // model.grid_bp), 0
    end = start + model.grid_bp
    cell = start // model.grid_bp
    x = torch.rand(1, 4, LENGTH, dtype=torch.float64)

    def seen(at: int) -> bool:
        other = x.clone()
        other[..., at] = 1 - other[..., at]
        changed = []
        for before, after in zip(model.convolve(x), model.convolve(other), strict=True):
            n = before.shape[1] * model.grid_bp // LENGTH
            changed.append(
                not torch.equal(*(y[:, cell * n : (cell + 1) * n] for y in (before, after)))
            )
        return any(changed)

    assert [seen(start - model.reach_bp - 1), seen(end + model.reach_bp)] == [False, False]
    # a maximum may hide the outermost base on one side
    assert seen(start - model.reach_bp) or seen(end - 1 + model.reach_bp)


def test_little_is_computed(tiny, monkeypatch):
    reference = bases(LENGTH)
    known = convolve(tiny, one_hot(reference))
    shapes = []
    plainly = tiny.convolve
    monkeypatch.setattr(tiny, "convolve", lambda x: shapes.append(tuple(x.shape)) or plainly(x))
    patch(tiny, one_hot(*(substituted(reference, at, 1) for at in EDGES)), known)
    assert shapes == [(len(EDGES), 4, 12 * 128)]
    shapes.clear()
    patch(tiny, one_hot(reference, substituted(reference, 50, 900)), known)
    assert sorted(shapes) == [(1, 4, 12 * 128), (1, 4, 18 * 128)]


def test_a_batch_changes_no_number(tiny):
    reference = bases(LENGTH)
    known = convolve(tiny, one_hot(reference))
    alleles = one_hot(*(substituted(reference, at, 1) for at in EDGES))
    together = splice(patch(tiny, alleles, known))
    alone = [splice(patch(tiny, allele[None], known)) for allele in alleles.flip(0)]
    for i, activations in enumerate(together):
        expected = torch.cat([levels[i] for levels in reversed(alone)])
        assert largest_error(activations, expected) <= 1e-12


def test_training_mode_and_wrong_lengths_are_refused(tiny):
    known = convolve(tiny, one_hot(bases(LENGTH)))
    with pytest.raises(ValueError, match="evaluation mode"):
        patch(copy.deepcopy(tiny).train(), known.one_hot, known)
    with pytest.raises(InputError, match=r"multiple of 128 bp"):
        convolve(tiny, one_hot(bases(2000)))
