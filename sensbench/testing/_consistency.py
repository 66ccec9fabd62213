"""What truths owe to their definitions, and to each other."""

from collections.abc import Iterator, Mapping

import numpy as np
from jaxtyping import Float

from sensbench.measure import MEASURES
from sensbench.problem.problem import Problem
from sensbench.problem.truth import Truth
from sensbench.testing._rule import rule
from sensbench.testing._tolerances import ROUNDING, STANDARD_ERRORS

_OF_INDEPENDENT = (
    ("first_order", "shapley"),
    ("shapley", "total_order"),
    ("first_order", "total_order"),
    ("total_order", "total_order_bound"),
    ("total_order_lower_bound", "first_order"),
    ("total_order_lower_bound", "total_order"),
)


def check_consistent(problem: Problem, who: str) -> None:
    """Check that truths are in range and do not contradict each other."""
    truth = problem.truth
    for name, item in truth.items():
        shape, value = MEASURES[name].shape(problem.o, problem.d), item.value
        rule(value.shape == shape, who, "truth has a value per output and input",
             f"{name} has shape {value.shape}, not {shape}")  # fmt: skip
        rule(np.isfinite(value).all(), who, "finite truth", f"got {name} = {value}")
        rule(item.how.strip(), who, "truth says how it was obtained", f"{name} does not")
        sign = MEASURES[name].signed or (value >= -slack_of(item)).all()
        rule(sign, who, "unsigned truth is at least 0", f"got {name} = {value}")
    # Of inputs that move together, none of these three is more than another.
    independent = problem.space.independent
    ordered = (
        *(_OF_INDEPENDENT if independent else ()),
        ("derivative_abs", "derivative_rms"),
        ("derivative_std", "derivative_rms"),
    )
    for small, large in ordered:
        if small in truth and large in truth:
            gap = truth[small].value - truth[large].value
            holds = (gap <= slack_of(truth[small]) + slack_of(truth[large])).all()
            detail = f"{small} = {truth[small].value}, {large} = {truth[large].value}"
            rule(holds, who, f"{small} is at most {large}", detail)
    if "first_order" in truth and independent:
        total, slack = truth["first_order"].value.sum(axis=1), slack_of(truth["first_order"])
        holds = (total <= 1 + slack.sum(axis=1)).all()
        rule(holds, who, "first orders sum to at most 1", f"got {total}")
    if "shapley" in truth:
        total, slack = truth["shapley"].value.sum(axis=1), slack_of(truth["shapley"])
        holds = (np.abs(total - 1) <= slack.sum(axis=1)).all()
        rule(holds, who, "Shapley effects sum to 1", f"got {total}")
    for who_adds, rule_name, gap, slack in _identities(truth, independent):
        detail = f"{who_adds} are off by up to {np.abs(gap).max():.3g}"
        rule((gap <= slack).all(), who, rule_name, detail)
    if "total_order" in truth:
        most = truth["total_order"].value - slack_of(truth["total_order"])
        rule((most <= 1).all(), who, "total orders are at most 1", f"got {most.max()}")


def _identities(
    truth: Mapping[str, Truth], independent: bool
) -> Iterator[tuple[str, str, Float[np.ndarray, "..."], Float[np.ndarray, "..."]]]:
    """Yield what ties measures to each other: which, the rule, by how much it is broken, and slack.

    Slack is what the values' own standard errors allow.
    """
    # With other inputs kept, it is drawing anew given these that has to do with the total order.
    shuffling = "permutation_mse" if independent else "conditional_permutation_mse"
    if {shuffling, "total_order", "variance"} <= set(truth):
        shuffled, total, whole = (truth[n] for n in (shuffling, "total_order", "variance"))
        variance = whole.value[:, None]
        yield (
            f"{shuffling} and 2·variance·total_order",
            "permutation importance is 2·Var·S_T",
            np.abs(shuffled.value - 2 * variance * total.value),
            slack_of(shuffled)
            + 2 * variance * slack_of(total)
            + 2 * total.value * slack_of(whole)[:, None],
        )
    if independent and {"first_order", "second_order"} <= set(truth):
        first, second = truth["first_order"], truth["second_order"]
        pairs, slack = second.value.sum(axis=2), slack_of(second).sum(axis=2) + slack_of(first)
        if "total_order" in truth:
            total = truth["total_order"]
            yield (
                "first orders with their pairs, and total orders,",
                "an input and its pairs are part of its total order",
                first.value + pairs - total.value,
                slack + slack_of(total),
            )
        yield (
            "first and second orders",
            "first and second orders sum to at most 1",
            first.value.sum(axis=1) + pairs.sum(axis=1) / 2 - 1.0,
            slack.sum(axis=1),
        )
    if {"derivative_std", "derivative_rms", "derivative_mean"} <= set(truth):
        spread, root, mean = (truth[f"derivative_{n}"] for n in ("std", "rms", "mean"))
        yield (
            "std² and rms² - mean² of the derivatives",
            "the spread of a derivative follows from its moments",
            np.abs(spread.value**2 - root.value**2 + mean.value**2),
            2 * (spread.value * slack_of(spread) + root.value * slack_of(root))
            + 2 * np.abs(mean.value) * slack_of(mean),
        )


def slack_of(known: Truth) -> Float[np.ndarray, "..."]:
    """Return how far a value may be off: by its standard error, and by rounding."""
    return STANDARD_ERRORS * known.standard_error + ROUNDING * np.abs(known.value) + 1e-12
