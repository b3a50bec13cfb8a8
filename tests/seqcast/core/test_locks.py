"""A lock lets one process in at a time, for as long as any heir of it lives."""

import subprocess
import threading
import time

from seqcast.core.locks import locked


def test_a_lock_goes_with_its_file(tmp_path):
    path = tmp_path / "a.lock"
    with locked(path) as lock:
        assert path.exists()
        assert not lock.waited
    assert list(tmp_path.iterdir()) == []


def test_who_comes_later_waits(tmp_path):
    path, inside, most = tmp_path / "a.lock", [], []

    def work():
        with locked(path):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_outlives_its_parent_keeps_the_lock(tmp_path):
    path = tmp_path / "a.lock"
    with locked(path) as lock:
        child = subprocess.Popen(["sleep", "0.5"], pass_fds=[lock.file])
        path.rename(tmp_path / "kept")  # as of a parent that was killed, and took nothing away
    (tmp_path / "kept").rename(path)
    assert child.poll() is None
    with locked(path) as lock:
        assert lock.waited
        assert child.wait() == 0
