"""Attributes of GTF and GFF3 are read as they were written, whatever their values hold."""

from urllib.parse import quote

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seqcast.genome.annotation_attributes import (
    GTF_NAMES,
    decoded,
    has_tag,
    parse_gtf_attributes,
    with_attributes,
)


def read(text: str, is_gtf: bool) -> pl.DataFrame:
    return with_attributes(pl.LazyFrame({"attributes": [text]}), is_gtf).collect()


def plain_parse(text: str) -> dict[str, str] | None:
    """Oracle: GTF's attributes letter by letter; None if a quote is opened and not closed."""
    found: dict[str, str] = {}
    letters = list(text)
    while letters:
        key = value = ""
        while letters and letters[0] in " ;":
            letters.pop(0)
        while letters and letters[0] not in ' ;"':
            key += letters.pop(0)
        while letters and letters[0] == " ":
            letters.pop(0)
        if letters and letters[0] == '"':
            letters.pop(0)
            while letters and letters[0] != '"':
                if letters[0] == "\\" and letters[1:2] and letters[1] in '\\"':
                    letters.pop(0)
                value += letters.pop(0)
            if not letters:
                return None
            while letters and letters[0] != ";":
                letters.pop(0)
        while letters and letters[0] != ";":
            value += letters.pop(0)
        if value and key in GTF_NAMES:
            found.setdefault(key, value)
    return found


keys = st.sampled_from([*GTF_NAMES, "note", "gene", "gene_i", "xgene_id", "tag"])
# Letters that a parser may stumble over are frequent; no tab and no line end is in a ninth column.
tricky = st.sampled_from([*' ";\\=#,%', "; gene_id ", '"; gene_name "', "\\", "é", "\u2028", "x"])
letters = st.characters(blacklist_categories=["Cs", "Cc"])
values = st.lists(tricky | letters, max_size=12).map("".join)
spaces = st.sampled_from(["; ", ";", " ; ", ";  "])


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


@given(st.lists(st.tuples(keys, values, spaces), min_size=1, max_size=6))
@example([("note", '"; gene_id "x', "; "), ("gene_id", "A;1", "; ")])
@example([("gene_name", "ends in \\", "; "), ("gene_id", " A ", ";")])
def test_values_of_any_letters_in_gtf(items: list[tuple[str, str, str]]) -> None:
    text = "".join(f'{key} "{escaped(value)}"{space}' for key, value, space in items)
    wanted = dict.fromkeys(GTF_NAMES)
    for key, value, _ in reversed(items):
        wanted |= {key: value} if key in wanted and value else {}
    assert read(text, is_gtf=True).to_dicts() == [{"attributes": text, **wanted, "broken": False}]
    assert plain_parse(text) == {key: value for key, value in wanted.items() if value}


bare = st.from_regex(r"[\w.:|-]+", fullmatch=True).filter(lambda word: word[0] != "#")


@given(st.lists(st.tuples(keys, bare | st.from_regex(r'"[\w ;]*"', fullmatch=True)), max_size=6))
def test_words_without_quotes_and_both_ways_of_reading_agree(items: list[tuple[str, str]]) -> None:
    text = ";".join(f"{key} {value}" for key, value in items)
    (found,) = read(text, is_gtf=True).to_dicts()
    found = {key: found[key] for key in GTF_NAMES if found[key] is not None}
    assert found == parse_gtf_attributes(text) == plain_parse(text)


@given(st.lists(st.tuples(keys, values, st.sampled_from([";", "; "])), min_size=1, max_size=6))
def test_values_of_any_letters_in_gff3(items: list[tuple[str, str, str]]) -> None:
    text = "".join(f"{key}={quote(value, safe=':|')}{space}" for key, value, space in items)
    frame = read(text, is_gtf=False).with_columns(map(decoded, GTF_NAMES))
    for name in GTF_NAMES:
        wanted = [value for key, value, _ in items if key == name and value]
        assert frame[name][0] == (wanted[0] if wanted else None)
    assert not frame["broken"][0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('gene_id "AQP2;1"; gene_name "AQP2;1";', ("AQP2;1", "AQP2;1")),
        ('note "made; gene_id other"; gene_id "G3"', ("G3", None)),
        (r'gene_id "A\"B"; gene_name "5' + "'-x" + r'\\"', ('A"B', "5'-x\\")),
        ('gene_id hello world ; flag; ;level 1', ("hello world", None)),
        ('Alias "a", "b" 1 2; gene_id ""; gene_id "y"', ("y", None)),
        ('gene_id "a"; # gene_name "b"', ("a", None)),
        ('# gene_id "a"', (None, None)),
        ("gene_id 'CYCD1;1'; gene_name 'x; gene_id 1'", ("CYCD1;1", "x; gene_id 1")),
        ("note 'a; gene_id \"b\"; gene_name c'", ("b", "c'")),
        ("", (None, None)),
    ],
)  # fmt: skip
def test_gtf_as_people_write_it(text: str, wanted: tuple[str | None, str | None]) -> None:
    (found,) = read(text, is_gtf=True).to_dicts()
    assert (found["gene_id"], found["gene_name"], found["broken"]) == (*wanted, False)


@pytest.mark.parametrize(
    ("text", "is_gtf"),
    [
        ('gene_id "A', True),
        ('note "the 5"-end"; gene_id "A"', True),
        ('"gene_id ""A""; transcript_id ""t"""', True),  # a spreadsheet's quotes
        ('gene_id = "A"; transcript_id = "t"', True),
        ("gene_id =A; transcript_id =t", True),
        ("gene_id “A;1”; transcript_id “t”", True),
        ('Note="see; Parent=a";Parent=b', False),
        ('Name = "a;b";Parent=c', False),
        ('Name="a;b";Parent=c', False),
    ],
)
def test_what_can_be_read_in_two_ways_is_broken(text: str, is_gtf: bool) -> None:
    assert read(text, is_gtf)["broken"].item()


@pytest.mark.parametrize(
    "text",
    ["ID=a b;Parent=c", " ID = a b ; Parent = c ", 'ID="a b";Parent="c";', "ID=;ID=a b;Parent=c;;"],
)
def test_blanks_and_quotes_around_values_of_gff3(text: str) -> None:
    (found,) = read(text, is_gtf=False).to_dicts()
    assert (found["ID"], found["Parent"], found["Name"], found["broken"]) == (
        "a b",
        "c",
        None,
        False,
    )


def test_long_lines_take_no_longer_than_short_ones() -> None:
    for text in ("note " + "a b " * 50_000 + '"', '"' + '\\"' * 50_000, "a " * 50_000 + '"'):
        assert parse_gtf_attributes(text) is None


@pytest.mark.parametrize(
    ("text", "is_gtf", "wanted"),
    [
        ('tag "basic"; tag "MANE_Select";', True, True),
        ('note "x; tag MANE_Select"; tag "basic";', True, False),
        ('note "MANE_Select";', True, False),
        ("tag 'MANE_Select';", True, True),
        ("ID=x;tag=basic,MANE_Select", False, True),
        ("ID=x;Note=no MANE_Select", False, False),
    ],
)
def test_tags(text: str, is_gtf: bool, wanted: bool) -> None:
    frame = pl.DataFrame({"attributes": [text]})
    found = frame.select(has_tag(pl.col("attributes"), "MANE_Select", is_gtf))
    assert found.item() == wanted


def test_encoded_letters_that_are_not_utf8_stay_as_they_are() -> None:
    frame = pl.DataFrame({"ID": ["a%20b", "%E9", "%C3%A9", "50%"]})
    assert frame.select(decoded("ID"))["ID"].to_list() == ["a b", "%E9", "é", "50%"]
