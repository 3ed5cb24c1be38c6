"""The widget cells of the notebooks, each of which stands alone: it needs nothing but the notebook's set-up cell."""

from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from tools.notebooks import NOTEBOOKS, SETUP_MARK

# Their widgets show what the cells above have trained or measured, and have tests of their own
LEAN_ON_CELLS_ABOVE = {"00_start_here", "07_sign_signals", "08_wgan_gp_on_signals", "09_judging_signals"}
LEAN_ON_CELLS_ABOVE |= {"11_signals_on_demand", "12_your_own_signals"}


def widget_cells() -> Iterator[tuple[str, str, list[str]]]:
    """(notebook's name, its set-up cell, its widget cells) of every notebook whose widgets stand alone."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        sources = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        found = [source for source in sources if "picture_widget(" in source]
        if found and path.stem not in LEAN_ON_CELLS_ABOVE:
            yield path.stem, next(source for source in sources if SETUP_MARK in source), found


def notebook_of(sources: list[str]) -> NotebookNode:
    """A notebook of code cells that have not been run."""
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return new_notebook(cells=[new_code_cell(source) for source in sources], metadata={"kernelspec": kernel})
