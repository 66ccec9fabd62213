"""The gallery's scraper: figures that a page's lines have named, drawn by pyplot or not."""

from typing import Any

from matplotlib import pyplot
from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

_WIDTH = 7.2  # inches; the text's column


def scrape(block: tuple, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save every figure among the page's names that is not saved yet; return the page's lines."""
    names = block_vars["example_globals"]
    saved = names.setdefault("_saved_figures", [])
    paths = []
    for figure in [value for value in names.values() if isinstance(value, Figure)]:
        if not any(figure is other for other in saved):
            saved.append(figure)
            path = next(block_vars["image_path_iterator"])
            figure.savefig(path, dpi=2 * 100 * _WIDTH / figure.get_figwidth(), facecolor="white")
            paths.append(path)
    pyplot.close("all")
    return figure_rst(paths, gallery_conf["src_dir"])
