"""Modules that were seen before: their private copies, and what was checked of them.

A module is known again while it lives and nothing about it has changed, as its fingerprint says;
else it is copied and checked anew. Functions and regressors are not remembered: what their closures
and globals hold cannot be watched.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import nn

from sensbench.model.boundary.fingerprint import Fingerprint, fingerprint
from sensbench.model.boundary.private_copy import uncompiled
from sensbench.model.boundary.random_state import Draws
from sensbench.model.boundary.torch_function import TorchFunction

# the last ones: each holds its buffers and small rows a second time
_MOST_MODULES, _MOST_WAYS = 8, 4
_MOST_BYTES = 2**20


@dataclass(eq=False)
class Remembered:
    """What has been checked of a model, and on which rows.

    Attributes
    ----------
    rows, features, second
        Whether rows are independent; features whose slopes are right; whether second derivatives
        are.
    is_plain
        Whether all that the model does is torch's own and smooth; nothing before it was looked at.
    settled
        Whether it is decided that the model is remembered or not.
    """

    rows: bool = False
    features: set[int] = field(default_factory=set)
    second: bool = False
    is_plain: bool | None = None
    settled: bool = False
    _ends: tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]] | None = None
    _last: bytes = b""
    _look: bytes = b""

    def reaches(
        self, low: Float[np.ndarray, " d"], high: Float[np.ndarray, " d"], beyond: float = 0.25
    ) -> bool:
        """Whether rows in this range are about where the slopes were checked."""
        if self._ends is None:
            return False
        slack = beyond * (self._ends[1] - self._ends[0])
        return bool(((low >= self._ends[0] - slack) & (high <= self._ends[1] + slack)).all())

    def looked_at(
        self,
        X: Float[np.ndarray, "n d"],
        low: Float[np.ndarray, " d"],
        high: Float[np.ndarray, " d"],
        look: bytes,
    ) -> None:
        """Note the rows that slopes were checked on, and what the look at them was made with."""
        if self._ends is not None:
            low, high = np.minimum(low, self._ends[0]), np.maximum(high, self._ends[1])
        self._ends = low, high
        self.passed(X)
        self._look = look

    def passed(self, X: Float[np.ndarray, "n d"]) -> None:
        """Note the rows that the model was seen to be plain on, or not."""
        self._last = _told_apart(X)

    def are_last(self, X: Float[np.ndarray, "n d"]) -> bool:
        """Whether these are the rows that slopes were last checked on."""
        return self._last == _told_apart(X)

    def was_last(self, look: bytes) -> bool:
        """Whether the last look at other rows was this very one."""
        return self._look == look


def _told_apart(X: Float[np.ndarray, "n d"]) -> bytes:
    """Return the rows as bytes; of many what their bits add up to, in any order of the rows."""
    if X.nbytes <= _MOST_BYTES:
        return X.tobytes()
    bits = np.ascontiguousarray(X).view(np.uint64)
    return repr((X.shape, int(bits.sum()))).encode()


@dataclass(frozen=True, eq=False)
class Seen:
    """A module as it was when it was copied, with the copy and what is known of it."""

    function: TorchFunction
    names: tuple[str, ...]
    draws: Draws
    known: Remembered
    was: Fingerprint
    copy_was: Fingerprint

    def unused(self) -> bool:
        """Whether the copy is as it was made: not if forward writes into the module."""
        return self.copy_was.holds()


_lock = threading.RLock()
_seen: OrderedDict[int, tuple[Any, dict[Hashable, Seen]]] = OrderedDict()


def state_of(model: Any) -> Fingerprint | None:
    """Return a module's fingerprint, of one that can be remembered at all."""
    model = uncompiled(model)
    return fingerprint(model) if isinstance(model, nn.Module) else None


def recalled(model: Any, way: Hashable) -> Seen | None:
    """Return what is known of a module that is as it was, used in the same way."""
    model = uncompiled(model)
    with _lock:
        reference, ways = _seen.get(id(model), (lambda: None, {}))
        seen = ways.get(way) if reference() is model else None
        if seen is None:
            return None
        if seen.was.holds() and seen.unused():
            _seen.move_to_end(id(model))
            seen.draws.known = True
            return seen
        forget(model)
        return None


def remember(
    model: Any,
    was: Fingerprint | None,
    way: Hashable,
    function: Any,
    names: tuple[str, ...],
    draws: Draws,
) -> Remembered:
    """Keep what is found out of a module, if nothing can change it unseen."""
    remembered, model = Remembered(), uncompiled(model)
    if was is None or not isinstance(function, TorchFunction):
        return remembered
    kept, copy_was = function.kept()
    if kept is None or copy_was is None:
        return remembered
    key = id(model)

    def gone(reference: Any) -> None:
        if _seen.get(key, (None,))[0] is reference:
            _seen.pop(key, None)

    with _lock:
        reference, ways = _seen.get(key, (lambda: None, {}))
        if reference() is not model:
            reference, ways = weakref.ref(model, gone), {}
        while len(ways) >= _MOST_WAYS:
            ways.pop(next(iter(ways)))
        ways[way] = Seen(kept, names, draws, remembered, was, copy_was)
        _seen[key] = reference, ways
        _seen.move_to_end(key)
        while len(_seen) > _MOST_MODULES:
            _seen.popitem(last=False)
    return remembered


def settle(known: Remembered) -> None:
    """Forget after its first call a module that has written into its copy, results perhaps."""
    known.settled = True
    with _lock:
        for key, (_, ways) in list(_seen.items()):
            if any(one.known is known and not one.unused() for one in ways.values()):
                _seen.pop(key, None)


def forget(model: Any) -> None:
    """Forget a module."""
    _seen.pop(id(uncompiled(model)), None)
