"""`seqcast progress`."""

import os
import socket
import subprocess
import sys
import time

from seqcast.cli import main
from tests.seqcast.core.test_run_log import of_job, write_events


def test_a_run_is_told_job_by_job(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    now, host, logs = time.time(), socket.gethostname(), tmp_path / "logs"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    write_events(
        logs,
        {"event": "run", "jobs": {"check": 1, "score": 4, "plot": 1200}, "time": now - 20},
        of_job("begin", "check/v", now - 20), of_job("end", "check/v", now - 10, wall_s=10.0),
        of_job("begin", "score/v.0", now - 10),
        of_job("progress", "score/v.0", now, done=1500, total=3000, unit="variant", per_s=75.0,
               left_s=240.0),
        of_job("begin", "score/v.1", now - 10, host="elsewhere"),
        of_job("begin", "score/v.2", now - 10), of_job("fail", "score/v.2", now - 5),
        of_job("begin", "score/v.3", now - 10, pid=gone.pid),
    )  # fmt: skip
    (logs / "score").mkdir()
    (logs / "score/v.2.log").write_text("starts\nERROR: v.vcf, line 7: no ALT\n\n")
    assert main(["progress"]) == 0
    first, left, *more = capsys.readouterr().out.splitlines()
    assert first == f"1 of 1,205 jobs done, Snakemake is running (process {os.getpid()} on {host})"
    assert left.startswith("about ")
    assert (
        "\n".join(more)
        == f"""
Running
  score/v.0 on {host}: 1,500 of 3,000 variants, 75 per s, 4 min left
  score/v.1 on elsewhere

Failed
  logs/score/v.2.log: ERROR: v.vcf, line 7: no ALT

Ended without a word: killed, or the machine went down
  score/v.3

Waiting
   1,200  plot"""
    )


def test_a_folder_that_is_none_of_a_run_is_refused(tmp_path, capsys):
    assert main(["progress", str(tmp_path)]) == 2
    assert "tells of no run; expected the folder of a run" in capsys.readouterr().err
