"""The user cache directory: where what took long is kept between runs."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def without(*kinds: str) -> Iterator[None]:
    """Let nothing of some kinds be kept yet inside, in processes that are begun there, too."""
    before = os.environ.get(VARIABLE)
    around = cache_folder(".")
    with tempfile.TemporaryDirectory(prefix="sensbench-") as folder:
        for other in around.iterdir() if around.is_dir() else ():
            if other.name not in kinds:
                (Path(folder) / other.name).symlink_to(other.absolute())
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ[VARIABLE]
            else:
                os.environ[VARIABLE] = before
