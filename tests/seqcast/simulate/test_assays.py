"""The targets table of the simulation."""

from pathlib import Path

import polars as pl

from seqcast.core.store import write_tsv
from seqcast.genome.tracks import Tracks
from seqcast.simulate.assays import TRACKS, targets_table


def test_begins_with_the_tracks_of_the_demo(tmp_path: Path, root: Path) -> None:
    # the demo's models have these outputs, in this order
    write_tsv(targets_table(), tmp_path / "targets.tsv")
    lines = (tmp_path / "targets.tsv").read_text().splitlines()
    demo = (root / "config/demo/targets.tsv").read_text().splitlines()
    assert lines[: len(demo)] == demo
    assert len(lines) == 1 + len(TRACKS) == 1 + 22  # 4 ActD, 3 4sU, total, CAGE, 2 CLIP


def test_is_read_as_published(tmp_path: Path) -> None:
    write_tsv(targets_table(), tmp_path / "targets.tsv")
    tracks = Tracks.read(tmp_path / "targets.tsv")
    assert list(tracks.identifier) == [track.identifier for track in TRACKS]
    assert list(tracks.strand) == [track.strand for track in TRACKS]
    assert targets_table()["file"].is_unique().all()
    names = pl.Series(tracks.table()["identifier"])
    assert names.to_list() == [t.identifier for t in TRACKS if t.strand == "+"]
