"""Every contender on every scenario, at one budget; what is done is kept, and not done again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import sensbench as sb
from experiments.kept_lines import end_last_line, keep, read
from experiments.total_order.scenarios import Scenario, savage_scores, scenarios
from sensbench.errors import SensbenchError

# Contender: estimator, its options, the measure that is compared with the exact S_T.
CONTENDERS: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    **{
        f"sobol {total}": ("sobol", {"total": total}, "total_order")
        for total in (
            "jansen", "janon", "azzini_rosati", "glen_isaacs", "homma_saltelli", "saltelli",
            "sobol_2007", "owen",
        )
    },
    "razavi_gupta": ("razavi_gupta", {}, "total_order"),
    "radial": ("radial", {}, "total_order"),
    "permutation": ("permutation", {"repeats": 1}, "permutation_total_order"),
    "morris": ("morris", {}, "mu_star_standardised"),
    "gradient": ("gradient", {}, "derivative_rms_standardised"),
    "gradient bound": ("gradient", {}, "total_order_bound"),
}  # fmt: skip
# Those whose measure is S_T itself, so that its error means something.
OF_TOTAL_ORDER = tuple(c for c, (*_, m) in CONTENDERS.items() if m.endswith("total_order"))


def measured(scenario: Scenario, contenders: Iterable[str]) -> list[dict[str, Any]]:
    """Return a line per contender: how well it ranks and, of S_T, how far off it is."""
    problem = scenario.problem()
    exact = problem.truth["total_order"].value[0]
    lines, kept = [], {}
    for contender in contenders:
        name, options, measure = CONTENDERS[contender]
        line: dict[str, Any] = asdict(scenario) | {"contender": contender}
        if name == "sobol":
            options = {**options, "design": scenario.design}
        try:
            key = (name, tuple(options.items()))
            if key not in kept:
                estimator = sb.estimators.load(name, **options)
                kept[key] = estimator.estimate(
                    problem, budget=scenario.budget, seed=scenario.number
                )
            result = kept[key]
            values = result[measure].value[0]
            if not np.isfinite(values).all():
                lines.append(
                    line | {"reason": f"no value of {(~np.isfinite(values)).sum()} inputs"}
                )
                continue
            line |= {"rows": result.n_forward + result.n_backward} | scores(values, exact)
            if contender in OF_TOTAL_ORDER:
                line["error"] = float(np.abs(values - exact).mean())
        except SensbenchError as error:
            line["reason"] = str(error)
        lines.append(line)
    return lines


def scores(values: np.ndarray, exact: np.ndarray) -> dict[str, float]:
    """Return the correlation of Savage scores, and whether the first input is right."""
    with np.errstate(invalid="ignore"):
        r = np.corrcoef(savage_scores(values), savage_scores(exact))[0, 1]
    return {
        # all inputs tied: nothing is ranked
        "correlation": float(np.nan_to_num(r)),
        "first": float(np.argmax(values) == np.argmax(exact)),
    }


def run(file: Path, count: int) -> Iterator[int]:
    """Measure the scenarios that the file does not hold, and yield the number of each.

    A contender that is new is measured on the scenarios of before.
    """
    done = {(line["number"], line["contender"]) for line in read(file)}
    end_last_line(file)
    for scenario in scenarios(count):
        missing = [c for c in CONTENDERS if (scenario.number, c) not in done]
        if not missing:
            continue
        keep(file, measured(scenario, missing))
        yield scenario.number
