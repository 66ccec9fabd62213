"""Rerun: compute a study again from its results file alone, and compare the bits."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sensbench.errors import InputError
from sensbench.files import plain_yaml
from sensbench.files.user_cache import without
from sensbench.study.carrying import Watch
from sensbench.study.config import Study, check_study
from sensbench.study.difference import CELL, Difference, difference
from sensbench.study.location import RESULTS_FILE
from sensbench.study.results import Results
from sensbench.study.runner import run_study
from sensbench.study.store import ResultStore


@dataclass(frozen=True)
class Rerun:
    """What a second computation gave.

    Attributes
    ----------
    other_content
        How many cells are of other files, weights or parameters than then, by their keys.
    """

    difference: Difference
    other_content: int


def configuration_of(results: Results, path: Path, unpacked: Path | None = None) -> Study:
    """Return the study that a results file was computed for.

    Files that are not where they were are looked for beside the results, and first among those
    ``unpacked`` from them.

    Raises
    ------
    InputError
        The file does not say: it holds a comparison of a model that no file has.
    """
    text = results.provenance.get("config", "")
    if not text:
        missing = results.provenance.get("missing") or "it has no study file"
        raise InputError(
            f"{path}: expected results that say how to compute them again; got some that do not: "
            f"{missing}"
        )
    content = plain_yaml.load(text, str(path))
    for entry in [*content["problems"], *content["models"]]:
        for key in ("path", "file", "weights"):
            if isinstance(entry.get(key), str):
                entry[key] = _there(entry[key], [unpacked or path.parent, path.parent])
    return check_study(content, str(path))


@contextmanager
def unpacked(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Yield a folder that holds the files as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="sensbench-") as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        yield Path(folder)


def _there(named: str, folders: list[Path]) -> str:
    """Return a file's name, or that of its namesake in one of the folders if it is gone."""
    file, colon, name = named.rpartition(":") if ".py:" in named else (named, "", "")
    if Path(file).is_absolute() and Path(file).exists():
        return named
    beside = [folder / Path(file).name for folder in folders]
    there = next((one for one in beside if one.exists()), Path(file))
    return f"{there.absolute()}{colon}{name}"


def rerun(
    path: Path,
    folder: Path,
    *,
    command: str = "",
    workers: int | None = None,
    begin: Callable[[int, int], None] = lambda total, kept: None,
    watch: Watch = lambda cell, outcome: None,
) -> Rerun:
    """Compute everything again, trained networks too, and return how it differs from before.

    Cells that were never computed are not compared. The numbers of threads are those of then:
    with others, sums are rounded otherwise.

    Parameters
    ----------
    path
        The results file.
    folder
        Where the new results will be; there are none yet.

    Raises
    ------
    InputError
        The file does not say what was computed; the folder has results.
    """
    if (folder / RESULTS_FILE).exists():
        raise InputError(
            f"rerun: expected a folder without results; got {str(folder)!r}; give another"
        )
    with ResultStore(path, read_only=True) as store:
        results, keys, files = store.results(), set(store.cells()["cell"]), store.files()
    threads = results.provenance.get("threads")
    with without("networks", "references"), unpacked(files) as place:
        study = configuration_of(results, path, place)
        again, _ = run_study(
            study, folder, source=str(path), command=command, threads=threads, workers=workers,
            begin=begin, watch=watch,
        )  # fmt: skip
    with ResultStore(folder / RESULTS_FILE, read_only=True) as store:
        other = len(set(store.cells()["cell"]) - keys)
    computed = results.cells[results.cells["status"] != "missing"]
    cells: Any = again.cells.merge(computed[CELL], on=CELL, how="inner")
    return Rerun(difference(replace(results, cells=computed), replace(again, cells=cells)), other)
