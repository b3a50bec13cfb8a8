"""Size and speed of the page of a run: ``python -m benchmarks.run_page``.

For each number of ALT alleles: the size of the page, the CPU seconds that writing it took, and, in
headless Chromium, the time from opening the file until the page is ready, until its table is, and
the slowest key press of a search (until the table shows the rows that fit).
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

    print("alleles\tpage_mb\twrite_cpu_s\tready_s\ttable_s\tslowest_key_ms")
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


def times(browser: Any, path: Path) -> tuple[float, float, float]:
    """Seconds until the page is ready, until its table is, and milliseconds of the slowest key."""
    page = browser.new_page()
    begin = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_selector(READY)
    ready_s = time.perf_counter() - begin
    page.goto(f"{path.as_uri()}#variants")
    page.wait_for_selector(".tabulator-row")
    table_s = time.perf_counter() - begin
    keys = [page.evaluate(PRESS, TYPED[:n]) for n in range(1, len(TYPED) + 1)]
    page.close()
    return ready_s, table_s, max(keys)


if __name__ == "__main__":
    main()
