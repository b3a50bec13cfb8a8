"""Run sequence models on single files, without a workflow."""

import argparse
import importlib
import sys
from collections.abc import Sequence, Set

from seqcast.core.errors import InputError
from seqcast.core.logs import USER_ERROR, tell
from seqcast.core.temporaries import write_error

# Command -> the module that adds it; only that of the command at hand is imported, as torch takes
# seconds.
COMMANDS = {
    "score-variants": "variants",
    "map": "maps",
    "classify-reads": "reads",
    "embed": "embed",
    "predict-property": "predict_property",
    "verify": "verify",
    "export": "export",
    "init": "init",
    "build-qtl-set": "qtl_set",
    "build-effect-set": "effect_set",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status, 2 for a mistake that the user can fix.

    A command of which something else is to be told returns it; None is 0.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen = _parser(set(given[:1])).parse_args(given)
    try:
        return chosen.run(chosen) or 0
    except InputError as error:
        tell(write_error(error) or error)
        return USER_ERROR
    except BrokenPipeError:  # the reader of the table has had enough
        sys.stderr.close()
    except OSError as error:  # a folder instead of a file, a full disk
        where = error.filename or chosen.output
        tell(write_error(error) or f"{where}: {error.strerror or error}")
        return USER_ERROR
    return 0


def _parser(wanted: Set[str] = frozenset()) -> argparse.ArgumentParser:
    """The parser of the commands that are wanted, or of all where none of these is one."""
    parser = argparse.ArgumentParser(prog="seqcast", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in COMMANDS.keys() & wanted or COMMANDS:
        importlib.import_module(f"seqcast.cli.{COMMANDS[command]}").add_command(commands)
    return parser
