import io
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import platformdirs
import pytest
import torch

from sensbench import networks, problems
from sensbench.errors import CacheWarning, InputError
from sensbench.inputs.space import InputSpace
from sensbench.networks import NetworkCache
from sensbench.networks.linear import Linear
from sensbench.networks.mlp import Mlp
from sensbench.problem.problem import Data, Problem

QUICK = {"hidden": (8,), "iterations": 20, "train_rows": 60}


def bits(trained):
    return trained.quality, trained.weights(), trained.training


@pytest.fixture
def cache(tmp_path):
    return NetworkCache(tmp_path)


@pytest.fixture
def untrainable(monkeypatch):
    """Return a function after whose call nothing may be trained."""
    return lambda: monkeypatch.setattr(
        "sensbench.networks._network.fit", lambda *args, **more: pytest.fail("trained again")
    )


@pytest.mark.parametrize(
    "network",
    [Mlp(**QUICK), Mlp(**QUICK, sobolev=1.0), networks.load("ensemble", members=2, **QUICK)],
)
def test_a_network_is_found_again_with_the_same_bits(network, cache, untrainable):
    without = network.train(problems.load("ishigami"), 0)
    first = network.train(problems.load("ishigami"), 0, cache)
    assert first.weights() == without.weights()
    untrainable()
    again = network.train(problems.load("ishigami"), 0, NetworkCache(cache.folder.parent))
    assert bits(again) == bits(first)
    X = torch.zeros(1, 3, dtype=torch.float64)
    assert torch.equal(again.module(X), first.module(X))


def shifted(by):
    return Problem.of(
        lambda x: x[:, 0] + by * x[:, 1], InputSpace.uniform({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    )


def rows(value):
    X = np.arange(40.0)[:, None]
    y = X**2
    y[17] = value
    return Problem("rows", InputSpace.from_data(X), data=Data(X, y), targets=("y",))


def test_whatever_changes_the_weights_is_another_entry(cache):
    """Also a lambda without a name, one value in a column of data, and one hyper-parameter."""
    small = Mlp(**QUICK)
    trainings = [
        (small, shifted(1.0), 0),
        (small, shifted(1.0), 1),
        (small, shifted(2.0), 0),
        (Mlp(**{**QUICK, "weight_decay": 1e-4}), shifted(1.0), 0),
        (Mlp(**{**QUICK, "sobolev": 1.0}), shifted(1.0), 0),
        (Linear(train_rows=60), shifted(1.0), 0),
        (Linear(), rows(1.0), 0),
        (Linear(), rows(2.0), 0),
    ]
    for k, (network, problem, seed) in enumerate(trainings):
        network.train(problem, seed, cache)
        assert len(list(cache.folder.iterdir())) == k + 1
    network.train(problem, seed, cache)
    assert len(list(cache.folder.iterdir())) == len(trainings)


def test_the_code_of_the_networks_counts(cache, monkeypatch):
    Linear().train(rows(1.0), 0, cache)
    monkeypatch.setattr("sensbench.networks._cache._code", lambda path: "edited")
    Linear().train(rows(1.0), 0, cache)
    assert len(list(cache.folder.iterdir())) == 2


def flipped(content):
    """One bit of a weight: still a valid safetensors file."""
    return content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]


@pytest.mark.parametrize(
    "damage",
    [
        flipped,
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"not a safetensors file, but somebody's text" * 9,
        lambda content: content.replace(b'iterations\\": ', b'iterations\\":1'),
    ],
    ids=["a bit", "half", "empty", "text", "metadata"],
)
def test_a_damaged_file_is_trained_again_and_mended(cache, damage):
    network, problem = Mlp(**QUICK), problems.load("ishigami")
    first = network.train(problem, 0, cache)
    (path,) = cache.folder.iterdir()
    whole = path.read_bytes()
    assert damage(whole) != whole
    path.write_bytes(damage(whole))
    with pytest.warns(CacheWarning, match=r"cannot read .*training again"):
        again = network.train(problem, 0, cache)
    assert again.weights() == first.weights()
    assert again.quality == first.quality
    network.train(problem, 0, cache)  # no warning: the file is whole again


def test_another_networks_file_is_not_taken(cache):
    """Also where it would fit: the same form, and other weights."""
    problem = problems.load("ishigami")
    first = Linear().train(problem, 0, cache)
    (mine,) = cache.folder.iterdir()
    Linear().train(problem, 1, cache)
    (other,) = set(cache.folder.iterdir()) - {mine}
    mine.write_bytes(other.read_bytes())
    with pytest.warns(CacheWarning, match="not what was written under this name; training again"):
        again = Linear().train(problem, 0, cache)
    assert again.weights() == first.weights()
    assert NetworkCache(cache.folder.parent).get(mine.stem) is not None


FORGED = {
    "shape": (lambda w: {k: v.repeat(*[2] * v.ndim) for k, v in w.items()}, {}),
    "dtype": (lambda w: {k: v.float() for k, v in w.items()}, {}),
    "fewer": (lambda w: dict(list(w.items())[1:]), {}),
    "more": (lambda w: {**w, "more": torch.zeros(1)}, {}),
    "training": (lambda w: w, {"iterations": 1}),
}


@pytest.mark.parametrize(("forge", "training"), FORGED.values(), ids=FORGED)
def test_weights_of_another_form_count_as_absent(cache, forge, training):
    """Even where the file is as we write it, under the right key."""
    network, problem = Mlp(**QUICK), problems.load("ishigami")
    first = network.train(problem, 0, cache)
    (path,) = cache.folder.iterdir()
    weights = cache.get(path.stem).weights
    cache.put(path.stem, forge(weights), training or {"iterations": 1, "seconds": 1.0})
    with pytest.warns(CacheWarning, match=r"cannot read .*training again"):
        again = network.train(problem, 0, cache)
    assert again.weights() == first.weights()


def test_a_file_that_would_run_code_is_only_read_as_tensors(cache, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    problem = problems.load("ishigami")
    first = Linear().train(problem, 0, cache)
    (path,) = cache.folder.iterdir()
    for content in (pickle.dumps(Bomb()), saved_by_torch(Bomb())):
        path.write_bytes(content)
        with pytest.warns(CacheWarning, match=r"cannot read .*training again"):
            assert Linear().train(problem, 0, cache).weights() == first.weights()
        with pytest.raises(InputError, match="expected the weights of a network"):
            Linear().restore(problem, first.metadata(), content)
    assert not (tmp_path / "exploded").exists()


class Bomb:
    def __reduce__(self):
        return (Path("exploded").touch, ())


def saved_by_torch(what):
    buffer = io.BytesIO()
    torch.save(what, buffer)
    return buffer.getvalue()


def test_a_folder_that_cannot_be_written_is_gone_without(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = NetworkCache(tmp_path / "file")
    network, problem = Mlp(**QUICK), problems.load("ishigami")
    with pytest.warns(CacheWarning, match=r"cannot write to .*set SENSBENCH_CACHE to a folder"):
        trained = network.train(problem, 0, cache)
    assert trained.weights() == network.train(problem, 0).weights()
    network.train(problem, 1, cache)  # it has said so once


def test_a_full_disk_leaves_no_half_of_a_file(cache, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.warns(CacheWarning, match="No space left"):
        Linear().train(rows(1.0), 0, cache)
    assert list(cache.folder.iterdir()) == []


def test_where_it_is(tmp_path, monkeypatch, cache_of_the_tests):
    assert NetworkCache().folder == cache_of_the_tests / "networks"
    monkeypatch.setenv("SENSBENCH_CACHE", str(tmp_path))
    assert NetworkCache().folder == tmp_path / "networks"
    monkeypatch.delenv("SENSBENCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    users = Path(platformdirs.user_cache_dir("sensbench", appauthor=False))
    assert NetworkCache().folder == users / "networks"
    assert not users.exists()  # to ask is not to make


@pytest.mark.slow
def test_two_processes_at_once(tmp_path):
    """Both train or find the same network; neither sees half a file of the other's."""
    script = (
        "import sys, warnings; warnings.simplefilter('error')\n"
        "from sensbench import networks, problems\n"
        "cache = networks.NetworkCache(sys.argv[1])\n"
        "network = networks.load('linear', train_rows=40)\n"
        "for seed in range(8):\n"
        "    print(network.train(problems.load('ishigami'), seed, cache).weights().hex())\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=600)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert said[0] == said[1]
    assert len(set(said[0].split())) == 8
    assert len(list((tmp_path / "networks").iterdir())) == 8


def test_no_cache_no_file(cache_of_the_tests):
    def files():
        return sorted(cache_of_the_tests.rglob("*"))

    before = files()
    with warnings.catch_warnings():
        Linear(train_rows=33).train(shifted(0.123), 0)
    assert files() == before
