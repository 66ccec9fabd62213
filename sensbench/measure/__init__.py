"""Measure: what a number means: its definition, unit, estimand and source, one file per family."""

from sensbench.measure._measure import MEASURES, Axis, Measure, define, measure

# In the order of a listing; each defines its own.
from sensbench.measure import (  # isort: skip
    derivative, variance, screening, permutation, conditional, distance, regression, surrogate,
    shap, attribution, information, retrained, p_value,
)  # fmt: skip

__all__ = [
    "MEASURES", "Axis", "Measure", "attribution", "conditional", "define", "derivative", "distance",
    "information", "measure", "p_value", "permutation", "regression", "retrained", "screening",
    "shap", "surrogate", "variance",
]  # fmt: skip
