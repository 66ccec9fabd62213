"""The same bits on any number of workers, in any order, resumed or not; common random numbers."""

import random

import numpy as np
import pytest

from sensbench.study.config import check_study
from sensbench.study.planning import plan_of
from sensbench.study.runner import run_study
from sensbench.study.schedule import Schedule
from sensbench.study.shards import Shard

STUDY = {
    "name": "seeds",
    "problems": ["ishigami", "linkletter"],
    "models": ["function", {"name": "linear", "train_rows": 60}],
    "estimators": ["gradient", "sobol", {"name": "sobol", "resamples": 10}],
    "budgets": [200, 400],
    "replicates": 3,
    "references": None,
}


def study(**changes):
    return check_study({**STUDY, **changes}, "test")


def numbers(results):
    return results.frame.drop(columns="seconds")


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [None, "common"])
def test_the_bits_depend_on_neither_workers_nor_order_nor_interruptions(
    tmp_path, monkeypatch, seeds
):
    asked = study(seeds=seeds)
    here, tally = run_study(asked, tmp_path / "0", workers=0, threads=1)
    assert tally.counts == {"ok": 72}
    for workers in (1, 2):
        there, _ = run_study(asked, tmp_path / f"{workers}", workers=workers, threads=1)
        assert numbers(there).equals(numbers(here))
    # in parts, one after the other into one file: each run goes on from what others left
    for number in (3, 1, 4, 2):
        resumed, _ = run_study(asked, tmp_path / "r", shard=Shard(number, 4), threads=1)
    assert numbers(resumed).equals(numbers(here))

    chance, real = random.Random(0), Schedule.took

    def shuffled(self, key, task, outcome):
        ended = real(self, key, task, outcome)
        places = [(entry[0], chance.randrange(10**6), *entry[1:]) for entry in self._ready]
        self._ready[:] = [(s, *rest) for s, _, *rest in sorted(places, key=lambda p: p[:2])]
        return ended

    monkeypatch.setattr(Schedule, "took", shuffled)
    monkeypatch.setattr("heapq.heappop", lambda ready: ready.pop(chance.randrange(len(ready))))
    mixed, _ = run_study(asked, tmp_path / "m", workers=0, threads=1)
    assert numbers(mixed).equals(numbers(here))


def test_common_random_numbers_are_shared_by_what_differs_in_the_method_alone(tmp_path):
    cells = plan_of(study(seeds="common")).cells
    streams = {}
    for cell in cells:
        state = tuple(cell.coordinates.seed_sequence().generate_state(4))
        streams.setdefault((cell.problem, cell.replicate), set()).add(state)
    assert len(streams) == 6
    assert all(len(states) == 1 for states in streams.values())
    assert len(set.union(*streams.values())) == 6
    assert len({cell.key for cell in cells}) == len(cells)

    differences = {}
    for seeds in ("independent", "common"):
        results, _ = run_study(study(seeds=seeds, models=["function"]), tmp_path / seeds)
        totals = results.frame[results.frame["measure"] == "total_order"]
        by = totals.pivot_table(
            index=["problem", "feature", "budget", "replicate"],
            columns="estimator", values="value",
        )  # fmt: skip
        differences[seeds] = np.abs(by.iloc[:, 0] - by.iloc[:, 1])
    # another number of resamples changes intervals, not values: what differed was the sample
    assert differences["common"].max() == 0
    assert differences["independent"].max() > 0.01


def test_independent_seeds_are_those_there_always_were():
    """Their keys and streams, as results files of earlier versions have them."""
    without, said = plan_of(study()).cells, plan_of(study(seeds="independent")).cells
    assert [cell.key for cell in without] == [cell.key for cell in said]
    first = check_study(
        {"name": "x", "problems": ["ishigami"], "estimators": ["gradient"], "budgets": [100]}, "t"
    )
    (cell,) = plan_of(first).cells
    assert cell.key == KEY
    assert "seeds" not in first.as_yaml()


KEY = "0cc4d3fcd129056e644e066d28da9908"
