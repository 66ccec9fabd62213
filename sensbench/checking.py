"""check(): whether a model that was trained again ranks its inputs as before."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sensbench import estimators
from sensbench.compare import compare
from sensbench.comparison import Comparison
from sensbench.errors import InputError, RankingMoved, require
from sensbench.files import plain_yaml
from sensbench.metrics.moves import Interval, Move, moves
from sensbench.metrics.ranks import shares
from sensbench.study.location import results_file
from sensbench.study.own_model import with_model_of
from sensbench.study.results import Results
from sensbench.study.saving import problem_of
from sensbench.study.store import ResultStore

# By how much two shares must have moved against each other, together, where nothing says how much
# training moves them, and where several baselines do. Tried on networks of four problems, see
# docs/studies.md.
MARGIN_OF_ONE, MARGIN_OF_SEVERAL = 0.3, 0.05
_MOST_SAID = 10


@dataclass(frozen=True, eq=False)
class Check:
    """How the rankings of a model compare with those of its baselines.

    Attributes
    ----------
    moved
        Pairs of inputs that changed places, the largest move first.
    settled, pairs
        Of how many pairs of inputs, over methods and outputs, the baselines settle the order.
    baselines
        How many there were.
    comparison
        The model's own results.
    """

    moved: tuple[Move, ...]
    settled: int
    pairs: int
    baselines: int
    comparison: Comparison

    @property
    def ok(self) -> bool:
        """Whether nothing moved."""
        return not self.moved

    def require(self) -> None:
        """Raise unless nothing moved.

        Raises
        ------
        RankingMoved
            A ranking moved: which input, by how much. It is an ``AssertionError``.
        """
        if self.moved:
            raise RankingMoved(str(self))

    def __str__(self) -> str:
        what = f"{self.settled} of {self.pairs} pairs of inputs have a settled order"
        alone = (
            "; one baseline does not say how much training moves it: with several, smaller moves "
            "are seen"
            if self.baselines == 1
            else ""
        )
        if not self.pairs:
            return "check: nothing to compare: no method and output has shares in all baselines"
        if self.ok:
            return f"check: no ranking moved ({what}{alone})"
        lines = [f"check: {len(self.moved)} pairs of inputs changed places ({what}{alone})"]
        lines += [f"  {_said(move)}" for move in self.moved[:_MOST_SAID]]
        if len(self.moved) > _MOST_SAID:
            lines.append(f"  and {len(self.moved) - _MOST_SAID} more")
        return "\n".join(lines)


def check(
    model: Any,
    against: str | Path | Sequence[str | Path],
    *,
    margin: float | None = None,
) -> Check:
    """Ask whether a model ranks its inputs as the models of the baselines did.

    A baseline is a comparison that was saved: ``sb.compare(model, X).save("baseline.sqlite")``. The
    model is explained on its rows, by its methods, with its budget and seed. An alarm is a pair of
    inputs whose order was settled and is reversed, clear of the intervals; see
    :func:`sensbench.metrics.moves.moves`.

    Parameters
    ----------
    against
        One baseline or several, of models that were trained alike with other seeds or data: these
        show how much training alone moves a ranking.
    margin
        By how much the difference of two shares must have changed: 0.3 with one baseline, 0.05 with
        several, where nothing else is said.

    Raises
    ------
    InputError
        No such baseline; one that does not say its inputs and methods; baselines of different ones.
    """
    paths = [against] if isinstance(against, str | Path) else list(against)
    require(bool(paths), "check", "a baseline", against)
    usual = MARGIN_OF_ONE if len(paths) == 1 else MARGIN_OF_SEVERAL
    chosen = usual if margin is None else margin
    require(0 <= chosen <= 2, "check", "a margin from 0 to 2, a difference of shares", margin)
    before, asked, files = _baselines(paths)
    with tempfile.TemporaryDirectory(prefix="sensbench-") as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        problem = problem_of(asked, Path(folder))
    (entry,) = asked["models"]
    chosen_methods = []
    for one in asked["estimators"]:
        params = {key: value for key, value in one.items() if key != "name"}
        chosen_methods.append(estimators.load(one["name"], **params))
    comparison = compare(
        with_model_of(problem, model, entry), estimators=chosen_methods,
        budget=asked["budgets"][0], seed=asked["seed"],
    )  # fmt: skip
    found = moves(before, _shares(comparison.results), chosen)
    return Check(found.moves, found.settled, found.pairs, len(paths), comparison)


def _shares(results: Results) -> pd.DataFrame:
    return shares(results.headline(), results.measures)


def _baselines(
    paths: Sequence[str | Path],
) -> tuple[list[pd.DataFrame], dict[str, Any], dict[str, bytes]]:
    """Return the shares of each, and what was asked in all of them, with its files."""
    frames: list[pd.DataFrame] = []
    first: tuple[dict[str, Any], dict[str, bytes]] | None = None
    for path in paths:
        file = results_file(Path(path))
        with ResultStore(file, read_only=True) as store:
            results, files = store.results(), store.files()
        text = results.provenance.get("asked", "")
        if not text:
            why = results.provenance.get("missing") or "it is a study"
            raise InputError(
                f"{path}: expected a baseline that says its inputs and methods, as "
                f"Comparison.save writes it; got none ({why})"
            )
        asked = plain_yaml.load(text, str(path))
        if not files:  # in a folder they stand beside
            names = [entry["path"] for entry in asked["problems"] if "path" in entry]
            files = {name: (file.parent / name).read_bytes() for name in names}
        first = first or (asked, files)
        if _methods(asked) != _methods(first[0]):
            raise InputError(
                f"{path}: expected the methods, budget and inputs of {paths[0]}; got others; "
                f"baselines are to differ in the model alone"
            )
        frames.append(_shares(results))
    if first is None:
        raise InputError("check: expected a baseline; got none")
    return frames, *first


def _methods(asked: Mapping[str, Any]) -> list[Any]:
    (problem,) = asked["problems"]
    inputs = problem.get("features") or list(problem.get("inputs", {}))
    return [asked["estimators"], asked["budgets"], asked["inputs"], inputs]


def _said(move: Move) -> str:
    return (
        f"{move.estimator}, {move.output}: {move.fell} fell from rank {move.rank_before:g} to "
        f"{move.rank_now:g}, its share from {_share(move.fell_before)} to {_share(move.fell_now)}; "
        f"{move.rose} rose above it, from {_share(move.rose_before)} to {_share(move.rose_now)}"
    )


def _share(of: Interval) -> str:
    return f"{of.value:.2f} [{of.low:.2f}, {of.high:.2f}]"
