"""What every notebook of the course looks like, as rules: each takes a notebook and yields what is wrong with it.

The rules are tried on bad notebooks in test_notebooks_form.py, which also holds the course's own to them.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.notebooks import ASK_FOR_GPU, SETUP_MARK, badges, setup_cell

MAXIMUM_SIZE = 1_000_000  # bytes
MAXIMUM_LINES = 25  # of a code cell
MAXIMUM_IGNORED = 0.15  # share of the code cells whose output nobody compares
MINIMUM_EXERCISES = 3
MINIMUM_ROUNDS = 8
MINIMUM_ALT_TEXT = 40  # characters: enough for what is drawn and what it shows

# What a rule cannot ask of a notebook, by its name.
EXEMPT: dict[str, set[str]] = {
    "glossary": {"exercises", "rounds", "next_notebook", "objectives"},
    "museum_of_bugs": {"next_notebook"},
}


def code_cells(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """The code cells with their numbers as nbval counts them."""
    return list(enumerate(cell for cell in notebook.cells if cell.cell_type == "code"))


def outputs(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Every stored output with the number of its code cell."""
    for number, cell in code_cells(notebook):
        for output in cell.outputs:
            yield number, output


def markdown(cells: list[NotebookNode]) -> str:
    """The text of the markdown cells among `cells`."""
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def opening(notebook: NotebookNode) -> str:
    """The text before the first code cell."""
    first = next((i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"), len(notebook.cells))
    return markdown(notebook.cells[:first])


# --- the opening


def title_and_badges(notebook: NotebookNode, path: Path) -> Iterator[str]:
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "the first cell must be markdown and start with '# ' and the title"
    if badges(path.stem) not in first.source:
        yield "the first cell lacks the launch badges; `python -m tools.notebooks build` writes them"


def objectives(notebook: NotebookNode, path: Path) -> Iterator[str]:
    text = opening(notebook).lower()
    wanted = {
        "what you will be able to do": r"you will be able to",
        "what you need first": r"you need",
        "the measured minutes": r"\d+(\.\d+)?\s*(min|minutes?|s|seconds?)\b",
        "the measured memory": r"\d+(\.\d+)?\s*(mb|gb)\b",
    }
    for what, pattern in wanted.items():
        if not re.search(pattern, text):
            yield f"the text before the set-up cell does not say {what} (looked for {pattern!r})"


def set_up(notebook: NotebookNode, path: Path) -> Iterator[str]:
    cells = [cell.source for _, cell in code_cells(notebook)]
    if not cells or not cells[0].startswith(setup_cell()):
        yield "the first code cell must open with today's set-up lines; `python -m tools.notebooks build` writes them"
    again = [number for number, source in enumerate(cells[1:], 1) if SETUP_MARK in source or "google.colab" in source]
    if again:
        yield f"one set-up cell is enough; code cells {again} set up again"


def accelerator(notebook: NotebookNode, path: Path) -> Iterator[str]:
    asks = notebook.metadata.get("accelerator") == "GPU"
    if asks != path.stem.startswith(ASK_FOR_GPU):
        yield f"asks Colab for a GPU: {asks}; only notebooks {ASK_FOR_GPU} do, in the metadata: accelerator = 'GPU'"


# --- what is stored


def executed(notebook: NotebookNode, path: Path) -> Iterator[str]:
    counts = [cell.execution_count for _, cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts must run 1, 2, 3, ... and are {counts}; `make refresh` runs the notebook anew"


def errors(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for number, output in outputs(notebook):
        if output.output_type == "error":
            yield f"code cell {number} stores the error {output.ename}: {output.evalue}"


def stderr(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for number, output in outputs(notebook):
        if output.output_type == "stream" and output.name == "stderr":
            yield f"code cell {number} stores stderr, which differs from machine to machine: {output.text[:200]!r}"


def size(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if path.stat().st_size >= MAXIMUM_SIZE:
        yield f"{path.stat().st_size} bytes; under {MAXIMUM_SIZE} opens everywhere: fewer or smaller pictures"


def leftovers(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if "widgets" in notebook.metadata:
        yield "metadata.widgets breaks GitHub's rendering; `make refresh` strips it"
    for number, cell in code_cells(notebook):
        if "execution" in cell.metadata or "ExecuteTime" in cell.metadata:
            yield f"code cell {number} stores when it ran; `make refresh` strips it"


def own_paths(notebook: NotebookNode, path: Path) -> Iterator[str]:
    shown = (
        f"{output.get('text', '')}{output.get('data', {}).get('text/plain', '')}" for _, output in outputs(notebook)
    )
    words = "\n".join([*(cell.source for cell in notebook.cells), *shown])
    found = re.findall(r"(?<!\w)(?:/home|/root|/tmp|/Users|[A-Z]:\\Users)[/\\][\w./-]+", words)
    if found:
        yield f"paths of one machine are stored: {sorted(set(found))[:5]}"


# --- traps: what nbval cannot compare, or no reader can see

SOURCE_TRAPS = {
    r"\bclear_output\b": "clear_output fails under nbval; use a display handle: h.update(figure)",
    r"\binteract(ive|_manual|ive_output)?\s*\(": "interact fails under nbval; observe a widget, render into an Image",
    r"\bOutput\s*\(": "printing into an Output widget fails under nbval; use a display handle",
    r"^%matplotlib\s+(widget|ipympl)|\bipympl\b": "ipympl is broken on Colab",
    r"set_matplotlib_formats\(.*svg|figure_format\s*=\s*.svg": "SVG differs from run to run; leave PNG",
    r"\bpip3?\s+install\b|[\"']pip[\"']": "the set-up cell installs what is missing; nothing else does",
    r"^%%?time(it)?\b": "a time differs from run to run; print a rounded or qualitative result",
}
TEXT_TRAPS = {
    r"\d+%\|.*\||\d(it|s)/(s|it)\b": "a stored progress bar: switch it off",
    r"<Figure size": "a figure without words: show it with course_lib.plots.show",
    r"<IPython\.core\.display\.\w+ object>": "an object instead of words: give the display a text/plain of its own",
    r"\b0x[0-9a-f]{6,}\b": "an address in memory differs from run to run",
    r"^\[?<matplotlib\.|^\[?<Axes|^Text\(": "a drawing call's result: end the cell with `_ =` or plt.show()",
}


def traps(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for number, cell in code_cells(notebook):
        source = cell.source.removeprefix(setup_cell())
        for pattern, why in SOURCE_TRAPS.items():
            if re.search(pattern, source, re.MULTILINE):
                yield f"code cell {number}: {why}"
        if source.rstrip().endswith(";"):
            yield f"code cell {number} ends with ';', which nbval does not honour: end it with plt.show() or `_ =`"
    for number, output in outputs(notebook):
        data = output.get("data", {})
        words = f"{output.get('text', '')}\n{data.get('text/plain', '')}"
        for pattern, why in TEXT_TRAPS.items():
            if re.search(pattern, words, re.MULTILINE):
                yield f"code cell {number}: {why}"
        if "image/svg+xml" in data:
            yield f"code cell {number} stores an SVG, which differs from run to run: leave PNG"
        if re.search(r"#T_\w+|id=\"T_\w+", data.get("text/html", "")):
            yield f"code cell {number} stores a Styler's HTML, whose ids differ from run to run: show the plain table"
        if "application/vnd.jupyter.widget-view+json" in data and "image/png" not in data:
            yield f"code cell {number} stores a widget without a still picture: readers without a kernel see nothing"


def ignored(notebook: NotebookNode, path: Path) -> Iterator[str]:
    marks = {"nbval-ignore-output", "nbval-skip"}
    cells = code_cells(notebook)
    skipped = [
        number
        for number, cell in cells
        if marks & set(cell.metadata.get("tags", [])) or re.search(r"#\s*NBVAL_(IGNORE|SKIP)", cell.source)
    ]
    if len(skipped) > MAXIMUM_IGNORED * len(cells):
        yield (
            f"the outputs of {len(skipped)} of {len(cells)} code cells are not compared ({skipped}); "
            f"at most {MAXIMUM_IGNORED:.0%} may be: print what holds on any machine"
        )


# --- what is read


def alt_text(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for number, output in outputs(notebook):
        data = output.get("data", {})
        words = data.get("text/plain", "").strip("'\" \n")
        if "image/png" in data and (len(words) < MINIMUM_ALT_TEXT or words.startswith("<")):
            yield (
                f"code cell {number} shows a picture whose words are {words!r}; "
                f"course_lib.plots.show(figure, alt=...) says in {MINIMUM_ALT_TEXT} characters or more what it shows"
            )
    text = markdown(notebook.cells)
    for image in re.findall(r"!\[\s*\]\([^)]*\)", text) + re.findall(r"<img(?![^>]*\balt=\"[^\"])[^>]*>", text):
        yield f"{image} has no alt text"


def short_cells(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for number, cell in code_cells(notebook):
        lines = cell.source.removeprefix(setup_cell()).count("\n") + 1
        if lines > MAXIMUM_LINES:
            yield f"code cell {number} has {lines} lines; at most {MAXIMUM_LINES} are read in one go"


def rounds(notebook: NotebookNode, path: Path) -> Iterator[str]:
    predictions = len(re.findall(r"\*\*Predict", markdown(notebook.cells)))
    claims = sum(bool(re.search(r"\bassert", cell.source)) for _, cell in code_cells(notebook))
    if min(predictions, claims) < MINIMUM_ROUNDS:
        yield (
            f"{predictions} times '**Predict' and {claims} cells with an assert; "
            f"a notebook has at least {MINIMUM_ROUNDS} rounds of predict, run, assert, explain"
        )


def _exercises(notebook: NotebookNode) -> list[tuple[str, str, str]]:
    """Each exercise as (name of its check, the text since the one before it, the text up to the next)."""
    found = [
        (index, match[1])
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        for match in re.finditer(r"\bchecks\.(?!progress\b)([a-z_]\w*)\(", cell.source)
    ]
    ends = [-1, *(index for index, _ in found), len(notebook.cells)]
    return [
        (name, markdown(notebook.cells[ends[i] + 1 : index]), markdown(notebook.cells[index + 1 : ends[i + 2]]))
        for i, (index, name) in enumerate(found)
    ]


def exercises(notebook: NotebookNode, path: Path) -> Iterator[str]:
    found = _exercises(notebook)
    names = [name for name, _, _ in found]
    if len(set(names)) < MINIMUM_EXERCISES:
        yield f"at least {MINIMUM_EXERCISES} exercises end in checks.NAME(answer), and here are {names}"
    if len(set(names)) < len(names):
        yield f"an exercise is checked twice: {names}"
    for name, before, after in found:
        if not re.search(r"[●•][●○•◦]*.*\d+\s*min", before):
            yield f"exercise {name} does not state its difficulty and time, as in '●●○ · 5 min'"
        if not re.search(r"<details>\s*<summary>[^<]*hint", after, re.IGNORECASE):
            yield f"exercise {name} has no hint folded in <details><summary>Hint</summary> below it"
        if not re.search(rf"<!-- solution: {name} -->\s*<details>.*?```python\n.*?```.*?</details>", after, re.DOTALL):
            yield f"exercise {name} lacks its solution: '<!-- solution: {name} -->', then <details> with ```python"
    for solution in re.findall(r"<!-- solution: (\S+) -->", markdown(notebook.cells)):
        if solution not in names:
            yield f"the solution {solution} belongs to no checks.{solution}(answer)"


# --- the close


def closing(notebook: NotebookNode, path: Path) -> Iterator[str]:
    text = markdown(notebook.cells)
    if not re.search(r"^#+ .*remember", text, re.MULTILINE | re.IGNORECASE):
        yield "no heading 'What to remember'"
    references = re.split(r"^#+ .*References.*$", text, flags=re.MULTILINE)
    if len(references) < 2:
        yield "no heading 'References'"
    elif not re.search(r"arXiv:\d{4}\.\d{4,5}|arxiv\.org/abs/\d{4}\.\d{4,5}", references[-1]):
        yield "the references give no arXiv id, as in arXiv:1704.00028"


def next_notebook(notebook: NotebookNode, path: Path) -> Iterator[str]:
    others = sorted(p.name for p in path.parent.glob("*.ipynb") if p.stem not in EXEMPT)
    following = [name for name in others if name > path.name]
    if following and f"]({following[0]})" not in markdown(notebook.cells[-1:]):
        yield f"the last cell does not link to the next notebook: [...]({following[0]})"


def links(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)", markdown(notebook.cells)):
        if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
            yield f"the link to {target} leads nowhere"


RULES: tuple[Callable[[NotebookNode, Path], Iterator[str]], ...] = (
    title_and_badges,
    objectives,
    set_up,
    accelerator,
    executed,
    errors,
    stderr,
    size,
    leftovers,
    own_paths,
    traps,
    ignored,
    alt_text,
    short_cells,
    rounds,
    exercises,
    closing,
    next_notebook,
    links,
)


def complaints(path: Path) -> dict[str, list[str]]:
    """What each rule that applies has to say against the notebook at `path`, by the rule's name; {} if nothing."""
    notebook = nbformat.read(path, as_version=4)
    exempt = EXEMPT.get(path.stem, set())
    said = {rule.__name__: list(rule(notebook, path)) for rule in RULES if rule.__name__ not in exempt}
    return {name: messages for name, messages in said.items() if messages}
