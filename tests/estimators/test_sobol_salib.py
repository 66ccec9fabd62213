"""`sobol(interval="salib")` and SALib give the same numbers for a seed: values and intervals."""

import numpy as np
import pytest
import torch
from scipy import stats

import sensbench as sb

MIXED = {"a": (0, 1), "b": stats.norm(3, 2), "c": [0, 0, 1, 5], "d": stats.expon(), "e": (-2, 7)}


def wavy(d, outputs):
    """Interactions, an offset, and outputs of very different sizes."""
    weights = torch.tensor(np.random.default_rng(d).normal(size=(d, outputs)))

    def function(x):
        y = (x @ weights).sin() + x[:, :1] * x[:, -1:] + 100
        return y * 10.0 ** (3 * torch.arange(outputs))

    return function


def of(d, outputs, marginals=None, **more):
    space = sb.InputSpace.of(marginals or {f"x{i}": (i, i + 2) for i in range(d)}, **more)
    return sb.Problem.of(wavy(d, outputs), space)


def both(problem, budget, seed, **options):
    ours = sb.estimators.load("sobol", interval="salib", **options)
    theirs = sb.estimators.load("sobol_salib", **options)
    return [one.estimate(problem, budget=budget, seed=seed) for one in (ours, theirs)]


def check_equal(ours, theirs):
    assert set(ours.estimates) == set(theirs.estimates)
    # ours has options that theirs has not
    assert theirs.absent.items() <= ours.absent.items()
    assert ours.n_forward == theirs.n_forward
    for measure in ours.estimates:
        for part in ("value", "low", "high"):
            np.testing.assert_allclose(
                getattr(ours[measure], part), getattr(theirs[measure], part), rtol=0, atol=1e-9,
                err_msg=f"{measure} {part}",
            )  # fmt: skip


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize(
    ("d", "outputs", "N", "seed"), [(1, 1, 8, 0), (2, 1, 64, 1), (3, 2, 256, 2), (12, 3, 128, 3)]
)
def test_for_any_size(d, outputs, N, seed, second_order):
    problem = of(d, outputs)
    budget = N * ((2 * d if second_order else d) + 2)
    check_equal(*both(problem, budget, seed, second_order=second_order))


@pytest.mark.parametrize("options", [{"resamples": 17}, {"confidence": 0.6}])
def test_for_any_marginals_and_options(options):
    check_equal(*both(of(5, 2, MIXED), 12 * 256, 4, second_order=True, **options))


@pytest.mark.parametrize("second_order", [False, True])
def test_for_groups(second_order, rng):
    apart = of(5, 2, MIXED, groups={"outer": ["a", "e"], "inner": ["d", "c"]})
    check_equal(*both(apart, 2000, 5, second_order=second_order))
    rows = np.column_stack([np.eye(3)[rng.integers(3, size=90)], rng.normal(size=90)])
    space = sb.InputSpace.from_data(rows, ["n", "s", "w", "x"], groups={"region": ["n", "s", "w"]})
    whole = sb.Problem.of(wavy(4, 2), space)
    check_equal(*both(whole, 2000, 6, second_order=second_order))


def test_in_blocks_of_base_rows_and_copies(monkeypatch):
    """Small blocks and odd limits: the same numbers from many pieces."""
    problem = of(5, 2, MIXED)
    whole = both(problem, 12 * 64, 7, second_order=True)
    saltelli = "sensbench.estimators.variance._saltelli"
    for block_bytes, rows, multiplied in ((1, 1, 1), (40_000, 300, 1), (10**9, 100, 1)):
        monkeypatch.setattr(f"{saltelli}.BLOCK_BYTES", block_bytes)
        monkeypatch.setattr(f"{saltelli}._MULTIPLIED", multiplied)
        monkeypatch.setattr("sensbench.model.chunks._CHUNK_ROWS", rows)
        (ours, _) = both(problem, 12 * 64, 7, second_order=True)
        check_equal(ours, whole[1])


def test_for_an_offset_that_dwarfs_the_spread_and_for_rare_events():
    space = sb.InputSpace.of({"a": (0, 1), "b": (0, 1), "rare": stats.bernoulli(0.004)})
    problem = sb.Problem.of(
        lambda x: torch.stack([1e6 + x[:, 0] * x[:, 1], x[:, 0] + 1e4 * x[:, 2]], 1), space
    )
    ours, theirs = both(problem, 5 * 512, 8)
    for measure in ours.estimates:
        for part in ("value", "low", "high"):
            # 1e6 of offset leaves Y ten digits
            a, b = getattr(ours[measure], part), getattr(theirs[measure], part)
            np.testing.assert_allclose(a[1], b[1], rtol=0, atol=1e-9)
            np.testing.assert_allclose(a[0], b[0], rtol=0, atol=1e-8)


def test_a_constant_output_stays_undefined():
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    problem = sb.Problem.of(lambda x: torch.stack([x[:, 0], 0 * x[:, 0] + 0.1], 1), space)
    ours, theirs = both(problem, 4 * 64, 9)
    check_equal(ours, theirs)
    assert np.isnan(ours["total_order"].value[1]).all()


def test_a_module_in_single_precision_differs_by_its_own_rounding_only():
    """Rows come in other batches, whose sums torch may round otherwise."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = torch.nn.Sequential(
            torch.nn.Linear(6, 32), torch.nn.Tanh(), torch.nn.Linear(32, 2)
        )
    space = sb.InputSpace.uniform({f"x{i}": (-2, 2) for i in range(6)})
    ours, theirs = both(sb.Problem.of(module, space), 8 * 1024, 10)
    for measure in ours.estimates:
        for part in ("value", "low", "high"):
            np.testing.assert_allclose(
                getattr(ours[measure], part), getattr(theirs[measure], part), rtol=0, atol=1e-5
            )
