"""Scenarios: a random function, its inputs' laws, a design and a budget, all drawn at random."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc, rankdata

import sensbench as sb

# Where no scenario repeats another and every share of them is as wide as all.
_SEED = 2022
_SIZES = (32, 64, 128, 256, 512, 1024)
_DIMENSIONS = (3, 100)


@dataclass(frozen=True)
class Scenario:
    """One point of the space of benchmarks of Puy et al. 2022.

    Parameters
    ----------
    number
        Position in the sequence; decides the random function, too.
    d
        Inputs, from 3 to 100.
    base_rows
        What the budget pays of A, B and one exchange per input: a power of two from 32 to 1,024,
        as Sobol' sequences are balanced at those, and the formulas with two exchanges then have
        just half. The paper draws budgets of 10 to 1,000 rows for all dimensions.
    design
        "sobol" or "monte_carlo".
    inputs
        "uniform": U(0, 1); "random": each of four laws.
    shapes
        "becker_2020": ten shapes with a jump among them, so that most functions have one;
        "differentiable": the nine others, to which gradients apply.
    pairs, triples
        How many interactions per input.
    """

    number: int
    d: int
    base_rows: int
    design: str
    inputs: str
    shapes: str
    pairs: float
    triples: float

    @property
    def budget(self) -> int:
        """Rows through the model, for every contender alike."""
        return self.base_rows * (self.d + 2)

    def problem(self) -> sb.Problem:
        """Return the random function with its exact total-order indices."""
        return sb.problems.load(
            "metafunction", d=self.d, seed=self.number, variant=self.shapes, inputs=self.inputs,
            pairs=self.pairs, triples=self.triples,
        )  # fmt: skip


def scenarios(count: int) -> Iterator[Scenario]:
    """Yield the first of a scrambled Sobol' sequence of scenarios."""
    size = 1 << (count - 1).bit_length()
    points = qmc.Sobol(7, seed=_SEED, bits=30).random(size)[:count]
    for number, u in enumerate(points):
        low, high = _DIMENSIONS
        yield Scenario(
            number=number,
            d=low + int(u[0] * (high + 1 - low)),
            base_rows=_SIZES[int(u[1] * len(_SIZES))],
            design=("sobol", "monte_carlo")[int(u[2] * 2)],
            inputs=("uniform", "random")[int(u[3] * 2)],
            shapes=("becker_2020", "differentiable")[int(u[4] * 2)],
            pairs=round(0.3 + 0.2 * float(u[5]), 3),
            triples=round(0.1 + 0.2 * float(u[6]), 3),
        )


def savage_scores(values: np.ndarray) -> np.ndarray:
    """Return Savage's scores: Σ 1/j from a value's rank, 1 the largest, to the number of values.

    They weigh the first ranks most (Iman & Conover 1987, doi:10.2307/1269785). Ties share the mean
    of their scores.
    """
    d = len(values)
    of_rank = np.cumsum(1 / np.arange(d, 0, -1))[::-1]
    lowest = rankdata(-values, method="min").astype(int) - 1
    highest = rankdata(-values, method="max").astype(int)
    sums = np.concatenate([[0.0], np.cumsum(of_rank)])
    return (sums[highest] - sums[lowest]) / (highest - lowest)
