"""``python -m experiments.next_rows``: whether the rows that a verdict asks for settle the order.

Of functions whose inputs every method orders alike: a verdict at a small budget names another; the
methods run again with that and another seed; the order is settled then, or not. Beside it, the
least of the same budgets at which four of five runs settle the order.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch

import sensbench as sb
from sensbench.findings import Cause, Verdict

OUT = Path("reports/next_rows.csv")
_FACTORS = (1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 50)


def _normal(d: int) -> sb.InputSpace:
    return sb.InputSpace.normal({f"x{k}": (0, 1) for k in range(d)})


def _uniform(d: int) -> sb.InputSpace:
    return sb.InputSpace.uniform({f"x{k}": (-1, 1) for k in range(d)})


Function = Callable[[torch.Tensor], torch.Tensor]
CASES: dict[str, tuple[Function, sb.InputSpace, tuple[str, ...], int]] = {
    "two squares": (
        lambda x: x[:, 0] ** 2 + 0.85 * x[:, 1] ** 2 + 0.3 * x[:, 2],
        _normal(3), ("gradient", "permutation", "sobol"), 4000,
    ),
    "three squares": (
        lambda x: x[:, 0] ** 2 + 0.8 * x[:, 1] ** 2 + 0.6 * x[:, 2] ** 2,
        _normal(3), ("gradient", "permutation", "sobol"), 4000,
    ),
    "one method": (
        lambda x: x[:, 0] ** 2 + 0.9 * x[:, 1] ** 2, _normal(2), ("permutation",), 40_000,
    ),
    "waves": (
        lambda x: torch.sin(4 * x[:, 0]) + 0.85 * torch.sin(4 * x[:, 1]) + 0.5 * x[:, 2],
        _uniform(3), ("gradient", "permutation"), 1500,
    ),
    "products": (
        lambda x: x[:, 0] * x[:, 1] + 0.3 * x[:, 0] + 0.5 * x[:, 2] ** 2,
        _normal(3), ("permutation", "sobol"), 20_000,
    ),
    "six exponentials": (
        lambda x: (torch.linspace(1, 0.5, 6) * torch.exp(0.7 * x)).sum(1),
        _normal(6), ("gradient", "permutation"), 20_000,
    ),
}  # fmt: skip


def asked(case: str, budget: int, seed: int) -> Verdict:
    """Return the verdict on a case."""
    function, space, methods, _ = CASES[case]
    return sb.compare(
        function, space=space, estimators=list(methods), budget=budget, seed=seed
    ).verdict()


def runs(replicates: int) -> Iterator[dict[str, object]]:
    """Yield of every case how often an order was settled with the rows that were asked for."""
    for case, (*_, budget) in CASES.items():
        factors, held, others = [], [], []
        for seed in range(replicates):
            (step,) = asked(case, budget, seed).next
            if step.cause is not Cause.MORE_ROWS:
                others.append(step.text("because") or "nothing")
                continue
            (after,) = asked(case, int(step.number("rows")), seed + 10_000).next
            factors.append(step.number("factor"))
            held.append(after.cause is Cause.NOTHING_OPEN)
        yield {
            "case": case,
            "budget": budget,
            "more rows": len(held),
            "settled then": float(np.mean(held)) if held else float("nan"),
            "median factor": float(np.median(factors)) if held else float("nan"),
            "least factor": _least(case, budget, replicates),
            "else": ", ".join(f"{o} {others.count(o)}" for o in dict.fromkeys(others)),
        }


def _least(case: str, budget: int, replicates: int) -> float:
    """Return the least factor at which four of five runs settle the order."""
    for factor in _FACTORS:
        steps = [
            asked(case, int(budget * factor), 20_000 + seed).next[0] for seed in range(replicates)
        ]
        if np.mean([step.cause is Cause.NOTHING_OPEN for step in steps]) >= 0.8:
            return float(factor)
    return float("inf")


@click.command()
@click.option("--replicates", default=40, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True)
def main(replicates: int, out: Path) -> None:
    """Measure how often the order is settled with the rows that a verdict asks for."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with sb.threads.limited(1):
        table = pd.DataFrame(runs(replicates))
    table.to_csv(out, index=False, float_format="%.3g")
    click.echo(table.to_string(index=False))


if __name__ == "__main__":
    main()
