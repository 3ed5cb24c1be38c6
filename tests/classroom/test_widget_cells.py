"""Every control of every widget in the theory notebooks, moved over its range: the data in the picture changes.

Each widget cell is run in a kernel of its own notebook after the set-up cell alone. WATCH goes before it and keeps the
figures that are drawn, PROBE after it and moves the controls.
"""

import json

import pytest
from widget_cells import LEAN_ON_CELLS_ABOVE, notebook_of, widget_cells

from tools.notebooks import NOTEBOOKS, execute

WATCH = """
import hashlib, json, time, warnings
import numpy as np
from course_lib import plots
from course_lib.classroom import widgets

warnings.simplefilter("error")
warnings.simplefilter("ignore", DeprecationWarning)  # the oldest versions allowed deprecate each other
boxes, drawn = [], []
_draw, _box = widgets._png, widgets.VBox

def numbers(figure):
    # what is plotted, apart from words and limits: lines, dots and filled areas, images, bars, arrows
    for ax in figure.axes:
        for line in ax.lines:
            yield line.get_xydata()
        for collection in ax.collections:
            yield collection.get_offsets()
            if collection.get_array() is not None:
                yield collection.get_array()
            for path in collection.get_paths():
                yield path.vertices
            for name in ("U", "V"):
                if hasattr(collection, name):
                    yield getattr(collection, name)
        for image in ax.images:
            yield image.get_array()
        for patch in ax.patches:
            yield patch.get_path().vertices @ patch.get_patch_transform().get_matrix()[:2, :2]
            yield patch.get_patch_transform().get_matrix()

def fingerprint(drawing):
    found = hashlib.sha256()
    for values in numbers(plots.figure_of(drawing)):
        values = np.ma.filled(np.ma.asarray(values, dtype=float), -1e9)
        assert not np.isinf(values).any(), "an infinite value was plotted"
        found.update(np.round(np.nan_to_num(values, nan=-1e9), 9).tobytes())
    return found.hexdigest()

def watched_draw(drawing):
    if not isinstance(drawing, bytes):
        drawn.append(fingerprint(drawing))
    return _draw(drawing)

widgets._png = watched_draw
widgets.VBox = lambda children: boxes.append(_box(children)) or boxes[-1]
"""

PROBE = """
def places(control):
    if hasattr(control, "options"):
        return [value for _, value in control.options] if isinstance(control.options[0], tuple) else control.options
    if hasattr(control, "click"):
        return [control.value + 1, control.value + 2]
    low, high, step = control.min, control.max, control.step
    kind = type(control.value)
    return [low, low + kind((high - low) / step // 3) * step, control.value + step, high, high - step]

report = []
for box in boxes:
    *controls, picture, complaint = box.children
    for control in controls:
        start, first, seen, slowest = control.value, drawn[-1], {}, 0.0
        for place in places(control):
            before = time.perf_counter()
            if hasattr(control, "click"):
                control.click()
            else:
                control.value = place
            slowest = max(slowest, time.perf_counter() - before)
            seen[str(place)] = drawn[-1]
            assert complaint.value == "", (control.description, place, complaint.value)
        control.value = start
        report.append({
            "control": control.description, "pictures": len({*seen.values(), first}), "moves": len(seen),
            "returns": drawn[-1] == first, "seconds": slowest,
        })
print(json.dumps(report))
boxes.clear()
"""


def reports(setup: str, cells: list[str], folder) -> list[list[dict]]:
    """What PROBE found of each widget cell: a list of controls a cell."""
    notebook = notebook_of([setup, WATCH, *(part for cell in cells for part in (cell, PROBE))])
    execute(notebook, folder)
    texts = [[o.text for o in cell.outputs if o.output_type == "stream"] for cell in notebook.cells[3::2]]
    return [json.loads(text[0]) for text in texts]


@pytest.mark.parametrize(("name", "setup", "cells"), list(widget_cells()), ids=[found[0] for found in widget_cells()])
def test_every_control_changes_the_plotted_data_and_the_way_back_is_the_first_picture(tmp_path, name, setup, cells):
    for report in reports(setup, cells, tmp_path):
        assert report, f"{name}: a widget cell made no picture_widget"
        for control in report:
            assert control["pictures"] > 1, f"{name}: {control['control']!r} changes nothing that is plotted"
            assert control["returns"], f"{name}: {control['control']!r} does not come back: the figure is not pure"


SETUP = """
import matplotlib.pyplot as plt
from course_lib.classroom.widgets import button, choice, picture_widget, show_with_still, slider
"""
GOOD_AND_DEAD = """
def figure(tall, colour, press, dead):
    _, ax = plt.subplots()
    ax.bar([0, 1], [tall, press + 1])
    ax.set_title(f"{dead} {colour}")
    ax.plot([0, 1], [0, len(colour)])
    return ax

controls = {"tall": slider(1.0, 0.5, 3.0, step=0.5, label="tall"), "colour": choice(["red", "blue"], label="colour")}
box = picture_widget(figure, **controls, press=button("press"), dead=slider(1, 0, 5, step=1, label="dead"))
show_with_still(box, alt="two bars and a line", caption="What it shows.")
"""


def test_the_probe_tells_a_control_that_moves_data_from_one_that_only_changes_a_word(tmp_path):
    (report,) = reports(SETUP, [GOOD_AND_DEAD], tmp_path)
    assert [control["control"] for control in report] == ["tall", "colour", "press", "dead"]
    assert [control["pictures"] > 1 for control in report] == [True, True, True, False]
    assert all(control["returns"] for control in report)


def test_a_theory_notebook_has_a_picture_that_a_hand_can_move():
    there = {name for name, _, _ in widget_cells()}
    theory = {path.stem for path in NOTEBOOKS.glob("0[1-6]_*.ipynb")}
    assert theory <= there and not there & LEAN_ON_CELLS_ABOVE
