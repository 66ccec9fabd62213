from sklearn.datasets import load_linnerud

from sensbench.inputs.rows import as_rows, as_targets
from sensbench.problem.problem import Problem
from sensbench.problems._rows import problem_of_rows


def linnerud() -> Problem:
    """Weight, waist and pulse of 20 men from three exercises (data, no model).

    Three outputs and few rows, from scikit-learn. The counts of chin-ups, sit-ups and jumps are
    taken as continuous: each takes many values, and a slope per repetition means something.

    Tenenhaus 1998, La régression PLS: théorie et pratique, Technip, Paris. The data: A. C.
    Linnerud, NC State University.
    """
    table = load_linnerud()
    features = tuple(name.lower() for name in table.feature_names)
    X, _ = as_rows(table.data, "linnerud", features)
    return problem_of_rows(
        "linnerud",
        X,
        as_targets(table.target, len(X), "linnerud"),
        features=features,
        targets=tuple(name.lower() for name in table.target_names),
        units={"weight": "lb", "waist": "in", "pulse": "1/min"},
        source="A. C. Linnerud, in Tenenhaus 1998, La régression PLS",
        licence="none stated; distributed with scikit-learn (BSD-3-Clause)",
    )
