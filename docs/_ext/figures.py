"""Pictures of the gallery: every figure that a block of an example makes is shown below it."""

from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst


def scrape(
    block: Any,  # noqa: ARG001 - the gallery hands it over
    block_vars: dict[str, Any],
    gallery_conf: dict[str, Any],
) -> str:
    """Save the figures that are new among the names of an example.

    The pictures of the package are made without pyplot, so the usual scraper, which asks
    pyplot for its open figures, does not see them.
    """
    names = block_vars["example_globals"]
    shown = names.setdefault("__figures_shown__", [])
    saved = []
    for value in list(names.values()):
        if isinstance(value, Figure) and not any(value is figure for figure in shown):
            path = next(block_vars["image_path_iterator"])
            value.savefig(path, dpi=110, format="png")
            shown.append(value)
            saved.append(path)
    return figure_rst(saved, gallery_conf["src_dir"])
