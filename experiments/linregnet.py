"""A torch regression module with its own scaling: which of its inputs matter, and how much?

The module has four inputs and two outputs, keeps its scaling as plain attributes, and returns a
tuple. Run me:  python experiments/linregnet.py
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

import sensbench as sb

OUT = Path("reports/linregnet/index.html")


class LinRegNet(nn.Module):
    """One linear layer between standardised inputs and standardised outputs."""

    def __init__(self, x_means, x_deviations, y_means, y_deviations):
        super().__init__()
        self.x_means, self.x_deviations = x_means, x_deviations
        self.y_means, self.y_deviations = y_means, y_deviations
        self.linear1 = nn.Linear(4, 2)

    def forward(self, x):
        x = (x - self.x_means) / self.x_deviations
        y_scaled = self.linear1(x)
        y_descaled = y_scaled * self.y_deviations + self.y_means
        return y_descaled, y_scaled


def measured(n: int = 500) -> tuple[pd.DataFrame, torch.Tensor]:
    """Four inputs in very different units, and two outputs with noise."""
    rng = np.random.default_rng(0)
    means, deviations = [20.0, 1013.0, 0.4, 250.0], [8.0, 12.0, 0.15, 90.0]
    X = pd.DataFrame(
        rng.normal(means, deviations, size=(n, 4)),
        columns=["temperature", "pressure", "humidity", "load"],
    )
    slopes = np.array([[0.9, 0.05, -30.0, 0.02], [-0.4, 0.3, 2.0, 0.08]])
    y = X.to_numpy() @ slopes.T + rng.normal(0, 2.0, size=(n, 2))
    return X, torch.tensor(y, dtype=torch.float32)


def trained(X: pd.DataFrame, y: torch.Tensor) -> LinRegNet:
    """The module after an ordinary training loop on the scaled outputs."""
    torch.manual_seed(0)
    x = torch.tensor(X.to_numpy(), dtype=torch.float32)
    model = LinRegNet(x.mean(0), x.std(0), y.mean(0), y.std(0))
    target = (y - model.y_means) / model.y_deviations
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(300):
        optimiser.zero_grad()
        nn.functional.mse_loss(model(x)[1], target).backward()
        optimiser.step()
    return model


def main() -> None:
    X, y = measured()
    model = trained(X, y)

    # du/dx for every row, output and input, in physical units: (500 rows, 2 outputs, 4 inputs)
    J = sb.jacobian(model, X, output="y_descaled")
    print("shape of du/dx:", J.shape)
    print(pd.DataFrame(J[0], index=["u1", "u2"], columns=X.columns).round(3), end="\n\n")

    # Which inputs matter, and do other methods agree?
    comparison = sb.compare(model, X, y=y, output="y_descaled", outputs=["u1", "u2"])
    print(comparison, end="\n\n")
    print("page:", comparison.report(OUT, files=True))


if __name__ == "__main__":
    main()
