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
