"""How the tiny Helix is trained and measured: what it may see, the chains, and the commands."""

import json
import math
from collections import Counter

import numpy as np
import polars as pl
import pytest
import yaml

from recipes.helix_tiny import evaluate, simulate, train
from recipes.helix_tiny.markov import PRIOR, cross_entropies
from seqcast.models.convert import read_safetensors
from seqcast.models.interface import load_model
from seqcast.simulate import Parameters
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.truth_tables import mrna_rows

LETTERS = "ACGTEN"


def drawn_texts(count: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("ACGTE"), rng.integers(1, 30))) for _ in range(count)]


def plain_entropy(training: list[str], tried: list[str], order: int) -> float:
    """The chain of one order, letter by letter."""
    words: Counter[str] = Counter()
    for text in training:
        for i in range(1, len(text)):
            for k in range(min(order, i) + 1):
                words[f"{k}{text[i - k : i + 1]}"] += 1

    def chance(context: str, letter: str) -> float:
        k = len(context)
        total = sum(words[f"{k}{context}{other}"] for other in LETTERS)
        if k == 0:
            return (words[f"0{letter}"] + 0.5) / (total + 0.5 * len(LETTERS))
        lower = chance(context[1:], letter)
        return (words[f"{k}{context}{letter}"] + PRIOR * lower) / (total + PRIOR)

    found = [-math.log(chance(text[max(0, i - order) : i], text[i]))
             for text in tried for i in range(1, len(text))]  # fmt: skip
    return sum(found) / len(found)


def test_chains_are_those_of_a_plain_loop() -> None:
    training, tried = drawn_texts(40, 1), drawn_texts(10, 2)
    found = cross_entropies(training, tried, 3)
    expected = [plain_entropy(training, tried, order) for order in range(4)]
    assert found == pytest.approx(expected, abs=1e-12)


def test_chains_find_what_there_is_to_find() -> None:
    texts = ["ACGU" * 30, "CGUACGUA" * 15]
    found = cross_entropies(texts, texts, 1)
    assert found[0] == pytest.approx(math.log(4), abs=0.02)
    assert found[1] < 0.1


def test_no_genome_of_the_training_is_the_demos(root) -> None:
    schema = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())
    simulation = schema["properties"]["simulation"]["properties"]
    demo = yaml.safe_load((root / "config/demo.yaml").read_text())
    assert (
        demo.get("simulation", {}).get("seed", simulation["seed"]["default"]) == simulate.DEMO_SEED
    )
    seeds = [seed for seed, _ in simulate.SETS.values()]
    assert len({*seeds, *evaluate.GENOMES}) == len(seeds) + len(evaluate.GENOMES)
    assert evaluate.GENOMES[0] == simulate.DEMO_SEED
    with pytest.raises(ValueError, match="is that of the demo's genome"):
        simulate.simulate_mrnas(simulate.DEMO_SEED, 2)


def test_a_gene_gives_its_distal_transcript() -> None:
    table = simulate.simulate_mrnas(100, 8)
    genome = draw_genome(Parameters(contigs=(("chrT", 8),)), 100)
    distal = [row for row in mrna_rows(genome) if row[0].endswith("1.1")]
    assert table.rows() == distal
    assert "half" not in " ".join(table.columns)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    """The folder after simulate and train, both on a small scale."""
    folder = tmp_path_factory.mktemp("helix_tiny")
    recipe = json.loads(train.RECIPE.read_text()) | {"epochs": None, "steps": 2}
    (folder / "recipe.json").write_text(json.dumps(recipe | {"evaluate_every": 1}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulate, "SETS", {"train": (100, 12), "validation": (101, 4)})
        assert simulate.main([str(folder)]) == 0
    arguments = [str(folder), str(folder / "w.safetensors"), "--recipe", f"{folder}/recipe.json"]
    assert train.main(arguments) == 0
    return folder


def test_commands_make_weights(made) -> None:
    history = pl.read_csv(made / "w.safetensors.history.tsv", separator="\t")
    assert history["validation_loss"][-1] < history["validation_loss"][0]
    assert read_safetensors(made / "w.safetensors")[1]["training"] == "recipes/helix_tiny"
    assert not (made / "w.safetensors.checkpoint").exists()


def test_evaluation_is_two_tables(made, capsys, monkeypatch) -> None:
    small = Parameters(
        contigs=(("chrS1", 40), ("chrS2", 20)), causal_snvs=4, causal_indels=2, decoys=2
    )
    monkeypatch.setattr(evaluate, "Parameters", lambda: small)
    command = [str(made / "w.safetensors"), str(made), "--genomes", "3"]
    assert evaluate.main([*command, "--output", str(made / "out.tsv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    # the chains, the network, an empty line, two lines of head, 5 methods and 2 networks
    assert len(lines) == evaluate.ORDERS + 2 + 1 + 2 + 5 + 2 * len(evaluate.POOLINGS)
    table = pl.read_csv(made / "out.tsv", separator="\t")
    assert set(table["n"]) == {20}
    ceiling = table.filter(pl.col("method") == evaluate.CEILING, pl.col("metric") == "r2")
    assert ceiling["value"].item() > 0.7


def test_missing_tables_are_named(tmp_path, capsys) -> None:
    assert train.main([str(tmp_path), str(tmp_path / "w.safetensors")]) == 2
    assert "make it with 'python -m recipes.helix_tiny.simulate" in capsys.readouterr().err


def test_the_shipped_weights_are_small_and_know_their_origin(root) -> None:
    path = root / "resources/helix_tiny/model.safetensors"
    assert path.stat().st_size <= 3_000_000
    model = load_model("helix_mrna", path, train.HYPERPARAMETERS, device="cpu")
    assert model.has_lm_head
    facts = read_safetensors(path)[1]
    assert json.loads(facts["recipe"]) == json.loads(train.RECIPE.read_text())
    assert facts["training"] == "recipes/helix_tiny"
