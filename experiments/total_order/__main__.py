"""``python -m experiments.total_order``: run the scenarios, write reports/total_order."""

import platform
import time
from importlib.metadata import version
from pathlib import Path

import click
import pandas as pd

import sensbench as sb
from experiments.total_order import judged
from experiments.total_order.measured import read, run
from experiments.total_order.page import answer, page

OUT = Path("reports/total_order")
_PACKAGES = ("torch", "numpy", "scipy")


@click.command()
@click.option("--scenarios", default=2048, show_default=True, help="Random functions.")
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True)
@click.option("--fresh", is_flag=True, help="Measure again what was measured before.")
@click.option("--minutes", type=float, default=None, help="Stop after so long; go on next time.")
def main(scenarios: int, out: Path, fresh: bool, minutes: float | None) -> None:
    """Compare the estimators of total order on random functions. A killed run goes on."""
    out.mkdir(parents=True, exist_ok=True)
    file = out / "measured.jsonl"
    if fresh:
        file.unlink(missing_ok=True)
    start = time.monotonic()
    with sb.threads.limited(1):
        for number in run(file, scenarios):
            if number % 50 == 49:
                click.echo(f"{number + 1} of {scenarios} scenarios")
            if minutes is not None and time.monotonic() - start > 60 * minutes:
                break
    lines = pd.DataFrame(read(file))
    lines = lines[lines["number"] < scenarios].drop_duplicates(["number", "contender"], keep="last")
    summary, pairs, parts = judged.summary(lines), judged.pairs(lines), judged.parts(lines)
    for name, table in (("summary", summary), ("pairs", pairs), ("parts", parts)):
        table.to_csv(out / f"{name}.csv", index=False, float_format="%.4g")
    said = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    told = f"Python {platform.python_version()}, {said}"
    (out / "index.html").write_text(page(summary, pairs, parts, told), encoding="utf-8")
    click.echo(summary.to_string(index=False, float_format="{:.3f}".format))
    for sentence in answer(summary, pairs):
        click.echo(sentence)
    click.echo(f"{out / 'index.html'}")


if __name__ == "__main__":
    main()
