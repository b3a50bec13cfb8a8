"""What a user can fix."""


class InputError(ValueError):
    """Something in the user's files or options is wrong and the user can fix it.

    The message names the value found, what was expected, and the remedy. Scripts print it
    without a traceback and exit with status 2; every other exception keeps its traceback.
    """


class WriteError(InputError):
    """A disk did not take a file: it is full, not to be written to, or damaged."""
