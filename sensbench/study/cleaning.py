"""Cleaning: what a results file keeps that its study, as it is now, has no use for."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sensbench.errors import InputError
from sensbench.study.location import RESULTS_FILE
from sensbench.study.lock import writing
from sensbench.study.outcome import STATUSES
from sensbench.study.store import ResultStore


@dataclass(frozen=True)
class Leftovers:
    """What can go.

    Attributes
    ----------
    cells
        Keys of cells of earlier configurations, which the study does not have any more.
    statuses
        Keys of cells of the study with a status that was named: the next run computes them.
    networks
        Keys of trained networks that no question of the study has.
    copies
        Files that were put aside before the results were upgraded.
    """

    cells: tuple[str, ...]
    statuses: tuple[str, ...]
    networks: tuple[str, ...]
    copies: tuple[Path, ...]

    def __bool__(self) -> bool:
        return bool(self.cells or self.statuses or self.networks or self.copies)


def clean(
    path: Path, statuses: Collection[str] = (), *, remove: bool = False, command: str = ""
) -> Leftovers:
    """Return what can go; with ``remove``, once it is gone.

    Parameters
    ----------
    statuses
        Of the study's own cells, those to forget: ``failed``, ``timeout``, ….

    Raises
    ------
    InputError
        Not a status; the file is damaged, or somebody is writing it.
    """
    unknown = set(statuses) - set(STATUSES)
    if unknown:
        raise InputError(f"clean: expected some of {', '.join(STATUSES)}; got {sorted(unknown)}")
    if not remove:
        with ResultStore(path, read_only=True) as store:
            return _leftovers(store, path, statuses)
    with writing(path, command), ResultStore(path) as store:
        store.check()
        leftovers = _leftovers(store, path, statuses)
        store.forget([*leftovers.cells, *leftovers.statuses], leftovers.networks)
        for copy in leftovers.copies:
            copy.unlink(missing_ok=True)
    return leftovers


def _leftovers(store: ResultStore, path: Path, statuses: Collection[str]) -> Leftovers:
    planned = store.cells()
    own = set(planned["cell"])
    marked = planned.loc[planned["status"].isin(list(statuses)), "cell"]
    earlier = [key for key in store.statuses() if key not in own]
    pattern = f"{path.stem}.version-*{path.suffix}"
    copies = sorted(path.parent.glob(pattern)) if path.name == RESULTS_FILE else []
    return Leftovers(tuple(earlier), tuple(marked), tuple(store.idle_networks()), tuple(copies))
