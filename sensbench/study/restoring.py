"""Results of single methods again, from what a results file keeps of them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

from sensbench.estimator.interval import Interval
from sensbench.estimator.result import Estimate, SensitivityResult
from sensbench.measure import Measure
from sensbench.study.columns import plain
from sensbench.study.results import Question, Results
from sensbench.study.store import ResultStore


def results_by_method(store: ResultStore, results: Results) -> dict[str, SensitivityResult]:
    """Return each method's result of a comparison: one question, one budget, one replicate."""
    ((problem, model),) = results.questions
    question = results.questions[problem, model]
    keys = store.cells().set_index("estimator")["cell"]
    intervals = store.intervals()
    frame = plain(results.frame)
    restored = {}
    for cell in results.cells[results.cells["status"] == "ok"].itertuples():
        label = str(cell.estimator)
        rows = frame[frame["estimator"] == label]
        of_cell = intervals[keys[label]]
        estimates = {
            str(name): _estimate(
                numbers, results.measures[str(name)], question, of_cell.get(str(name))
            )
            for name, numbers in rows.groupby("measure", sort=False)
        }
        absent = {key[3]: why for key, why in results.absent.items() if key[2] == label}
        restored[label] = SensitivityResult(
            problem=problem,
            model=model,
            estimator=results.methods[label].name,
            params=results.methods[label].params,
            outputs=question.outputs,
            features=question.features,
            estimates=estimates,
            absent=absent,
            inputs=str(cell.inputs),
            budget=int(cell.budget),  # type: ignore[arg-type]
            n_forward=int(cell.n_forward),  # type: ignore[arg-type]
            n_backward=int(cell.n_backward),  # type: ignore[arg-type]
            seconds=float(cell.seconds),  # type: ignore[arg-type]
            notes=results.notes.get((problem, model, label), ()),
            threads=results.provenance.get("threads"),
        )
    return restored


def _estimate(
    numbers: pd.DataFrame, measure: Measure, question: Question, interval: Interval | None
) -> Estimate:
    """Return an estimate in the shape of its measure's axis; pairs are put on both sides."""
    place = {
        "output": {name: k for k, name in enumerate(question.outputs)},
        "feature": {name: k for k, name in enumerate(question.features)},
        "direction": {name: k for k, name in enumerate(dict.fromkeys(numbers["direction"]))},
    }
    place["partner"] = place["feature"]
    axes = {
        "feature": ["output", "feature"],
        "pair": ["output", "feature", "partner"],
        "output": ["output"],
        "direction": ["output", "direction"],
        "set": ["output", "direction"],
        "aggregate": ["feature"],
    }[measure.axis]
    at = tuple(numbers[axis].map(place[axis]).to_numpy() for axis in axes)
    shape = tuple(len(place[axis]) for axis in axes)

    def filled(column: str) -> Float[np.ndarray, "..."]:
        values = np.full(shape, np.nan)
        values[at] = numbers[column].to_numpy(dtype=float)
        if measure.axis == "pair":
            values[at[0], at[2], at[1]] = values[at]
        return values

    names: Mapping[str, int] = place["direction"] if "direction" in axes else {}
    value, low, high, tail = (filled(column) for column in ("value", "low", "high", "tail"))
    return Estimate(
        value, low, high, interval=interval, directions=tuple(names),
        tail=tail if np.isfinite(tail).any() else None,
    )  # fmt: skip
