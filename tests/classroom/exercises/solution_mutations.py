"""Every small change of a published solution, made automatically.

One idea: every place in the solution's syntax tree times every rule gives one mutant, named by the line as it reads
then. The rules know nothing of exercises; mutant_trials.py puts the mutants to the judges.
"""

import ast
import itertools
import re
from typing import NamedTuple

from mutation_rules_expressions import EXPRESSIONS
from mutation_rules_statements import STATEMENTS
from solution_places import Change, Place, Seen, places


class Mutant(NamedTuple):
    """A solution with one small change, and the line as it reads now."""

    description: str
    code: str


def mutants_of(code: str, seen: Seen | None = None) -> list[Mutant]:
    """Every mutant of a solution, each once, in the order of its lines. The same for the same code and `seen`.

    Raises:
        SyntaxError: if `code` is not Python.
    """
    tree, seen = ast.parse(code), seen or Seen()
    sources, descriptions = {ast.unparse(tree)}, set()
    found = []
    for place in places(tree):
        for rule in (*EXPRESSIONS, *STATEMENTS):
            for change in rule(place, seen):
                with _Changed(place, change) as text:
                    source = ast.unparse(tree)
                if source in sources:
                    continue
                sources.add(source)
                line = f"line {place.statement.lineno}: {_rounded(text)}"
                others = (f"{line} (place {k})" for k in itertools.count(2))
                description = next(name for name in itertools.chain([line], others) if name not in descriptions)
                descriptions.add(description)
                found.append(Mutant(description, source + "\n"))
    return sorted(found, key=lambda mutant: int(re.match(r"line (\d+)", mutant.description).group(1)))


class _Changed:
    """Puts a change into the tree for as long as it is looked at, and says how the statement reads then."""

    def __init__(self, place: Place, change: Change) -> None:
        self.place, self.change = place, change

    def __enter__(self) -> str:
        place, change = self.place, self.change
        before = ast.unparse(place.statement).splitlines()
        self.kept = getattr(place.holder, place.field)
        if place.index is None:
            setattr(place.holder, place.field, change)
        else:
            new = change if isinstance(change, list) else [change]
            setattr(place.holder, place.field, self.kept[: place.index] + new + self.kept[place.index + 1 :])
        if place.node is not place.statement:
            return ast.unparse(place.statement).splitlines()[0]
        if not change or isinstance(change[0], ast.Pass):
            return f"without `{before[0]}`"
        if isinstance(place.node, ast.With):
            return f"`{before[0]}` gone, its body kept"
        after = ast.unparse(change[0]).splitlines()
        if after[0] != before[0]:
            return after[0]
        new = next(a for a, b in itertools.zip_longest(after, before) if a != b)
        return f"{before[0]} with `{new.strip()}`"

    def __exit__(self, *_: object) -> None:
        setattr(self.place.holder, self.place.field, self.kept)


def _rounded(text: str) -> str:
    """Text without the digits in which machines differ."""
    return re.sub(r"\d+\.\d{7,}(e[+-]?\d+)?", lambda number: f"{float(number[0]):.6g}", text)
