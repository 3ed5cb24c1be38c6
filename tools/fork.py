"""Point every badge, launch cell and link at a fork: python -m tools.fork owner/name"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.address import ROOT, repository

SUFFIXES = {".md", ".toml", ".ipynb", ".py", ".yml", ".cff"}
# An address is followed only where it is one: behind these, and not as the beginning of a longer name.
HOSTS = r"(?:github\.com|colab\.research\.google\.com/github|mybinder\.org/v2/gh)/"
END = r"(?![\w-]|\.(?!git\b)\w)"

NEXT = """
What next:
  git commit -am "This is {new}" && git push          the badges work once the fork is on GitHub
  make test                                            nothing but addresses has changed
A private repository: Colab opens it after "Include private repos" in its GitHub tab, but the launch cell cannot clone
  it, Binder and Kaggle cannot see it, nbgitpuller needs a deploy key. Hand out files, or make the fork public.
Later versions: git remote add upstream https://github.com/{original} && git fetch upstream && git merge upstream/main,
  then make fork REPO={new} again, for what the merge has brought."""


def files(root: Path) -> Iterator[Path]:
    """Every file that may hold the address; hidden folders (.git, .venv) and runs hold none of ours."""
    for path in sorted(root.rglob("*")):
        folders = path.relative_to(root).parts[:-1]
        if path.suffix in SUFFIXES and path.is_file() and not any(f.startswith(".") or f == "runs" for f in folders):
            yield path


def fork(new: str, root: Path = ROOT) -> list[Path]:
    """Replace the repository's address everywhere by `new` (owner/name) and return the files that changed.

    Raises:
        ValueError: if `new` is no `owner/name` that GitHub would take.
    """
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/[A-Za-z0-9._-]+", new):
        raise ValueError(f"expected owner/name as GitHub writes it, got {new!r}: make fork REPO=ada/gan-course")
    pattern = re.compile(f"({HOSTS}){re.escape(repository(root))}{END}")
    changed = []
    for path in files(root):
        with path.open(encoding="utf-8", newline="") as file:  # newline="": line ends stay as they are
            text = file.read()
        replaced = pattern.sub(lambda match: match[1] + new, text)
        if replaced != text:
            path.write_text(replaced, encoding="utf-8", newline="")
            changed.append(path)
    return changed


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("expected one owner/name: make fork REPO=ada/gan-course")
    original = repository()
    try:
        changed_files = fork(sys.argv[1])
    except ValueError as error:
        sys.exit(str(error))
    print(f"{len(changed_files)} files now point at {sys.argv[1]}:")
    print("\n".join(f"  {path.relative_to(ROOT)}" for path in changed_files))
    print(NEXT.format(original=original, new=sys.argv[1]))
