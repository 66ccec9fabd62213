"""Whether the intervals of an account hold all of its steps at once, as they say they do."""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np

import sensbench as sb
from experiments.account.cases import Planted
from experiments.account.controls import CONTROLS
from experiments.account.judged import changes_at
from experiments.account.planted import PLANTED

# One or two of every cause, and controls; heavy tails among them ("steep in the tails": x^5).
_CHOSEN = (
    "square, mean", "cube, size to rms", "exponential, size to rms", "sine of 8x", "Ishigami",
    "one step, smooth", "steep at the ends", "steep in the tails", "product, S_T to S_1",
    "triple product", "a jump off centre", "correlated product", "difference squared",
    "product on rows", "half learned", "blind to 3x", "sixteen waves",
    "linear", "equal squares", "noisy targets",
)  # fmt: skip
# The steps that are held to be true: the mean of so many accounts from so many rows.
_RUNS, _ROWS = 16, 40_000


def coverage(sizes: Sequence[int], replicates: int) -> Iterator[dict[str, object]]:
    """Yield how often all steps of all inputs lie in their intervals, for every case and size.

    Every replicate draws its rows anew, and the changes of them: that is what the intervals cover.
    """
    cases = {case.name: case for case in (*PLANTED, *CONTROLS)}
    for name in _CHOSEN:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sb.errors.CorrelatedInputsWarning)
            truth = np.mean([_steps(cases[name], _ROWS, 10_000 + k)[0] for k in range(_RUNS)], 0)
            for rows in sizes:
                runs = [_steps(cases[name], rows, seed) for seed in range(replicates)]
                inside = np.array([np.abs(value - truth) <= half for value, half in runs])
                held = inside.all(axis=(1, 2))
                part = float(held.mean())
                yield {
                    "case": name,
                    "rows": rows,
                    "runs": replicates,
                    "all steps held": part,
                    "standard error": float(np.sqrt(part * (1 - part) / replicates)),
                    "worst step held": float(inside.mean(axis=0).min()),
                }


def _steps(case: Planted, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    changes, _ = changes_at(case, 1.0, rows, seed, np.random.default_rng([seed, rows]))
    return changes.value, changes.half
