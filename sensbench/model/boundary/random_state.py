"""The global random generators: put back where a model has drawn, left alone where others draw.

The generators belong to the process. To put one back rewinds it under every other thread that has
drawn from it meanwhile, which then draws the same numbers again. So, with other threads about, only
those generators are put back that the model itself was seen to draw from.
"""

import contextlib
import ctypes
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.random import mtrand
from torch.utils._python_dispatch import TorchDispatchMode

# of numpy's generator: 624 words and the position among them
_NUMPY_BYTES = 624 * 4 + 4
# the generator, its bytes, and its state as numpy tells it, which takes a hundred times longer
_numpy_was: tuple[Any, bytes, Any] | None = None


def _numpy_state() -> Any:
    """Return the state of numpy's global generator; the same object while it is as it was."""
    global _numpy_was
    generator = mtrand.get_bit_generator()
    if type(generator) is not np.random.MT19937:
        return np.random.get_state(legacy=False)
    address = generator.ctypes.state_address
    words, was = ctypes.string_at(address, _NUMPY_BYTES), _numpy_was
    if was is not None and was[0] is generator and was[1] == words:
        return was[2]
    state = np.random.get_state(legacy=False)
    # a second normal number that it keeps does not show in its words: to use it up changes nothing
    same = not state["has_gauss"] and ctypes.string_at(address, _NUMPY_BYTES) == words
    _numpy_was = (generator, words, state) if same else None
    return state


def _set_numpy_state(state: Any) -> None:
    global _numpy_was
    _numpy_was = None
    np.random.set_state(state)


_GET: dict[str, Callable[[], Any]] = {
    "torch": torch.get_rng_state,
    "cuda": lambda: torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
    "numpy": _numpy_state,
    "random": random.getstate,
    "dtype": torch.get_default_dtype,
}
_SET: dict[str, Callable[[Any], None]] = {
    "torch": torch.set_rng_state,
    "cuda": torch.cuda.set_rng_state_all,
    "numpy": _set_numpy_state,
    "random": random.setstate,
    "dtype": torch.set_default_dtype,
}


class Draws:
    """Which global generators a model draws from (or whether it sets torch's default dtype)."""

    def __init__(self) -> None:
        self._of: set[str] = set()
        # of a model that has run many times, Python's own generator, which takes the longest to
        # read, is looked at only if the model was seen to draw from it
        self.known = False

    @contextmanager
    def kept(self, trial: bool = False) -> Iterator["Trial"]:
        """Put back afterwards what the model has drawn from.

        While this is the only Python thread, what has changed was changed by the model. Else only
        what :meth:`Trial.watch` has seen the model draw from is put back.
        """
        alone = threading.active_count() == 1
        left_out = {"random"} - self._of if self.known else set()
        before = {kind: get() for kind, get in _GET.items() if kind not in left_out}
        try:
            yield Trial(self, before, alone)
        finally:
            # to put a state back takes far longer than to see that it is as it was
            changed = [k for k, state in before.items() if not _same(_GET[k](), state)]
            if alone:
                self._of |= set(changed)
            for kind in changed:
                if kind in self._of:
                    _SET[kind](before[kind])


class Trial:
    """The first call of a model, with the generators' states before it."""

    def __init__(self, draws: Draws, before: dict[str, Any], alone: bool):
        self._draws, self._before, self._alone = draws, before, alone

    def watch(self, call: Callable[[], Any]) -> None:
        """Call again to see who has drawn, the model or another thread, where it is not clear."""
        if self._alone or all(_same(_GET[kind](), state) for kind, state in self._before.items()):
            return
        # its errors, and what else it may leave by, are told when it is called for its values
        leaving = contextlib.suppress(Exception, SystemExit, GeneratorExit)
        with leaving, _watched() as seen:
            self._draws._of = seen  # also what it draws before it fails
            call()


def _same(a: Any, b: Any) -> bool:
    """Whether two states of a generator, dicts of arrays and numbers, are equal."""
    if a is b:
        return True
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(value, b[key]) for key, value in a.items())
    if isinstance(a, list):
        return len(a) == len(b) and all(map(torch.equal, a, b))
    if isinstance(a, torch.Tensor):
        return bool(a.numpy().tobytes() == b.numpy().tobytes())
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else bool(a == b)


@contextmanager
def _watched() -> Iterator[set[str]]:
    """Yield the generators that this thread draws from inside."""
    seen: set[str] = set()
    own, me = {torch.default_generator: "torch", random._inst: "random"}, threading.get_ident()

    def called(frame: Any, event: str, what: Any) -> None:
        if event == "call" and frame.f_locals.get("self") is random._inst:
            seen.add("random")  # gauss draws two numbers at once, and none the next time
        if event != "c_call":
            return
        holder = getattr(what, "__self__", None)
        if isinstance(holder, torch.Generator | random.Random) and holder in own:
            seen.add(own[holder])
        elif getattr(what, "__name__", "") == "_set_default_dtype":
            seen.add("dtype")

    def numpy_drew() -> None:
        if threading.get_ident() == me:
            seen.add("numpy")

    profile = sys.getprofile()
    with _Operations(seen), _numpy_tells(numpy_drew):
        sys.setprofile(called)
        try:
            yield seen
        finally:
            sys.setprofile(profile)


class _Telling:
    """numpy's global generator, with a word to ``drawn`` at every draw.

    numpy takes the generator's lock to draw from it. Seeding makes a new one of the same type.
    """

    def __new__(cls, *seed: Any) -> Any:
        if not seed:
            return super().__new__(cls)
        seeded = np.random.MT19937()
        seeded._legacy_seeding(*seed)
        return seeded

    def tell(self, generator: Any, drawn: Callable[[], None]) -> Any:
        self._generator, self._drawn = generator, drawn
        self.capsule, self.lock = generator.capsule, self
        return self

    def __enter__(self) -> None:
        self._generator.lock.acquire()
        self._drawn()

    def __exit__(self, *error: Any) -> None:
        self._generator.lock.release()

    @property
    def state(self) -> Any:
        return self._generator.state

    @state.setter
    def state(self, value: Any) -> None:
        self._drawn()
        self._generator.state = value

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)


_one_at_a_time = threading.Lock()


@contextmanager
def _numpy_tells(drawn: Callable[[], None]) -> Iterator[None]:
    with _one_at_a_time:
        generator = mtrand.get_bit_generator()
        telling = _Telling().tell(generator, lambda: None)
        mtrand.set_bit_generator(telling)
        try:
            telling._drawn = drawn
            yield
        finally:
            telling._drawn = lambda: None  # to be exchanged takes the lock, too
            mtrand.set_bit_generator(generator)


class _Operations(TorchDispatchMode):
    """Sees torch's own operations of this thread that draw."""

    def __init__(self, seen: set[str]):
        super().__init__()
        self._seen = seen

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if torch.Tag.nondeterministic_seeded in func.tags:
            self._seen.update(("torch", "cuda"))
        return func(*args, **(kwargs or {}))
