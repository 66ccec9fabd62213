"""Reports: frames in; figures, tables, a page and terminal tables out. Only this package draws.

What is public is imported when first used: figures can be listed before torch could be loaded.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"plotting": ["plot"], "page": ["write_report"]}
)
