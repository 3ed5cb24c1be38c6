"""Pictures that a hand can move, with a still one for readers without a kernel.

One idea: a widget is a pure function figure(parameters), some controls, and one picture that is drawn anew when a
control moves. Without a kernel (on GitHub, in a book, in a notebook that is not trusted) the reader sees the starting
picture.
"""

import base64
from collections.abc import Callable, Mapping, Sequence

import ipywidgets
import matplotlib.pyplot as plt
import traitlets
from IPython.display import display
from ipywidgets import Image, Label, VBox, Widget
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from course_lib.plots import caption_output, figure_of, figure_png

Number = float | int
Drawing = Figure | Axes | ndarray
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDTH, DESCRIPTION = "34em", "11em"


def _look() -> dict:
    return {"style": {"description_width": DESCRIPTION}, "layout": ipywidgets.Layout(width=WIDTH)}


def slider(start: Number, low: Number, high: Number, *, step: Number, label: str) -> Widget:
    """A slider that answers when it is let go; it moves in whole numbers if `start` and `step` are whole."""
    whole = isinstance(start, int) and isinstance(step, int)
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    return kind(value=start, min=low, max=high, step=step, description=label, continuous_update=False, **_look())


def choice(options: Sequence[str] | Mapping[str, object], *, label: str) -> Widget:
    """A drop-down menu, its first option chosen. Of a mapping the reader sees the names, the figure gets the values."""
    pairs = list(options.items()) if isinstance(options, Mapping) else list(options)
    return ipywidgets.Dropdown(options=pairs, description=label, **_look())


class _CountingButton(ipywidgets.Button):
    """A button with a value, as sliders have one: how often it was pressed. Each press is one change to observe."""

    value = traitlets.Int(0)
    most = traitlets.Int(60)

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.on_click(lambda _: self.set_trait("value", self.value + 1 if self.value < self.most else 0))


def button(label: str, *, start: int = 0, most: int = 60) -> Widget:
    """A button whose value counts its presses from `start`; the press after the `most`-th begins again at 0."""
    return _CountingButton(value=start, most=most, description=label, layout=ipywidgets.Layout(width=WIDTH))


def _png(drawing: Drawing | bytes) -> bytes:
    """The picture of a drawing, which is closed, so that the notebook does not display it a second time."""
    if isinstance(drawing, bytes):
        return drawing
    try:
        return figure_png(drawing)
    finally:
        plt.close(figure_of(drawing))


def picture_widget(figure: Callable[..., Drawing], *, height: int = 330, **controls: Widget) -> VBox:
    """The picture of `figure(name=value, ...)` below its controls, drawn anew whenever one of them moves.

    `controls` are made by `slider`, `choice` and `button`, and named as the function's parameters are. The picture
    keeps its `height` in pixels, so that the page does not jump. Children of the box: the controls, the picture, and a
    line for complaints: what `figure` raises after a move is shown there, and the picture stays.

    Raises:
        ValueError: if there is no control.
        Exception: whatever `figure` raises for the starting values.
    """
    if not controls:
        raise ValueError(
            "a picture without controls is a figure: show it with plots.show(figure, alt=..., caption=...)."
        )

    def draw() -> bytes:
        return _png(figure(**{name: control.value for name, control in controls.items()}))

    layout = ipywidgets.Layout(height=f"{height}px", max_width="100%", object_fit="contain", align_self="flex-start")
    picture, complaint = Image(value=draw(), format="png", layout=layout), Label()

    def redraw(_change: object) -> None:
        try:
            picture.value, complaint.value = draw(), ""
        except Exception as error:  # it would be lost in the kernel's log
            complaint.value = f"{type(error).__name__}: {error}"

    for control in controls.values():
        control.observe(redraw, names="value")
    return VBox([*controls.values(), picture, complaint])


def show_with_still(widget: Widget, still: Drawing | bytes | None = None, *, alt: str, caption: str) -> None:
    """Displays the widget where there is a kernel, and elsewhere the picture `still` with the fixed text "Figure: alt".

    `still` is a figure or the bytes of a PNG file; left out, it is the widget's own picture (of a `picture_widget`).
    One output, in several forms: a viewer takes the best that it can show. The caption stands below as another output.

    Raises:
        ValueError: if there is no alt text, no caption, or no still picture to be found.
    """
    if not alt.strip():
        raise ValueError("a widget needs an alt text: one sentence that says what its still picture shows.")
    below = caption_output(caption)
    if still is None:
        pictures = [child for child in getattr(widget, "children", ()) if isinstance(child, Image)]
        if not pictures:
            raise ValueError("this widget holds no picture of its own: give a figure or the bytes of a PNG as `still`.")
        still = bytes(pictures[0].value)
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    forms = {
        WIDGET_VIEW: view,
        "image/png": base64.b64encode(_png(still)).decode(),
        "text/plain": f"Figure: {alt}",
    }
    display(forms, metadata={"image/png": {"alt": alt}}, raw=True)
    display(below, raw=True)
