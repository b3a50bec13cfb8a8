"""Alleles predicted from known windows have the numbers of the plain forward."""

import copy
import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcast.models import known_windows
from seqcast.models.convert import write_safetensors
from seqcast.models.coverage import Wanted
from seqcast.models.interface import load_model
from seqcast.models.known_windows import (
    Edited,
    Reuse,
    coverage_together,
    know,
    know_many,
    predict_edited,
    predict_together,
)
from tests.seqcast.models.dilated_cnn import DilatedCnn
from tests.seqcast.models.test_convolution_patches import (
    CONFIGS,
    LENGTH,
    alive,
    bases,
    dilated,
    indel,
    one_hot,
    small,
    substituted,
)

ROOT = Path(__file__).resolve().parents[3]
TOLERANCE = 1e-10  # of values about 1, in float64
NOTHING = Reuse(convolutions=False, first_layer=False, wanted=False)


def unshared() -> DilatedCnn:
    """An architecture of which nothing can be reused."""
    torch.manual_seed(5)
    return DilatedCnn.from_params(dilated().config.__dict__).eval().requires_grad_(False).double()


MODELS = {**{name: lambda make=make: alive(make(), 1) for name, make in CONFIGS.items()},
          "dilated": dilated, "unshared": unshared}  # fmt: skip


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return MODELS[request.param]()


@pytest.fixture(scope="module", autouse=True)
def first_layer():
    """Have short windows take the path of long ones."""
    with pytest.MonkeyPatch.context() as patched:
        yield patched.setattr(known_windows, "LONG", 0)


@pytest.fixture(scope="module")
def tiny():
    return alive(small(), 1)


def difference(found: torch.Tensor, expected: torch.Tensor, wanted: Wanted | None = None) -> float:
    """The largest of what is wanted; all else of `found` must be NaN."""
    inside = torch.zeros(expected.shape, dtype=torch.bool)
    runs, channels = wanted or Wanted()
    for start, end in runs or ((0, expected.shape[2]),):
        inside[:, slice(None) if channels is None else channels, start:end] = True
    assert torch.equal(found.isnan(), ~inside)
    return (found - expected)[inside].abs().max().item()


@pytest.mark.parametrize("reuse", [None, NOTHING], ids=["all", "nothing"])
def test_edits_anywhere(model, reuse):
    reference = bases(LENGTH)
    alleles = [substituted(reference, at, n) for at in (0, 127, 2000, LENGTH - 1) for n in (1, 20)]
    alleles = one_hot(*alleles, substituted(substituted(reference, 900, 1), 1100, 2), reference)
    known = know(model, one_hot(reference), reuse)
    expected, bins = model(alleles), known.coverage().shape[2]
    assert difference(known.coverage(), model(one_hot(reference))) <= TOLERANCE
    assert difference(predict_edited(model, alleles, known), expected) <= TOLERANCE
    for wanted in (
        Wanted.of_bins([0, bins - 1]),
        Wanted.of_bins(range(3, bins // 2)),
        Wanted(None, torch.tensor([1])),
        Wanted(((bins // 2, bins // 2 + 1),), torch.arange(0, model.tracks, 2)),
    ):
        found = predict_edited(model, alleles, known, wanted=wanted)
        assert difference(found, expected, wanted) <= TOLERANCE
        found = known.coverage(wanted)
        assert difference(found, model(one_hot(reference)), wanted) <= TOLERANCE


@pytest.mark.parametrize("grown", [-64, -1, 1, 64])
def test_indels(tiny, grown):
    genome, start = bases(3 * LENGTH, 2), LENGTH
    alleles = one_hot(*(indel(genome, start, at, grown, "left") for at in (0, 1900, LENGTH - 65)))
    left, right = (know(tiny, one_hot(genome[at : at + LENGTH])) for at in (start, start - grown))
    for other in (right, None):
        assert difference(predict_edited(tiny, alleles, left, other), tiny(alleles)) <= TOLERANCE


def test_neighbouring_windows(model):
    genome, starts = bases(2 * LENGTH, 2), [0, 1000, 37]
    windows = one_hot(*(genome[at : at + LENGTH] for at in starts))
    alleles = windows.clone()
    alleles[:, :, 1990:1992] = one_hot(torch.tensor([-1, 1]))
    for reuse in (None, NOTHING):
        known = know_many(model, windows, starts, reuse)
        for i, (window, one) in enumerate(zip(windows, known, strict=True)):
            assert difference(one.coverage(), model(window[None])) <= TOLERANCE
            found = predict_edited(model, alleles[i : i + 1], one)
            assert difference(found, model(alleles[i : i + 1])) <= TOLERANCE


@pytest.mark.parametrize("long", [0, 1000], ids=["long", "short"])
def test_several_windows_together(model, long, monkeypatch):
    monkeypatch.setattr(known_windows, "LONG", long)
    windows = one_hot(bases(LENGTH), bases(LENGTH, 7))
    alleles = one_hot(*(substituted(bases(LENGTH), at, 1) for at in (0, 700)),
                      substituted(bases(LENGTH, 7), 2000, 3))  # fmt: skip
    known = [know(model, window[None]) for window in windows]
    edited = [Edited(alleles[:2], known[0], known[0]), Edited(alleles[2:], known[1], known[1])]
    for wanted in (None, Wanted.of_bins([2])):
        found = predict_together(model, edited, wanted)
        assert difference(found, model(alleles), wanted) <= TOLERANCE
        found = coverage_together(known, wanted)
        assert difference(found, model(windows), wanted) <= TOLERANCE


PUBLISHED = ("baseline", "baseline_micro", "hl_clip", "hl_clip_micro", "hl_micro")


def published(name: str) -> dict:
    """Hyperparameters of a published network, a sixteenth as wide, for a window of 32 tokens."""
    path = ROOT / f"config/hyperparameters/borzuki_{name}.json"
    model = json.loads(path.read_text())["model"] | {"seq_length": LENGTH}
    stem, tower, transformer, *_ = model["trunk"]
    for block, keys in ((stem, ("filters",)), (tower, ("filters_init", "filters_end")),
                        (transformer, ("key_size",))):  # fmt: skip
        block |= {key: block[key] // 16 for key in keys}
    tower["divisible_by"] = 4
    return {"model": model}


@pytest.mark.parametrize("head", ["human", "mouse"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_architectures(name, head):
    """Every track of either head, each of which differs from the others."""
    params = published(name)
    params["model"] |= {"head_human": params["model"][f"head_{head}"]}
    model = alive(params, 3)
    genome = bases(2 * LENGTH, 4)
    left, right = (know(model, one_hot(genome[at : at + LENGTH])) for at in (7, 0))
    edits = [substituted(genome[7 : 7 + LENGTH], at, 1) for at in (2, 1500)]
    edits.append(indel(genome, 7, 2100, 7, "left"))
    alleles = one_hot(*edits)
    expected = model(alleles)
    assert expected.shape[1] == params["model"]["head_human"]["units"] == model.tracks
    # so far apart that one in the place of another would be seen
    assert expected.sum((0, 2)).sort().values.diff().min() > 1e-6
    assert difference(predict_edited(model, alleles, left, right), expected) <= TOLERANCE
    channels = torch.randperm(model.tracks)[: model.tracks // 3]
    wanted = Wanted(((0, 3), (50, 60), (127, 128)), channels)
    found = predict_edited(model, alleles, left, right, wanted)
    assert difference(found, expected, wanted) <= TOLERANCE


@settings(max_examples=40)
@given(st.data())
def test_any_edits_on_any_strand(tiny, data):
    """Adjacent and overlapping edits, indels, N; shifted, turned; any part of the reuse."""
    genome = bases(2 * LENGTH, data.draw(st.integers(0, 9)))
    edit = st.tuples(st.integers(0, LENGTH), st.integers(0, 64), st.integers(0, 64))
    alleles, grown = [], data.draw(st.integers(-64, 64))
    for edits in data.draw(st.lists(st.lists(edit, max_size=3), min_size=1, max_size=3)):
        allele = genome[LENGTH // 2 :]
        for at, deleted, inserted in edits:
            new = bases(inserted, at) - at % 2  # N among them in some
            allele = torch.cat([allele[:at], new, allele[at + deleted :]])
        alleles.append(allele[:LENGTH])
    alleles.append(indel(genome, LENGTH // 2, data.draw(st.integers(64, LENGTH)), grown, "left"))
    shift = data.draw(st.integers(-3, 3))
    windows = [genome[at : at + LENGTH] for at in (LENGTH // 2, LENGTH // 2 - grown)]
    alleles, left, right = (
        F.pad(one_hot(*sequences), (shift, -shift))
        for sequences in (alleles, windows[:1], windows[1:])
    )
    if data.draw(st.booleans()):
        alleles, left, right = (x.flip(1, 2) for x in (alleles, right, left))
    reuse = Reuse(*data.draw(st.tuples(*[st.booleans()] * 3)))
    known = know(tiny, left, reuse)
    other = know(tiny, right, reuse) if data.draw(st.booleans()) else None
    bins = data.draw(st.lists(st.integers(0, 127), min_size=1, max_size=9))
    wanted = data.draw(st.sampled_from([Wanted(), Wanted.of_bins(bins, torch.tensor([4, 0]))]))
    found = predict_edited(tiny, alleles, known, other, wanted)
    assert difference(found, tiny(alleles), wanted) <= TOLERANCE


def test_a_batch_and_its_order_change_no_number(tiny):
    reference = bases(LENGTH)
    known = know(tiny, one_hot(reference))
    alleles = one_hot(*(substituted(reference, at, 1) for at in range(5, LENGTH, 100)))
    together = predict_edited(tiny, alleles, known)
    backwards = predict_edited(tiny, alleles.flip(0), known).flip(0)
    alone = torch.cat([predict_edited(tiny, allele[None], known) for allele in alleles])
    assert difference(together, backwards) <= TOLERANCE
    assert difference(together, alone) <= TOLERANCE
    assert predict_edited(tiny, alleles[:0], known).shape == (0, *together.shape[1:])


def test_a_lower_precision_holds_for_what_is_reused(tmp_path):
    exact = alive(small(), 1).float()
    write_safetensors(exact.state_dict(), tmp_path / "weights.safetensors", {})
    rounded = load_model("borzuki", tmp_path / "weights.safetensors", small(), device="cpu",
                         precision="bf16")  # fmt: skip
    reference = bases(LENGTH)
    allele = one_hot(substituted(reference, 2000, 1)).float()
    known = know(rounded, one_hot(reference).float())
    for wanted in (None, Wanted.of_bins([0, 60, 127])):
        found = predict_edited(rounded, allele, known, wanted=wanted)
        assert found.dtype == rounded(allele).dtype
        by_plain, by_exact = (
            (found.float() - model(allele)).abs().nanmean() for model in (rounded, exact)
        )
        assert 1e-4 < by_plain < by_exact


def test_bins_make_runs():
    assert Wanted.of_bins([5, 3, 4, 4, 9]).runs == ((3, 6), (9, 10))
    assert copy.deepcopy(Wanted.of_bins([])).runs == ()
