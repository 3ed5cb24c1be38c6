"""The process that tries one answer: what it may do, and how it notices that its judge was changed.

One idea: a judge has to call the answer, so both are in one process, and that process is made poor. It writes to a
folder of its own and nowhere else, starts nothing, reaches no network, prints into nothing, and has a limit on
processor time, memory and file size. The functions that judge are compared with what they were before the answer came.

This keeps accidents and pranks from doing harm; it is no prison (PEP 578 says so of audit hooks). Where strangers hand
in, run `make grade` in a container without network.
"""

import ast
import builtins
import importlib
import json
import math
import os
import resource
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection

import torch

from course_lib.classroom import checks
from course_lib.classroom.checks.base import Exercise, last_line
from tools.claims import SETUP_TITLE
from tools.notebooks import NOTEBOOKS

MEMORY = 4 * 2**30  # bytes
FILE_SIZE = 16 * 2**20  # bytes
REFUSED = (
    "ctypes. gc. os.chdir os.exec os.fchdir os.fork os.kill os.link os.listdrives os.posix_spawn os.spawn os.startfile "
    "os.symlink os.system pty. resource. signal.pthread_kill socket. sqlite3. subprocess. syslog. urllib."
).split()
# What changes a file or folder, and where among the event's arguments the folders stand that paths are relative to.
CHANGING = {"chflags": (), "chmod": (2,), "chown": (3,), "lchmod": (), "lchown": (), "mkdir": (2,), "remove": (1,)}
CHANGING |= {"rename": (2, 3), "rmdir": (1,), "setxattr": (), "removexattr": (), "truncate": (), "utime": (3,)}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


# --- what may be done


def confine(folder: str) -> list[str]:
    """From now on this process writes below `folder` alone; returns the list in which refused events are noted."""
    attempts: list[str] = []
    refused, changing = tuple(REFUSED), {f"os.{name}": places for name, places in CHANGING.items()}
    inside, writing = os.path.realpath(folder) + "/", WRITING
    # bound here: the answer may change builtins
    text, number, raw, tuples, failure, link_of = str, int, bytes, isinstance, OSError, os.readlink

    def own(path: object) -> bool:
        if tuples(path, number) or path is None:
            return True
        if tuples(path, raw):
            path = path.decode(errors="replace")
        if not tuples(path, text):
            return False
        relative = not text.startswith(path, "/")
        return ".." not in path and (relative or text.startswith(path, inside) or path in ("/dev/null", inside[:-1]))

    def own_folder(descriptor: int) -> bool:
        """Whether a path relative to an open folder, or to none (-1), is one of ours. Linux can tell."""
        try:
            return descriptor == -1 or text.startswith(link_of(f"/proc/self/fd/{descriptor}") + "/", inside)
        except failure:
            return False

    def hook(event: str, arguments: tuple) -> None:
        bad = text.startswith(event, refused)
        if event == "open":
            path, mode, flags = arguments
            writes = any_in(mode) if tuples(mode, text) else tuples(flags, number) and flags & writing
            blind = (
                mode is None and tuples(path, (text, raw)) and path[:1] not in ("/", b"/")
            )  # os.open(..., dir_fd=...)
            bad = bad or (writes and (blind or not own(path)))
        elif event in changing:
            bad = not own(arguments[0]) or (event == "os.rename" and not own(arguments[1]))
            for place in changing[event]:
                bad = bad or not own_folder(arguments[place])
        elif event == "object.__setattr__":
            bad = arguments[1] == "__code__"
        if bad:
            attempts.append(event)
            raise PermissionError(f"{event} is refused while an answer is graded")

    def any_in(mode: str) -> bool:
        return "w" in mode or "a" in mode or "x" in mode or "+" in mode

    sys.addaudithook(hook)
    return attempts


def limit(seconds: float) -> None:
    """Bounds on processor time, memory and the size of a file, where the system knows them."""
    cpu = math.ceil(seconds) + 10  # the clock comes first, and says so
    for kind, most in ((resource.RLIMIT_CPU, cpu), (resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_FSIZE, FILE_SIZE)):
        with suppress(ValueError, OSError):  # a lower bound is set already
            resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# --- what must stay as it is


def _import_what_notebooks_use() -> None:
    """What is imported now need not be imported under the limits, nor by each process anew."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and source.startswith(SETUP_TITLE):
                for node in ast.parse(source).body:
                    for name in [a.name for a in node.names] if isinstance(node, ast.Import) else []:
                        importlib.import_module(name)
                    if isinstance(node, ast.ImportFrom):
                        importlib.import_module(node.module)


def _judging() -> Iterator[tuple[str, object]]:
    """(where, object) of every function that a judge may rest on, and of the data that judges compare with."""
    names = [n for n in sys.modules if n.startswith(("course_lib", "numpy", "torch.nn.functional", "scipy"))]
    for module in [sys.modules[n] for n in sorted(names)] + [builtins, math, torch]:
        if not isinstance(module, types.ModuleType):
            continue
        own = module.__name__.startswith("course_lib")
        for attribute, value in list(vars(module).items()):
            where = f"{module.__name__}.{attribute}"
            if callable(value):
                yield where, value
                if own:
                    yield f"{where}.__code__", getattr(value, "__code__", None)
            elif module.__name__.startswith(checks.__name__) and isinstance(value, (dict, list, tuple, float, str)):
                yield where, repr(value)
            if own and isinstance(value, type):
                yield from ((f"{where}.{name}", member) for name, member in list(vars(value).items()))
    for kind in (torch.Tensor, torch.nn.Module):
        yield from ((f"{kind.__name__}.{name}", member) for name, member in list(vars(kind).items()))
    for name, exercise in checks.EXERCISES.items():
        yield f"checks.{name}.judge", exercise.judge


def changed(before: dict[str, object], judging: Callable = _judging) -> str | None:
    """The first name in `before` that now is something else, or gone."""
    now = dict(judging())
    for where, value in before.items():
        other = now.get(where)
        if other is not value and not (isinstance(value, str) and other == value):
            return where
    return None


# --- one answer


class _WithoutChecks(ast.NodeTransformer):
    """Takes calls of checks.NAME(...) out: the answer is judged once, below."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        is_check = isinstance(call, ast.Call) and ast.unparse(call.func).startswith("checks.")
        return ast.copy_location(ast.Pass(), node) if is_check else node


def judged(exercise: Exercise, expression: str, cells: list[str], verdict_of: Callable) -> tuple[bool, str]:
    """Run the cells, then judge what the expression gives."""
    space: dict = {"__name__": "__main__"}
    try:
        for number, cell in enumerate(cells, 1):
            tree = ast.fix_missing_locations(_WithoutChecks().visit(ast.parse(cell)))
            exec(compile(tree, f"<cell {number}>", "exec"), space)
        answer = eval(expression, space)
    except BaseException as error:
        return False, f"not yet. Your cells stopped with {last_line(error)}"
    try:
        verdict = verdict_of(exercise, answer)
        return verdict.right is True, str(verdict.message)
    except BaseException as error:
        return False, f"not yet. Your answer stopped with {last_line(error)}"


def work(name: str, expression: str, cells: list[str], folder: str, seconds: float, sender: Connection) -> None:
    """Judge one answer and send {"right": ..., "message": ...} as JSON."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    folder = os.path.realpath(folder)
    os.chdir(folder)
    os.environ.update({"COURSE_PROGRESS": f"{folder}/progress.json", "HOME": folder, "TMPDIR": folder})
    tempfile.tempdir = folder  # what was found before would be kept
    sys.dont_write_bytecode = True
    exercise, verdict_of = checks.EXERCISES[name], Exercise.verdict
    dumps, send, leave, alike, same = json.dumps, sender.send_bytes, os._exit, changed, BEFORE
    sys.modules.pop(__name__)  # who imports it gets another one
    limit(seconds)
    attempts = confine(folder)
    right, message = judged(exercise, expression, cells, verdict_of)
    if right and (where := alike(same)):
        right, message = False, f"not graded: the answer replaces {where}, on which its judge rests. Look at it."
    if attempts:
        message = f"{message} (It also tried {', '.join(dict.fromkeys(attempts))}, which was refused.)"
    send(dumps({"right": right, "message": message}).encode())
    leave(0)


_import_what_notebooks_use()
torch.optim.Adam(
    [torch.zeros(1, requires_grad=True)]
)  # the first one made changes torch.manual_seed: not the answer's doing
BEFORE = dict(_judging())
