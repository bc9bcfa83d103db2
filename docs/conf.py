"""Sphinx's settings.  `python -m docs` builds the site from the pages beside this."""

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

project = "Wengert"
copyright = "the Wengert authors"
extensions = ["myst_nb"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
nb_execution_mode = "off"  # the outputs that are stored are shown
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "text/html", 0), ("html", "image/svg+xml", 10)]

html_theme = "furo"
html_title = "Wengert"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
python_display_short_literal_types = True
maximum_signature_line_length = 88
toc_object_entries = False  # each page begins with a table of its names; the menu stays short
html_math_renderer = "mathml"


def _mathml(block: bool):
    """What writes a formula as MathML, which browsers draw themselves, offline."""
    def visit(writer, node):
        found = convert(node.astext(), display="block" if block else "inline")
        writer.body.append(f'<div class="math">{found}</div>' if block else found)
        raise SkipNode
    return visit, None


def setup(app) -> None:
    """Sphinx calls it."""
    app.add_html_math_renderer("mathml", _mathml(False), _mathml(True))
