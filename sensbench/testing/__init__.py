"""Conformance suites for authors of problems and estimators, in this package and outside it."""

from sensbench.testing.estimators import check_estimator
from sensbench.testing.problems import check_problem

__all__ = ["check_estimator", "check_problem"]
