"""The notebooks of the documentation, run on the finished demo, print what they show.

Numbers may differ in their last digits; figures are drawn, not compared. After an intended change,
``SEQCAST_REWRITE=1`` writes them again.
"""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.printed import assert_near

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "docs/tutorials").glob("*.ipynb"))
REWRITE = os.environ.get("SEQCAST_REWRITE") == "1"
NEAR = 0.02


def shown(notebook):
    """What each cell prints and shows as text, and whether it draws."""
    cells = [cell.get("outputs", []) for cell in notebook.cells]
    texts = [
        "".join(one.get("text", "") + one.get("data", {}).get("text/plain", "") for one in outputs)
        for outputs in cells
    ]
    return texts, [any("image/png" in one.get("data", {}) for one in outputs) for outputs in cells]


@pytest.mark.filterwarnings("default")  # of the machinery of notebooks
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_prints_what_it_shows(path, finished):
    expected, has_figures = shown(nbformat.read(path, 4))
    notebook = nbformat.read(path, 4)
    NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(finished.folder)}}
    ).execute()
    if REWRITE:
        for cell in notebook.cells:
            cell.metadata.clear()
        nbformat.write(notebook, path)
        return
    found, drawn = shown(notebook)
    assert drawn == has_figures
    assert any(has_figures) or any(expected)
    for one, other in zip(found, expected, strict=True):
        assert_near(" ".join(one.split()), " ".join(other.split()), NEAR)
