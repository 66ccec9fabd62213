"""Findings: what results say, as data; ``report/`` puts them into words."""

from sensbench.findings.finding import Cause, Finding, Findings
from sensbench.findings.question import find
from sensbench.findings.verdict import Alert, Label, Verdict, verdict

__all__ = ["Alert", "Cause", "Finding", "Findings", "Label", "Verdict", "find", "verdict"]
