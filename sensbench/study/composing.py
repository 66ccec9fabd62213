"""What a study file says, composed: with the file that it extends, and its grids written out."""

from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from sensbench.errors import InputError, StudyError
from sensbench.files import plain_yaml

_MOST_ENTRIES = 10_000


def read_study(path: Path, anchor: Callable[[dict[str, Any], Path], None]) -> dict[str, Any]:
    """Return a study file's content over that of the file it ``extends``.

    A key that both have is the extending file's, whole.

    Parameters
    ----------
    anchor
        Makes the paths in a content those from its file's folder.

    Raises
    ------
    StudyError
        A file that is not there, no YAML, or extends itself.
    """
    return _read(path, anchor, ())


def _read(
    path: Path, anchor: Callable[[dict[str, Any], Path], None], around: tuple[Path, ...]
) -> dict[str, Any]:
    here = path.absolute().resolve()
    if here in around:
        circle = " → ".join(file.name for file in (*around[around.index(here) :], here))
        raise StudyError(f"{path}: expected files that do not extend each other; got {circle}")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: expected a readable study file; got {error}") from error
    try:
        content = plain_yaml.load(text, str(path))
    except InputError as error:
        raise StudyError(str(error)) from error
    if not isinstance(content, dict):
        raise StudyError(
            f"{path}: expected keys such as name:, problems:, estimators:, budgets:; "
            f"got {type(content).__name__}"
        )
    anchor(content, path.parent)
    if "extends" not in content:
        return content
    base = content.pop("extends")
    if not isinstance(base, str):
        raise StudyError(f"{path}: extends: expected the path of a study file; got {base!r}")
    return {**_read(path.parent / base, anchor, (*around, here)), **content}


def write_out(content: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return the content with each entry that has a ``grid`` as one entry per combination.

    ``{name: sobol, grid: {resamples: [100, 500]}}`` stands for two estimators.

    Raises
    ------
    StudyError
        A grid that is not a mapping of parameters to lists of values.
    """
    written = dict(content)
    for field in ("problems", "models", "estimators"):
        entries = content.get(field)
        if isinstance(entries, list | tuple):
            written[field] = [
                one
                for k, entry in enumerate(entries)
                for one in _combinations(entry, f"{source}: {field}[{k}]")
            ]
    return written


def _combinations(entry: Any, place: str) -> list[Any]:
    if not isinstance(entry, Mapping) or "grid" not in entry:
        return [entry]
    grid = entry["grid"]
    lists = isinstance(grid, Mapping) and all(isinstance(of, list) and of for of in grid.values())
    if not lists or not grid:
        raise StudyError(
            f"{place}.grid: expected parameters with lists of values, such as "
            f"{{resamples: [100, 500]}}; got {grid!r}"
        )
    twice = sorted(set(grid) & set(entry))
    if twice:
        raise StudyError(f"{place}.grid: expected {twice[0]} beside it or in it; got both")
    count = 1
    for values in grid.values():
        count *= len(values)
    if count > _MOST_ENTRIES:
        raise StudyError(f"{place}.grid: expected at most {_MOST_ENTRIES:,}; got {count:,} entries")
    fixed = {key: value for key, value in entry.items() if key != "grid"}
    return [{**fixed, **dict(zip(grid, chosen, strict=True))} for chosen in product(*grid.values())]
