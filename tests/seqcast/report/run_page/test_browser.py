"""The page of a run in a browser: all of it is shown, nothing is asked of a host, all is reached."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seqcast.core.provenance import versions
from seqcast.report.run_page.page import PageContent, write_page
from tests.seqcast.report.run_page.hostile import LONG_ID, MARKUP, NAMES, content_of

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="the program chromium is not installed")

WIDTHS = {"desk": (1280, 800), "phone": (390, 844)}
# Elements wider than their part of the page that neither scroll nor say that they are cut.
CLIPPED = """() => [...document.querySelectorAll("main *, header *")].filter((one) => {
  if (!one.checkVisibility() || one.closest(".scroll, .tabulator, .chart, svg, select, pre, details:not([open]) > :not(summary)")) return false;
  const box = one.getBoundingClientRect();
  return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
}).map((one) => one.outerHTML.slice(0, 120))"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of 300 ALT alleles."""
    path = tmp_path_factory.mktemp("page") / "index.html"
    write_page(content_of(300), path)
    return path


class Visit:
    """An open page, and what it did that it should not do."""

    def __init__(self, browser: Any, path: Path, width: str, scheme: str = "light") -> None:
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        context = browser.new_context(viewport=size, color_scheme=scheme, offline=True)
        context.set_default_timeout(180_000)  # of a machine that is busy
        self.page, self.faults, self.address = context.new_page(), [], path.as_uri()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        self.page.on("request", self._request)
        self.page.goto(self.address)
        self.page.wait_for_selector("body[data-ready]")

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"asked for {request.url}")

    def open(self, target: str) -> None:
        """Follow a link inside the page."""
        self.page.evaluate("target => { location.hash = target }", target)
        section = target.split("/")[0].split("?")[0]
        self.page.wait_for_selector(f"section#{section}.shown h1")
        if target.startswith("variant/0"):
            self.page.wait_for_selector("#decay-chart svg")
        if target.startswith("variant/"):
            self.page.wait_for_selector("#variant-body table")
        if section == "variants":
            self.page.wait_for_selector(".tabulator-row")


@pytest.fixture
def visits(browser: Any) -> Iterator[Callable[..., Visit]]:
    """Opens pages, as `Visit` does, which are closed behind the test."""
    opened: list[Visit] = []

    def open_page(path: Path, width: str, scheme: str = "light") -> Visit:
        opened.append(Visit(browser, path, width, scheme))
        return opened[-1]

    yield open_page
    for visit in opened:
        visit.page.context.close()


@pytest.fixture(params=[("desk", "light"), ("desk", "dark"), ("phone", "light")], ids="-".join)
def visit(visits: Callable[..., Visit], path: Path, request: pytest.FixtureRequest) -> Visit:
    return visits(path, *request.param)


TARGETS = ("overview", "variants", "variant/0", "variant/40", "page1", "provenance")


def test_all_sections_fit_and_ask_for_nothing(visit: Visit) -> None:
    for target in TARGETS:
        visit.open(target)
        assert visit.page.evaluate(CLIPPED) == [], target
        assert visit.page.evaluate(OVERFLOW) <= 0, target
        found = axe.Axe().run(visit.page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found
                if one["impact"] in ("serious", "critical")] == [], target  # fmt: skip
    assert visit.faults == []


def shown(visit: Visit) -> int:
    return int(visit.page.inner_text("#count").split(" of ")[0].replace(",", ""))


def test_the_table_is_searched_filtered_and_sorted(
    visits: Callable[..., Visit], path: Path
) -> None:
    visit = visits(path, "desk")
    visit.open("variants")
    page = visit.page
    assert shown(visit) == 300
    for text, number in [("rs12345", 1), (MARKUP[:12], None), ("chr1:1000-1009", 10), ("chr1:1,003", 1),
                         ("variant29", 11), ("nothing of this", 0)]:  # fmt: skip
        page.fill("#search", text)
        assert shown(visit) == number or (number is None and shown(visit) >= 1), text
    page.fill("#search", "")
    page.select_option("#choose-status", "ref_mismatch")
    assert shown(visit) == 30
    page.select_option("#choose-status", "")
    visit.open("variants?status=scored")
    assert shown(visit) == 270
    page.fill("#least", "1000")
    assert shown(visit) == 0
    page.fill("#least", "")
    page.select_option("#sign", "up")
    assert 0 < shown(visit) < 270
    assert visit.faults == []


def test_rows_open_alleles_and_are_downloaded_as_text(
    visits: Callable[..., Visit], path: Path
) -> None:
    visit = visits(path, "desk")
    visit.open("variants")
    page = visit.page
    page.fill("#search", NAMES[2])
    page.click(".tabulator-row a")
    page.wait_for_selector("#variant.shown")
    assert page.inner_text("#variant-title") == LONG_ID
    assert page.locator("#variant-body table tbody tr").count() >= 2  # of each gene
    texts = page.inner_text("#variant-body")
    assert all(
        text in texts for text in ("Half-lives", "no transcript", "POOR MODEL: tiny, fold 1")
    )
    visit.open("variants")
    with page.expect_download() as download:
        page.click("#download")
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[0].replace('"', "").split("\t")[:2] == ["variant", "place"]
    assert len(lines) == 2
    assert visit.faults == []


def test_a_page_is_printed_without_its_controls(visits: Callable[..., Visit], path: Path) -> None:
    visit = visits(path, "desk", "dark")
    visit.open("variant/0")
    visit.page.emulate_media(media="print")
    assert not visit.page.is_visible("nav")
    assert not visit.page.is_visible("#print")
    assert visit.page.is_visible("#coverage-chart svg")


def test_a_run_without_variants_has_its_page(visits, tmp_path):
    """As of reads or mRNAs alone."""
    write_page(
        PageContent("reads", [], [], further={"versions": versions()}), tmp_path / "index.html"
    )
    visit = visits(tmp_path / "index.html", "desk")
    assert visit.page.locator("h1:visible").count() == 1
    assert visit.faults == []
