import pytest

from seqcast.cli import main
from tests.seqcast.datasets.variants.qtl_input import write_study


@pytest.fixture(scope="module")
def arguments(tmp_path_factory):
    files = write_study(tmp_path_factory.mktemp("study"))
    named = {"--tissues": files.tissues, "--annotation": files.annotation,
             "--sites": files.sites, "--expression": files.expression}  # fmt: skip
    return {name: str(path) for name, path in named.items()}


def words(options):
    return [word for option in options.items() for word in option]


def test_the_command_writes_the_set_and_says_what_became_of_candidates(arguments, tmp_path, capsys):
    folder = tmp_path / "set"
    assert main(["build-qtl-set", str(folder), *words(arguments), "--distance-bp", "2300"]) == 0
    said = capsys.readouterr().out
    assert "  matched\n" in said
    assert "  not_in_utr3\n" in said
    for name in ("pos_merge.vcf", "neg_merge.vcf", "candidates.tsv"):
        assert f"{folder / name}  sha256 " in said
        assert (folder / name).stat().st_size


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"--pip": "2"}, "PIP of 2.0"),
        ({"--sites": "none.bed"}, "none.bed"),
        ({"--seed": "-1"}, "seed is -1; expected 0 or more"),
        ({"--pip": "0.999999"}, "has a matched one (none has such a PIP); expected files"),
    ],
)
def test_a_mistake_ends_with_one_line(arguments, tmp_path, capsys, option, message):
    assert main(["build-qtl-set", str(tmp_path / "set"), *words(arguments | option)]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "set").exists()
