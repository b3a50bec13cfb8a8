"""Effects of GTEx fine-mapping as a VCF, and as a benchmark reads it."""

import pysam
import pytest

from seqcast.cli import main
from seqcast.core.errors import InputError
from seqcast.datasets.variants.effect_sets import EffectOutputs, build_effect_set
from seqcast.evaluation.variants.labelled_variants import Definition, read_labelled

HEADER = ["chromosome", "start", "end", "variant", "variant_hg38", "allele1", "allele2", "method",
          "tissue", "gene", "pip", "cs_id", "beta_posterior", "sd_posterior"]  # fmt: skip
ROWS = [  # variant_hg38, alleles, method, tissue, gene, pip, beta_posterior
    ("chr2_50_A_G_b38", "A", "G", "SUSIE", "Liver", "ENSG1.4", "0.95", "-0.25"),
    ("chr1_90_C_T_b38", "T", "C", "SUSIE", "Liver", "ENSG2.1", "0.99", "0.5"),
    ("chr1_90_C_T_b38", "T", "C", "SUSIE", "Lung", "ENSG2.1", "0.91", "0.25"),
    ("chr1_90_C_T_b38", "T", "C", "FINEMAP", "Liver", "ENSG2.1", "0.99", "7"),
    ("chr1_95_C_T_b38", "C", "T", "SUSIE", "Liver", "ENSG2.1", "0.89", "7"),
    ("chr1_90_C_T_b38", "T", "C", "SUSIE", "Liver", "ENSG2.1", "0.97", "7"),
    ("NA", "C", "T", "SUSIE", "Liver", "ENSG2.1", "0.99", "7"),
    ("chr1_96_C_T_b38", "C", "A", "SUSIE", "Liver", "ENSG2.1", "0.99", "7"),
    ("chr1_97_C_T_b38", "C", "T", "SUSIE", "Liver", "ENSG2.1", "0.99", "NA"),
]


def write_gtex(path, rows=ROWS):
    names = ("variant_hg38", "allele1", "allele2", "method", "tissue", "gene", "pip",
             "beta_posterior")  # fmt: skip
    tables = [dict(zip(names, row, strict=True)) for row in rows]
    lines = ["\t".join(HEADER), *("\t".join(t.get(n, ".") for n in HEADER) for t in tables)]
    with pysam.BGZFile(str(path), "w") as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
    return path


def test_effects_are_those_of_alt(tmp_path, capsys):
    path = write_gtex(tmp_path / "gtex.tsv.bgz")
    outputs = EffectOutputs.of(tmp_path / "set")
    assert main(["build-effect-set", str(tmp_path / "set"), "--fine-mapped", str(path)]) == 0
    told = capsys.readouterr().out
    counts = {name: int(n) for n, name in (line.split() for line in told.splitlines()[:5])}
    assert counts == {"written": 3, "repeated": 1, "no_hg38_name": 1, "other_alleles": 1,
                      "no_effect": 1}  # fmt: skip
    assert len(outputs.candidates.read_text().splitlines()) == 1 + sum(counts.values())
    with pysam.VariantFile(str(outputs.effects)) as file:
        assert [(r.contig, r.pos, r.id, r.alleles) for r in file] == [
            ("chr1", 90, "chr1_90_C_T", ("C", "T")), ("chr1", 90, "chr1_90_C_T", ("C", "T")),
            ("chr2", 50, "chr2_50_A_G", ("A", "G")),
        ]  # fmt: skip
    definition = Definition.of({"truth": "BETA", "groups": "TI", "genes": "MT"})
    found = read_labelled([outputs.effects], definition, number=True)
    assert found.select("gene", "group", "effect", "turned", "usable").rows() == [
        ("ENSG2", "Liver", -0.5, False, "scored"),
        ("ENSG2", "Lung", -0.25, False, "scored"),
        ("ENSG1", "Liver", -0.25, False, "scored"),
    ]


def test_all_blocks_of_a_file_are_read(tmp_path):
    rows = [(f"chr1_{n}_A_G_b38", *ROWS[0][1:]) for n in range(1, 3001)]
    path = write_gtex(tmp_path / "gtex.tsv.bgz", rows)
    assert path.read_bytes().count(b"BC\x02\x00") > 2  # of bgzip: several blocks
    assert build_effect_set(path, EffectOutputs.of(tmp_path)) == {"written": 3000}


def test_files_without_effects(tmp_path):
    outputs = EffectOutputs.of(tmp_path)
    path = write_gtex(tmp_path / "gtex.tsv.bgz", ROWS[-2:])
    with pytest.raises(InputError, match=r"0\.9 or more no effect can be written \(1 "):
        build_effect_set(path, outputs)
    (tmp_path / "other.tsv").write_text("variant\tpip\nchr1_1_A_C\t0.9\n")
    with pytest.raises(InputError, match="has no column variant_hg38; expected"):
        build_effect_set(tmp_path / "other.tsv", outputs)
    with pytest.raises(InputError, match="not readable as fine-mapping"):
        build_effect_set(tmp_path / "none.tsv", outputs)
    assert not outputs.effects.exists()
