"""Which inputs matter to this regression model, and do the methods that claim to know agree?

The public names are listed in ``__init__.pyi`` and imported when first used, so that the command
line answers before torch could be loaded.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
