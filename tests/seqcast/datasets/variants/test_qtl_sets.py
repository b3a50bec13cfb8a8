from collections import Counter

import polars as pl
import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.variants.qtl_sets import (
    MATCHED,
    NO_NEGATIVE,
    QtlOptions,
    QtlOutputs,
    build_qtl_set,
)
from tests.seqcast.datasets.variants.qtl_input import (
    LENGTH_BP,
    STEP_BP,
    TISSUES,
    UNKNOWN,
    site_of,
    write_study,
)

OPTIONS = QtlOptions(most_distance_bp=2300)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def made(study, tmp_path_factory):
    outputs = QtlOutputs.of(tmp_path_factory.mktemp("set"))
    counts = build_qtl_set(study, outputs, OPTIONS)
    return outputs, counts


def records(path):
    with pysam.VariantFile(str(path)) as file:
        return [(r.contig, r.pos, r.ref, r.alts[0], r.id, dict(r.info)) for r in file]


def in_utr3(pos, gene):
    start = 1 + gene * STEP_BP
    if gene % 2 == 0:
        return start + 2500 <= pos <= start + LENGTH_BP - 1
    return start <= pos <= start + 1499 or start + 2000 <= pos < start + LENGTH_BP - 2000


def plain_status(name, trait, spent):
    """What becomes of a likely causal variant, one rule after the other."""
    _, pos, ref, alt = name.split("_")
    if len(ref) > 1 or len(alt) > 1:
        return "not_an_snv"
    pos, gene = int(pos), int(trait.split(".")[0].removeprefix("ENSG"))
    start = 1 + gene * STEP_BP
    if not start - OPTIONS.pad_bp <= pos <= start + LENGTH_BP - 1 + OPTIONS.pad_bp:
        return "not_in_its_gene"
    if abs(pos - site_of(gene)) > OPTIONS.most_distance_bp:
        return "no_polya_site_near"
    if not in_utr3(pos, gene):
        return "not_in_utr3"
    if gene == UNKNOWN:
        return "no_expression"
    return "another_row_counts" if name in spent else MATCHED


def test_every_likely_causal_row_has_the_status_of_the_plain_rules(study, made):
    table = pl.read_csv(made[0].candidates, separator="\t", infer_schema_length=None)
    for tissue in TISSUES:
        mapped = pl.read_csv(study.tissues.parent / f"{tissue}.cs.tsv", separator="\t")
        likely = mapped.filter(pl.col("pip") >= OPTIONS.least_pip)
        found = table.filter(tissue=tissue)
        assert found["trait"].to_list() == likely["molecular_trait_id"].to_list()
        plain, spent = {}, set()
        # of rows of one variant the one with the highest PIP counts; both are of one gene here
        for row, (name, trait, _) in sorted(enumerate(likely.rows()), key=lambda r: -r[1][2]):
            plain[row] = plain_status(name, trait, spent)
            spent |= {name} if plain[row] == MATCHED else set()
        for row, status in enumerate(found["status"]):
            assert status == plain[row] or (plain[row], status) == (MATCHED, NO_NEGATIVE)
    assert made[1] == dict(Counter(table["status"]))
    assert set(made[1]) - {NO_NEGATIVE} == {
        MATCHED, "not_an_snv", "not_in_its_gene", "no_polya_site_near", "not_in_utr3",
        "no_expression", "another_row_counts",
    }  # fmt: skip


def test_negatives_match_in_expression_and_alleles_and_none_is_nearer(study, made):
    positives = {r[4]: r for r in records(made[0].positives)}
    negatives = records(made[0].negatives)
    assert len({r[4] for r in negatives}) == len(negatives) == made[1][MATCHED]
    same = 0
    for chrom, pos, ref, alt, name, info in negatives:
        partner = positives[info["PI"]]
        gene = int(info["MT"].removeprefix("ENSG"))
        assert chrom == "chr1"
        assert in_utr3(pos, gene)
        assert info["PD"] == abs(pos - site_of(gene))
        assert info["PP"] < OPTIONS.most_pip
        assert name not in positives
        same += (ref, alt) == partner[2:4]
    assert same > len(negatives) / 2
    assert all(r[5]["PI"] == r[4] for r in positives.values())


def test_the_header_is_that_of_the_published_set(made):
    lines = made[0].positives.read_text().splitlines()
    assert [line.startswith("##") for line in lines[:7]] == [True] * 6 + [False]
    assert lines[6].startswith("#CHROM\t")
    # as the notebooks read it: something before PD, PI at once behind it
    text = lines[7].split("\t")[7]
    assert text.split("MT=")[1].split(";")[0].startswith("ENSG")
    assert int(text.split(";PD=")[1].split(";PI=")[0]) >= 0


def test_one_seed_gives_one_set_and_another_seed_another(study, made, tmp_path):
    again, other = QtlOutputs.of(tmp_path / "again"), QtlOutputs.of(tmp_path / "other")
    build_qtl_set(study, again, OPTIONS)
    build_qtl_set(study, other, QtlOptions(most_distance_bp=2300, seed=7))
    assert again.negatives.read_text() == made[0].negatives.read_text()
    assert other.negatives.read_text() != made[0].negatives.read_text()
    assert other.candidates.read_text().count("\n") == made[0].candidates.read_text().count("\n")


def test_a_set_of_whole_genes_is_larger(study, made, tmp_path):
    outputs = QtlOutputs.of(tmp_path)
    counts = build_qtl_set(study, outputs, QtlOptions(most_distance_bp=2300, region="gene"))
    assert "not_in_utr3" not in counts
    assert counts[MATCHED] > made[1][MATCHED]


def test_no_match_at_all_is_told_and_writes_nothing(study, tmp_path):
    other = tmp_path / "genes.gtf"
    other.write_text(study.annotation.read_text().replace("chr1\t", "chr2\t"))
    files = study._replace(annotation=other)
    outputs = QtlOutputs.of(tmp_path / "set")
    with pytest.raises(InputError, match="expected files of one genome build"):
        build_qtl_set(files, outputs, OPTIONS)
    assert not outputs.positives.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("expression", "column"), "has no column 'expression'"),
        (lambda t: t.replace("\tLung", "\t"), "lung has no expression"),
        (lambda t: t.partition("\n")[0], "has no rows; expected one per tissue"),
        (lambda t: t.replace("lung\t", "liver\t"), "liver comes more than once"),
        (lambda t: t.replace("\tLung", "\tLungs"), "no column 'Lungs'"),
    ],
)
def test_a_wrong_table_of_tissues_is_told(study, tmp_path, change, message):
    table = tmp_path / "tissues.tsv"
    table.write_text(change(study.tissues.read_text()))
    with pytest.raises(InputError, match=message):
        build_qtl_set(study._replace(tissues=table), QtlOutputs.of(tmp_path / "set"), OPTIONS)


@pytest.mark.parametrize(("least", "most"), [(0.005, 0.01), (1.2, 0.01), (0.7, -1)])
def test_probabilities_that_cannot_be_are_refused(least, most):
    with pytest.raises(InputError, match="PIP of"):
        QtlOptions(least_pip=least, most_pip=most)
