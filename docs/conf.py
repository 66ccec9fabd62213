"""The documentation's site: `make docs` builds it, warnings are errors."""

import sys
import warnings
from pathlib import Path

import sensbench

sys.path.insert(0, str(Path(__file__).parent))
import _generated_tables

_generated_tables.write()

project = "sensbench"
author = "The sensbench developers"
copyright = author
version = release = sensbench.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_tables", "gallery", "_templates"]

html_theme = "furo"
html_title = "sensbench"
html_copy_source = False
html_show_copyright = False
# no font, script or style from elsewhere: the site is read off-line, too
html_theme_options = {"source_repository": "", "top_of_page_buttons": []}

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

autosummary_generate = True
autodoc_default_options = {"members": True, "show-inheritance": False}
autodoc_typehints = "none"  # shapes are told in the parameters' section
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
add_module_names = False
nitpicky = False

copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"/plot_",
    "image_scrapers": ("_figures.scrape",),
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 10_000,  # seconds: a page of times says nothing to a reader
    "download_all_examples": False,
    "abort_on_example_error": True,
    "write_computation_times": False,
}

warnings.filterwarnings("ignore", category=UserWarning, module="sphinx_gallery")
