"""The ninth column of GTF and GFF3: values of named attributes, as columns of a table.

GTF quotes values, which may hold anything: ``;``, other attributes' names, and quotes after a
backslash. GFF3 quotes nothing, and writes what would be read as a separator as %3B. Nearly all
lines of GTF are plain: a key, one blank, a word or quotes without ``;`` and backslash. Splitting at
``;`` is exact there, and fast; the others are parsed one by one. Of what neither format allows,
single quotes in GTF, and quotes and blanks around values of GFF3, are taken off.
"""

import re
from urllib.parse import unquote_to_bytes

import polars as pl

GTF_NAMES = ("gene_id", "gene_name", "transcript_id")
GFF3_NAMES = (*GTF_NAMES, "ID", "Parent", "Name")
LOST = "\ufffd"  # what is read where bytes are not UTF-8

_KEY, _QUOTED = r'[^ ";#][^ ";]*', r'"(?:[^"\\]|\\.)*"'
_SINGLE = r"'[^'\"]*'(?=[ ,;]|$)"
_VALUE = rf'(?:{_QUOTED}|{_SINGLE}|[^ ,";]++)'
_ITEM = re.compile(rf"({_KEY})((?:[ ,]++{_VALUE})*+)[ ,]*+(?:;[ ;]*+|$)|#.*|(.+)")
_FIRST_QUOTED, _FIRST_SINGLE = re.compile(_QUOTED), re.compile(_SINGLE)
_NO_VALUE = ("=", "\u201c", "\u201d", "\u2018", "\u2019")  # what a value is not begun by: “ ” ‘ ’
_PLAIN_ITEM = rf'{_KEY}(?: (?:"[^";\\]*"|[^ ";\'={"".join(_NO_VALUE[1:])}][^ ";]*))?'
_PLAIN = rf"^(?:{_PLAIN_ITEM}; *)*(?:{_PLAIN_ITEM})?$"
_PLAIN_VALUE = r'(?:^|; *){} "?([^";]+)'
_GFF3_VALUE = r'(?:^|;)\s*{}\s*=[\s"]*([^;"\s](?:[^;]*?[^;"\s])??)[\s"]*(?:;|$)'
# Quotes, which GFF3 does not have: around a value that is cut, or around what looks like a key.
_ANY_KEY = "|".join(GFF3_NAMES)
_QUOTED_GFF3 = rf'(?:^|;)\s*(?:{_ANY_KEY})\s*=\s*"[^";]*;|="[^"]*;\s*(?:{_ANY_KEY})=[^"]*"'


def with_attributes(lines: pl.LazyFrame, is_gtf: bool) -> pl.LazyFrame:
    """Add the attributes that name a line, as columns.

    Parameters
    ----------
    lines : LazyFrame
        With a column ``attributes``.
    is_gtf : bool
        How they are written: as in GTF or as in GFF3.

    Returns
    -------
    LazyFrame
        With `GTF_NAMES` or `GFF3_NAMES` too: the first value that is not empty, null without one;
        of GFF3 as written, see `decoded`. And with ``broken``: whether the attributes can be read
        in two ways.
    """
    text = pl.col("attributes").fill_null("")
    if not is_gtf:
        values = [text.str.extract(_GFF3_VALUE.format(name)).alias(name) for name in GFF3_NAMES]
        return lines.with_columns(*values, broken=text.str.contains(_QUOTED_GFF3))
    fields = pl.Struct(dict.fromkeys(GTF_NAMES, pl.String))
    odd = pl.when(~text.str.contains(_PLAIN)).then(text)
    plain = pl.when(pl.col("odd").is_null()).then(text)
    parsed = pl.col("odd").map_elements(parse_gtf_attributes, fields)
    return (
        lines.with_columns(odd=odd)
        .with_columns(parsed=parsed)
        .with_columns(
            *(
                pl.coalesce(
                    plain.str.extract(_PLAIN_VALUE.format(name)),
                    pl.col("parsed").struct.field(name),
                ).alias(name)
                for name in GTF_NAMES
            ),
            broken=pl.col("odd").is_not_null() & pl.col("parsed").is_null(),
        )
        .drop("odd", "parsed")
    )


def parse_gtf_attributes(text: str) -> dict[str, str] | None:
    r"""First values of `GTF_NAMES` of a line of GTF, quotes and backslashes taken off.

    Parameters
    ----------
    text : str
        Items ``key value`` between semicolons. In quotes, single ones too, ``;`` is a character,
        and in double ones ``\"`` a quote; what follows # outside of quotes is a comment.

    Returns
    -------
    dict or None
        Values that are not empty; None if quotes do not pair or are typographic, or ``=`` comes
        before a value, so that it is not known what and how long it is.
    """
    items = _ITEM.findall(text.strip(" ;"))
    if items and items[-1][2]:
        return None
    found: dict[str, str] = {}
    for key, text_of_values, _ in items:
        if key in GTF_NAMES and key not in found and (value := _first_value(text_of_values)):
            if text_of_values.strip(" ,").startswith(_NO_VALUE):
                return None
            found[key] = value
    return found


def _first_value(values: str) -> str:
    """The first of the values of an item."""
    values = values.strip(" ,")
    if quoted := _FIRST_QUOTED.match(values):
        return re.sub(r'\\(["\\])', r"\1", quoted[0][1:-1])
    if quoted := _FIRST_SINGLE.match(values):
        return quoted[0][1:-1]
    return values.partition('"')[0].strip(" ")


def has_tag(text: pl.Expr, pattern: str, is_gtf: bool) -> pl.Expr:
    """Whether one of the values of the attribute ``tag`` in each text begins with a pattern."""
    begin = rf'^(?:(?:[^";]|{_QUOTED})*;)* *tag +["\']?' if is_gtf else r"(?:^|;)\s*tag\s*="
    return text.str.contains(rf'{begin}(?:[^";]*,)? *{pattern}').fill_null(False)


def decoded(column: str) -> pl.Expr:
    """A column of values of GFF3, which writes characters as %20 and the like."""
    values = pl.col(column)
    encoded = pl.when(values.str.contains("%", literal=True)).then(values)
    return pl.coalesce(encoded.map_elements(unquoted, pl.String), values)


def unquoted(text: str) -> str:
    """Text of GFF3 without percent encoding; as it is where the encoded bytes are not UTF-8."""
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        return text
