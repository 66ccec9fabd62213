"""``python -m experiments.coverage [--replicates 50]``: measure, judge, write reports/coverage."""

import platform
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import click
import pandas as pd

import sensbench as sb
from experiments.coverage.cases import CASES, METHODS
from experiments.coverage.judged import table, with_rows_of
from experiments.coverage.measured import parts, read, run
from experiments.coverage.page import page

OUT = Path("reports/coverage")
_PACKAGES = ("torch", "numpy", "scipy")


@click.command()
@click.option("--replicates", default=1000, show_default=True, help="Runs of every method.")
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True)
@click.option("--fresh", is_flag=True, help="Measure again what was measured before.")
@click.option(
    "--method",
    "methods",
    multiple=True,
    type=click.Choice([label for label, *_ in METHODS]),
    help="Measure only this one; more than once for several.",
)
@click.option(
    "--problem",
    "problems",
    multiple=True,
    type=click.Choice([case.name for case in CASES]),
    help="Measure only on this one; more than once for several.",
)
@click.option(
    "--beside",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A coverage.csv whose rows stay for methods and problems that are not measured here.",
)
@click.option("--minutes", type=float, default=None, help="Stop after so long; go on next time.")
def main(
    replicates: int,
    out: Path,
    fresh: bool,
    methods: tuple[str, ...],
    problems: tuple[str, ...],
    beside: Path | None,
    minutes: float | None,
) -> None:
    """Measure how often intervals hold the truth. A killed run goes on where it was.

    What was measured is kept in measured.jsonl: after a change of an estimator, ask for --fresh.
    """
    out.mkdir(parents=True, exist_ok=True)
    file = out / "measured.jsonl"
    if fresh:
        file.unlink(missing_ok=True)
    start = time.monotonic()
    total = sum(1 for _ in parts(replicates, methods, problems))
    with sb.threads.limited(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", sb.errors.CorrelatedInputsWarning)
        for count, part in enumerate(run(file, replicates, methods, problems), 1):
            if count % 20 == 0:
                click.echo(f"{count} parts (of {total} at most): {part.method}, {part.problem}")
            if minutes is not None and time.monotonic() - start > 60 * minutes:
                break
        frame = table(read(file), replicates)
    if beside is not None:
        frame = with_rows_of(frame, pd.read_csv(beside, keep_default_na=True))
    frame.to_csv(out / "coverage.csv", index=False, float_format="%.5g")
    said = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    text = page(frame, f"Python {platform.python_version()}, {said}")
    (out / "index.html").write_text(text, encoding="utf-8")
    click.echo(f"{out / 'index.html'}")


if __name__ == "__main__":
    main()
