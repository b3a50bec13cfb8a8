"""The digest of reachable code: what changes it and what does not."""

import pytest

from seqcast import provenance
from seqcast.provenance import code_digest, merge_folds, model_in_words, same_weights


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "seqcast"
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "models/__init__.py").write_text("")
    (folder / "models/lazy.py").write_text("x = 1\n")
    (folder / "used.py").write_text(
        '"""Doc."""\nfrom seqcast import deep\n\n\ndef f():\n    """Doc."""\n    return 1\n'
    )
    (folder / "deep.py").write_text("y = 2\n")
    (folder / "other.py").write_text("z = 3\n")
    script = tmp_path / "script.py"
    script.write_text("from seqcast.used import f\nimport seqcast.models\n")
    monkeypatch.setattr(provenance, "PACKAGE", folder)

    def digest_after(name, text):
        (folder / name).write_text(text)
        provenance._normalised.cache_clear()
        return code_digest(script, "seqcast.models.lazy")

    provenance._normalised.cache_clear()
    return code_digest(script, "seqcast.models.lazy"), digest_after


@pytest.mark.parametrize(("name", "text", "changes"), [
    ("used.py", '"""Other."""\nfrom seqcast import deep\n\n\ndef f():\n    # why\n    return 1\n', False),
    ("used.py", "from seqcast import deep\n\n\ndef f():\n    return 2\n", True),
    ("deep.py", "y = 3\n", True),
    ("models/lazy.py", "x = 2\n", True),
    ("other.py", "z = 4\n", False),
])  # fmt: skip
def test_digest_follows_reachable_code_only(package, name, text, changes):
    before, digest_after = package
    assert (digest_after(name, text) != before) is changes


def test_scripts_reach_what_they_need_and_no_more(root):
    def reached(script):
        seen, pending = set(), [root / f"workflow/scripts/{script}.py"]
        while pending:
            path = pending.pop()
            if path not in seen:
                seen.add(path)
                _, imports = provenance._normalised(path)
                pending += [file for name in imports for file in provenance._module_files(name)]
        return {str(p.relative_to(root / "workflow")).removeprefix("seqcast/") for p in seen}

    download, score = reached("download_source"), reached("score_variants")
    assert not [f for f in download if f.startswith(("scoring/", "models/", "plots/"))]
    assert "scoring/statistics.py" in score
    assert not [f for f in score if f.startswith(("plots/", "exports/", "ranking"))]
    assert not [f for f in reached("plot_agreement") if f.startswith(("models/", "scoring/"))]


@pytest.mark.parametrize("inside", [
    "def f():\n    {}", "class A:\n    {}", "if x:\n    pass\nelse:\n    {}", "with x:\n    {}",
    "try:\n    pass\nexcept E:\n    {}", "try:\n    pass\nfinally:\n    {}", "for x in y:\n    {}",
    "while x:\n    {}", "match x:\n    case 1:\n        {}", "async def f():\n    async with x:\n        {}",
])  # fmt: skip
def test_imports_are_found_in_all_statements(tmp_path, inside):
    path = tmp_path / "code.py"
    path.write_text(inside.format("from seqcast import vcf"))
    assert "seqcast.vcf" in provenance._normalised(path)[1]


def facts(*weights, model="tiny", key="tensors_sha256"):
    return [{"model": model, "fold": str(i), key: name} for i, name in enumerate(weights)]


@pytest.mark.parametrize(("folds", "expected"), [
    (facts("a", "b", "c"), []),
    (facts("a", "a"), ["tiny, folds 0 and 1"]),
    (facts("a", "b", "a", "b", "a"), ["tiny, folds 0, 2 and 4", "tiny, folds 1 and 3"]),
    (facts("a") + facts("a", model="other"), []),  # a model may be listed under two names
    (facts("a", "b") * 2, []),  # tables of two datasets
    (facts(None, None), []),  # not known
    (facts("a", "a", key="weights_sha256"), ["tiny, folds 0 and 1"]),
    # one file as .h5 and as .safetensors
    ([{**f, "weights_sha256": f["fold"]} for f in facts("a", "a")], ["tiny, folds 0 and 1"]),
    ([{"tensors_sha256": "a"}] * 2, ["folds 0 and 1"]),
])  # fmt: skip
def test_folds_of_the_same_weights_are_found(folds, expected):
    assert same_weights(folds) == expected
    assert merge_folds(folds).get("same_weights", []) == expected


@pytest.mark.parametrize(("made", "words"), [
    ({"model": "tiny", "fold": "0"}, "tiny, fold 0"),
    ({"model": "tiny", "fold": ["0"]}, "tiny, fold 0"),
    ({"model": "tiny", "fold": ["0", "1"]}, "tiny, mean of folds 0 and 1"),
    ({"model": "tiny", "fold": ["0", "b", 2]}, "tiny, mean of folds 0, b and 2"),
    ({"model": "tiny"}, "tiny"),
])  # fmt: skip
def test_a_model_is_named_with_its_folds(made, words):
    assert model_in_words(made) == words
