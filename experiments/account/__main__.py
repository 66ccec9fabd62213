"""``python -m experiments.account``: run the planted cases, write reports/account."""

from pathlib import Path

import click
import pandas as pd

import sensbench as sb
from experiments.account.coverage import coverage
from experiments.account.judged import by_case, by_cause, runs

OUT = Path("reports/account")


@click.command()
@click.option("--rows", multiple=True, default=(2000, 10_000), show_default=True)
@click.option("--replicates", default=20, show_default=True, help="Runs of every case.")
@click.option("--coverage", "of_intervals", is_flag=True, help="Whether the intervals hold.")
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True)
def main(rows: tuple[int, ...], replicates: int, of_intervals: bool, out: Path) -> None:
    """Measure how often the account of a difference names the cause that was planted.

    With --coverage: how often its simultaneous intervals hold all steps.
    """
    out.mkdir(parents=True, exist_ok=True)
    if of_intervals:
        with sb.threads.limited(1):
            table = pd.DataFrame(coverage(rows, replicates))
        table.to_csv(out / "coverage.csv", index=False, float_format="%.3g")
        click.echo(table.to_string(index=False, float_format="{:.3f}".format))
        return
    with sb.threads.limited(1):
        frame = pd.DataFrame(runs(rows, replicates))
    by_case(frame).to_csv(out / "cases.csv", index=False, float_format="%.3g")
    table = by_cause(frame)
    table.to_csv(out / "causes.csv", index=False, float_format="%.3g")
    click.echo(table.to_string(index=False, float_format="{:.3f}".format))
    for size, part in frame[frame["planted"] != "none"].groupby("rows"):
        click.echo(f"{size} rows: {part[['right', 'wrong', 'silent']].mean().round(3).to_dict()}")
    click.echo(f"{out / 'causes.csv'}")


if __name__ == "__main__":
    main()
