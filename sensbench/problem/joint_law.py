"""What the joint distribution of the inputs does to a question: which move together, and how much.

Methods that draw each input on its own answer for the product of the marginals. Where inputs
depend on each other, that is another distribution than the rows'.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import special

from sensbench.errors import ModelError
from sensbench.inputs.association import Associations, OnOthers, Pair, associations
from sensbench.inputs.goodness import PairFit, law_fit
from sensbench.inputs.rows import differ
from sensbench.problem.off_rows import off_the_rows
from sensbench.problem.problem import Problem

# Rows that the statistics of the columns are taken from; they cost no model rows.
_MOST_ROWS = 1000
# Model rows of each of the two variances. Like those that judge a model by its targets they are
# nobody's cost, and are not counted.
MODEL_ROWS = 512
_FEWEST_ROWS = 30
_LEVEL = 0.99
# The fit of a law is looked at in every pair of columns.
_MOST_COLUMNS = 20
_SAMPLES = 100


class VarianceRatio(NamedTuple):
    """Var f over independent draws, per Var f over the rows, with its 99 % interval.

    The intervals of all outputs of a problem hold together (Bonferroni): of many, none is far from
    1 by chance.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class JointLaw:
    """How the inputs of a problem depend on each other.

    Attributes
    ----------
    associations
        The features that move together.
    ratios
        Output to :class:`VarianceRatio`, where the model could be evaluated on independent draws.
    product
        Whether the question is about the product of the marginals, whatever the rows are.
    rows
        How many rows this was seen in.
    off_rows
        Feature to the share of rows that shuffling it alone takes far from all data.
    fits
        How the rows compare with the law that they are said to have, where they are.
    """

    associations: Associations = field(default_factory=Associations)
    ratios: Mapping[str, VarianceRatio] = field(default_factory=dict)
    product: bool = False
    rows: int = 0
    off_rows: Mapping[str, float] = field(default_factory=dict)
    fits: tuple[PairFit, ...] = ()

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> "JointLaw":
        """Return what ``dataclasses.asdict`` made plain."""
        together = content["associations"]
        found = Associations(
            tuple(Pair(**pair) for pair in together["pairs"]),
            tuple(OnOthers(**one) for one in together["on_others"]),
        )
        ratios = {output: VarianceRatio(*ratio) for output, ratio in content["ratios"].items()}
        # results of before did not measure these
        fits = tuple(PairFit(**fit) for fit in content.get("fits", ()))
        off_rows = dict(content.get("off_rows", {}))
        return cls(found, ratios, content["product"], content["rows"], off_rows, fits)


def joint_law(problem: Problem) -> JointLaw | None:
    """Return how the inputs depend on each other; ``None`` where they are drawn independently.

    Of the problem's rows of data, or of draws where its space is not the product of its marginals:
    at most 1,000 of them for the columns, and 512 with the model, twice. They are always the same.
    """
    has_rows = problem.data is not None and len(problem.data) > 0
    if problem.space.d < 2 or not (has_rows or not problem.space.independent):
        return None
    rng = np.random.default_rng(0)
    if problem.data is not None and has_rows:
        n = len(problem.data)
        X = problem.data.X[np.sort(rng.choice(n, min(n, _MOST_ROWS), replace=False))]
    else:
        X = problem.space.sample(_MOST_ROWS, rng)
    found = associations(X, problem.space.labels, rng)
    ratios = _ratios(problem, X, rng)
    off_rows = off_the_rows(X, problem.space, found, np.random.default_rng(1))
    fits: tuple[PairFit, ...] = ()
    rows, space = problem.data, problem.space
    few = rows is None or len(rows) < _FEWEST_ROWS or len(space.columns) > _MOST_COLUMNS
    if rows is not None and not few and not space.independent:
        fits = law_fit(space, rows.X, samples=_SAMPLES)
    return JointLaw(found, ratios, problem.inputs == "product", len(X), off_rows, fits)


def _ratios(
    problem: Problem, X: Float[np.ndarray, "n d"], rng: np.random.Generator
) -> dict[str, VarianceRatio]:
    """Return the ratio of each output that varies; the product is made by shuffling features."""
    if problem.model is None or len(X) < _FEWEST_ROWS:
        return {}
    X = X[rng.permutation(len(X))[:MODEL_ROWS]]
    apart = X.copy()
    for block in problem.space.blocks:
        apart[:, block] = X[rng.permutation(len(X))][:, block]
    model = problem.explained.metered()
    try:
        F, G = model(X), model(apart)
    except ModelError:  # combinations that the data do not hold may be refused
        return {}
    with np.errstate(all="ignore"):
        scale = np.abs(F).max(axis=0)
        (log_f, error_f), (log_g, error_g) = (_log_variance(Y / scale) for Y in (F, G))
        beyond = (1 - _LEVEL) / 2 / F.shape[1]
        half = -special.ndtri(beyond) * np.sqrt(error_f + error_g)
        gap = log_g - log_f
        ends = np.exp(np.stack([gap, gap - half, gap + half], axis=1))
    usable = differ(F) & np.isfinite(ends).all(axis=1)
    return {
        problem.outputs[k]: VarianceRatio(*ends[k].tolist())
        for k in np.flatnonzero(usable).tolist()
    }


def _log_variance(
    Y: Float[np.ndarray, "n o"],
) -> tuple[Float[np.ndarray, " o"], Float[np.ndarray, " o"]]:
    """Return the logarithm of the variance, and the variance of that by the delta method."""
    square = (Y - Y.mean(axis=0)) ** 2
    variance = square.mean(axis=0)
    return np.log(variance), square.var(axis=0) / variance**2 / len(Y)
