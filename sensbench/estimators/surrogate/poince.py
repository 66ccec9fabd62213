from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import TooFewRows, require
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import check_interval_options
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.varying import varying
from sensbench.estimators.surrogate._poincare_basis import PoincareBasis, candidates
from sensbench.estimators.surrogate._shares import (
    MEASURES,
    Expansion,
    poorly_fitted,
    settled,
    stacked,
)
from sensbench.problem.problem import Problem

# More rows and candidates than these change little, and take rows times terms squared.
_ROWS, _CANDIDATES, _TERMS = 2000, 300, 80
_FOLDS = 5


@dataclass(frozen=True)
class Poince(Estimator):
    """Sobol' indices of a Poincaré chaos fitted to outputs and derivatives together.

    Spends n forward rows and n backward rows per output, no more than ``rows`` of them. y is
    expanded in products of eigenfunctions of each input's Poincaré inequality: cosines for a
    uniform input, Hermite polynomials for a normal one. It is the one basis whose derivatives are
    orthogonal as well, so that outputs and slopes, each scaled by the root of its input's Poincaré
    constant, are fitted by one least squares problem of n(1 + d) equations (Lüthen et al. 2023,
    doi:10.1615/Int.J.UncertaintyQuantification.2023043593; gradient-enhanced regression: Roustant,
    Lüthen, Heredia & Sudret 2025, arXiv:2510.03056). Terms are chosen by orthogonal matching
    pursuit, as many as predict the outputs of rows left out best (five folds). Indices are sums of
    squared coefficients, for independent inputs.

    Where slopes cost one more pass, however many inputs there are, they say d times as much as the
    output: with a few dozen rows it is ahead of ``polynomial_chaos`` of many inputs. It says
    nothing where y is not smooth: ``surrogate_q2`` is the share of variance that is predicted of
    rows left out, and below ``least_q2`` there are no indices. Intervals are those of
    ``polynomial_chaos``: spread of the coefficients from the rows' residuals (of whole rows left
    out), wider by all that the fit may miss, 1 - Q².

    Parameters
    ----------
    degree
        The most oscillations along an input. Fewer rows take fewer.
    interactions
        Between 0 and 1: the smaller, the fewer terms of several inputs are tried.
    least_q2
        What the fit must predict of rows left out.
    rows
        The most rows that are used.
    resamples, confidence
        Of the intervals: draws of the coefficients.
    """

    name = "poince"
    measures = (*MEASURES, "surrogate_q2")
    ranks_by = "total_order"
    needs = Needs(
        "design", "independent", gradient=True, minimum_rows=16, cost=Cost(1, per_output=1)
    )

    degree: int = 15
    interactions: float = 0.75
    least_q2: float = 0.8
    rows: int = _ROWS
    resamples: int = 300
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        for field, least in (("degree", 1), ("rows", self.needs.minimum_rows)):
            given = getattr(self, field)
            whole = isinstance(given, int) and not isinstance(given, bool) and given >= least
            require(whole, self.name, f"{field} >= {least}", given)
        between = 0 < self.interactions <= 1
        require(between, self.name, "interactions above 0, at most 1", self.interactions)
        require(0 <= self.least_q2 <= 1, self.name, "least_q2 between 0 and 1", self.least_q2)

    def minimum_budget(self, problem: Problem) -> int:
        # finite differences cost more than the backward rows that needs.cost counts
        return self.needs.minimum_rows * problem.explained.rows_per_gradient

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        space, d = problem.drawn_from, problem.d
        basis = PoincareBasis(space, self.degree, self.name)
        n = min(budget // problem.explained.rows_per_gradient, self.rows)
        if n * (d + 1) < 4 * d:
            raise TooFewRows(
                f"{self.name}: expected more than {n} rows for {d} inputs; raise the budget, or "
                f"leave {self.name} out"
            )
        X = space.sample(n, rng)
        Y, J = problem.explained.values_and_jacobian(X)
        varies = varying(Y, self.name, problem.outputs)
        degrees = candidates(d, self.degree, self.interactions, min(_CANDIDATES, n * (d + 1) // 3))
        equations = _equations(basis, X, degrees)
        slopes = J * basis.roots()
        found: list[Mapping[str, Estimate] | None] = []
        fit = np.full(problem.o, np.nan)
        for k in range(problem.o):
            found.append(None)
            if varies[k]:
                targets = np.column_stack([Y[:, k] - Y[:, k].mean(), slopes[:, k]]) / Y[:, k].std()
                expansion = _fitted(equations, targets, degrees, rng)
                fit[k] = expansion.fit
                if expansion.fit >= self.least_q2:
                    found[k] = expansion.estimates(self.resamples, self.confidence, rng)
        note = poorly_fitted(problem.outputs, fit, self.least_q2)
        return settled(stacked(found, d, note), Y) | {"surrogate_q2": Estimate.of(fit)}


def _equations(
    basis: PoincareBasis, X: Float[np.ndarray, "n d"], degrees: Int[np.ndarray, "terms d"]
) -> Float[np.ndarray, "n equations terms"]:
    """Return each term's value at each row, and its derivatives by the inputs, scaled."""
    values, slopes = basis.factors(X)
    n, d = X.shape
    equations = np.zeros((n, 1 + d, len(degrees)))
    for at, degree in enumerate(degrees):
        inputs = np.flatnonzero(degree)
        factors = [values[i, :, degree[i]] for i in inputs]
        equations[:, 0, at] = np.prod(factors, axis=0) if factors else 1.0
        for one, i in enumerate(inputs):
            others = factors[:one] + factors[one + 1 :]
            rest = np.prod(others, axis=0) if others else 1.0
            equations[:, 1 + i, at] = slopes[i, :, degree[i]] * rest
    return equations


def _fitted(
    equations: Float[np.ndarray, "n equations terms"],
    targets: Float[np.ndarray, "n equations"],
    degrees: Int[np.ndarray, "terms d"],
    rng: np.random.Generator,
) -> Expansion:
    """Return the expansion of one output, in its standard deviations."""
    n, _, count = equations.shape
    most = min(_TERMS, count, max(1, targets.size // 3))
    folds = np.array_split(rng.permutation(n), _FOLDS)
    parts = [_products(equations[fold], targets[fold]) for fold in folds]
    gram, right = (np.sum([part[k] for part in parts], axis=0) for k in (0, 1))
    errors = np.full((n, most), np.nan)
    for fold, (one, other) in zip(folds, parts, strict=True):
        values = equations[fold, 0]
        for step, (terms, coefficients) in enumerate(_pursued(gram - one, right - other, most)):
            errors[fold, step:] = (targets[fold, 0] - values[:, terms] @ coefficients)[:, None]
    squares = errors**2
    steps = int(np.argmin(squares.mean(axis=0))) + 1
    *_, (terms, coefficients) = _pursued(gram, right, steps)
    covariance = _covariance(equations[:, :, terms], targets, coefficients)
    given = degrees[terms].any(axis=1)
    of_rows = squares[:, steps - 1]
    return Expansion(
        degrees[terms[given]],
        coefficients[given],
        covariance[np.ix_(given, given)],
        float(np.clip(1.0 - of_rows.mean(), 0.0, 1.0)),
        float(of_rows.std() / np.sqrt(n)),
        count,
    )


def _products(
    equations: Float[np.ndarray, "n equations terms"], targets: Float[np.ndarray, "n equations"]
) -> tuple[Float[np.ndarray, "terms terms"], Float[np.ndarray, " terms"]]:
    flat = equations.reshape(-1, equations.shape[2])
    return flat.T @ flat, flat.T @ targets.ravel()


def _pursued(
    gram: Float[np.ndarray, "terms terms"], right: Float[np.ndarray, " terms"], most: int
) -> list[tuple[Int[np.ndarray, " some"], Float[np.ndarray, " some"]]]:
    """Return the terms and coefficients of each step of an orthogonal matching pursuit.

    Source: Pati, Rezaiifar & Krishnaprasad 1993, doi:10.1109/ACSSC.1993.342465.
    """
    size = np.sqrt(np.maximum(np.diag(gram), np.finfo(np.float64).tiny))
    terms: list[int] = []
    coefficients, steps = np.zeros(0), []
    for _ in range(most):
        left = np.abs(right - gram[:, terms] @ coefficients) / size
        left[terms] = -1.0
        terms.append(int(np.argmax(left)))
        some = np.ix_(terms, terms)
        scale = size[terms]
        solved = np.linalg.lstsq(gram[some] / np.outer(scale, scale), right[terms] / scale)[0]
        coefficients = solved / scale
        steps.append((np.array(terms), coefficients))
    return steps


def _covariance(
    equations: Float[np.ndarray, "n equations some"],
    targets: Float[np.ndarray, "n equations"],
    coefficients: Float[np.ndarray, " some"],
) -> Float[np.ndarray, "some some"]:
    """Return the coefficients' errors from residuals of rows left out, equations and all.

    A row's equations err together, so that rows are what is independent (CR3, the jackknife of
    clusters: Bell & McCaffrey 2002, Survey Methodology 28(2)).
    """
    flat = equations.reshape(-1, equations.shape[2])
    inverse = np.linalg.pinv(flat.T @ flat)
    projected = equations @ inverse
    own = np.einsum("nes,nfs->nef", projected, equations)
    residual = targets - equations @ coefficients
    left_out = np.linalg.solve(np.eye(own.shape[1]) * (1 + 1e-9) - own, residual[..., None])[..., 0]
    influence = np.einsum("nes,ne->ns", projected, left_out)
    return np.asarray(influence.T @ influence)
