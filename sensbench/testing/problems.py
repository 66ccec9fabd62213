from collections.abc import Mapping

import numpy as np

from sensbench.measure import MEASURES
from sensbench.problem.problem import Problem
from sensbench.testing._consistency import check_consistent
from sensbench.testing._law import sampled_of_law
from sensbench.testing._report import Conformance
from sensbench.testing._rule import no_error, rule
from sensbench.testing._shares import sampled_shares
from sensbench.testing._tolerances import LARGEST_ERROR, ROUNDING, STANDARD_ERRORS
from sensbench.testing._truth import Sampled, sampled_measures

_STEP = 1e-3
_DERIVATIVE_TOLERANCE = 1e-2


def check_problem(
    problem: Problem,
    *,
    seed: int = 0,
    rows: int = 64,
    truth_rows: int = 8192,
    derivatives: bool = True,
) -> Conformance:
    """Check a problem against every rule of the contract.

    The rules: names fit together; data are finite and match; the model is deterministic, finite,
    treats rows independently and leaves its input alone; its derivative agrees with central
    differences (steps of σ/1000, by continuous inputs) in nine rows of ten; truths are in range,
    consistent with each other and, within six standard errors, with a sample of the model
    itself, drawn from the inputs' own law; their own standard errors are half a per cent of the
    largest value, or no more than those of the sample. Of independent inputs the sample of first-
    and total-order indices grows, to a million rows at most, until it tells 5 % of an index of
    0.05 or more. A truth of a measure that is not sampled
    here (pairs of more than 20 inputs) is checked for its range only, and that of a problem whose
    model is a trained network is not compared with the network.

    Parameters
    ----------
    problem
        With or without a model.
    seed
        Of the sample.
    rows
        Rows for the checks of the model.
    truth_rows
        Base rows of the sample: n(d + 2) evaluations and n derivatives.
    derivatives
        ``False`` for a model that changes in jumps: it is not differentiated, and a truth of a
        derivative breaks the contract.

    Returns
    -------
    What was checked, and what was not and why; it prints as a list.

    Raises
    ------
    ConformanceError
        A rule is broken; the message names it.
    """
    rule(
        isinstance(problem, Problem), str(problem), "is a Problem", f"got {type(problem).__name__}"
    )
    who = f"problem {problem.name!r}"
    _check_names(problem, who)
    _check_data(problem, who)
    check_consistent(problem, who)
    checked = ["names: distinct outputs, units and truths that fit them"]
    if problem.data is not None:
        checked.append(f"data: {len(problem.data)} finite rows, targets that match")
    if problem.truth:
        checked.append(f"truths: {len(problem.truth)} measures, in range and consistent")
    left_out: list[str] = []
    if problem.model is None:
        left_out.append("the model: there is none yet")
    else:
        _check_model(problem, who, rows, seed)
        checked.append(
            f"the model on {rows} rows: deterministic, finite, rows independent, left alone"
        )
        if not derivatives:
            left_out.append("the derivative: derivatives=False")
        elif not problem.space.continuous.any():
            left_out.append("the derivative: no input is continuous")
        else:
            _check_derivative(problem, who, rows, seed)
            checked.append(f"the derivative on {rows} rows: agrees with central differences")
    sampled: dict[str, Sampled] = {}
    if not problem.truth:
        left_out.append("truths: there are none")
    elif problem.quality:
        left_out.append("truths against the model: it is a network trained on the problem")
    elif problem.model is not None:
        if problem.space.independent:
            sampled |= sampled_measures(problem, truth_rows, seed, derivatives)
            sampled |= sampled_shares(problem, sampled, truth_rows, seed)
        else:
            sampled |= sampled_of_law(problem, truth_rows, seed, derivatives)
        compared = sorted(set(problem.truth) & set(sampled))
        checked.append(f"truths against {truth_rows} base rows or more: {', '.join(compared)}")
        others = sorted(set(problem.truth) - set(sampled))
        left_out += [f"truths not sampled here: {', '.join(others)}"] if others else []
    _check_errors(problem, who, sampled)
    _check_truth(problem, who, sampled)
    return Conformance(who, tuple(checked), tuple(left_out))


def _check_names(problem: Problem, who: str) -> None:
    outputs = problem.outputs
    rule(problem.name.strip(), who, "has a name", f"got {problem.name!r}")
    rule(outputs, who, "has outputs", "no output names; give targets= where there is no model")
    rule(len(set(outputs)) == len(outputs), who, "distinct outputs", f"got {outputs}")
    units = len(problem.output_units)
    rule(units in (0, len(outputs)), who, "one unit per output", f"got {problem.output_units}")
    unknown = set(problem.quality) - set(outputs)
    rule(not unknown, who, "quality of outputs", f"got quality of {sorted(unknown)}")
    unknown = set(problem.truth) - set(MEASURES)
    rule(not unknown, who, "truth of measures", f"got truth of {sorted(unknown)}")
    described = not problem.truth or problem.truth_of
    rule(described, who, "truth says of what", "truth_of is empty")


def _check_data(problem: Problem, who: str) -> None:
    rule(problem.data or problem.model, who, "has a model or data", "got neither")
    if problem.data is None:
        return
    X, y = problem.data.X, problem.data.y
    rule(np.isfinite(X).all(), who, "finite data", "NaN or infinity in X")
    if y is None:
        rule(problem.model, who, "has targets or a model", "got X alone")
        return
    rule(np.isfinite(y).all(), who, "finite data", "NaN or infinity in y")
    rule(len(X) == len(y), who, "one target per row", f"got {len(X)} rows and {len(y)} targets")
    wide = y.shape[1] == problem.o
    rule(wide, who, "one target column per output", f"got {y.shape[1]} for {problem.outputs}")


def _check_model(problem: Problem, who: str, n: int, seed: int) -> None:
    model = problem.explained.metered()
    X = problem.space.sample(n, seed)
    given = X.copy()
    with no_error(who, "the model evaluates on draws from its space"):
        Y = model(X)
        again = model(X)
        order = np.random.default_rng(seed).permutation(n)
        shuffled = model(X[order])
        alone = np.concatenate([model(X[i : i + 1]) for i in range(min(n, 8))])
    rule(Y.shape == (n, problem.o), who, "one row of output per row", f"got shape {Y.shape}")
    rule(np.array_equal(X, given), who, "input not changed", "the rows passed were changed")
    rule(np.array_equal(Y, again), who, "deterministic", "two calls on the same rows differ")
    slack = ROUNDING * np.abs(Y).max(axis=0)
    gaps = {"shuffled": np.abs(shuffled - Y[order]), "alone": np.abs(alone - Y[: len(alone)])}
    for how, gap in gaps.items():
        detail = f"rows evaluated {how} differ by up to {gap.max():.3g}"
        rule((gap <= slack).all(), who, "rows are independent", detail)
    spread = Y.std(axis=0) > 1e-12 * np.abs(Y).max(axis=0)
    rule(spread.any(), who, "an output varies", f"all of {problem.outputs} are constant")


def _check_derivative(problem: Problem, who: str, n: int, seed: int) -> None:
    model, space = problem.explained.metered(), problem.space
    columns = np.flatnonzero(space.continuous)
    if not len(columns):
        return
    sigma = space.std()[columns]
    u = np.random.default_rng(seed).random((n, space.d))
    # Away from the ends of the marginals, where a step would leave them.
    X = space.from_unit(0.05 + 0.9 * u)
    with no_error(who, "the derivative can be computed"):
        Y, J = model.values_and_jacobian(X)
        J = J[:, :, columns]
        differences = np.empty_like(J)
        for i, column in enumerate(columns):
            h = np.zeros(space.d)
            h[column] = _STEP * sigma[i]
            differences[:, :, i] = (model(X + h) - model(X - h)) / (2 * h[column])
    size = np.where(Y.std(axis=0) > 0, Y.std(axis=0), 1.0)[:, None]
    slack = _DERIVATIVE_TOLERANCE * (1.0 + np.abs(J) * sigma / size)
    off = (np.abs(J - differences) * sigma / size > slack).mean(axis=0)
    k, i = np.unravel_index(off.argmax(), off.shape)
    rule(
        off.max() <= 0.1,
        who,
        "the derivative agrees with central differences",
        f"∂{problem.outputs[k]}/∂{space.columns[columns[i]]} is off in {off.max():.0%} of {n} "
        f"rows; look for detach, no_grad, round or an integer cast",
    )


def _check_errors(problem: Problem, who: str, sampled: Mapping[str, Sampled]) -> None:
    """A truth is known better than a sample tells: a large standard error would excuse anything."""
    for name, truth in problem.truth.items():
        inputs = tuple(range(1, truth.value.ndim))
        allowed = LARGEST_ERROR * np.abs(truth.value).max(axis=inputs, keepdims=True)
        if name in sampled:
            allowed = np.maximum(allowed, np.nan_to_num(sampled[name].error))
        over = truth.standard_error - allowed
        at = np.unravel_index(over.argmax(), over.shape)
        rule(over.max() <= 0, who, "the truth's standard error is small",
             f"{name} of {problem.outputs[at[0]]} is given as {truth.value[at]:.6g} ± "
             f"{truth.standard_error[at]:.2g}; an estimate cannot be judged by it")  # fmt: skip


def _check_truth(problem: Problem, who: str, sampled: Mapping[str, Sampled]) -> None:
    for name in sorted(set(problem.truth) & set(sampled)):
        truth, sample = problem.truth[name], sampled[name]
        # The spread of a constant slope is rounding of the slope, not of the spread, which is 0.
        whole = np.abs(sampled[name.replace("derivative_std", "derivative_rms")].value)
        inputs = tuple(range(1, whole.ndim))
        rounding = ROUNDING * whole.max(axis=inputs, keepdims=True) + 1e-12
        error = np.hypot(sample.error, truth.standard_error)
        gap = np.abs(truth.value - sample.value) / (STANDARD_ERRORS * error + rounding)
        # NaN: a bound without a constant; it must not pass for agreement
        gap = np.where(np.isnan(gap), np.inf, gap)
        at = np.unravel_index(gap.argmax(), gap.shape)
        by = " and ".join(problem.features[i] for i in at[1:])
        rule(
            gap.max() <= 1.0,
            who,
            "the truth is true of the model",
            f"{name} of {problem.outputs[at[0]]}{' by ' if by else ''}{by} is given as "
            f"{truth.value[at]:.6g} ± {truth.standard_error[at]:.2g}; a sample gives "
            f"{sample.value[at]:.6g} ± {sample.error[at]:.2g}",
        )
