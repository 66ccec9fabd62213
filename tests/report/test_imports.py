"""What a comparison and its answer in a terminal do not wait for."""

import subprocess
import sys

TEXT = """
import sys
import numpy as np
from torch import nn
import sensbench as sb

model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
X = np.random.default_rng(0).normal(size=(100, 3))
text = str(sb.compare(model, X, budget=500))
print(len(text) > 500, *sorted({"matplotlib", "seaborn", "jinja2", "sklearn"} & set(sys.modules)))
"""


def test_a_comparison_in_a_terminal_imports_nothing_that_draws():
    words = [sys.executable, "-W", "ignore", "-c", TEXT]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True"]


def test_to_reach_compare_imports_nothing_of_studies_nor_the_laws_of_scipy():
    heavy = "{'pydantic', 'scipy.stats'}"
    read = f"import sys, sensbench as sb; sb.compare; print(*{heavy} & set(sys.modules))"
    words = [sys.executable, "-W", "ignore", "-c", read]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


def test_a_comparison_imports_nothing_of_studies():
    lines = [line for line in TEXT.splitlines() if "print" not in line]
    read = "\n".join([*lines, "print('pydantic' in sys.modules)"])
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", read], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["False"]
