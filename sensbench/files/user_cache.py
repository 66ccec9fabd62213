"""The user cache directory: where what took long is kept between runs."""

import os
from pathlib import Path

import platformdirs

VARIABLE = "SENSBENCH_CACHE"


def cache_folder(kind: str, root: Path | str | None = None) -> Path:
    """Return the folder for one kind of thing; it may be removed at any time.

    It is below ``root``, else the environment variable ``SENSBENCH_CACHE``, else ``sensbench`` in
    the user's cache folder (on Linux ``~/.cache``).
    """
    given = root or os.environ.get(VARIABLE)
    folder = Path(given) if given else platformdirs.user_cache_path("sensbench", appauthor=False)
    return folder.expanduser() / kind
