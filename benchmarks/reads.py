"""Reads per CPU-second, next to DNABERT's way with the same network, and of k-mer ids.

    python -m benchmarks.reads [--reads 200] [--threads 1] [--no-peer]

The peer is what DNABERT's run_finetune.py does, on transformers (pip install transformers==5.23.0;
it is left out with --no-peer): text of k-mers split and looked up one by one, every read padded to
298 tokens, batches of 100, eager attention, float32. Both have BERT-base's size and one set of
random weights; both run in turn in one process, on fragments of one length and, where ../shared is
there, on real reads. Whether labels stay in bf16 only trained weights tell: --trained takes some.
"""

import argparse
import os
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from seqcast.models.interface import build_model, load_model
from seqcast.models.readseeker.kmers import base_codes, kmer_ids, vocabulary
from seqcast.models.readseeker.network import published_names
from seqcast.predict.reads.classification import Classifier, ReadOptions, p_coding
from seqcast.reads.open import open_reads
from seqcast.reads.records import Read

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SEQCAST_SHARED", ROOT.parent / "shared"))
PADDED_TOKENS, BATCH = 298, 100
BASE = {"vocab_size": 4101}  # the rest of BERT-base is the default


def timed(run: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    start = time.process_time()
    result = run()
    return time.process_time() - start, result


def random_network():
    """BERT-base with random weights."""
    torch.manual_seed(0)
    model = build_model("readseeker", BASE)
    model.initialise()
    return model.eval().requires_grad_(False)


def fragments(count: int, length_nt: int, seed: int = 0) -> list[str]:
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    bases = np.random.default_rng(seed).choice(letters, (count, length_nt))
    return [row.tobytes().decode() for row in bases]


class Peer:
    """DNABERT's prediction on transformers."""

    def __init__(self, model) -> None:
        from transformers import BertConfig, BertForSequenceClassification

        config = BertConfig(vocab_size=4101, attn_implementation="eager")
        self.network = BertForSequenceClassification(config).eval()
        self.network.load_state_dict(published_state(model))
        self.ids = {token: i for i, token in enumerate(vocabulary(6))}

    def tokens(self, sequence: str) -> list[int]:
        text = " ".join(sequence[i : i + 6] for i in range(len(sequence) - 5))
        kmers = text.split()[: PADDED_TOKENS - 2]
        return [2, *(self.ids.get(kmer, 1) for kmer in kmers), 3]

    def __call__(self, sequences: list[str]) -> np.ndarray:
        found = []
        for start in range(0, len(sequences), BATCH):
            rows = [self.tokens(sequence) for sequence in sequences[start : start + BATCH]]
            ids = torch.tensor([row + [0] * (PADDED_TOKENS - len(row)) for row in rows])
            with torch.no_grad():
                logits = self.network(ids, attention_mask=(ids != 0).long()).logits
            found.append(logits.numpy())
        return np.concatenate(found)


def published_state(model) -> dict[str, torch.Tensor]:
    """The weights of our network under Hugging Face's names."""
    state, found = model.state_dict(), {}
    for ours, theirs in published_names(len(model.blocks)).items():
        found |= dict(zip(theirs, state[ours].chunk(len(theirs)), strict=True))
    return found


def real_reads(name: str, count: int) -> list[str]:
    """The first reads of a file, cut to the 301 nt that DNABERT keeps."""
    (path,) = (SHARED / "data/reads").glob(name)
    with open_reads(path) as stream:
        reads = islice((read for chunk in stream for read in chunk), count)
        return [read.sequence[:301] for read in reads]


def sets_of_reads(count: int) -> dict[str, list[str]]:
    found = {f"fragments of {n} nt": fragments(count, n) for n in (301, 300, 250, 150)}
    if (SHARED / "data/reads").is_dir():
        found["HIV-1 env, MiSeq 2x301"] = real_reads("hiv_env_2x301/*R1*.fastq.gz", count)
        found["SARS-CoV-2, MiSeq 2x251"] = real_reads("sars2/pos*R1.fastq.gz", count)
    return found


def compare(model, peer, name: str, sequences: list[str]) -> None:
    reads = [Read(str(i), 0, sequence, None, "") for i, sequence in enumerate(sequences)]

    def classify() -> np.ndarray:
        return Classifier([model], ReadOptions())(reads)["p_coding"].to_numpy()

    exact_s, _ = timed(classify)
    with torch.autocast("cpu", torch.bfloat16):
        bf16_s, _ = timed(classify)
    row = [name, len(sequences), f"{len(set(sequences)) / len(sequences):.0%}",
           f"{len(reads) / exact_s:.2f}", f"{len(reads) / bf16_s:.2f}"]  # fmt: skip
    if peer:
        peer_s, logits = timed(lambda: peer(sequences))
        ours = torch.cat([model(model.tokenize([s])) for s in sequences[:8]]).numpy()
        row += [f"{len(reads) / peer_s:.2f}", f"{peer_s / exact_s:.2f}", f"{peer_s / bf16_s:.2f}",
                f"{np.abs(logits[:8] - ours).max():.1e}"]  # fmt: skip
    print("| " + " | ".join(map(str, row)) + " |")


def small_classifier(count: int) -> None:
    weights = ROOT / "resources/six_frame/model.safetensors"
    shape = ROOT / "config/hyperparameters/six_frame.json"
    model = load_model("six_frame", weights, shape, device="cpu")
    for length_nt in (300, 150):
        sequences = fragments(count, length_nt)
        p_coding(model, sequences[:512])
        seconds, _ = timed(lambda sequences=sequences: p_coding(model, sequences))
        print(f"six_frame, {length_nt} nt: {count / seconds:,.0f} reads per CPU-second")


def labels_in_bf16(weights: str, hyperparameters: str, count: int) -> None:
    sequences = [read for reads in sets_of_reads(count).values() for read in reads]
    exact, rounded = (
        p_coding(load_model("readseeker", weights, hyperparameters, device="cpu",
                            precision=precision), sequences)
        for precision in ("fp32", "bf16")
    )  # fmt: skip
    same = np.mean((exact >= 0.5) == (rounded >= 0.5))
    largest = np.abs(exact - rounded).max()
    print(f"trained weights, {len(sequences)} reads: {same:.2%} have the same label in bf16")
    print(f"largest difference of p_coding {largest:.1e}")


def kmer_speed() -> None:
    bases = np.frombuffer("".join(fragments(1000, 10_000)).encode(), dtype=np.uint8)
    codes = base_codes(any_case=True)
    seconds = min(timed(lambda: kmer_ids(codes[bases], 6))[0] for _ in range(3))
    print(f"k-mer ids: {len(bases) / seconds / 1e6:,.0f} M bases a CPU-second")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reads", type=int, default=200, help="of each set, for BERT-base")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--trained", nargs=2, metavar=("WEIGHTS", "CONFIG"))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    kmer_speed()
    small_classifier(20_000)
    if arguments.trained:
        labels_in_bf16(*arguments.trained, count=2000)
    model = random_network()
    peer = None if arguments.no_peer else Peer(model)
    columns = ["reads", "n", "different", "fp32, reads/CPU-s", "bf16"]
    if peer:
        columns += ["DNABERT's way", "fp32 ratio", "bf16 ratio", "largest difference of logits"]
    print("| " + " | ".join(columns) + " |")
    for name, sequences in sets_of_reads(arguments.reads).items():
        with torch.inference_mode():
            compare(model, peer, name, sequences)


if __name__ == "__main__":
    main()
