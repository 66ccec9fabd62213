"""Measure: what a number means: its definition, unit, estimand and source, one file per family."""

from sensbench.measure._measure import MEASURES, Axis, Measure, define, measure

# In the order of a listing; each defines its own.
from sensbench.measure import derivative, variance, screening, permutation, distance  # isort: skip

__all__ = [
    "MEASURES", "Axis", "Measure", "define", "derivative", "distance", "measure", "permutation",
    "screening", "variance",
]  # fmt: skip
