"""The book: the notebooks as they are stored, and the pages round them. `make book` builds it, offline."""

import re
import sys
from pathlib import Path

from myst_nb.core.render import NbElementRenderer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.address import PREFIX, repository  # noqa: E402

project = "GANs for one-dimensional signals"
author = "The authors of the course"
extensions = ["myst_nb", "sphinx-mathjax-offline"]
root_doc = "book/index"
include_patterns = ["book/*.md", "notebooks/*.ipynb", "docs/*.md", "README.zh.md", "CONTRIBUTING.md", "CHANGELOG.md"]
language = "en"

nb_execution_mode = "off"  # outputs are those that are stored, and tested
nb_merge_streams = True
nb_code_prompt_show = "Show the claims or the set-up"
nb_code_prompt_hide = "Fold the claims or the set-up"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_url_schemes = ["http", "https", "mailto"]

html_theme = "furo"
html_title = project
html_static_path = ["style.css"]
html_css_files = ["style.css"]
html_theme_options = {"source_repository": PREFIX + repository(), "source_branch": "main", "source_directory": ""}
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False

BADGE = re.compile(r"\[!\[(Open in \w+)\]\([^)]*\)\]")


def words_for_badges(app, docname, source):
    """The launch links without their pictures, which lie on other hosts, and a dot between two of them."""
    source[0] = re.sub(r"(\[!\[Open in \w+\]\([^)]*\)\]\([^)]*\)) (?=\[)", r"\1 · ", source[0])
    source[0] = BADGE.sub(r"[\1]", source[0])


def left_out_links(app, docname, source):
    """A link to a file that is no page of the book leads to the repository."""
    folder = (ROOT / docname).parent

    def target(match):
        path = (folder / match[1]).resolve()
        elsewhere = not path.exists() or not path.is_relative_to(ROOT)
        if elsewhere or path.suffix == ".png" or _is_page(path):
            return match[0]
        kind = "tree" if path.is_dir() else "blob"
        return f"]({PREFIX}{repository()}/{kind}/main/{path.relative_to(ROOT).as_posix()})"

    source[0] = re.sub(r"\]\((?![a-z]+:|#)([^)\s#]+)\)", target, source[0])


def anchors(app, docname, source):
    """JupyterLab's anchors keep their capitals and plain Markdown has its own; here each is one that MyST knows."""
    pages = r"((?:glossary\.ipynb|introductions\.zh\.md)#)([\w-]+)"
    source[0] = re.sub(pages, lambda match: match[1] + match[2].lower(), source[0])
    own = r'^<a id="(\w+)"></a>$'
    source[0] = re.sub(own, lambda match: f"({match[1].lower()})=", source[0], flags=re.MULTILINE)


def _is_page(path):
    return any(path.relative_to(ROOT).match(pattern) for pattern in include_patterns)


def with_alt_text(render):
    """Pictures keep the alt text that their notebook stores."""

    def render_image(self, data):
        images = render(self, data)
        alt = data.output_metadata.get(data.mime_type, {}).get("alt")
        for node in images if alt else []:
            node["alt"] = alt
        return images

    return render_image


NbElementRenderer.render_image = with_alt_text(NbElementRenderer.render_image)


def setup(app):
    app.connect("source-read", words_for_badges)
    app.connect("source-read", left_out_links)
    app.connect("source-read", anchors)
