"""What a page of a run holds for its scripts."""

import base64
import gzip
import json
import re
from typing import Any


def data_of(html: str) -> Any:
    """What the scripts of a page read."""
    coded = re.search(r'id="data">([^<]*)</script>', html)
    assert coded
    return json.loads(gzip.decompress(base64.b64decode(coded[1])))
