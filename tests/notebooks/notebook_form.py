"""What every notebook of the course looks like, as rules: each takes a notebook and yields what is wrong with it.

The rules are tried on bad notebooks in test_notebooks_form.py, which also holds the course's own to them.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools import claims
from tools.exercises import SOLUTION
from tools.notebooks import ASK_FOR_GPU, SETUP_MARK, badges, setup_cell

MAXIMUM_SIZE = 1_000_000  # bytes
MAXIMUM_LINES = 30  # of a story cell, which are 100 characters long
MAXIMUM_CLAIM_LINES = 60  # of a folded cell of claims, messages included
MAXIMUM_VISIBLE_LINES = 40  # of story between two pictures
MAXIMUM_IGNORED = 0.15  # share of the code cells whose output nobody compares
MINIMUM_EXERCISES = 3
MINIMUM_ROUNDS = 8
MAXIMUM_ROW = (
    74  # characters of a printed table that JupyterLab shows on a screen of 1024 pixels beside its file browser
)
MINIMUM_ALT_TEXT = 40  # characters: enough for what is drawn and what it shows
MINIMUM_CAPTION = 20  # characters

# What a rule cannot ask of a notebook, by its name.
EXEMPT: dict[str, set[str]] = {
    "glossary": {"exercises", "rounds", "next_notebook", "objectives"},
    "museum_of_bugs": {"next_notebook"},
}

# Notebooks that were written before MAXIMUM_VISIBLE_LINES, with their longest stretches. Only to be lowered: a picture
# more, or a shorter story.
STRETCHES_OWED = {
    "00_start_here": 78,
    "03_when_gans_fail": 53,
    "04_wasserstein_distance": 61,
    "05_weight_clipping": 92,
    "06_gradient_penalty": 74,
    "museum_of_bugs": 72,
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


def narrow_tables(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """A row is known by two gaps of two spaces or more; a printed sentence wraps and can still be read."""
    for number, output in outputs(notebook):
        data = output.get("data", {})
        text = output.get("text", "") or ("" if {"image/png", "text/html"} & set(data) else data.get("text/plain", ""))
        rows = [row for row in text.splitlines() if len(re.findall(r"\S {2,}(?=\S)", row)) > 1]
        if (widest := max(map(len, rows), default=0)) > MAXIMUM_ROW:
            yield (
                f"code cell {number} prints a table of {widest} characters; at most {MAXIMUM_ROW} stand on one line "
                "everywhere: shorter names of columns, or fewer of them"
            )


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


def caption(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for number, cell in code_cells(notebook):
        for output, following in zip(cell.outputs, [*cell.outputs[1:], {}], strict=False):
            data, below = output.get("data", {}), following.get("data", {})
            if "image/png" not in data:
                continue
            words, alt = below.get("text/markdown", ""), data.get("text/plain", "").removeprefix("Figure: ")
            if "image/png" in below or len(words) < MINIMUM_CAPTION:
                yield (
                    f"code cell {number} shows a picture without a caption below it; "
                    "course_lib.plots.show(figure, alt=..., caption=...) says there what is drawn and what to see"
                )
            elif _plain(words) in _plain(alt) or _plain(alt) in _plain(words):
                yield f"code cell {number}: the caption repeats the alt text word for word: {words!r}"
            elif measured := re.findall(r"\d\.\d+|\d+ ?(?:%|per cent|percent)", words):
                yield f"code cell {number}: {measured} look measured; outputs are compared, so leave numbers to a print"


def _plain(words: str) -> str:
    """The words without marks and capitals."""
    return " ".join(re.findall(r"\w+", words.lower()))


# --- claims


def claims_apart(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """Claims stand in cells of their own; a function that the story defines may assert what it needs."""
    for number, cell in code_cells(notebook):
        tagged = claims.CLAIM in cell.metadata.get("tags", [])
        story, proof = claims.split(cell.source)
        if tagged and (story or not proof):
            yield f"code cell {number} is tagged 'claim' and tells a story too: {story.splitlines()[:1]}"
        elif tagged and cell.outputs:
            yield f"code cell {number} is a folded cell of claims and shows something: print it in the story"
        elif not tagged and claims.has_assertion(ast.parse(_python(cell.source))):
            yield f"code cell {number} asserts in the story; `python -m tools.notebooks fold {path.name}` takes it out"


def _python(source: str) -> str:
    """The cell without its magic commands."""
    return re.sub(r"^\s*[%!].*$", "pass", source, flags=re.MULTILINE)


def folded(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for number, cell in code_cells(notebook):
        tagged = claims.CLAIM in cell.metadata.get("tags", [])
        if (tagged or claims.is_setup(cell)) and not claims.is_hidden(cell):
            yield f"code cell {number} is to be folded: `python -m tools.notebooks fold {path.name}`"
        elif not (tagged or claims.is_setup(cell)) and (
            cell.metadata.keys() & {"jupyter", "cellView"} or claims.HIDE in cell.metadata.get("tags", [])
        ):
            yield f"code cell {number} is folded and tells the story: only claims and the set-up are"
        if tagged and not cell.source.startswith(claims.TITLE):
            yield f"code cell {number} must open with {claims.TITLE!r}, which Colab shows in place of the code"


def one_claim_a_line(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """A range, low < x < high, is one claim; what is joined by `and`, or a longer chain, is several."""
    for number, cell in code_cells(notebook):
        found = [node for node in ast.walk(ast.parse(_python(cell.source))) if claims.is_assertion(node)]
        for node in found:
            said = claims.message(node)
            words = ast.unparse(node)
            if said is None or isinstance(said, ast.Constant) and not str(said.value).strip():
                yield f"code cell {number}: {words} does not say what was expected (a message; err_msg=, msg= or obj=)"
            if isinstance(node, ast.Assert) and _several(node.test):
                yield f"code cell {number}: {words} makes several claims; one a line, each with its message"


def _several(test: ast.expr) -> bool:
    """Whether a test joins claims: by `and`, by three comparisons or more, or by two that do not make a range."""
    if isinstance(test, ast.BoolOp):
        return isinstance(test.op, ast.And)
    if not isinstance(test, ast.Compare) or len(test.ops) < 2:
        return False
    ways = {{ast.Lt: "<", ast.LtE: "<", ast.Gt: ">", ast.GtE: ">"}.get(type(sign), "=") for sign in test.ops}
    return len(test.ops) > 2 or len(ways) > 1


def one_proof_a_round(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """A round ends with its explanation: between two texts there is at most one cell of claims."""
    since_text = 0
    for cell in notebook.cells:
        since_text = 0 if cell.cell_type == "markdown" else since_text + (claims.CLAIM in cell.metadata.get("tags", []))
        if since_text > 1:
            yield f"two cells of claims without a text between them: join them, at {cell.source.splitlines()[1:2]}"


# --- length


def _story_lines(cell: NotebookNode) -> int:
    """The lines of code that a reader sees: not blank ones, nor the words of a figure's alt text and caption."""
    if claims.CLAIM in cell.metadata.get("tags", []) or claims.is_setup(cell):
        return 0
    words = set()
    for node in ast.walk(ast.parse(_python(cell.source))):
        if isinstance(node, ast.keyword) and node.arg in ("alt", "caption"):
            in_parentheses = node.value.lineno > node.lineno
            words |= set(range(node.lineno, node.value.end_lineno + 1 + in_parentheses))
    return sum(bool(line.strip()) for at, line in enumerate(cell.source.splitlines(), 1) if at not in words)


def short_cells(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for number, cell in code_cells(notebook):
        if (lines := _story_lines(cell)) > MAXIMUM_LINES:
            yield f"code cell {number} has {lines} lines; at most {MAXIMUM_LINES} are read in one go"
        whole = cell.source.count("\n") + 1
        if claims.CLAIM in cell.metadata.get("tags", []) and whole > MAXIMUM_CLAIM_LINES:
            yield f"code cell {number} proves on {whole} lines; at most {MAXIMUM_CLAIM_LINES}: make it two rounds"


def pictures_between(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """The stretch before the first picture counts, what follows the last one and the exercises' stubs do not."""
    limit, lines = STRETCHES_OWED.get(path.stem, MAXIMUM_VISIBLE_LINES), 0
    for number, cell in code_cells(notebook):
        if not re.search(r"\bchecks\.(?!progress\b)\w+\(", cell.source):
            lines += _story_lines(cell)
        if any("image/png" in output.get("data", {}) for output in cell.outputs):
            if lines > limit:
                yield f"{lines} lines of code are read before the picture of code cell {number}; at most {limit}"
            lines = 0


def rounds(notebook: NotebookNode, path: Path) -> Iterator[str]:
    predictions = len(re.findall(r"\*\*Predict", markdown(notebook.cells)))
    proofs = sum(claims.CLAIM in cell.metadata.get("tags", []) for _, cell in code_cells(notebook))
    if min(predictions, proofs) < MINIMUM_ROUNDS:
        yield (
            f"{predictions} times '**Predict' and {proofs} cells of claims; "
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
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (match := SOLUTION.search(cell.source)) and match[0] != cell.source.strip():
            yield f"the solution {match[1]} shares its cell; `python -m tools.notebooks fold {path.name}` sets it apart"
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
    text = markdown(notebook.cells).replace(badges(path.stem), "")
    for target in re.findall(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)", text):
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
    narrow_tables,
    size,
    leftovers,
    own_paths,
    traps,
    ignored,
    alt_text,
    caption,
    claims_apart,
    folded,
    one_claim_a_line,
    one_proof_a_round,
    short_cells,
    pictures_between,
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
