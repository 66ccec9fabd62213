"""retrained(): importance over models that were trained again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from sensbench.calls import explained
from sensbench.compare import compare
from sensbench.comparison import Comparison
from sensbench.errors import InputError, require
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import check_confidence
from sensbench.measure import measure
from sensbench.problem.refit import Refit

_WHERE = ["estimator", "measure", "output", "feature"]
COLUMNS = [*_WHERE, "value", "low", "high", "spread", "least", "most", "times"]


@dataclass(frozen=True, eq=False)
class Retrained:
    """Importance over several trainings of one model.

    Attributes
    ----------
    table
        One row per method, output and feature, of the measure that the method ranks by: the mean
        ``value`` over the trained models, with the ends of its interval; ``spread``, the standard
        deviation between them; the ``least`` and the ``most`` of any; and of how many (``times``).
    comparisons
        What was found of each trained model.
    """

    table: pd.DataFrame
    comparisons: tuple[Comparison, ...]

    def __str__(self) -> str:
        times = len(self.comparisons)
        lines = [f"retrained: mean over {times} trained models [interval], spread between them"]
        for (method, name, output), rows in self.table.groupby(_WHERE[:3], sort=False):
            lines.append(f"  {method}, {name} of {output}:")
            lines += [
                f"    {row['feature']}: {row['value']:.3g} [{row['low']:.3g}, {row['high']:.3g}], "
                f"{row['spread']:.2g}"
                for row in rows.to_dict("records")
            ]
        return "\n".join(lines)


@explained
def retrained(
    refit: Any,
    X: Any = None,
    *,
    estimators: Sequence[str | Estimator] | str | Estimator | None = None,
    budget: int = 10_000,
    seed: int = 0,
    times: int = 5,
    confidence: float = 0.95,
    **options: Any,
) -> Retrained:
    """Train a model several times, and combine what every method says of each.

    One network's importance is of its first weights, too. The mean over trainings is of how the
    model is trained on its rows; the spread says how much one network may differ from another.
    Every trained model is asked about at the same rows and design.

    The interval covers trainings and sampling: Student's over the trained models, and half the
    width of one model's own, on average, whose squares are added. Of lines with noise in their
    slopes it held the mean over all trainings in .90 to .98 of 200 runs of three. It is wide for
    few trainings, and does not cover other rows to learn from.

    Parameters
    ----------
    refit
        How the model is trained, and on which rows: :class:`Refit`; of a network of
        :mod:`sensbench.networks` its problem's ``refit``.
    X, options
        Rows, and all else that :func:`sensbench.compare` takes; without ``X`` and ``space``, the
        rows that are learned.
    estimators, budget, seed
        As for :func:`sensbench.compare`; each trained model gets the whole budget.
    times
        How often the model is trained, at least twice.
    confidence
        Level of Student's interval over trainings; the methods have their own.

    Raises
    ------
    InputError
        Not a recipe; fewer than two trainings.
    ModelError
        Training failed.
    """
    if not isinstance(refit, Refit):
        raise InputError(
            f"retrained: expected how the model is trained, sb.Refit(train, X, y); got "
            f"{type(refit).__name__}"
        )
    whole = isinstance(times, int) and not isinstance(times, bool) and times >= 2
    require(whole, "retrained", "times >= 2", times)
    check_confidence("retrained", confidence)
    if X is None and options.get("space") is None:
        X = refit.rows()[0]
    seeds = np.random.default_rng(seed).integers(1, 2**31 - 1, size=times).tolist()
    found = tuple(
        compare(
            refit.again(one, "retrained"),
            X,
            estimators=estimators,
            budget=budget,
            seed=seed,
            **options,
        )
        for one in seeds
    )
    parts = [one.results.headline() for one in found]
    rows = pd.concat([part[[*_WHERE, "value", "low", "high"]] for part in parts])
    each = rows.groupby(_WHERE, sort=False)
    t = float(special.stdtrit(times - 1, 0.5 + confidence / 2))
    combined = [_combined(key, part, t, times) for key, part in each]
    return Retrained(pd.DataFrame(combined, columns=COLUMNS), found)


def _combined(key: Any, rows: pd.DataFrame, t: float, times: int) -> tuple[Any, ...]:
    """Return the mean over trained models with its interval; none where one was not ranked."""
    value, low, high = (rows[name].to_numpy(dtype=float) for name in ("value", "low", "high"))
    mean, spread = float(value.mean()), float(value.std(ddof=1)) if len(value) > 1 else np.nan
    by_training = t * spread / np.sqrt(len(value)) if len(value) == times else np.nan
    ends = [
        mean - float(np.hypot((value - low).mean(), by_training)),
        mean + float(np.hypot((high - value).mean(), by_training)),
    ]
    if not measure(str(key[1])).signed and (value >= 0).all():
        ends[0] = max(ends[0], 0.0)
    return (*key, mean, *ends, spread, float(value.min()), float(value.max()), len(value))
