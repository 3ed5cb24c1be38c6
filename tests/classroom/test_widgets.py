"""Widgets: a moved control changes the data in the picture; the still picture stays where there is no kernel."""

import base64
import io
import subprocess
import sys

import ipywidgets
import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from PIL import Image

from course_lib import plots
from course_lib.classroom import widgets
from tools.notebooks import execute

matplotlib.use("Agg")


def line_figure(seen: list):
    """A figure function that also keeps the data it has plotted."""

    def figure(shift, power, colour):
        _, ax = plt.subplots(figsize=(4, 2))
        (line,) = ax.plot(np.arange(4.0), np.arange(4.0) ** power + shift, color=colour)
        ax.set(xlabel="x (m)", ylabel="y (m)", ylim=(-5, 40))
        seen.append(line.get_ydata().copy())
        return ax

    return figure


def build(seen):
    return widgets.picture_widget(
        line_figure(seen),
        height=200,
        shift=widgets.slider(0.0, -3, 3, step=0.5, label="shift (m)"),
        power=widgets.slider(1, 1, 3, step=1, label="power"),
        colour=widgets.choice({"blue": plots.PALETTE["real"], "red": plots.PALETTE["generated"]}, label="colour"),
    )


def test_every_control_moves_the_picture_and_the_data_in_it():
    seen = []
    box = build(seen)
    shift, power, colour, picture, complaint = box.children
    np.testing.assert_array_equal(seen[-1], [0, 1, 2, 3])
    pictures = [picture.value]
    shift.value = 1.5
    np.testing.assert_array_equal(seen[-1], [1.5, 2.5, 3.5, 4.5])
    pictures.append(picture.value)
    power.value = 3
    np.testing.assert_array_equal(seen[-1], [1.5, 2.5, 9.5, 28.5])
    pictures.append(picture.value)
    colour.value = plots.PALETTE["generated"]
    pictures.append(picture.value)
    assert len(set(pictures)) == 4 and len(seen) == 4 and complaint.value == ""
    assert all(Image.open(io.BytesIO(p)).size == (360, 180) for p in pictures)


def test_a_control_moved_back_gives_the_first_picture_again():
    box = build([])
    shift, picture = box.children[0], box.children[3]
    first = picture.value
    shift.value = 2.0
    assert picture.value != first
    shift.value = 0.0
    assert picture.value == first


def test_no_figure_stays_open_behind_a_widget():
    plt.close("all")
    box = build([])
    box.children[0].value = 1.0
    assert plt.get_fignums() == []


def test_controls_answer_when_let_go_and_the_picture_keeps_its_height():
    shift, power, colour, picture, _ = build([]).children
    assert shift.continuous_update is False and power.continuous_update is False and colour.continuous_update is False
    assert isinstance(power.value, int) and isinstance(shift.value, float)
    assert picture.layout.height == "200px"
    assert colour.label == "blue"


def test_a_choice_is_a_slider_on_its_first_option_however_many_there_are():
    for options in (["one"], ["one", "two"], [f"sign {i:02d}" for i in range(80)]):
        control = widgets.choice(options, label="sign")
        assert isinstance(control, ipywidgets.SelectionSlider)
        assert control.value == options[0] and control.description == "sign"
        control.value = options[-1]
        assert control.index == len(options) - 1


def test_a_press_is_one_step_and_draws_the_picture_anew():
    seen = []
    steps = widgets.button("three steps", start=1, most=3)
    box = widgets.picture_widget(
        lambda shift, power, colour, steps: line_figure(seen)(shift + steps, power, colour),
        shift=widgets.slider(0.0, -3, 3, step=0.5, label="shift"),
        power=widgets.slider(1, 1, 3, step=1, label="power"),
        colour=widgets.choice({"blue": plots.PALETTE["real"]}, label="colour"),
        steps=steps,
    )
    assert steps.description == "three steps" and steps.value == 1
    pictures = [box.children[-2].value]
    for presses in (2, 3, 0, 1):  # after the last one it begins again
        steps.click()
        assert steps.value == presses and seen[-1][0] == presses
        pictures.append(box.children[-2].value)
    assert len(seen) == 5 and len(set(pictures)) == 4 and pictures[0] == pictures[-1]
    steps.value = 3
    assert seen[-1][0] == 3
    assert "value" not in steps.get_state()  # the count stays here: no front end needs to know a new trait


def test_buttons_count_for_themselves():
    one, other = widgets.button("one"), widgets.button("other")
    one.click(), one.click(), other.click()
    assert (one.value, other.value) == (2, 1)


def test_a_figure_that_fails_after_a_move_says_so_and_keeps_the_picture():
    def figure(mass):
        if mass == 0:
            raise ValueError("a pile without mass")
        return plt.figure(figsize=(2, 2))

    box = widgets.picture_widget(figure, mass=widgets.slider(1, 0, 3, step=1, label="mass"))
    mass, picture, complaint = box.children
    first = picture.value
    mass.value = 0
    assert picture.value == first and complaint.value == "ValueError: a pile without mass"
    mass.value = 2
    assert complaint.value == ""


def test_a_figure_that_fails_at_the_start_raises():
    with pytest.raises(ZeroDivisionError):
        widgets.picture_widget(lambda n: 1 / n, n=widgets.slider(0, 0, 3, step=1, label="n"))


def test_a_picture_without_controls_is_refused():
    with pytest.raises(ValueError, match="plots.show"):
        widgets.picture_widget(lambda: None)


def test_one_output_carries_the_view_the_still_picture_and_a_fixed_text(monkeypatch):
    shown = []
    monkeypatch.setattr(widgets, "display", lambda data, **options: shown.append((data, options)))
    box = build([])
    widgets.show_with_still(box, alt="four points on a line", caption="Move the points.")
    (data, options), (below, below_options) = shown
    assert options["raw"] is True and below_options["raw"] is True
    assert set(data) == {widgets.WIDGET_VIEW, "image/png", "text/plain"}
    assert data[widgets.WIDGET_VIEW]["model_id"] == box.model_id
    assert base64.b64decode(data["image/png"]) == bytes(box.children[3].value)
    assert data["text/plain"] == "Figure: four points on a line"
    assert set(below) == {"text/markdown", "text/plain"}
    assert all(text.startswith("Move the points.\n") for text in below.values())
    assert all('"model not found", run it again' in text for text in below.values())


def test_another_still_picture_may_be_given_as_a_figure_or_as_bytes(monkeypatch):
    shown = []
    monkeypatch.setattr(widgets, "display", lambda data, **options: shown.append(data.get("image/png")))
    box, figure = build([]), plt.figure(figsize=(3, 1))
    png = plots.figure_png(figure)
    widgets.show_with_still(box, png, alt="nothing", caption="An empty figure.")
    widgets.show_with_still(box, figure, alt="nothing", caption="An empty figure.")
    assert shown[0] == shown[2] == base64.b64encode(png).decode()
    assert figure.number not in plt.get_fignums()


def test_a_widget_without_alt_text_caption_or_picture_is_refused():
    with pytest.raises(ValueError, match="alt text"):
        widgets.show_with_still(build([]), alt="", caption="Move the points.")
    with pytest.raises(ValueError, match="a caption"):
        widgets.show_with_still(build([]), alt="four points on a line", caption=" ")
    with pytest.raises(ValueError, match="no picture of its own"):
        widgets.show_with_still(
            widgets.slider(1, 0, 2, step=1, label="n"), alt="a slider", caption="Nothing to be seen."
        )


CELL = """\
import matplotlib.pyplot as plt
from course_lib.classroom import widgets

def figure(n):
    return plt.subplots(figsize=(2, 1))[1].plot(range(n))[0].axes

box = widgets.picture_widget(figure, n=widgets.slider(3, 1, 9, step=1, label="n"))
widgets.show_with_still(box, alt="a line through three points", caption="Move n.")"""


def nbval(folder, notebook):
    nbformat.write(notebook, folder / "one.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]
    return subprocess.run([*command, "one.ipynb"], cwd=folder, capture_output=True, text=True, check=False)


def test_in_a_kernel_the_widget_is_shown_once_and_nbval_accepts_it_stored_without_its_state(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL, id="one")])
    execute(notebook, tmp_path)
    output, caption = notebook.cells[0].outputs
    assert caption.data["text/markdown"] == f"Move n.\n\n*{widgets.RUN_AGAIN}*"
    assert set(output.data) == {widgets.WIDGET_VIEW, "image/png", "text/plain"}
    assert output.data["text/plain"] == "Figure: a line through three points"
    del output.data[widgets.WIDGET_VIEW]  # as stored: a picture and a text, which is what GitHub shows
    run = nbval(tmp_path, notebook)
    assert run.returncode == 0 and "1 passed" in run.stdout, run.stdout
    output.data["text/plain"] = "Figure: another"
    run = nbval(tmp_path, notebook)
    assert run.returncode == 1 and "Figure: another" in run.stdout
    output.data["text/plain"] = "Figure: a line through three points"
    caption.data["text/markdown"] = "Move m."
    run = nbval(tmp_path, notebook)
    assert run.returncode == 1 and "Move m." in run.stdout
