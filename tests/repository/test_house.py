"""The imports of course_lib, the benchmarks and the notebooks flow one way, as house.py says; and each rule refuses."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from house import ORDER, Arrow, arrows, complaints, modules, room
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.address import ROOT


@pytest.fixture(scope="module")
def found() -> set[Arrow]:
    return arrows(ROOT)


# --- the house


def test_no_import_of_the_library_the_benchmarks_or_the_notebooks_goes_against_the_order_or_in_a_circle(found):
    said = complaints(modules(ROOT), found)
    assert not said, "\n".join(said)


def test_the_reader_finds_every_room_and_the_notebooks(found):
    read = {arrow.source for arrow in found}
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == {
        name.removeprefix("notebooks.") for name in read if name.startswith("notebooks.")
    }
    rooms = {path.stem for path in (ROOT / "course_lib").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert {room(name) for name in read} >= rooms & set(ORDER)
    # three that stand there by their nature, one of each way of writing them
    assert Arrow("course_lib.training.folder", "course_lib.checkpoints", True) in found
    assert Arrow("course_lib.data.auslan", "pooch", False) in found
    assert any(arrow.source == "notebooks.01_minimax_game" and room(arrow.target) == "divergences" for arrow in found)


IMPORT_ALONE = """
import sys
import course_lib.__main__
print(sorted({"matplotlib", "seaborn", "IPython", "ipywidgets"} & set(sys.modules)))
print(sorted(name for name in sys.modules if name.startswith(("course_lib.classroom", "course_lib.plots"))))
"""


def test_importing_the_command_line_brings_in_nothing_of_the_notebook_stack():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALONE], cwd=ROOT, capture_output=True, text=True, timeout=600, check=True
    )
    assert done.stdout == "[]\n[]\n"


# --- the rules, on houses made up


SOUND = {
    "course_lib/__init__.py": "",
    "course_lib/arrays.py": "import numpy",
    "course_lib/data/__init__.py": "from course_lib.data.toys import ring",
    "course_lib/data/toys.py": "from course_lib import arrays",
    "course_lib/losses.py": "import torch\nfrom course_lib.arrays import finite",
    "course_lib/training/__init__.py": "from course_lib.training.config import C",
    "course_lib/training/config.py": "from .. import losses",
    "course_lib/training/loop.py": "from .config import C\nfrom course_lib.data import ring",
    "course_lib/plots.py": "import matplotlib.pyplot as plt",
    "course_lib/runtime.py": "import sys",
    "course_lib/classroom/__init__.py": "",
    "course_lib/classroom/checks.py": "import IPython\nfrom course_lib.training import C",
    "course_lib/classroom/results.py": "from course_lib import plots",
    "course_lib/__main__.py": "from course_lib.training import C\nimport pandas",
    "benchmarks/__init__.py": "",
    "benchmarks/toys.py": "from course_lib.classroom import results\nfrom course_lib import runtime",
}


def said_of(root: Path, changed: dict[str, str]) -> list[str]:
    """What is said of a tree below `root` that is sound but for the files that were changed or added."""
    for name, text in {**SOUND, **changed}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return complaints(modules(root), arrows(root))


def test_a_house_in_order_is_accepted(tmp_path):
    assert said_of(tmp_path, {}) == []


BACKWARDS = {
    "at the top": "from course_lib.training.config import C",
    "of the module itself": "import course_lib.training.config",
    "of a module from its package": "from course_lib.training import config",
    "relative": "from .training.config import C",
    "under another name": "import course_lib.training.config as settings",
    "in a function": "def f():\n    from course_lib.training.config import C",
    "in a method": "class A:\n    def f(self):\n        import course_lib.training.config",
    "for the type checker": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from course_lib.training.config import C"
    ),
    "for the type checker, in full": "import typing\nif typing.TYPE_CHECKING:\n    import course_lib.training.config",
    "in a try": "try:\n    import course_lib.training.config\nexcept ImportError:\n    pass",
    "by name": "import importlib\nimportlib.import_module('course_lib.training.config')",
}


@pytest.mark.parametrize("written", BACKWARDS.values(), ids=BACKWARDS)
def test_an_arrow_put_in_backwards_is_refused_with_both_names_however_it_is_written(tmp_path, written):
    said = said_of(tmp_path, {"course_lib/losses.py": written})
    assert said[0] == (
        "course_lib.losses imports course_lib.training.config, which stands after it: losses ... training"
    )


def test_of_two_rooms_named_side_by_side_the_second_may_import_the_first_and_not_the_other_way_round(tmp_path):
    first, second = "course_lib/divergences.py", "course_lib/transport.py"
    assert said_of(tmp_path / "one", {first: "", second: "from course_lib import divergences"}) == []
    (said,) = said_of(tmp_path / "two", {first: "from course_lib import transport", second: ""})
    assert "course_lib.divergences imports course_lib.transport, which stands after it" in said


def test_a_circle_inside_a_package_is_refused_even_where_only_the_type_checker_closes_it(tmp_path):
    closing = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from course_lib.training.loop import train"
    (said,) = said_of(tmp_path, {"course_lib/training/config.py": closing})
    assert said.startswith("a circle: ")
    assert "course_lib.training.loop" in said and "course_lib.training.config" in said


def test_a_module_that_imports_from_its_own_package_s_door_stands_in_a_circle(tmp_path):
    (said,) = said_of(tmp_path, {"course_lib/data/toys.py": "from course_lib.data import other"})
    assert said.startswith("a circle: ") and "course_lib.data.toys" in said


def test_a_module_whose_room_has_no_place_is_told_where_to_get_one(tmp_path):
    (said,) = said_of(tmp_path, {"course_lib/utils.py": ""})
    assert said.startswith("course_lib.utils has no place in the order") and "house.py" in said


@pytest.mark.parametrize(
    ("who", "module"),
    [("course_lib/__main__.py", "course_lib.__main__"), ("course_lib/runtime.py", "course_lib.runtime")],
)
def test_the_classroom_is_imported_by_none_of_the_library_and_not_by_the_command_line(tmp_path, who, module):
    said = said_of(tmp_path, {who: "from course_lib.classroom import results"})
    assert f"{module} imports course_lib.classroom.results, and the classroom is for notebooks alone" in said


def test_a_benchmark_may_import_the_committed_results_and_nothing_else_of_the_classroom(tmp_path):
    (said,) = said_of(tmp_path, {"benchmarks/toys.py": "from course_lib.classroom.checks import base"})
    assert "benchmarks.toys imports course_lib.classroom.checks" in said


@pytest.mark.parametrize("outside", ["tools.address", "benchmarks.other", "tests.anything", "conftest"])
def test_the_library_does_without_what_stands_outside_it(tmp_path, outside):
    (said,) = said_of(tmp_path, {"course_lib/classroom/results.py": f"import {outside}"})
    assert f"course_lib.classroom.results imports {outside}, and course_lib does without" in said


@pytest.mark.parametrize(
    "written",
    [
        "import matplotlib",
        "from matplotlib.figure import Figure",
        "try:\n    from IPython.display import display\nexcept ImportError:\n    pass",
        "class A:\n    import ipywidgets",
        "import seaborn as sns",
    ],
)
def test_the_notebook_stack_is_refused_at_the_top_of_a_module_outside_plots_and_classroom(tmp_path, written):
    (said,) = said_of(tmp_path, {"course_lib/runtime.py": written})
    assert said.startswith("course_lib.runtime imports ") and "where a picture is made" in said


@pytest.mark.parametrize(
    "written",
    [
        "def f():\n    import matplotlib.pyplot",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from matplotlib.axes import Axes",
    ],
)
def test_the_notebook_stack_may_be_imported_where_a_picture_is_made_or_for_the_type_checker(tmp_path, written):
    assert said_of(tmp_path, {"course_lib/runtime.py": written}) == []


def notebook(folder: Path, *cells: str) -> None:
    folder.mkdir()
    markdown = new_markdown_cell("```python\nfrom course_lib import nothing\n```")
    nbformat.write(new_notebook(cells=[markdown, *map(new_code_cell, cells)]), folder / "01_one.ipynb")


def test_a_notebook_is_read_and_may_import_everything(tmp_path):
    notebook(tmp_path / "notebooks", "%matplotlib inline\n!ls\nfrom course_lib.classroom import checks", "import torch")
    assert said_of(tmp_path, {}) == []
    assert Arrow("notebooks.01_one", "course_lib.classroom.checks", True) in arrows(tmp_path)
    assert not [arrow for arrow in arrows(tmp_path) if arrow.target.endswith("nothing")]


def test_an_import_of_a_notebook_is_refused(tmp_path):
    notebook(tmp_path / "notebooks", "import torch")
    (said,) = said_of(tmp_path, {"course_lib/classroom/checks.py": "import_module('notebooks.01_one')"})
    assert "course_lib.classroom.checks imports notebooks.01_one, and course_lib does without notebooks" in said
