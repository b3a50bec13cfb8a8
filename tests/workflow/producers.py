"""What the rules of a run make: ``python -m tests.workflow.producers FOLDER``.

The folder holds tables and a config that `Workflow.configure` wrote. The answer is JSON on stdout,
the rules that make something; patterns, with ``{}`` for each wildcard, that several rules have; and
paths, for all names of the tables, that several rules make.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import redirect_stdout
from itertools import product
from pathlib import Path
from typing import Any

from tests.workflow.reruns import opened

ROOT = Path(__file__).parents[2]
NO_NAME = "none"  # the constraint where a table has no row
# Wildcards whose constraint is no list of names -> what they may be.
VALUES = {
    "shard": ["0"],
    "identity": ["0.8"],
    "kind": ["", "window."],
    "folds": ["ensemble", "fold0"],
    "shift_bp": ["-1", "0"],
    "run": ["models/f0c0"],
    "text": ["data/traitgym/complex_3prime/pos_merge.vcf", "borzuki/one/contexts_CXCL2.tsv"],
}


def rules_of(folder: Path) -> list[Any]:
    """Rules of the workflow as it is with this folder's config."""
    with opened(folder, ROOT / "Snakefile") as run:
        return list(run._workflow.rules)


def paths_of(pattern: str) -> Iterator[str]:
    """Paths that a pattern stands for, by the names in the constraints of its wildcards."""
    wildcards = dict(re.findall(r"\{(\w+),?([^{}]*)\}", pattern))
    values = [
        VALUES.get(name) or [re.sub(r"\\(.)", r"\1", one) for one in names.split("|") if one != NO_NAME]
        for name, names in ((name, names or f"any_{name}") for name, names in wildcards.items())
    ]  # fmt: skip
    for chosen in product(*values):
        named = dict(zip(wildcards, chosen, strict=True))
        yield re.sub(r"\{(\w+)[^{}]*\}", lambda found, named=named: named[found[1]], pattern)


def main() -> None:
    """Answer for the folder of the command line."""
    with redirect_stdout(sys.stderr):
        outputs = [
            (rule.name, made, made.constant_prefix())
            for rule in rules_of(Path(sys.argv[1]))
            for made in rule.output
        ]
    alike, makers = defaultdict(set), defaultdict(set)
    for rule, made, _ in outputs:
        alike[re.sub(r"\{[^{}]*\}", "{}", str(made))].add(rule)
        for path in paths_of(str(made)):
            assert made.match(path), f"{rule}: {path} is none of {made}; see VALUES"
            makers[path] |= {
                name for name, other, start in outputs
                if path.startswith(start) and other.match(path)
            }  # fmt: skip
    several = [
        {path: sorted(rules) for path, rules in found.items() if len(rules) > 1}
        for found in (alike, makers)
    ]
    print(json.dumps([sorted({rule for rule, *_ in outputs}), *several]))


if __name__ == "__main__":
    main()
