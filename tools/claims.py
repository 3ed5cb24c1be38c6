"""Which lines of a code cell tell the story, and which prove it.

One idea: a claim is a statement that can fail (`assert`, `np.testing.assert_...`, `torch.testing.assert_close`) and
shows nothing. A cell is split into its story and its claims; what only the claims use goes with them. A cell of claims
is folded, so that a reader sees the story and opens the proof.
"""

import ast
import re
from contextlib import suppress

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

SETUP_TITLE = "# @title Set-up"
TITLE = "# @title Claims"  # Colab shows it on the folded cell, JupyterLab as the first line of what it hides
CLAIM, HIDE = "claim", "hide-input"
STORY = "story"  # the author's word that a cell is not to be folded, though only claims read what it makes
LONGEST_JOINED = 25  # lines
SHOWING = re.compile(r"\b(print|display|show|show_with_still)\(|\bchecks\.\w+\(")


def is_assertion(node: ast.AST) -> bool:
    """Whether `node` is an assert statement or a call such as np.testing.assert_allclose(...)."""
    named = isinstance(node, ast.Call) and re.fullmatch(r"(\w+\.)*assert_\w+", ast.unparse(node.func))
    return isinstance(node, ast.Assert) or bool(named)


def has_assertion(node: ast.AST) -> bool:
    """Whether an assertion runs when `node` does; those in a function that it defines run later, if at all."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
        return False
    return is_assertion(node) or any(has_assertion(child) for child in ast.iter_child_nodes(node))


def message(assertion: ast.Assert | ast.Call) -> ast.expr | None:
    """What an assertion says when it fails: its second part, or err_msg (NumPy), msg (torch), obj (pandas)."""
    if isinstance(assertion, ast.Assert):
        return assertion.msg
    return next((word.value for word in assertion.keywords if word.arg in ("err_msg", "msg", "obj")), None)


def statements(source: str) -> list[tuple[ast.stmt, str]]:
    """The statements of a cell, each with its lines: those of the comments and blank lines above it included.

    Raises:
        SyntaxError: if `source` is not Python, as a cell that starts with a magic command.
    """
    lines, found, start = source.splitlines(), [], 0
    body = ast.parse(source).body
    for node, following in zip(body, [*body[1:], None], strict=True):
        # the last one has the comments below it as well
        end = len(lines) if following is None else node.end_lineno
        found.append((node, "\n".join(lines[start:end])))
        start = end
    return found


def reads(node: ast.AST) -> set[str]:
    """The names that `node` reads before it binds them itself: not its loop variables, nor those of its functions."""
    match node:
        case ast.Name():
            return {node.id} if isinstance(node.ctx, ast.Load) else set()
        case ast.AugAssign(target=ast.Name()):
            return reads(node.value) | {node.target.id}
        case ast.For():
            return reads(node.iter) | (reads_of_all(node.body) - bound(node.target)) | reads_of_all(node.orelse)
        case ast.With():
            return reads_of_all([*node.items, *node.body])
        case ast.If() | ast.While():
            return reads(node.test) | reads_of_all(node.body) | reads_of_all(node.orelse)
        case ast.FunctionDef() | ast.Lambda():
            given = {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
            body = node.body if isinstance(node.body, list) else [node.body]
            return (reads_of_all(body) - given) | reads(node.args)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            own = set().union(*(bound(loop.target) for loop in node.generators))
            return set().union(*(reads(child) for child in ast.iter_child_nodes(node))) - own
    return set().union(*(reads(child) for child in ast.iter_child_nodes(node)))


def reads_of_all(nodes: list[ast.AST]) -> set[str]:
    """The names that statements run one after the other read before one of them binds them."""
    names, own = set(), set()
    for node in nodes:
        names |= reads(node) - own
        own |= bound(node) if not isinstance(node, ast.If | ast.Try) else set()
    return names


def bound(node: ast.AST) -> set[str]:
    """The names that `node` gives a value, or changes in place by an index; not those of a function in it."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return set()
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Store) else set()
    if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
        return reads(node.value)
    return set().union(*(bound(child) for child in ast.iter_child_nodes(node)))


def needed_below(sources: list[str]) -> list[set[str]]:
    """For each of the cells `sources`: the names that the cells below it read before they bind them.

    Cells that are not Python, as those that start with a magic command, are passed over.
    """
    found, names = [], set()
    for source in reversed(sources):
        found.append(names)
        with suppress(SyntaxError):
            body = ast.parse(source).body
            names = reads_of_all(body) | (names - set().union(*map(bound, body)))
    return found[::-1]


def split(source: str, later: set[str] = frozenset()) -> tuple[str, str]:
    """The story of a cell and its claims, either of which may be empty; a cell that is not Python is all story.

    A claim that the story goes on after moves behind it, unless the one would then read what the other has changed; so
    does a statement whose names only claims read. `later` are the names that the cells below need: they stay.
    """
    try:
        parts = statements(source.removeprefix(TITLE))
    except SyntaxError:
        return source, ""
    is_claim: list[bool] = []
    by_claims, by_story, bound_by_story = set(), set(later), set()
    for node, lines in reversed(parts):
        names = bound(node)
        shows = SHOWING.search(lines) is not None
        proves = has_assertion(node) or (bool(names & by_claims) and not isinstance(node, ast.Expr))
        in_the_way = names & by_story or (reads(node) | names) & bound_by_story
        claim = proves and not shows and not in_the_way
        is_claim.append(claim)
        if claim:
            by_claims |= reads(node)
        else:
            by_story |= reads(node)
            bound_by_story |= names
    is_claim.reverse()
    if not any(claim and has_assertion(node) for claim, (node, _) in zip(is_claim, parts, strict=True)):
        return source, ""
    story, claims = (
        "\n".join(lines for claim, (_, lines) in zip(is_claim, parts, strict=True) if claim is wanted)
        for wanted in (False, True)
    )
    return story.strip("\n"), claims.strip("\n")


def is_claims(source: str, later: set[str] = frozenset()) -> bool:
    """Whether a cell is made of claims alone, with what only they use."""
    story, claims = split(source, later)
    return bool(claims) and not story


# --- cells


def hide(cell: NotebookNode, *tags: str) -> None:
    """Fold a cell's source in JupyterLab, in Colab (a form) and in a book (by the tag), and give it `tags` as well."""
    kept = [tag for tag in cell.metadata.get("tags", []) if tag not in (CLAIM, HIDE)]
    cell.metadata.update({"tags": [*tags, HIDE, *kept], "jupyter": {"source_hidden": True}, "cellView": "form"})


def unhide(cell: NotebookNode) -> None:
    """Show a cell's source again; tags that do not fold it stay."""
    kept = [tag for tag in cell.metadata.get("tags", []) if tag not in (CLAIM, HIDE)]
    for key in ("tags", "jupyter", "cellView"):
        cell.metadata.pop(key, None)
    if kept:
        cell.metadata["tags"] = kept


def is_hidden(cell: NotebookNode) -> bool:
    """Whether a cell is folded wherever it is opened."""
    data = cell.metadata
    folded = data.get("jupyter", {}).get("source_hidden") is True and data.get("cellView") == "form"
    return folded and HIDE in data.get("tags", [])


def code_cells(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells among `cells` that run."""
    return [cell for cell in cells if cell.cell_type == "code"]


def is_setup(cell: NotebookNode) -> bool:
    """Whether this is a notebook's set-up cell."""
    return cell.cell_type == "code" and cell.source.startswith(SETUP_TITLE)


def mark(notebook: NotebookNode) -> None:
    """Fold the set-up cell and every cell made of claims alone, title included; show all others."""
    cells = code_cells(notebook.cells)
    for cell, later in zip(cells, needed_below([cell.source for cell in cells]), strict=True):
        if is_setup(cell):
            hide(cell)
        elif is_claims(cell.source, later) and STORY not in cell.metadata.get("tags", []):
            hide(cell, CLAIM)
            cell.source = f"{TITLE}\n{cell.source.removeprefix(TITLE).lstrip()}"
        else:
            unhide(cell)


def fold(notebook: NotebookNode) -> None:
    """Put the claims of every cell into a cell of their own right below it, then fold them and the set-up.

    Outputs stay with the story, since claims show nothing. What is left of a story that shows nothing joins the story
    cell above it. Cells in which a claim and a display share one statement, a loop say, stay as they are.
    """
    later = iter(needed_below([cell.source for cell in code_cells(notebook.cells)]))
    cells: list[NotebookNode] = []
    for cell in notebook.cells:
        names = next(later) if cell.cell_type == "code" else set()
        story, claims = ("", "") if cell.cell_type != "code" or is_setup(cell) else split(cell.source, names)
        if story and claims:
            above = cells[-1]
            joined = f"{above.source}\n{story}"
            short = joined.count("\n") < LONGEST_JOINED and not cell.outputs
            if short and above.cell_type == "code" and not is_setup(above) and not is_claims(above.source):
                above.source = joined
            else:
                cells.append(nbformat.from_dict({**cell, "source": story}))
            cell = new_code_cell(claims)
        cells.append(cell)
    notebook.cells = cells
    mark(notebook)
