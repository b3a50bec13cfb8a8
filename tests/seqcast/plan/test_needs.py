"""What jobs request, on the first attempt and on retries."""

from types import SimpleNamespace

from seqcast.plan.needs import disk_mb, memory_mb, runtime_min


class NotLookedAt:
    @property
    def size_mb(self):
        raise AssertionError("files of other machines are looked at slowly")


def test_a_retry_requests_more_memory_and_time_and_no_more_disk():
    name = "predict_coverage"
    assert [memory_mb(None, NotLookedAt(), n, name) for n in (1, 2, 3)] == [4000, 8000, 12000]
    assert [runtime_min(None, n, name) for n in (1, 2, 3)] == [240, 480, 720]
    assert disk_mb(None, name) == 20_000


def test_tables_take_memory_by_their_size():
    def of_size(size_mb: float) -> SimpleNamespace:
        return SimpleNamespace(size_mb=size_mb)

    found = [memory_mb(None, of_size(mb), 1, "ensemble_variant_effects") for mb in (0, 140, 2000)]
    assert found == [1000, 1700, 11000]  # measured for 280 MB of two folds: 1,250 MB
