"""The look of every figure of the course, and how one is shown.

One idea: a figure is a pure function of its data. It takes arrays or a table, draws on the axes it is given (or on
new ones) and returns them; nothing is displayed until `show` is called, which puts one picture with its alt text and
its caption below the cell.

The colours are Okabe and Ito's, https://jfly.uni-koeln.de/color/.
"""

import base64
import io

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray
from PIL import Image

__all__ = [
    "CYCLE",
    "DASHES",
    "DPI",
    "PALETTE",
    "caption_output",
    "figure_of",
    "figure_png",
    "plot_curves",
    "set_style",
    "show",
]

PALETTE = {
    "real": "#0072B2",
    "generated": "#D55E00",
    "third": "#009E73",
    "fourth": "#CC79A7",
    "grey": "#555555",
}
CYCLE = [PALETTE[name] for name in ("real", "generated", "third", "fourth")] + ["#E69F00", "#56B4E9"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2))]  # beside the colours, for greyscale
DPI = 90


def set_style() -> None:
    """The course's look for every later figure: quiet axes, the palette, room for labels. Called by `runtime.start`."""
    plt.rcParams.update(
        {
            "figure.figsize": (9.0, 3.6),
            "figure.dpi": DPI,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": plt.cycler(color=CYCLE),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.titlesize": 11,
            "grid.alpha": 0.25,
            "font.size": 10.5,
            "legend.frameon": False,
            "lines.linewidth": 1.5,
        }
    )


def figure_png(drawing: Figure | Axes | ndarray, *, dpi: int = DPI) -> bytes:
    """The figure as the bytes of a PNG file, the same bytes for the same figure."""
    full, small = io.BytesIO(), io.BytesIO()
    figure_of(drawing).savefig(full, format="png", dpi=dpi, facecolor="white")
    # 96 colours are all that lines on white need, and a third of the bytes in the notebook
    picture = Image.open(full).convert("RGB").quantize(96, dither=Image.Dither.NONE)
    picture.save(small, format="png", optimize=True)
    return small.getvalue()


def figure_of(drawing: Figure | Axes | ndarray) -> Figure:
    """The figure that some axes (or an array of them) stand in."""
    if isinstance(drawing, ndarray):
        drawing = drawing.flat[0]
    return drawing if isinstance(drawing, Figure) else drawing.figure


def caption_output(caption: str) -> dict[str, str]:
    """The output that stands below a picture: its caption, as Markdown and as plain text.

    Markdown, because GitHub, JupyterLab (of a notebook that is not trusted, too), Colab and a book all draw it; an
    output of its own, because of the forms of one output a viewer shows only one.

    Raises:
        ValueError: if there is no caption.
    """
    if not caption.strip():
        raise ValueError("a picture needs a caption: a sentence or two that say what is drawn and what to see in it.")
    return {"text/markdown": caption, "text/plain": caption}


def show(drawing: Figure | Axes | ndarray, *, alt: str, caption: str) -> None:
    """Displays one picture with its caption below the cell, and closes the figure.

    `alt` is read by those who cannot see the picture, the caption by everyone. The stored texts are "Figure: alt" and
    the caption, the same on every machine: neither may hold a number that was measured.

    Raises:
        ValueError: if there is no alt text, or no caption.
    """
    if not alt.strip():
        raise ValueError("a figure needs an alt text: one sentence that says what is to be seen.")
    below = caption_output(caption)
    figure = figure_of(drawing)
    picture = base64.b64encode(figure_png(figure)).decode()
    plt.close(figure)  # or the notebook would display it a second time at the end of the cell
    display({"image/png": picture, "text/plain": f"Figure: {alt}"}, metadata={"image/png": {"alt": alt}}, raw=True)
    display(below, raw=True)


def new_axes(ax: Axes | None, size: tuple[float, float] = (9.0, 3.6)) -> Axes:
    return plt.subplots(figsize=size, layout="constrained")[1] if ax is None else ax


def legend_above(ax: Axes, columns: int = 6) -> None:
    """A legend over the axes, where it can cover no data."""
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, borderaxespad=0.3)


def plot_curves(table: pd.DataFrame, *, xlabel: str, ylabel: str, ax: Axes | None = None) -> Axes:
    """Each column (at most 6) over the table's index, with a colour and a dash of its own."""
    ax = new_axes(ax)
    for i, name in enumerate(table.columns):
        ax.plot(table.index, table[name], color=CYCLE[i % 6], linestyle=DASHES[i % 6], label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel, xlim=(table.index[0], table.index[-1]))
    legend_above(ax)
    return ax
