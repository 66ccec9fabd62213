"""Compute the truths that are shipped: every measure of a problem that has no closed form.

    python experiments/truths.py borehole piston     # some problems
    python experiments/truths.py                     # all of them (about an hour on two cores)

Scrambled Sobol' points, 16 scramblings of 2^20 by default: the standard error between
scramblings is shipped with every value. The files are sensbench/truths/data/<problem>.json.
"""

import importlib
import json
import time
from pathlib import Path

import click
import numpy as np

import sensbench as sb
from sensbench.truths.sampled import sampled
from sensbench.truths.shipped import key_of

DATA = Path(__file__).parent.parent / "sensbench" / "truths" / "data"


def variants(name):
    """Return the parameters that truths are shipped for, as the problem's file lists them."""
    module = importlib.import_module(f"sensbench.problems.{name}")
    return getattr(module, "SHIPPED", [])


def rounded(value, error):
    """Keep two digits more than the standard error has; exact zeros stay."""
    keep = np.where(error > 0, error, np.abs(value) * 1e-12)
    digits = 2 - np.floor(np.log10(np.where(keep > 0, keep, 1.0))).astype(int)
    return np.vectorize(lambda v, k: round(float(v), int(k)))(value, digits)


def entry(problem, points, scrambles, seed):
    # Where sums of products give the indices exactly, only sizes of derivatives are missing.
    truths = sampled(
        problem.model,
        problem.space,
        points=points,
        scrambles=scrambles,
        seed=seed,
        indices="shapley" not in problem.truth or not problem.truth["shapley"].is_exact,
    )
    found = {}
    for name, known in truths.items():
        if name in problem.truth and problem.truth[name].is_exact:
            continue
        # Scramblings that agree to the last bit still round.
        floor = 1e-15 * np.abs(known.value)
        error = np.maximum(known.standard_error, floor)
        found[name] = {
            "value": rounded(known.value, error).tolist(),
            "standard_error": np.vectorize(lambda e: float(f"{e:.2g}"))(error).tolist(),
        }
    return found, next(iter(truths.values())).how


@click.command()
@click.argument("names", nargs=-1)
@click.option("--points", default=2**20, show_default=True, help="Per scrambling.")
@click.option("--scrambles", default=16, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(names, points, scrambles, seed):
    """Compute the truths of NAMES, or of all problems, and write their files."""
    for name in names or sb.problems.names():
        entries = {}
        for params in variants(name):
            start = time.perf_counter()
            problem = sb.problems.load(name, **params)
            found, how = entry(problem, points, scrambles, seed)
            entries[key_of(params)] = found
            click.echo(
                f"{name} {params}: {len(found)} measures, {time.perf_counter() - start:.0f} s"
            )
        if entries:
            content = {
                "problem": name,
                "how": how,
                "made_by": "experiments/truths.py",
                "points": points,
                "scrambles": scrambles,
                "seed": seed,
                "sensbench": sb.__version__,
                "entries": entries,
            }
            DATA.mkdir(exist_ok=True)
            text = json.dumps(content, indent=1, ensure_ascii=False)
            (DATA / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
