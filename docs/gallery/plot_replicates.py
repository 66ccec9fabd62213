"""
Intervals over replicates
=========================

A study with twenty replicates: every run's interval, the known value, and how many hold it.
"""

from pathlib import Path
from tempfile import mkdtemp

import sensbench as sb
from sensbench.study.config import check_study
from sensbench.study.runner import run_study

study = check_study(
    {
        "name": "intervals",
        "problems": ["ishigami"],
        "estimators": ["gradient", "sobol", "permutation"],
        "budgets": [2000],
        "replicates": 20,
    },
    "intervals",
)
folder = Path(mkdtemp())
run_study(study, folder, workers=0)
figure = sb.load(folder).plot("replicates")
