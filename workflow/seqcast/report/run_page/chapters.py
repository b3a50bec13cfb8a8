"""Pages of a run as chapters of its one page: their bodies, links and figures."""

import base64
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from seqcast.core.errors import InputError
from seqcast.report.pages.rendering import relative_to

TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
BODY = re.compile(r"<body>\s*(?:<nav>.*?</nav>)?(.*)</body>", re.DOTALL)  # without the way here
NAMED = re.compile(r'(\s(?:id|href|xlink:href|src)=")([^"]*)(")|(url\(#)([^)]*)(\))')
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|/", re.IGNORECASE)
MEDIA = {".png": "image/png", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Drawing:
    """A figure inside the page.

    Attributes
    ----------
    path : str
        Relative to the page.
    uri : str
        Its bytes.
    """

    path: str
    uri: str


@dataclass
class Chapter:
    """A page inside the page.

    Attributes
    ----------
    name : str
        Its anchor.
    title : str
    body : str
        With anchors that no other chapter has, and links that lead from the page.
    path : str
        The page itself, relative to the one page.
    figures : list of Drawing
    """

    name: str
    title: str
    body: str
    path: str
    figures: list[Drawing] = field(default_factory=list)

    @property
    def subjects(self) -> set[str]:
        """Names that its path has: of models, datasets or benchmarks."""
        path = PurePosixPath(self.path)
        return {*path.parent.parts, path.name.split(".", maxsplit=1)[0]}


def read_chapters(
    pages: Sequence[str | Path], figures: Sequence[str | Path], at: str | Path
) -> list[Chapter]:
    """The chapters of a page.

    Parameters
    ----------
    pages : sequence of path
        HTML of this package's templates.
    figures : sequence of path
        PNG or SVG; each goes to the page it is of (`page_of`), and to a last chapter otherwise.
    at : path
        Where the one page will be.

    Raises
    ------
    InputError
        If a file is no such page.
    """
    chapters = {str(path): _chapter(path, f"page{i}", at) for i, path in enumerate(pages, 1)}
    others = Chapter("figures", "Figures", "<h1>Figures</h1>", "")
    for figure in figures:
        owner = page_of(str(figure), list(chapters))
        (chapters[owner] if owner else others).figures.append(_drawing(figure, at))
    return [*chapters.values(), *([others] if others.figures else [])]


def page_of(figure: str, pages: Sequence[str]) -> str | None:
    """The page that a figure belongs to, by their names; None if no page is nearer than others.

    ``planted_truth/tiny.png`` is of ``planted_truth/tiny.html``, and ``report/tiny/x.reads.png`` of
    ``report/reads.html``.
    """
    path = PurePosixPath(figure)
    word = path.stem.rpartition(".")[2]
    stems = {page: PurePosixPath(page).with_suffix("") for page in pages}
    near = [page for page, stem in stems.items() if str(path).startswith(f"{stem}.")]
    if len(near) == 1:
        return near[0]
    named = [page for page, stem in stems.items() if stem.name == word]
    return named[0] if len(named) == 1 else None


def _chapter(path: str | Path, name: str, at: str | Path) -> Chapter:
    text = Path(path).read_text(encoding="utf-8")
    title, body = TITLE.search(text), BODY.search(text)
    if not (title and body):
        raise InputError(f"{path} is no page of a report; remove it, so that it is made again")
    here = Path(path).parent

    def renamed(found: re.Match[str]) -> str:
        if found[4]:
            return f"{found[4]}{name}-{found[5]}{found[6]}"
        value = found[2]
        if " id=" in found[1].replace("\n", " "):
            value = f"{name}-{value}"
        elif value.startswith("#"):
            value = f"#{name}-{value[1:]}"
        elif not SCHEME.match(value):
            value = relative_to(here / value, at)
        return f"{found[1]}{value}{found[3]}"

    text = NAMED.sub(renamed, body[1])
    return Chapter(name, html.unescape(title[1]), text, relative_to(path, at))


def _drawing(path: str | Path, at: str | Path) -> Drawing:
    coded = base64.b64encode(Path(path).read_bytes()).decode()
    return Drawing(relative_to(path, at), f"data:{MEDIA[Path(path).suffix]};base64,{coded}")
