"""The option is checked by what the libraries themselves report, from outside."""

from contextlib import suppress
from threading import Event, Thread
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from sklearn.linear_model import LinearRegression
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

import sensbench as sb
from sensbench import threads
from sensbench.cli import main
from sensbench.study.config import check_study
from sensbench.study.runner import RESULTS_FILE, run_study
from sensbench.study.store import ResultStore
from sensbench.threads import for_torch, limited


def blas() -> set[int]:
    return {
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    }


def libraries() -> set[int]:
    return {library["num_threads"] for library in threadpool_info()}


@pytest.fixture(autouse=True)
def three_threads(monkeypatch):
    """More than one, whatever the machine has, so that a limit shows."""
    monkeypatch.delenv("SENSBENCH_THREADS", raising=False)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_torch_and_blas_are_limited_and_put_back():
    found = [(lib["filepath"], lib["num_threads"]) for lib in threadpool_info()]
    assert len(found) >= 1
    with suppress(RuntimeError), sb.threads.limited(2) as threads:
        assert threads == torch.get_num_threads() == 2
        assert libraries() == {2}
        raise RuntimeError
    assert torch.get_num_threads() == 3
    assert [(lib["filepath"], lib["num_threads"]) for lib in threadpool_info()] == found


def test_the_nearest_number_given_holds(monkeypatch):
    monkeypatch.setenv("SENSBENCH_THREADS", "1")
    with sb.threads.limited() as from_environment, sb.threads.limited(2) as given:
        assert (from_environment, given) == (1, 2)
        with sb.threads.limited() as inherited:
            assert inherited == torch.get_num_threads() == 2
    monkeypatch.delenv("SENSBENCH_THREADS")
    with sb.threads.limited() as untouched:
        assert untouched == torch.get_num_threads() == 3


@pytest.mark.parametrize("wrong", [0, -1, True])
def test_a_number_of_threads_is_positive(wrong):
    with pytest.raises(sb.errors.InputError, match="threads: expected a whole number"):
        sb.threads.limited(wrong).__enter__()


@pytest.mark.parametrize("wrong", ["0", "two", "1.5"])
def test_the_variable_is_a_whole_number(wrong, monkeypatch):
    monkeypatch.setenv("SENSBENCH_THREADS", wrong)
    with pytest.raises(sb.errors.InputError, match="SENSBENCH_THREADS: expected"):
        sb.threads.limited().__enter__()


def test_a_study_uses_and_records_them_around_training_on_one_thread(tmp_path, monkeypatch):
    from sensbench.networks import _fitting
    from sensbench.study.workshop import Workshop

    monkeypatch.setenv("SENSBENCH_CACHE", str(tmp_path / "networks"))  # not trained before
    seen = []
    estimate, error = Workshop._estimate, _fitting.error_of

    def spy(real, where):
        def call(*args):
            seen.append((where, torch.get_num_threads()))
            return real(*args)

        return call

    monkeypatch.setattr(Workshop, "_estimate", spy(estimate, "cell"))
    monkeypatch.setattr(_fitting, "error_of", spy(error, "training"))
    study = check_study(
        {
            "name": "threads",
            "problems": ["ishigami"],
            "models": [{"name": "mlp", "hidden": [4], "iterations": 5}],
            "estimators": ["gradient"],
            "budgets": [200],
        },
        "test",
    )
    results, tally = run_study(study, tmp_path, threads=2)
    assert tally.failed == 0
    assert results.provenance["threads"] == 2
    assert set(seen) == {("training", 1), ("cell", 2)}
    assert torch.get_num_threads() == 3


def test_compare_records_the_number_of_the_block_around_it(product_problem):
    with sb.threads.limited(2):
        comparison = sb.compare(product_problem, estimators="gradient", budget=400)
    assert comparison.results.provenance["threads"] == 2


@pytest.mark.parametrize(("options", "expected"), [([], 3), (["--threads", "1"], 1)])
def test_the_command_line_takes_option_before_variable(options, expected, tmp_path, monkeypatch):
    study = tmp_path / "s.yaml"
    study.write_text("{name: s, problems: [ishigami], estimators: [gradient], budgets: [200]}")
    monkeypatch.setenv("SENSBENCH_THREADS", "3")
    line = ["run", str(study), "--out", str(tmp_path), "--no-report", *options]
    assert CliRunner().invoke(main, line, catch_exceptions=False).exit_code == 0
    with ResultStore(tmp_path / RESULTS_FILE) as store:
        assert store.provenance()["threads"] == expected


def test_a_torch_models_calls_leave_numpys_blas_one_thread_and_put_it_back():
    module = torch.nn.Linear(2, 1)
    problem = sb.Problem.of(module, sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)}))
    fitted = LinearRegression().fit(np.eye(2), [0.0, 1.0])
    array = sb.Problem.of(fitted, problem.space)
    with threadpool_limits(2, "blas"):
        before = blas()
        with problem.explained.many_calls():
            assert blas() == {1}
        assert blas() == before
        # a regressor of scikit-learn computes with numpy itself
        with array.explained.many_calls():
            assert blas() == before


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1), (2, 2)])
def test_limits_of_two_threads_may_overlap(numbers):
    """The first to begin is the first to end; nobody keeps the other's number."""
    both_inside, first_out, seen = Event(), Event(), {}

    def of_new_thread():
        seen["new"] = (torch.get_num_threads(), libraries())

    def second():
        with limited(numbers[1]):
            both_inside.set()
            first_out.wait(60)
            seen["inside"] = torch.get_num_threads(), blas()
        seen["second"] = (torch.get_num_threads(), libraries())

    def run(work):
        thread = Thread(target=work)
        thread.start()
        return thread

    run(of_new_thread).join(60)
    before, new = (torch.get_num_threads(), libraries()), seen["new"]
    with limited(numbers[0]):
        thread = run(second)
        assert both_inside.wait(60)
        assert blas() == {numbers[1]}
    assert torch.get_num_threads() == before[0]
    first_out.set()
    thread.join(60)
    assert seen["inside"] == (numbers[1], {numbers[1]})
    assert (torch.get_num_threads(), libraries()) == before
    run(of_new_thread).join(60)
    assert seen["second"] == seen["new"] == new


def test_blocks_for_torch_may_overlap_between_threads():
    """Whichever ends first, the number is put back in the end."""

    inside, leave = Event(), Event()

    def other():
        with for_torch():
            inside.set()
            leave.wait(60)

    pools = ThreadpoolController().select(user_api="blas").lib_controllers
    as_found = [pool.num_threads for pool in pools]
    try:
        for pool in pools:  # no block around all of it, which would put the number back itself
            pool.set_num_threads(2)
        before, thread = blas(), Thread(target=other)
        with for_torch():
            thread.start()
            assert inside.wait(60)
            assert blas() == {1}
        leave.set()
        thread.join(60)
        assert blas() == before
    finally:
        for pool, number in zip(pools, as_found, strict=True):
            pool.set_num_threads(number)


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("env/site-packages/numpy.libs/libscipy_openblas64_.so", True),
        ("env/site-packages/numpy/.dylibs/libscipy_openblas64_.dylib", True),
        ("envs/numpy/lib/libmkl_rt.so.2", False),
        ("env/site-packages/torch/lib/libopenblas.so", False),
    ],
)
def test_only_the_blas_of_numpys_own_package_is_limited(path, own, monkeypatch):
    """One that torch computes with, too, must keep its threads."""

    class Pools(ThreadpoolController):
        def __init__(self):
            self.lib_controllers = [SimpleNamespace(filepath=path, user_api="blas")]

    monkeypatch.setattr(threads, "ThreadpoolController", Pools)
    assert [pool.filepath for pool in threads._of_numpy.__wrapped__()] == [path] * own


def test_an_estimate_obeys_and_says_how_many(monkeypatch):
    problem = sb.problems.load("ishigami")
    estimator = sb.estimators.load("gradient")
    with limited(2):
        assert estimator.estimate(problem, budget=100).threads == 2
    monkeypatch.setenv("SENSBENCH_THREADS", "1")
    assert estimator.estimate(problem, budget=100).threads == 1
