"""What programs print, compared but for the last digits of numbers."""

import re

import pytest

NUMBER = re.compile(r"-?\d+\.\d+")


def assert_near(found: str, expected: str, near: float) -> None:
    """Fail unless two texts are the same, and their decimal numbers differ by no more than `near`.

    Parameters
    ----------
    found, expected : str
    near : float
        In units of one, or of the numbers themselves.
    """
    assert NUMBER.sub("#", found) == NUMBER.sub("#", expected)
    numbers = [[float(x) for x in NUMBER.findall(text)] for text in (found, expected)]
    assert numbers[0] == pytest.approx(numbers[1], rel=near, abs=near)
