"""Where what took long is kept between runs."""

import os
from pathlib import Path

VARIABLE = "SENSBENCH_CACHE"


def cache_folder(kind: str) -> Path:
    """Return the folder for one kind of thing; it may be removed at any time.

    It is below the environment variable ``SENSBENCH_CACHE``, else ``sensbench`` in the user's
    cache folder (on Linux ``~/.cache``).
    """
    import platformdirs

    given = os.environ.get(VARIABLE)
    root = Path(given) if given else platformdirs.user_cache_path("sensbench", appauthor=False)
    return root.expanduser() / kind
