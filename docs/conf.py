"""Settings of the documentation: `python3 -m uv run sphinx-build -W docs docs/_build`."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "desist"
author = "The desist maintainers"
copyright = "the desist maintainers; MIT licence"
release = version = installed_version("desist")

extensions = [
    "faces",
    "house",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "reachable",
]
exclude_patterns = ["_build", "gallery/*.ipynb", "gallery/*.json", "gallery/*.md5"]
templates_path = ["_templates"]
default_role = "autolink"
nitpicky = True
nitpick_ignore_regex = [
    ("py:obj", r".*"),  # single backquotes link where they can, and are plain elsewhere
]

# Docstrings hold the types, with shapes and units; annotations would say it twice.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autosummary_generate = True
autosummary_ignore_module_all = False
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# Formulas become MathML, which browsers show by themselves: the site needs no network.
html_math_renderer = "mathml"

html_theme = "pydata_sphinx_theme"
html_title = f"desist {version}"
html_static_path = ["_static"]
html_css_files = ["desist.css"]
html_show_sourcelink = True
html_copy_source = True
html_extra_path = ["llms.txt"]
html_show_sphinx = False
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 5,
    "show_toc_level": 2,
    "collapse_navigation": True,  # its buttons have no name for those who do not see them
    "secondary_sidebar_items": ["page-toc", "sourcelink"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "gallery/*": []}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"plot_",
    "image_scrapers": ("figures.scrape",),
    "within_subsection_order": "FileNameSortKey",
    "reference_url": {},
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "min_reported_time": 5,
    "abort_on_example_error": True,
    "show_signature": False,
    "plot_gallery": "True",
}
