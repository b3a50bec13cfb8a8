"""Size and speed of the page of a run: ``python -m benchmarks.run_page``.

For each number of ALT alleles: the size of the page, the CPU seconds that writing it took, and, in
headless Chromium, the time from opening the file until the page is ready, until its table is, and
the slowest key press of a search (until the table shows the rows that fit). Each as wall time, and
as CPU time of the page's main thread, which a load on the machine hardly changes.
"""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from seqcast.report.run_page.page import write_page
from tests.seqcast.report.run_page.hostile import content_of

ALLELES = (100, 10_000, 100_000)
TYPED = "variant77 GENE"
TIMEOUT_MS = 180_000
IDLE_MS = 1000  # between opening the table and the first key
READY = "body[data-ready]"
# Milliseconds from the input event until the browser has drawn the rows.
PRESS = """text => new Promise((resolve) => {
  const field = document.getElementById("search"), begin = performance.now();
  field.value = text;
  field.dispatchEvent(new Event("input"));
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begin)));
})"""


def main() -> None:
    """Print one line per number of ALT alleles."""
    from playwright.sync_api import sync_playwright

    print(
        "alleles\tpage_mb\twrite_cpu_s\tready_s\ttable_s\tkey_ms\tready_cpu_s\ttable_cpu_s\tkey_cpu_ms"
    )
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for alleles in ALLELES:
            path = Path(folder) / f"{alleles}.html"
            begin = time.process_time()
            write_page(content_of(alleles), path)
            cpu_s = time.process_time() - begin
            numbers = path.stat().st_size / 1e6, cpu_s, *times(browser, path)
            print(alleles, *(f"{number:.3g}" for number in numbers), sep="\t", flush=True)


def times(browser: Any, path: Path) -> tuple[float, ...]:
    """Wall and CPU time until the page is ready, until its table is, and of the slowest key.

    Returns
    -------
    tuple of float
        Seconds, seconds and milliseconds of wall time, and then of CPU time.
    """
    page = browser.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def cpu_s() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

    begin, before = time.perf_counter(), cpu_s()
    page.goto(path.as_uri())
    page.wait_for_selector(READY)
    ready = time.perf_counter() - begin, cpu_s() - before
    page.evaluate("location.hash = 'variants'")
    page.wait_for_selector(".tabulator-row")
    table = time.perf_counter() - begin, cpu_s() - before
    page.wait_for_timeout(IDLE_MS)
    keys = []
    for n in range(1, len(TYPED) + 1):
        before = cpu_s()
        keys.append((page.evaluate(PRESS, TYPED[:n]), 1000 * (cpu_s() - before)))
    page.close()
    slowest = tuple(map(max, zip(*keys, strict=True)))
    return tuple(one[i] for i in (0, 1) for one in (ready, table, slowest))


if __name__ == "__main__":
    main()
