"""Submissions are graded by the judges of the course, each in a process that can do no harm."""

import csv
import gc
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_lib.classroom.checks import EXERCISES
from tools.grade import Answer, Judges, Row, answers, cells_of, grade, main, submissions, write_table
from tools.notebooks import NOTEBOOKS
from tools.student import handed_out

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the processes have limits of a Unix system")
IMPORTS = "import os, sys, shutil\nimport numpy as np\nimport torch\nfrom course_lib.classroom import checks\n"
RIGHT = """\
def my_kl(p, q):
    seen = p > 0
    with np.errstate(divide="ignore"):
        return np.sum(p[seen] * np.log(p[seen] / q[seen]))
"""
PATIENCE = 300.0  # seconds: a limit for a busy machine, not a measurement


@pytest.fixture(scope="module")
def judges() -> Judges:
    return Judges(PATIENCE)


def judged(judges: Judges, *cells: str, expression: str = "my_kl") -> tuple[bool, str]:
    return judges.verdict("kl_with_zeros", Answer(expression, [IMPORTS, *cells]))


# --- the round trip


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> list[dict[str, str]]:
    """Three students' notebooks, graded from the command line: one with all answers, one untouched, one hostile."""
    folder, path = tmp_path_factory.mktemp("submitted"), NOTEBOOKS / "02_kl_and_js.ipynb"
    original = nbformat.read(path, as_version=4)
    hostile = handed_out(original, path.stem)
    for cell in hostile.cells:
        if cell.get("metadata", {}).get("nbgrader", {}).get("grade_id") == "kl_with_zeros":
            cell.source += "\nimport os, sys\nchecks.kl_with_zeros = print\nos.remove('/etc/hostname')\nsys.exit(0)"
    books = {"ada": handed_out(original, path.stem, solved=True), "=bo": handed_out(original, path.stem)}
    for student, notebook in (books | {"eve": hostile}).items():
        (folder / student / "ps2").mkdir(parents=True)
        nbformat.write(notebook, folder / student / "ps2" / path.name)
    (folder / "late").mkdir()
    (folder / "noise.ipynb").write_text("{")
    out = folder / "grades.csv"
    assert main([str(folder), "--out", str(out), "--seconds", str(PATIENCE)]) == 0
    with out.open(newline="") as file:
        return list(csv.DictReader(file))


def rows_of(table: list[dict[str, str]], student: str) -> dict[str, dict[str, str]]:
    return {row["exercise"]: row for row in table if row["student"] == student}


def test_the_instructors_copy_is_graded_right_in_every_exercise(table):
    rows = rows_of(table, "ada")
    assert set(rows) == {name for name, exercise in EXERCISES.items() if exercise.notebook == "02"}
    assert {row["right"] for row in rows.values()} == {"yes"}
    assert all(row["message"].startswith("Correct") for row in rows.values())


def test_an_untouched_copy_is_graded_not_attempted_and_its_name_is_no_formula(table):
    rows = rows_of(table, "'=bo")
    assert {(row["right"], row["message"]) for row in rows.values()} == {("no", "not attempted yet.")}


def test_a_hostile_copy_fails_where_it_is_hostile_and_its_other_answers_are_still_graded(table):
    rows = rows_of(table, "eve")
    assert rows["kl_with_zeros"]["right"] == "no" and "os.remove" in rows["kl_with_zeros"]["message"]
    assert rows["nested_blocks"]["message"] == "not attempted yet."


def test_who_handed_in_nothing_or_no_notebook_has_a_row_that_says_so(table):
    assert rows_of(table, "late")[""]["message"] == "no notebook was handed in."
    assert "no notebook" in rows_of(table, "noise")[""]["message"]


# --- hostile answers


JUDGE = "from course_lib.classroom.checks import base, notebook_02\n"
PATCHES = {
    "the judge's comparison": JUDGE + "notebook_02.close = lambda *a, **k: True",
    "what it compares": JUDGE + "notebook_02.PAIRS.clear()",
    "the frame": JUDGE + "base.Exercise._verdict = lambda *a: base.Verdict(True, '')",
    "a library": "torch.allclose = lambda *a, **k: True",
    "a builtin": "import builtins\nbuiltins.all = lambda x: True",
}


@pytest.mark.parametrize("patch", PATCHES)
def test_an_answer_that_replaces_what_judges_it_is_not_graded(judges, patch):
    right, message = judged(judges, PATCHES[patch], RIGHT)
    assert not right
    assert "not graded: the answer replaces" in message


def test_the_right_answer_alone_is_right_and_a_judge_of_the_readers_own_changes_nothing(judges):
    assert judged(judges, RIGHT)[0]
    right, message = judged(
        judges, "checks.kl_with_zeros = lambda answer: print('Correct.')\ndef my_kl(p, q):\n    return 0"
    )
    assert not right and "Correct" not in message


@pytest.mark.parametrize("attack", ["while True: pass", "def my_kl(p, q):\n    while True: pass"])
def test_an_endless_loop_is_stopped(judges, monkeypatch, attack):
    monkeypatch.setattr(judges, "seconds", 15.0)
    assert judged(judges, "my_kl = 0", attack) == (False, "stopped: no verdict after 15 seconds.")


@pytest.mark.parametrize(
    "attack", ["sys.exit(0)", "os._exit(0)", "raise KeyboardInterrupt", "raise BaseException('x')"]
)
def test_an_answer_that_ends_python_is_wrong_and_the_grading_goes_on(judges, attack):
    for cells in ([attack, RIGHT], [f"def my_kl(p, q):\n    {attack}"]):
        right, message = judged(judges, *cells)
        assert not right
        assert "stopped with" in message or "ended without a verdict" in message


DELETIONS = {
    "remove": "os.remove({path!r})",
    "remove, seen from a folder of its own": "os.remove('..' + {path!r})",
    "unlink": "__import__('pathlib').Path({path!r}).unlink()",
    "rmtree": "shutil.rmtree({folder!r})",
    "remove, from a folder that was opened": "os.remove('grades.csv', dir_fd=os.open({folder!r}, os.O_RDONLY))",
    "overwrite, from a folder that was opened": (
        "os.open('grades.csv', os.O_WRONLY | os.O_TRUNC, dir_fd=os.open({folder!r}, os.O_RDONLY))"
    ),
    "overwrite": "open({path!r}, 'w')",
    "overwrite by its descriptor": "os.open({path!r}, os.O_WRONLY | os.O_TRUNC)",
    "rename": "os.rename({path!r}, 'mine')",
    "a shell": "os.system('rm ' + {path!r})",
    "a process": "__import__('subprocess').run(['rm', {path!r}])",
    "a fork": "os.fork() or os.remove({path!r})",
    "a library in C": "__import__('ctypes').CDLL(None).remove({path!r}.encode())",
    "builtins that lie": "import builtins\nbuiltins.isinstance = lambda *a: True\nos.remove({path!r})",
}


@pytest.mark.parametrize("way", DELETIONS)
def test_no_answer_deletes_or_overwrites_a_file(judges, tmp_path, way):
    victim = tmp_path / "grades.csv"
    victim.write_text("precious")
    attack = DELETIONS[way].format(path=str(victim), folder=str(tmp_path))
    right, message = judged(judges, attack, RIGHT)
    assert victim.read_text() == "precious"
    assert not right
    assert "refused" in message or "ended without a verdict" in message


def test_an_answer_may_use_files_of_its_own(judges):
    own = "import tempfile\nwith tempfile.TemporaryDirectory() as folder:\n    open(folder + '/a', 'w').write('x')"
    assert judged(judges, own, "open('b', 'w').write('y')\nos.remove('b')", RIGHT)[0]


def test_what_was_refused_is_said_though_the_answer_hides_it(judges, tmp_path):
    hidden = "try:\n    os.system('true')\nexcept PermissionError:\n    pass"
    right, message = judged(judges, hidden, RIGHT)
    assert right and "It also tried os.system" in message


def test_a_gigabyte_of_print_and_sixty_four_of_memory_harm_nobody(judges):
    flood = "for _ in range(1000):\n    print('x' * 1_000_000)"
    assert judged(judges, flood, RIGHT)[0]
    right, message = judged(judges, "hoard = bytearray(64 * 2**30)", RIGHT)
    assert not right and "MemoryError" in message
    right, message = judged(judges, "raise ValueError('y' * 10**8)")
    assert not right and len(message) < 500
    right, message = judged(judges, "open('big', 'wb').write(bytes(10**9))", RIGHT)
    assert not right


def test_an_answer_finds_no_connection_to_its_judge_among_the_objects_of_python(judges):
    right, message = judged(judges, "__import__('gc').get_objects()", "def my_kl(p, q):\n    return 0")
    assert not right and "gc.get_objects" in message
    assert gc.get_objects()  # here it is allowed


# --- reading


def test_an_answer_rests_on_the_cells_that_it_reads_and_on_no_others():
    sources = [
        "# @title Set-up\nimport math",
        "half = 1 / 2",
        "print(1 / 0)",
        "def helper(x):\n    return half * x",
        "def mine(x):\n    return helper(x)\n\n\nchecks.doubling(mine)",
    ]
    answer = answers(sources)["doubling"]
    assert answer == Answer("mine", [sources[i] for i in (0, 1, 3, 4)])


def test_a_helper_below_its_use_is_found_and_a_cell_that_is_no_python_is_passed_over():
    sources = ["def mine(x):\n    return late(x)\nchecks.doubling(mine)", "def :", "late = abs"]
    assert answers(sources)["doubling"].cells == [sources[0], sources[2]]


@pytest.fixture
def one_notebook(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("%matplotlib inline\n!rm x\nx = 1")]), tmp_path / "ada.ipynb")
    return tmp_path


def test_a_notebook_for_each_student_will_do_and_lines_for_ipython_alone_are_left_out(one_notebook):
    ((student, path),) = submissions(one_notebook)
    assert student == "ada" and cells_of(path) == ["x = 1"]
    (row,) = grade(one_notebook, seconds=PATIENCE)
    assert row == Row("ada", "", False, "ada.ipynb: no cell calls the check of an exercise.")


def test_a_link_and_a_huge_file_are_not_read(tmp_path, monkeypatch):
    (tmp_path / "link.ipynb").symlink_to("/dev/zero")
    with pytest.raises(ValueError, match="not an ordinary file"):
        cells_of(tmp_path / "link.ipynb")
    monkeypatch.setattr("tools.grade.LARGEST_FILE", 10)
    (tmp_path / "large.ipynb").write_text("{}" * 10)
    with pytest.raises(ValueError, match="at most"):
        cells_of(tmp_path / "large.ipynb")


def test_an_empty_folder_and_none_are_refused_with_what_was_expected(tmp_path, capsys):
    assert main([str(tmp_path / "nowhere")]) == 1 and "expected a folder" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 1 and "STUDENT/NOTEBOOK.ipynb" in capsys.readouterr().err


def test_a_cell_of_the_table_is_no_formula(tmp_path):
    write_table([Row("=1+1", "a", False, "@x, with a comma")], tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines()[1:] == ["'=1+1,a,no,\"'@x, with a comma\""]
