"""The command `seqcast`: sequences in, tables out, without a workflow."""

import argparse
import sys
from collections.abc import Sequence

from seqcast.cli import embed, init, predict_property, reads
from seqcast.core.errors import InputError
from seqcast.core.logs import USER_ERROR, tell
from seqcast.core.temporaries import write_error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status, 2 for a mistake that the user can mend."""
    chosen = _parser().parse_args(arguments)
    try:
        chosen.run(chosen)
    except InputError as error:
        tell(write_error(error) or error)
        return USER_ERROR
    except BrokenPipeError:  # the reader of the table has had enough
        sys.stderr.close()
    except OSError as error:  # a folder in place of a file, a full disk
        where = error.filename or chosen.output
        tell(write_error(error) or f"{where}: {error.strerror or error}")
        return USER_ERROR
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="seqcast", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    reads.add_command(commands)
    embed.add_command(commands)
    predict_property.add_command(commands)
    init.add_command(commands)
    return parser
