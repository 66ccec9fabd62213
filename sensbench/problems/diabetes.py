from sklearn.datasets import load_diabetes

from sensbench.inputs.rows import as_rows, as_targets
from sensbench.problem.problem import Problem
from sensbench.problems._rows import problem_of_rows

_UNITS = {
    "age": "years",
    "bmi": "kg/m²",
    "bp": "mmHg",
    "s1": "mg/dl",
    "s2": "mg/dl",
    "s3": "mg/dl",
    "s6": "mg/dl",
}


def diabetes() -> Problem:
    """Disease progression of 442 diabetes patients from ten measurements (data, no model).

    In real units, from scikit-learn. s1 … s6 are total cholesterol, LDL, HDL, the ratio of total
    to HDL cholesterol, the logarithm of triglycerides and glucose; sex is 1 or 2. The target is
    a clinical score one year after the measurements.

    Efron, Hastie, Johnstone & Tibshirani 2004, doi:10.1214/009053604000000067.
    """
    table = load_diabetes(scaled=False)
    features = tuple(table.feature_names)
    X, _ = as_rows(table.data, "diabetes", features)
    return problem_of_rows(
        "diabetes",
        X,
        as_targets(table.target, len(X), "diabetes"),
        features=features,
        targets=("disease_progression",),
        units=_UNITS,
        discrete=("sex",),
        source="Efron, Hastie, Johnstone & Tibshirani 2004, doi:10.1214/009053604000000067",
        licence="none stated; distributed with scikit-learn (BSD-3-Clause)",
    )
