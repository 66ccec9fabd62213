"""An estimator and the measure it brings."""

from dataclasses import dataclass

import numpy as np

import sensbench as sb
from sensbench.estimator.bootstrap import Bootstrap
from sensbench.measure import define

define(
    sb.Measure(
        name="demo_quadrant",
        symbol="$q$",
        definition="Quadrant dependence: how much more often than not the output is on the same "
        "side of its median as the input; 1 always, 0 half of the time, -1 never.",
        unit="",
        estimand="2·P((y - med y)(x_i - med x_i) > 0) - 1",
        source="Blomqvist 1950, doi:10.1214/aoms/1177729754",
        family="correlation",
        signed=True,
    )
)


@dataclass(frozen=True)
class Quadrant(sb.Estimator):
    """Blomqvist's quadrant dependence of each output and input, from given rows."""

    name = "quadrant"
    measures = ("demo_quadrant",)
    ranks_by = "demo_quadrant"
    needs = sb.Needs("given", minimum_rows=20)

    resamples: int = 200

    def _estimate(self, problem, budget, rng):
        x, y = (np.sign(v - np.median(v, axis=0)) for v in problem.sample(budget, rng))
        same = y[:, :, None] * x[:, None, :]
        interval = Bootstrap({"same": same}, rng, self.resamples, 0.95)
        return {"demo_quadrant": interval(lambda m: m["same"])}
