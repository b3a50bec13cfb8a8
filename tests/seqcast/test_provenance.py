"""The digest of reachable code: what changes it and what does not."""

import pytest

from seqcast import provenance
from seqcast.provenance import code_digest


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


def test_digest_is_stable(root):
    script = root / "workflow/seqcast/store.py"
    assert code_digest(script) == code_digest(script)
    assert len(code_digest(script)) == 12
