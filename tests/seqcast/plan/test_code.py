"""The digest of code follows what a script can run: soundly, and no further than names tell."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import SimpleNamespace

import pytest

from seqcast.core.errors import InputError
from seqcast.models.architectures import ARCHITECTURES
from seqcast.plan import code
from seqcast.plan.code import PACKAGE, UNCOUNTED, code_digest, reached
from seqcast.plan.kept_digests import kept_file, package_digest
from seqcast.training.tasks import TRAININGS

FILES = {
    "__init__": '__version__ = "1"\n',
    "models/__init__": "",
    "models/architectures": """
        import importlib
        ARCHITECTURES = {"lazy": ("seqcast.models.lazy:Net",), "idle": ("seqcast.models.idle:Net",)}
        def load(name):
            module, member = ARCHITECTURES[name][0].split(":")
            return getattr(importlib.import_module(module), member)
    """,
    "models/lazy": """
        class Net:
            def run(self):
                return helper()
        def helper():
            return 1
        def unused():
            return 2
    """,
    "models/idle": "class Net:\n    pass\n",
    "used": """
        \"\"\"Doc.\"\"\"
        import logging
        from seqcast import deep, whole, facade
        from seqcast.core.errors import InputError
        from seqcast.core.progress import bar
        from seqcast.registry import register
        logger = logging.getLogger(__name__)
        LIMIT, OTHER = 1, 2
        TABLE = {}
        TABLE["a"] = deep.listed
        @register
        def kept():
            return 5
        def f(value: "Kind", n=LIMIT) -> int:
            \"\"\"Doc.\"\"\"
            from seqcast.late import late
            logger.info("%d", value)
            if value > n:
                raise InputError(f"too large: {value}")
            bar()
            return deep.named(value), lambda x: sorted(x, key=whole), late, facade.open_door
        def unused():
            return 3
        class Kind:
            pass
    """,
    "deep": "def named(x):\n    return inner(x)\ndef inner(x):\n    return x\n"
    "def listed():\n    return 1\ndef other():\n    return 2\n",
    "whole": "def anything():\n    return 1\n",
    "registry": "def register(f):\n    return f\n",
    "late": "def late():\n    return 1\ndef later():\n    return 2\n",
    "facade": "from seqcast.behind import open_door\n",
    "behind": "def open_door():\n    return 1\ndef closed():\n    return 2\n",
    "core/__init__": "",
    "core/errors": "class InputError(ValueError):\n    pass\n",
    "core/progress": "def bar():\n    return 1\n",
    "apart": "def g():\n    return 1\n",
}
SCRIPT = (
    "from seqcast.used import f\nfrom seqcast.models.architectures import load\nf(load('lazy'))\n"
)


def forget():
    """Make the modules as they are at the start of Python."""
    for cached in (code._module, code._modules, code._own, code._files_below, code_digest,
                   package_digest):  # fmt: skip
        cached.cache_clear()


@pytest.fixture
def digest_with(tmp_path, monkeypatch):
    """Digest of `SCRIPT` on `FILES`, of which one has another text."""
    monkeypatch.setattr(code, "PACKAGE", tmp_path / "seqcast")
    (tmp_path / "script.py").write_text(SCRIPT)

    def digest(name="used", old="", new="", architecture="lazy"):
        for file, text in FILES.items():
            assert file != name or old in text
            path = tmp_path / f"seqcast/{file}.py"
            path.parent.mkdir(exist_ok=True, parents=True)
            text = text.replace(old, new) if file == name and old else text
            path.write_text("\n".join(line.removeprefix(" " * 8) for line in text.split("\n")))
        forget()
        return code_digest(tmp_path / "script.py", architecture)

    yield digest
    forget()


@pytest.mark.parametrize(("name", "old", "new"), [
    ("used", "value > n", "value >= n"),
    ("used", "LIMIT, OTHER = 1", "LIMIT, OTHER = 4"),  # a default
    ("used", 'TABLE["a"]', 'TABLE["b"]'),  # runs at import
    ("used", "return 5", "return 6"),  # a function that a decorator may have kept
    ("used", "from seqcast.late import late", "late = 1"),
    ("deep", "return inner(x)", "return inner(x) + 1"),
    ("deep", "    return x\n", "    return -x\n"),  # two steps away
    ("deep", "return 1", "return 3"),  # named by a statement that runs at import
    ("whole", "return 1", "return 2"),  # its module is an object
    ("late", "return 1", "return 3"),  # imported inside a function
    ("behind", "return 1", "return 3"),  # imported through another module
    ("models/lazy", "return helper()", "return -helper()"),
    ("models/lazy", "return 1", "return 3"),
    ("models/architectures", "importlib.import_module(module)", "None"),
    ("models/architectures", "seqcast.models.lazy:Net", "seqcast.models.lazy:unused"),
    ("registry", "return f", "return None"),
])  # fmt: skip
def test_an_edit_of_what_runs_changes_the_digest(digest_with, name, old, new):
    assert digest_with(name, old, new) != digest_with()


@pytest.mark.parametrize(("name", "old", "new"), [
    ("used", "return 3", "return 4"),  # unused
    ("used", '"""Doc."""', '"""Other."""'),
    ("used", "LIMIT, OTHER", "# a reason\n        LIMIT, OTHER"),
    ("used", '"Kind"', '"Sort"'),
    ("used", '"%d"', '"%s"'),
    ("used", "too large", "too big"),
    ("deep", "return 2", "return 3"),
    ("late", "return 2", "return 3"),
    ("behind", "return 2", "return 3"),
    ("models/lazy", "return 2", "return 3"),
    ("models/idle", "pass", "x = 1"),  # the class of another model
    ("models/architectures", '"idle": ', '"other": ("seqcast.apart:g",), "idle": '),
    ("core/errors", "pass", "code = 1"),
    ("core/progress", "return 1", "return 2"),
    ("apart", "return 1", "return 2"),
    ("__init__", '"1"', '"2"'),  # the version
])  # fmt: skip
def test_an_edit_of_anything_else_does_not(digest_with, name, old, new):
    assert digest_with(name, old, new) == digest_with()


def test_without_a_model_all_architectures_count(digest_with):
    assert digest_with("models/idle", "pass", "x = 1", None) != digest_with(architecture=None)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The file of digests that are kept of `FILES`."""
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    return kept_file(tmp_path / "seqcast")


def test_a_later_start_takes_what_an_earlier_one_found(digest_with, kept, monkeypatch):
    first = digest_with()
    with monkeypatch.context() as blind:
        blind.setattr(code, "reached", None)  # nothing is followed
        assert digest_with() == first
    digest_with(old="value > n", new="value < n")  # of the same size, at the same time
    assert len(json.loads(kept.read_text())) == 1  # those of older code are gone
    for damaged in ("", "[]", kept.read_text()[:-9]):
        kept.write_text(damaged)
        assert digest_with() == first
        assert list(json.loads(kept.read_text()).values()) == [first]
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_nothing_is_kept_where_python_keeps_nothing(digest_with, kept, monkeypatch):
    kept.parent.parent.mkdir(parents=True)
    kept.parent.write_text("no folder")
    first = digest_with()
    kept.parent.unlink()
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    assert digest_with() == first
    assert not kept.parent.exists()


def test_what_is_left_out_exists_and_has_a_reason():
    for name, reason in UNCOUNTED.items():
        module, _, member = name.rpartition(".")
        assert code._own(name) or member in code._own(module).bound
        assert len(reason.split()) > 3


HIDING = re.compile("import_module|__import__|eval|exec|globals")


def hidden_calls(tree: ast.AST) -> Iterator[ast.AST]:
    """Calls that import, look up or run what a text names."""
    for node in ast.walk(tree):
        name = getattr(node, "func", None)
        if isinstance(name, ast.Attribute) and name.attr == "import_module":
            yield node
        if isinstance(name, ast.Name) and name.id in {"__import__", "eval", "exec", "globals"}:
            yield node


def test_names_tell_all_but_for_what_is_known_to_run_by_a_text():
    found = {
        (".".join(path.relative_to(PACKAGE).with_suffix("").parts), getattr(node, "name", ""))
        for path in PACKAGE.rglob("*.py")
        if HIDING.search(path.read_text())
        for node in ast.parse(path.read_text()).body
        if any(hidden_calls(node))
    }
    assert found == {
        ("__init__", "__getattr__"),  # doors for people; no script takes them
        ("models.architectures", "imported"),  # see `code.ARCHITECTURES` and `code.TRAININGS`
        ("models.borzuki.keras_original", "baskerville"),  # a program of its own, without seqcast
        ("training.worker", "main"),  # runs a function that the caller of `launch` names
    }


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_class_of_an_architecture_is_followed(root, name):
    module, member = ARCHITECTURES[name][0].split(":")
    found = reached(root / "workflow/scripts/prepare_weights.py", name)
    assert (module, code._own(module).bound[member][0]) in found
    others = {network.split(":")[0] for network, _ in ARCHITECTURES.values()} - {module}
    if name != "mrna_property":  # holds one of the others
        assert not others & {reached_module for reached_module, _ in found}


@pytest.mark.parametrize("task", TRAININGS)
def test_the_training_of_a_task_is_followed_and_no_other(root, task):
    script = root / "workflow/scripts/train.py"
    found = {module for module, _ in reached(script, "borzuki", task)}
    homes = {name: function.split(":")[0] for name, (function, _) in TRAININGS.items()}
    assert found & set(homes.values()) == {homes[task]}
    assert set(homes.values()) <= {module for module, _ in reached(script)}


def test_code_of_an_architecture_outside_is_followed(tmp_path, monkeypatch, digest_with):
    folder = tmp_path / "outside"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    code_of = "from seqcast.apart import g\n\ndef run():\n    return g()\n"
    (folder / "__init__.py").write_text("")
    (folder / "net.py").write_text("from outside.layers import run\nclass Net:\n    pass\n")
    (folder / "layers.py").write_text(code_of)

    def digest(**change):
        code._files_outside.cache_clear()
        return digest_with(architecture="outside.net:Net", **change)

    first = digest()
    assert first != digest_with()
    assert digest(name="apart", old="return 1", new="return 2") != first
    assert digest(name="models/lazy", old="return 1", new="return 3") == first
    (folder / "layers.py").write_text(f"# said\n{code_of}")
    assert digest() == first
    (folder / "layers.py").write_text(code_of.replace("g()", "-g()"))
    assert digest() != first
    with pytest.raises(InputError, match="no module 'nowhere'; install its package"):
        digest_with(architecture="nowhere:Net")


@contextmanager
def functions_called():
    """Top-level functions and classes of the package that are called while the block runs."""
    called: set[tuple[str, str]] = set()

    def look(frame, event, _):
        path, is_function = frame.f_code.co_filename, frame.f_code.co_flags & CO_OPTIMIZED
        if event == "call" and is_function and path.startswith(str(PACKAGE)):
            module = ".".join(Path(path).relative_to(PACKAGE.parent).with_suffix("").parts)
            called.add((module.removesuffix(".__init__"), frame.f_code.co_qualname.split(".")[0]))

    sys.setprofile(look)
    try:
        yield called
    finally:
        sys.setprofile(None)


def run_script(root, name, tmp_path, **given):
    """Run a script in this process; (module, name) of all that it called."""
    path = root / f"workflow/scripts/{name}.py"
    given.setdefault("params", SimpleNamespace())
    given["wildcards"] = SimpleNamespace(dataset="v", model="m", shard="0")
    snakemake = SimpleNamespace(log=[tmp_path / "log.txt"], **given)
    with functions_called() as called:
        exec(compile(path.read_text(), str(path), "exec"), {"snakemake": snakemake})
    return called


def _text(value):
    return [str(part) for part in value] if isinstance(value, list) else str(value)


class Files(list):
    """Files of a job, by place and by name."""

    def __init__(self, *files, **named):
        named = {name: _text(value) for name, value in named.items()}
        super().__init__([*map(_text, files), *named.values()])
        vars(self).update(named)

    def get(self, name, default=None):
        return vars(self).get(name, default)

    def items(self):
        return vars(self).items()


TINY = "config/hyperparameters/borzuki_tiny.json"
TARGETS = "config/demo/targets.tsv"
OPTIONS = {"min_ref_match": 0.0, "on_ref_mismatch": "exclude"}


def scored(root, folder):
    """Scripts from a genome to a page of ranked variants, and what each is given."""
    inference = {"device": "cpu", "precision": "fp32", "batch_size": 1, "workers": 0}
    genome, weights = folder / "genome.fa.gz", folder / "weights.safetensors"
    facts = {"architecture": "borzuki"}
    yield "prepare_genome", {"input": Files(folder / "genome.fa"), "output": Files(genome)}
    yield "check_variants", {
        "input": Files(variants=folder / "v.vcf", genome=genome), "output": Files(folder / "v.parquet"),
        "params": SimpleNamespace(aliases="", assembly="a", options=OPTIONS, code=""),
    }  # fmt: skip
    yield "prepare_annotation", {
        "input": Files(annotation=folder / "genes.gtf", genome=[genome]),
        "output": Files(folder / "genes.parquet"), "params": SimpleNamespace(aliases=""),
    }  # fmt: skip
    yield (
        "describe_tracks",
        {"input": Files(root / TARGETS), "output": Files(folder / "tracks.parquet")},
    )
    yield "prepare_weights", {
        "input": Files(hyperparameters=root / TINY), "output": Files(weights),
        "params": SimpleNamespace(architecture="borzuki", head="human", fold={"source": "1"}),
    }  # fmt: skip
    yield "score_variants", {
        "input": Files(hyperparameters=root / TINY, tracks=root / TARGETS, weights=weights,
                       variants=folder / "v.parquet", annotation=folder / "genes.parquet",
                       genome=genome),
        "output": Files(gene=folder / "gene.parquet", window=folder / "window.parquet"),
        "params": SimpleNamespace(facts=facts, options={}, head="human", shards=1, code=""),
        "config": {"inference": inference}, "threads": 1, "wildcards": SimpleNamespace(shard="0"),
    }  # fmt: skip
    shown = {"score": "logSED", "tracks": "", "top": 1}
    yield "rank_variants", {
        "input": Files(
            scores=folder / "gene.parquet", tracks=folder / "tracks.parquet", half_lives=[],
            percentiles=[],
        ),
        "output": Files(folder / "ranked.parquet"), "params": SimpleNamespace(report=shown),
    }  # fmt: skip


def test_all_that_scripts_call_is_in_their_digests(root, tmp_path):
    bases = "ACGT" * 5000
    (tmp_path / "genome.fa").write_text(f">c\n{bases}\n")
    header = (
        "##fileformat=VCFv4.2\n##contig=<ID=c>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    )
    (tmp_path / "v.vcf").write_text(
        f"{header}c\t9001\t.\tA\tC\t.\t.\t.\nc\t9001\t.\tAC\tA\t.\t.\t.\n"
    )
    exon = 'c\tx\texon\t8801\t9400\t.\t+\t.\tgene_id "g"; transcript_id "t";\n'
    (tmp_path / "genes.gtf").write_text(exon)
    seen = 0
    for name, given in scored(root, tmp_path):
        called = run_script(root, name, tmp_path, **given)
        counted = reached(root / f"workflow/scripts/{name}.py", "borzuki")
        missing = [
            (module, top)
            for module, top in called
            if UNCOUNTED.keys().isdisjoint([module, f"{module}.{top}"])
            and not any(
                (module, place) in counted for place in code._own(module).bound.get(top, [])
            )
            and not top.startswith("<")  # modules that are imported meanwhile, and their parts
        ]
        assert missing == [], name
        seen += len(called)
    assert seen > 100
