"""Findings: what results say, as data; ``report/`` puts them into words."""

from sensbench.findings.finding import Cause, Finding, Findings
from sensbench.findings.question import find

__all__ = ["Cause", "Finding", "Findings", "find"]
