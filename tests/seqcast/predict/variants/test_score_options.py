"""Options in Python and in the config file say the same."""

from dataclasses import asdict

import pytest
import yaml

from seqcast.core.errors import InputError
from seqcast.models.settings import PRECISIONS
from seqcast.predict.variants import SCORES_OF_SITES
from seqcast.predict.variants.score_options import COMPAT, WINDOWS, ScoreOptions
from seqcast.predict.variants.statistics import GENE_SCORES, SITE_SCORES, WINDOW_SCORES


@pytest.fixture
def schema(root):
    return yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())["properties"]


def test_defaults_of_the_schema_are_those_of_python(schema):
    keys = schema["variant_effects"]["properties"]
    keys.pop("polya_sites")  # a file
    assert ScoreOptions.of({name: key["default"] for name, key in keys.items()}) == ScoreOptions()
    assert keys.keys() == asdict(ScoreOptions()).keys()


def test_choices_of_the_schema_are_those_of_python(root, schema):
    assert schema["variant_effects"]["properties"]["compat"]["enum"] == [None, *COMPAT]
    assert schema["variant_effects"]["properties"]["window"]["enum"] == [*WINDOWS]
    keys = schema["variant_effects"]["properties"]
    assert keys["gene_scores"]["items"]["enum"] == [*GENE_SCORES, *SITE_SCORES]
    assert keys["window_scores"]["items"]["enum"] == [*WINDOW_SCORES]
    assert tuple(SITE_SCORES) == SCORES_OF_SITES
    assert schema["inference"]["properties"]["precision"]["enum"] == list(PRECISIONS)


@pytest.mark.parametrize(("options", "message"), [
    ({"compat": "borzoi"}, "compat 'borzoi'; expected none or one of borzoi_sed, hound_snp"),
    ({"gene_scores": ("SAD",)}, r"unknown scores \['SAD'\]; known: SED"),
    ({"cluster": 0.2}, "cluster and stitch are options of compat: hound_snp"),
    ({"shifts_bp": ()}, "no shifts"),
    ({"window": "gene"}, "window 'gene'; expected one of variant, shared"),
    ({"window": "shared", "compat": "hound_snp"}, "take window: variant, or no compat"),
])  # fmt: skip
def test_options_are_checked(options, message):
    with pytest.raises(InputError, match=message):
        ScoreOptions(**options)
