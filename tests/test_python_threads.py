"""Several Python threads at once: right numbers, modules as they were, nobody's draws repeated."""

import random
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.model.boundary.random_state import Draws, _watched

X = np.random.default_rng(0).normal(size=(30, 3))
DRAWS = {
    "torch": lambda: torch.rand(1, dtype=torch.float64).item(),
    "numpy": lambda: np.random.rand(),
    "random": lambda: random.random(),
}


class Elsewhere(threading.Thread):
    """Draws all the time in a thread of its own."""

    def __init__(self, draw):
        super().__init__()
        self.draw, self.drawn, self.stop, self.begun = draw, [], False, threading.Event()

    def run(self):
        while not self.stop:
            self.drawn.append(self.draw())
            self.begun.set()

    def __enter__(self):
        self.start()
        assert self.begun.wait(60)
        return self

    def __exit__(self, *error):
        self.stop = True
        self.join(60)


def train_mode_network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 1)
        )
        net(torch.randn(50, 3))
    return net


def test_threads_share_a_module_in_train_mode():
    net = train_mode_network()
    before = {key: value.clone() for key, value in net.state_dict().items()}

    def of_tensors(x):
        return net(x)[:, 0]

    def of_arrays(x):
        return net(torch.tensor(x, dtype=torch.float32)).numpy()

    shared, whole = sb.Model(of_tensors, X), sb.Model(net, X)
    calls = [
        lambda: sb.jacobian(of_tensors, X),
        lambda: sb.jacobian(net, X),
        lambda: sb.Model(of_arrays, X)(X),
        lambda: shared(X),
        lambda: whole.jacobian(X),
    ]
    alone = [call() for call in calls]
    wrong, barrier = [], threading.Barrier(4)

    def work(first):
        barrier.wait(60)
        for k in range(len(calls)):
            which = (first + k) % len(calls)
            try:
                if not np.array_equal(calls[which](), alone[which]):
                    wrong.append(which)
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not wrong
    assert all(part.training for part in net.modules())
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())


def test_a_state_written_in_forward_is_one_calls_own():
    class Stateful(nn.Module):
        def forward(self, x):
            self.kept = x * 2
            for _ in range(20):
                x = x.sin()  # time for another thread
            return (self.kept + 0 * x).sum(1)

    model, wrong = sb.Model(Stateful(), X), []

    def work(sign):
        for _ in range(20):
            if not np.allclose(model(sign * X)[:, 0], 2 * sign * X.sum(1)):
                wrong.append(sign)

    threads = [threading.Thread(target=work, args=(sign,)) for sign in (1, -1, 2, -2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not wrong


@pytest.mark.parametrize("generator", ["torch", "numpy"])
def test_another_threads_draws_are_not_repeated(generator):
    net = train_mode_network()
    with Elsewhere(DRAWS[generator]) as other:
        for model in (net, lambda x: net(x), lambda x: np.sin(x[:, 0])):
            sb.jacobian(model, X[:20])
            sb.Model(model, X)(X)
    assert len(set(other.drawn)) == len(other.drawn) > 0


@pytest.mark.parametrize("generator", ["torch", "numpy"])
def test_what_the_model_itself_draws_is_put_back_among_threads_too(generator):
    def drawing(x):
        DRAWS[generator]()
        return x.sin().sum(1)

    with Elsewhere(lambda: None):
        before = torch.get_rng_state(), np.random.get_state()
        sb.jacobian(drawing, X)
        sb.Model(drawing, X)(X)
        assert torch.equal(torch.get_rng_state(), before[0])
        assert np.array_equal(np.random.get_state()[1], before[1][1])
        assert np.random.get_state()[2] == before[1][2]


def test_the_same_of_pythons_own_generator():
    """In a process without beartype, which draws from it to choose what it checks."""
    script = """
import random, threading, numpy as np, sensbench as sb
X = np.random.default_rng(0).normal(size=(50, 3))
def drawing(x):
    random.gauss(0, 1)
    return x.sin().sum(1)
idle = threading.Event()
waiting = threading.Thread(target=idle.wait, args=(60,))
waiting.start()
before = random.getstate()
try:
    sb.jacobian(drawing, X)
finally:
    idle.set()
assert random.getstate() == before
waiting.join()
sb.jacobian(drawing, X)
assert random.getstate() == before
drawn, stop = [], []
def draw():
    while not stop:
        drawn.append(random.random())
other = threading.Thread(target=draw)
other.start()
for model in (lambda x: x.sin().sum(1), lambda x: np.sin(x[:, 0])):
    sb.jacobian(model, X)
stop.append(True)
other.join()
assert len(set(drawn)) == len(drawn) > 0
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300)


@pytest.mark.parametrize(
    ("draw", "seen"),
    [
        (lambda: np.random.normal(size=3), {"numpy"}),
        (lambda: np.random.mtrand._rand.permutation(3), {"numpy"}),
        (lambda: np.random.seed(0), {"numpy"}),
        (lambda: random.gauss(0, 1), {"random"}),
        (lambda: random.shuffle([1, 2, 3]), {"random"}),
        (lambda: torch.nn.functional.dropout(torch.ones(3)), {"torch", "cuda"}),
        (lambda: torch.manual_seed(0), {"torch"}),
        (lambda: torch.set_default_dtype(torch.get_default_dtype()), {"dtype"}),
        (lambda: (np.random.default_rng(0).random(), random.Random(0).random()), set()),
    ],
)
def test_who_draws_is_seen_whatever_other_threads_do(draw, seen):
    with Draws().kept():
        np.random.seed(3)
        uninterrupted = np.random.rand(4)
        np.random.seed(3)
        with _watched() as nobody, Elsewhere(lambda: [one() for one in DRAWS.values()]):
            pass
        assert not nobody
        with _watched() as found:
            draw()
        assert found == seen
        np.random.seed(3)
        first = np.random.rand(2)
        with _watched():
            middle = np.random.rand(1)
        np.testing.assert_array_equal([*first, *middle, np.random.rand()], uninterrupted)


def test_filters_of_warnings_are_put_back():
    before = list(warnings.filters)
    threads = [
        threading.Thread(target=lambda: [sb.Model(lambda x: x.sum(1), X) for _ in range(10)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert warnings.filters == before
