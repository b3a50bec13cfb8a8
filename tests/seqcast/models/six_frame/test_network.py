"""SixFrame against a plain computation, its symmetries, and the released weights."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score

from seqcast.core.errors import InputError
from seqcast.genome.coding_regions import regions_of
from seqcast.genome.genbank import read_genbank
from seqcast.models.convert import read_safetensors
from seqcast.models.six_frame.codons import six_frames
from seqcast.models.six_frame.network import SixFrame
from seqcast.predict.reads.classification import p_coding

ROOT = Path(__file__).parents[4]
RELEASED = ROOT / "config/hyperparameters/six_frame.json"
WEIGHTS = ROOT / "resources/six_frame/model.safetensors"
TINY = {
    "codon_channels": 5, "convolution_channels": [6, 4], "convolution_kernels_codons": [5, 3],
    "frame_channels": 7, "gc_channels": 3, "dropout": 0.0, "min_length_nt": 3, "max_length_nt": 60,
}  # fmt: skip
LETTERS = "ACGT"
OTHER_STRAND = str.maketrans("ACGTN", "TGCAN")


def reverse_complement(read):
    return read.translate(OTHER_STRAND)[::-1]


def random_reads(lengths, letters="ACGT", seed=1):
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(letters), length)) for length in lengths]


@pytest.fixture
def tiny():
    """A network in which every weight is drawn, so that none hides another."""
    torch.manual_seed(3)
    model = SixFrame.from_params(TINY).eval()
    for parameter in model.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    return model.requires_grad_(False)


@pytest.fixture(scope="module")
def released():
    model, state = SixFrame.from_weights(WEIGHTS, json.loads(RELEASED.read_text()))
    model.load_state_dict(state)
    return model.eval().requires_grad_(False)


def codon_id(codon):
    if "N" in codon:
        return 64
    return sum(LETTERS.index(base) * 4 ** (2 - i) for i, base in enumerate(codon))


def frames_of(read):
    """Codon ids of six frames, one base at a time; the frames of both strands share places."""
    starts = range(len(read) - 2)
    forward = {i: codon_id(read[i : i + 3]) for i in starts}
    reverse = {i: codon_id(reverse_complement(read[i : i + 3])) for i in starts}
    frames = [[forward[i] for i in starts if i % 3 == frame] for frame in range(3)]
    return frames + [[reverse[i] for i in reversed(starts) if i % 3 == frame] for frame in range(3)]


def plain_logits(model, read):
    """What the network computes for one read, frame by frame, in float64."""
    w = {name: tensor.double() for name, tensor in model.state_dict().items()}
    known = [base for base in read if base != "N"]
    gc = sum(base in "GC" for base in known) / max(len(known), 1)
    features = torch.tensor([4 * gc - 2, 8 * (gc - 0.5) ** 2, np.log(len(read) / 200)]).double()

    def dense(name, x):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    change = dense("codon_table.contract", dense("codon_table.expand", features).relu())
    scale, shift = change.chunk(2)
    table = w["codon_table.codon.weight"] * (1 + scale) + shift
    hidden = []
    for frame in frames_of(read):
        if not frame:
            hidden.append(dense("head.frame", torch.zeros(8).double()).relu())
            continue
        x = table[[65] * 3 + frame + [65] * 3].T[None]  # 3 codons: half of both kernels
        for i in range(2):
            x = F.conv1d(x, w[f"convolutions.{i}.weight"][:, :, 0], w[f"convolutions.{i}.bias"])
            x = x.relu()
        pooled = torch.cat([x[0].mean(1), x[0].amax(1)])
        hidden.append(dense("head.frame", pooled).relu())
    logits = []
    for frame in range(6):
        own, other, step = (0, 3, 1) if frame < 3 else (3, 0, -1)
        places = [frame % 3, (frame + step) % 3, (frame - step) % 3]
        beside = [hidden[own + place] for place in places] + [hidden[other + p] for p in places]
        logits.append(
            dense("head.classifier", dense("head.relate", torch.cat([*beside, features])).relu())
        )
    return torch.logsumexp(torch.stack(logits), 0) + w["bias"]


@pytest.mark.parametrize("length", [3, 4, 5, 30, 31, 32])
def test_codons_are_those_of_a_plain_walk(tiny, length):
    for read in random_reads([length] * 3, "ACGTN", seed=length):
        found = six_frames(tiny.tokenize([read]), halo_codons=2)[0].tolist()
        for frame, expected in zip(found, frames_of(read), strict=True):
            assert frame[:2] == frame[-2:] == [65, 65]
            assert [codon for codon in frame if codon != 65] == expected


@pytest.mark.parametrize("length", [3, 4, 5, 6, 40, 41, 60])
def test_logits_are_those_of_a_plain_computation(tiny, length):
    reads = random_reads([length] * 3, "ACGTACGTN", seed=length)
    expected = torch.stack([plain_logits(tiny, read) for read in reads]).float()
    assert torch.allclose(tiny(tiny.tokenize(reads)), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("letters", ["ACGT", "ACGTN"])
def test_a_read_and_its_reverse_complement_have_equal_logits(released, letters):
    reads = random_reads([*range(30, 36), 150, 250, 251, 299, 300, 301, 400], letters)
    turned = [reverse_complement(read) for read in reads]
    difference = released(released.tokenize(reads)) - released(released.tokenize(turned))
    assert difference.abs().max() <= 1e-5


def test_logits_do_not_depend_on_the_batch(released):
    reads = random_reads([30, 31, 32, 150, 151, 400], "ACGTN")
    together = released(released.tokenize(reads))
    alone = torch.cat([released(released.tokenize([read])) for read in reads])
    assert torch.allclose(together, alone, rtol=0, atol=1e-5)


def test_case_rna_and_ambiguity_codes(tiny):
    upper, written = tiny.tokenize(["ACGTNN", "GGTTNN"]), tiny.tokenize(["acguRy", "ggUt-é"])
    assert torch.equal(upper, written)


def test_an_array_of_bases_is_as_good_as_text(tiny):
    reads = random_reads([50] * 4, "ACGTN")
    bases = np.array([list(read.encode()) for read in reads], dtype=np.uint8)
    assert torch.equal(tiny.tokens_from_bases(bases), tiny.tokenize(reads))


def test_reads_without_known_bases_have_finite_logits(released):
    assert released(released.tokenize(["N" * 100, "ACG" + "N" * 60])).isfinite().all()


@pytest.mark.parametrize("length", range(3))
def test_reads_without_a_codon_are_refused(tiny, length):
    with pytest.raises(InputError, match=f"read 2 has {length} nt.*3 nt or more"):
        tiny.tokenize(["ACGTA", "A" * length])


def test_an_empty_batch(tiny):
    assert tiny(tiny.tokenize([])).shape == (0, 2)


def test_gradients_reach_every_weight(tiny):
    tiny.requires_grad_(True)
    tiny(tiny.tokenize(random_reads([60, 45, 30]))).logsumexp(1).sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in tiny.parameters())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernel": 3}, "unknown key 'kernel'"),
        ({"gc_channels": 0}, "gc_channels is 0; expected a whole number"),
        ({"gc_channels": True}, "gc_channels is True"),
        ({"convolution_channels": 32}, "expected a list of at most 256 whole numbers"),
        ({"convolution_channels": [32]}, "two lists of one length"),
        ({"convolution_kernels_codons": [4, 3]}, "holds 4; expected odd"),
        ({"dropout": 1.0}, "dropout is 1.0; expected a share"),
        ({"dropout": "some"}, "dropout is 'some'"),
        ({"min_length_nt": 2}, "a codon"),
        ({"min_length_nt": 61}, "the shortest first"),
    ],
)
def test_hyperparameters_are_checked(change, message):
    with pytest.raises(InputError, match=message):
        SixFrame.from_params(TINY | change)


def test_missing_hyperparameters_and_heads_are_refused():
    with pytest.raises(InputError, match="lack 'gc_channels'"):
        SixFrame.from_params({k: v for k, v in TINY.items() if k != "gc_channels"})
    with pytest.raises(InputError, match="leave the head empty"):
        SixFrame.from_params(TINY, "human")


def middle_reads(path, length_nt=300):
    """The middle of each coding and each non-coding region that is long enough: (read, label)."""
    for record in read_genbank(path):
        for kind, start, end, _ in regions_of(record, length_nt).iter_rows():
            left = (start + end - length_nt) // 2
            yield record.sequence[left : left + length_nt], int(kind == "coding")


def test_released_weights_tell_coding_reads_of_a_genome_they_never_saw(released):
    reads, labels = zip(*middle_reads(ROOT / "config/demo/NC_009933.gb.gz"), strict=True)
    assert min(labels.count(0), labels.count(1)) >= 20
    assert roc_auc_score(labels, p_coding(released, reads)) >= 0.9


def test_released_weights_are_small():
    tensors, metadata = read_safetensors(WEIGHTS)
    assert sum(tensor.numel() for tensor in tensors.values()) * 4 < 5e6
    assert metadata["architecture"] == "six_frame"
