"""What jobs request, on the first attempt and on retries."""

from seqcast.plan.needs import disk_mb, memory_mb, runtime_min


def test_a_retry_requests_more_memory_and_time_and_no_more_disk():
    name = "predict_coverage"
    assert [memory_mb(None, attempt, name) for attempt in (1, 2, 3)] == [4000, 8000, 12000]
    assert [runtime_min(None, attempt, name) for attempt in (1, 2, 3)] == [240, 480, 720]
    assert disk_mb(None, name) == 20_000
