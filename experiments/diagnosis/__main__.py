"""``python -m experiments.diagnosis``: run the planted cases, judge, write reports/diagnosis."""

from pathlib import Path

import click

import sensbench as sb
from experiments.coverage.measured import read
from experiments.diagnosis.judged import by_case, by_claim, false_alarms, judged
from experiments.diagnosis.measured import CASES, run
from experiments.diagnosis.page import page

OUT = Path("reports/diagnosis")


@click.command()
@click.option("--replicates", default=20, show_default=True, help="Seeds of every case.")
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True)
@click.option("--fresh", is_flag=True, help="Run again what was run before.")
def main(replicates: int, out: Path, fresh: bool) -> None:
    """Measure how often findings say what was planted, and nothing else.

    A killed run goes on where it was: after a change of a rule or a case, ask for --fresh.
    """
    out.mkdir(parents=True, exist_ok=True)
    file = out / "said.jsonl"
    if fresh:
        file.unlink(missing_ok=True)
    with sb.threads.limited(1):
        for count, what in enumerate(run(file, replicates), 1):
            if count % 50 == 0:
                click.echo(f"{count} runs (of {len(CASES) * replicates} at most): {what}")
    frame = judged((line for line in read(file) if line["seed"] < replicates), CASES)
    tables = {"claims": by_claim(frame), "cases": by_case(frame), "controls": false_alarms(frame)}
    for name, table in tables.items():
        table.to_csv(out / f"{name}.csv", index=False, float_format="%.3g")
    text = page(tables["claims"], tables["cases"], tables["controls"], replicates)
    (out / "index.html").write_text(text, encoding="utf-8")
    shown = tables["claims"][["cases", "claim", "said", "precision", "planted", "recall"]]
    click.echo(shown.to_string(index=False, float_format="{:.2f}".format))
    click.echo(tables["controls"].to_string(index=False, float_format="{:.3f}".format))
    click.echo(f"{out / 'index.html'}")


if __name__ == "__main__":
    main()
