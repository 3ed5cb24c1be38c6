"""The course's tool without a notebook: `python -m course_lib show`, `train`, `generate`, `evaluate` and `fit`.

The idea: here stand the commands, and what becomes of what goes wrong: a sentence on stderr and an exit code, never a
traceback. What a command does stands in its own module, in `course_lib.commands`.
"""

import argparse
import os
import sys
import warnings

from safetensors import SafetensorError

from course_lib import files
from course_lib.commands import evaluate, fit, generate, say, show, train
from course_lib.training import TrainingDiverged, TrainingWarning

CODES = """exit codes:
  0    done
  1    who read the output has gone (`... | head -1`)
  2    wrong input, a disk that refuses, or training that diverged; a sentence says what to do
  130  stopped with Ctrl-C; what there was is kept

results go to stdout, progress and remarks to stderr"""


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    whole = argparse.ArgumentParser(
        prog="python -m course_lib",
        description="Learn one-dimensional signals; make more; say how good they are.",
        epilog=f"in a hurry:\n  {fit.EXAMPLE}\n\n{CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(required=True, metavar="{show,train,generate,evaluate,fit}")

    def complete(command: argparse.ArgumentParser, module) -> None:
        command.epilog = f"for example:\n  {module.EXAMPLE}\n\n{CODES}"
        command.description = module.__doc__.split("\n", 1)[0]
        command.formatter_class = argparse.RawDescriptionHelpFormatter
        command.set_defaults(run=module.run)
        module.add_arguments(command)

    complete(commands.add_parser("show", help=show.HELP), show)
    complete(commands.add_parser("train", help=train.HELP), train)
    complete(commands.add_parser("generate", help=generate.HELP), generate)
    complete(commands.add_parser("evaluate", help=evaluate.HELP), evaluate)
    complete(commands.add_parser("fit", help=fit.HELP), fit)
    return whole


def main(arguments: list[str] | None = None) -> int:
    """Run one command; what is wrong with input or disk is a message, not a traceback. Returns the exit status."""
    given = parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", TrainingWarning)
            warnings.showwarning = _say_warning
            code = given.run(given) or 0
        sys.stdout.flush()
    except BrokenPipeError:  # who read what is printed has gone: `... | head -1`
        _print_no_more()
        return 1
    except KeyboardInterrupt:
        say("stopped: what was written before is kept.")
        return 130
    except OSError as error:
        say(f"error: {files.reason(error)}")
        _print_no_more()
        return 2
    except (ValueError, TrainingDiverged, SafetensorError) as error:
        say(f"error: {error}")
        return 2
    return code


def _say_warning(message: Warning | str, *where: object) -> None:
    """A warning as a sentence; where in the code it was raised helps nobody at a terminal."""
    say(f"warning: {message}")


def _print_no_more() -> None:
    """Let what could not be printed go, or Python would try again, and say so, as it ends."""
    if sys.stdout is sys.__stdout__:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
