"""Exercises as a notebook holds them: where an answer is checked, and where its solution stands.

One idea: an exercise is a code cell that ends in `checks.NAME(answer)`; its solution is a markdown cell of its own,
`<!-- solution: NAME -->` and a <details> with one fenced python block. So a copy without solutions leaves cells out.
"""

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

MARK = re.compile(r"<!--\s*solution:\s*(\w+)\s*-->")
BLOCK = re.compile(r"<details>.*?```python\n(.*?)```.*?</details>", re.DOTALL)
SOLUTION = re.compile(rf"{MARK.pattern}\s*{BLOCK.pattern}", re.DOTALL)
NO_EXERCISE = "progress"  # checks.progress is the module, not a judge


def check_calls(source: str) -> Iterator[tuple[str, str, int]]:
    """(name, the answer's source, line) of every checks.NAME(answer) in a cell.

    Raises:
        SyntaxError: if the cell is not Python.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 1:
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "checks":
                yield node.func.attr, ast.unparse(node.args[0]), node.lineno


def solutions(notebook: NotebookNode) -> dict[str, str]:
    """The code of every published solution by its exercise's name."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return {match[1]: match[2] for match in SOLUTION.finditer(text)}


def set_solutions_apart(notebook: NotebookNode) -> None:
    """Give every solution a cell of its own, between the hint above it and the exercise below."""
    cells: list[NotebookNode] = []
    for cell in notebook.cells:
        found = list(SOLUTION.finditer(cell.source)) if cell.cell_type == "markdown" else []
        if not found or found[0][0] == cell.source.strip():
            cells.append(cell)
            continue
        cuts = [0, *(edge for match in found for edge in match.span()), len(cell.source)]
        parts = (cell.source[start:end].strip() for start, end in zip(cuts, cuts[1:], strict=False))
        cells += [new_markdown_cell(part) for part in parts if part]
    notebook.cells = cells
