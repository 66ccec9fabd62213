"""One-hot codes and other groups as one feature, against closed forms and SALib by hand."""

import numpy as np
import pandas as pd
import pytest
import torch
from SALib.analyze import sobol as analysis
from SALib.sample import morris as morris_design
from SALib.sample import sobol as design
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError, UnknownNameError

Z = 5
REGIONS = ("north", "east", "south", "west")
EFFECTS = np.array([0.0, 1.0, 2.0, 5.0])
COUNTS = np.array([60, 120, 180, 240])


def one_hot_model(x):
    """age + 0.5 rooms + an effect per region; refuses rows that are not one-hot."""
    code = x[:, [1, 3, 4, 5]]
    if not ((code == 0) | (code == 1)).all() or not (code.sum(1) == 1).all():
        raise ValueError("a row that is not one-hot")
    return x[:, 0] + 0.5 * x[:, 2] + code @ torch.tensor(EFFECTS, dtype=x.dtype)


@pytest.fixture
def frame(rng):
    """Columns of the code are not neighbours; the exact category shares are COUNTS."""
    region = rng.permutation(np.repeat(np.arange(4), COUNTS))
    n = len(region)
    frame = pd.DataFrame(
        {"age": rng.normal(size=n), "north": region == 0, "rooms": rng.integers(1, 6, n)}
    )
    for k in (1, 2, 3):
        frame[REGIONS[k]] = region == k
    return frame


@pytest.fixture
def grouped(frame):
    space = sb.InputSpace.from_data(frame, groups={"region": REGIONS})
    return sb.Problem.of(one_hot_model, space, X=frame)


def shares_by_hand(frame):
    """Each feature's share of the variance of the additive function, for independent draws."""
    p = COUNTS / COUNTS.sum()
    parts = np.array(
        [
            frame["age"].to_numpy().var(),
            p @ EFFECTS**2 - (p @ EFFECTS) ** 2,
            0.25 * frame["rooms"].to_numpy().var(),
        ]
    )
    return parts / parts.sum(), parts


def test_a_group_is_one_feature_in_the_order_of_its_first_column(grouped):
    assert grouped.features == ("age", "region", "rooms")
    assert (grouped.d, grouped.space.d) == (3, 6)
    assert list(grouped.space.describe()) == ["age", "region", "rooms"]
    assert "4 columns drawn as whole rows (4 different)" in grouped.space.describe()["region"]


def test_draws_keep_the_code_and_its_frequencies(grouped):
    u = (np.arange(600)[:, None] + 0.5) / 600 * np.ones(6)
    X = grouped.space.from_unit(u)
    code = X[:, [1, 3, 4, 5]]
    assert (code.sum(axis=1) == 1).all()
    assert code.sum(axis=0).tolist() == COUNTS.tolist()


def test_the_total_index_of_a_one_hot_group_is_the_variance_of_its_effects(frame, grouped):
    exact, _ = shares_by_hand(frame)
    found = sb.estimators.load("sobol").estimate(grouped, budget=20_000)
    assert found.features == ("age", "region", "rooms")
    for measure in ("first_order", "total_order"):
        item = found[measure]
        se = (item.high - item.low)[0] / (2 * 1.96)
        assert (np.abs(item.value[0] - exact) < Z * se).all(), measure
        assert (se < 0.05).all()


def test_permutation_of_a_group_is_twice_its_part_of_the_variance(frame):
    _, parts = shares_by_hand(frame)
    space = sb.InputSpace.from_data(frame, groups={"region": REGIONS})
    problem = sb.Problem.of(one_hot_model, space)
    item = sb.estimators.load("permutation").estimate(problem, budget=60_000)["permutation_mse"]
    se = (item.high - item.low)[0] / (2 * 1.96)
    assert (np.abs(item.value[0] - 2 * parts) < Z * se).all()
    assert (se < 0.1 * parts).all()


def test_every_method_in_one_comparison(frame):
    cmp = sb.compare(one_hot_model, frame, groups={"region": REGIONS})
    assert cmp.methods == ("gradient", "sobol", "morris", "permutation")
    ranking = cmp.ranking().set_index("feature")
    assert ranking.index.tolist() == ["region", "age", "rooms"]
    assert ranking["gradient"].isna().tolist() == [True, False, True]
    assert ranking.loc["region", ["sobol", "morris", "permutation"]].tolist() == [1, 1, 1]
    agreement = cmp.agreement().set_index(["first", "second"])
    assert agreement.loc[("gradient", "sobol"), "n"] == 1
    assert agreement.loc[("sobol", "permutation"), "spearman"] == 1.0
    assert set(cmp.to_frame()["feature"]) == {"age", "region", "rooms"}
    # the standardised mu_star squared is near the total index, as for single inputs
    exact, _ = shares_by_hand(frame)
    np.testing.assert_allclose(cmp["morris"]["mu_star_standardised"].value[0] ** 2, exact, rtol=0.3)


def test_gradient_gives_the_others_and_says_why_not_the_group(frame, grouped):
    found = sb.estimators.load("gradient").estimate(grouped, budget=10_000)
    slope = found["derivative_mean"].value[0]
    assert slope[0] == pytest.approx(1.0)
    assert np.isnan(slope[1:]).all()
    (note,) = (note for note in found.notes if note.startswith("gradient"))
    assert "not applicable to" in note
    assert "'region', a group of 4 columns" in note
    assert "'rooms', which takes 5 separate values" in note
    assert "constant" not in note


def test_morris_leaves_out_only_what_a_group_has_no_sign_for(grouped):
    found = sb.estimators.load("morris").estimate(grouped, budget=2000)
    assert not found.absent
    for measure in ("mu", "sigma"):
        item = found[measure]
        for part in (item.value, item.low, item.high):
            assert np.isnan(part).tolist() == [[False, True, False]]
        assert f"morris: {measure}: undefined for region: the effects of a group have no" in (
            " ".join(found.notes)
        )
    assert np.isfinite(found["mu_star"].value).all()
    # r trajectories of 3 features, whatever the number of columns
    assert (found.n_forward - int(0.2 * 2000)) % 4 <= 3


def test_morris_of_single_inputs_beside_a_group_is_salibs_design_by_hand():
    """Elementary effects from SALib's own points of that seed, step by step."""

    def f(x):
        return x[:, 0] * x[:, 2] + x[:, 1] ** 2 + x[:, 1] * x[:, 3]

    bounds = {"a": (0.0, 1.0), "b": (-1.0, 1.0), "c": (0.0, 2.0), "e": (0.0, 3.0)}
    space = sb.InputSpace.of(bounds, groups={"ac": ["a", "c"]})
    r = 40
    found = sb.estimators.load("morris").estimate(
        sb.Problem.of(f, space), budget=r * 4 * 5 // 4 + 1, seed=9
    )
    by_hand = {"num_vars": 4, "names": list(bounds), "groups": ["ac", "b", "ac", "e"],
               "bounds": [list(pair) for pair in bounds.values()]}  # fmt: skip
    seed = int(np.random.default_rng(9).integers(1, 2**31 - 1))
    X = morris_design.sample(by_hand, r, seed=seed).reshape(r, 4, 4)
    Y = f(torch.from_numpy(X.reshape(-1, 4))).numpy().reshape(r, 4)
    effects = {"b": [], "e": []}
    for walk, y in zip(X, Y, strict=True):
        for k in range(3):
            for name, column, width in (("b", 1, 2.0), ("e", 3, 3.0)):
                step = (walk[k + 1, column] - walk[k, column]) / width
                if step:
                    effects[name].append((y[k + 1] - y[k]) / step)
    assert {len(of_one) for of_one in effects.values()} == {r}
    for at, name in ((1, "b"), (2, "e")):
        values = np.array(effects[name])
        for measure, theirs in (
            ("mu", values.mean()),
            ("mu_star", np.abs(values).mean()),
            ("sigma", values.std(ddof=1)),
        ):
            np.testing.assert_allclose(found[measure].value[0, at], theirs, rtol=1e-9)
    assert np.isnan(found["mu"].value).tolist() == [[True, False, False]]


def test_morris_of_groups_only_has_no_mu_and_sigma_at_all():
    names = ("a", "b", "c", "e")
    pairs = {"ab": ["a", "b"], "ce": ["c", "e"]}
    problem = sb.Problem.of(
        lambda x: x.sum(1), sb.InputSpace.of(dict.fromkeys(names, (0, 1)), groups=pairs)
    )
    found = sb.estimators.load("morris").estimate(problem, budget=200)
    assert set(found.absent) == {"mu", "sigma"}
    assert "no common sign" in found.absent["sigma"].reason


def test_morris_of_a_group_of_one_column_is_that_column():
    bounds = {"a": (0, 1), "b": (0, 1)}
    f = lambda x: x[:, 0] ** 2 - x[:, 1] * x[:, 0]  # noqa: E731
    alone, named = (
        sb.estimators.load("morris").estimate(
            sb.Problem.of(f, sb.InputSpace.of(bounds, groups=groups)), budget=200, seed=1
        )
        for groups in (None, {"g": ["b"]})
    )
    for measure in ("mu", "mu_star", "sigma"):
        assert (alone[measure].value == named[measure].value).all()


def test_indices_are_salibs_with_its_own_groups():
    bounds = {"a": (0.0, 1.0), "b": (-1.0, 1.0), "c": (0.0, 2.0)}

    def f(x):
        return x[:, 0] * x[:, 2] + x[:, 1] ** 2

    space = sb.InputSpace.of(bounds, groups={"ac": ["c", "a"]})
    assert space.names == ("ac", "b")
    problem = sb.Problem.of(f, space)
    ours = sb.estimators.load("sobol", interval="salib", resamples=10)
    found = ours.estimate(problem, budget=4 * 256, seed=3)

    rng = np.random.default_rng(3)
    by_hand = {"num_vars": 3, "names": ["a", "b", "c"], "groups": ["ac", "b", "ac"],
               "bounds": [list(pair) for pair in bounds.values()]}  # fmt: skip
    X = design.sample(by_hand, 256, calc_second_order=False, seed=int(rng.integers(1, 2**31 - 1)))
    Y = f(torch.from_numpy(X)).numpy()
    theirs = analysis.analyze(
        by_hand, Y, calc_second_order=False, num_resamples=10,
        seed=int(rng.integers(1, 2**31 - 1)),
    )  # fmt: skip
    np.testing.assert_allclose(found["first_order"].value[0], theirs["S1"], rtol=1e-9)
    np.testing.assert_allclose(found["total_order"].value[0], theirs["ST"], rtol=1e-9)


def test_morris_group_of_independent_inputs_steps_them_together():
    """f = a + b on a joint step of ±2/3 each: |Δf| is 4/3 or 0 with equal chance, mu* = 1."""
    space = sb.InputSpace.of({"a": (0, 1), "b": (0, 1), "c": (0, 1)}, groups={"ab": ["a", "b"]})
    problem = sb.Problem.of(lambda x: x[:, 0] + x[:, 1] + x[:, 2], space)
    found = sb.estimators.load("morris").estimate(problem, budget=20_000)["mu_star"]
    se = (found.high - found.low)[0] / (2 * 1.96)
    assert abs(found.value[0, 0] - 1.0) < Z * se[0]
    assert found.value[0, 1] == pytest.approx(1.0)


def test_the_two_columns_of_a_yes_or_no_code_are_the_one_column(rng):
    """For Morris too: an ungrouped 0/1 column and its one-hot pair have the same importance."""
    yes = rng.permutation(np.repeat([0.0, 1.0], 200))
    other = rng.normal(size=400)
    single = sb.Problem.of(
        lambda x: 3 * x[:, 0] + x[:, 1],
        sb.InputSpace.from_data(np.stack([yes, other], 1), ["yes", "other"], discrete=["yes"]),
    )
    double = sb.Problem.of(
        lambda x: 3 * x[:, 0] + x[:, 2],
        sb.InputSpace.from_data(
            np.stack([yes, 1 - yes, other], 1), ["y", "n", "other"], groups={"yes": ["y", "n"]}
        ),
    )
    for name in ("sobol", "morris", "permutation"):
        estimator = sb.estimators.load(name)
        a, b = (estimator.estimate(p, budget=20_000)[estimator.ranks_by] for p in (single, double))
        slack = (a.high - a.low + b.high - b.low) / 2
        assert (np.abs(a.value - b.value) <= 3 * slack).all(), name


def test_a_group_with_a_category_no_row_has_is_accepted(frame):
    frame["nowhere"] = False
    names = (*REGIONS, "nowhere")
    space = sb.InputSpace.from_data(frame, groups={"region": names})
    assert space.names == ("age", "region", "rooms")
    with pytest.raises(InputError, match="'nowhere' to vary"):
        sb.InputSpace.from_data(frame, groups={"region": REGIONS})
    problem = sb.Problem.of(one_hot_model, space, X=frame)
    found = sb.estimators.load("morris").estimate(problem, budget=500)
    assert np.isfinite(found["mu_star_standardised"].value).all()


def test_correlation_inside_a_group_is_kept_and_so_not_warned_of(rng):
    a = rng.normal(size=100)
    X = pd.DataFrame({"a": a, "b": 2 * a, "c": rng.normal(size=100)})
    space = sb.InputSpace.from_data(X, groups={"ab": ["a", "b"]})  # warnings are errors here
    drawn = space.sample(50, 0)
    np.testing.assert_allclose(drawn[:, 1], 2 * drawn[:, 0])


def test_truth_has_a_value_per_feature_and_is_checked():
    space = sb.InputSpace.of(
        {"a": (-1, 1), "b": (-1, 1), "c": stats.randint(0, 3)}, groups={"ab": ["a", "b"]}
    )

    def f(x):
        return 3 * x[:, 0] * x[:, 1] + x[:, 2]

    # Var(3ab) = 9 · (1/3)² = 1, Var c = 2/3
    share = 1 / (1 + 2 / 3)
    truth = {"first_order": [[share, 1 - share]], "total_order": [[share, 1 - share]]}
    truth = {name: np.array(values) for name, values in truth.items()}
    sb.testing.check_problem(sb.Problem.of(f, space, truth=truth))
    wrong = {"total_order": np.array([[1 - share, share]])}
    with pytest.raises(sb.errors.ConformanceError, match="true of the model"):
        sb.testing.check_problem(sb.Problem.of(f, space, truth=wrong))
    with pytest.raises(InputError, match="truth of shape"):
        sb.Problem.of(f, space, truth={"total_order": np.ones((1, 3))})


@pytest.mark.parametrize(
    ("groups", "error", "message"),
    [
        ({"g": ["a", "x"]}, UnknownNameError, "'x'"),
        ({"g": ["a"], "h": ["a", "b"]}, InputError, "'a' in 'g' and 'h'"),
        ({"g": []}, InputError, "columns in group 'g'; got none"),
        ({"c": ["a", "b"]}, InputError, "choose another name"),
    ],
)
def test_wrong_groups_are_refused(groups, error, message):
    with pytest.raises(error, match=message):
        sb.InputSpace.of({"a": (0, 1), "b": (0, 1), "c": (0, 1)}, groups=groups)


def test_declarations_beside_a_space_are_refused():
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    with pytest.raises(InputError, match="a space has its own"):
        sb.compare(lambda x: x.sum(1), space=space, groups={"g": ["a", "b"]})


def test_a_constant_column_of_a_group_has_no_part_in_its_step(rng):
    """Whatever the constant: the mean of 0.1 repeated is rounded, that of 0.5 is not."""
    a, b = rng.normal(size=(2, 1000))

    def mu_star(constant):
        X = np.stack([a, np.full(1000, constant), b], axis=1)
        space = sb.InputSpace.from_data(X, ["a", "still", "b"], groups={"g": ["a", "still"]})
        problem = sb.Problem.of(lambda x: x[:, 0] + x[:, 2], space)
        return sb.estimators.load("morris").estimate(problem, budget=2000)

    found, reference = mu_star(0.1), mu_star(0.5)
    for measure in ("mu_star", "mu_star_standardised"):
        np.testing.assert_array_equal(found[measure].value, reference[measure].value)
