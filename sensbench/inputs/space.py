"""InputSpace: named inputs and the distribution they are varied over."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy
from jaxtyping import Bool, Float, Int

from sensbench.errors import CorrelatedInputsWarning, InputError
from sensbench.inputs.conditional import conditional_rows, log_density
from sensbench.inputs.correlation import note_of
from sensbench.inputs.dependence import Dependence, Independent
from sensbench.inputs.from_rows import WHO, read
from sensbench.inputs.group import Group, groups_of
from sensbench.inputs.marginal import (
    Empirical,
    Family,
    Marginal,
    describe,
    families,
    is_continuous,
    quantile,
    separate_values,
    uniform,
)
from sensbench.inputs.names import Names
from sensbench.inputs.names import default_names as default_names
from sensbench.inputs.norta import gaussian_law
from sensbench.inputs.rows import as_rows, discrete_columns
from sensbench.inputs.sound import require_columns, require_features, require_law
from sensbench.inputs.written import marginal_of, pair

_CACHE_NUMBERS = 2**14

Groups = Mapping[Any, Any]

# Inputs that a repr names.
_MOST_SHOWN = 6


@dataclass(frozen=True, eq=False)
class InputSpace:
    """Named inputs with one marginal each, and how they depend on each other.

    Build one with :meth:`uniform`, :meth:`normal`, :meth:`of` (any mixture, including
    ``scipy.stats`` frozen marginals) or :meth:`from_data`.

    Attributes
    ----------
    columns, marginals
        Names of the model's inputs, in its order, and the distribution of each.
    units
        Units of the features (:attr:`names`), or empty.
    correlated
        Pairs of columns with a strong correlation in the data, which draws do not keep.
    groups
        Columns that are one feature together.
    dependence
        How the columns move together: independent of each other, where nothing else is said.
    """

    columns: tuple[str, ...]
    marginals: tuple[Marginal, ...]
    units: tuple[str, ...] = ()
    correlated: tuple[tuple[str, str, float], ...] = ()
    groups: tuple[Group, ...] = ()
    dependence: Dependence = field(default_factory=Independent)

    def __post_init__(self) -> None:
        require_columns(self.columns, self.marginals)
        require_features(self.names, self.blocks, self.marginals, self.units)
        require_law(self.dependence, self.d)

    @classmethod
    def of(
        cls,
        marginals: Mapping[str, Any],
        units: Mapping[str, str] | None = None,
        groups: Groups | None = None,
        *,
        correlation: Any = None,
        correlation_of: str = "values",
    ) -> "InputSpace":
        """Return a space from names to marginals.

        A tuple ``(low, high)`` means uniform between them; a list means these separate values,
        equally likely (a value given twice counts twice); ``{value: probability}`` these values
        with these probabilities; ``scipy.stats`` frozen distributions are taken as they are,
        discrete ones (``randint``, ``binom`` …), tables (``rv_discrete(values=…)``), histograms
        (``rv_histogram``) and those of scipy's newer kind (``scipy.stats.Normal`` …) too.

        ``units`` names the unit of any of the features. ``groups`` maps a feature's name to the
        inputs it consists of, each drawn from its own marginal: not for a one-hot code, whose
        columns exclude each other (:meth:`from_data` draws it as whole rows).

        ``correlation`` joins the inputs by a Gaussian copula: a matrix, or
        ``{("a", "b"): 0.9}``, where pairs that are not named do not correlate. It is that of the
        ``"values"`` (Pearson's), or, with ``correlation_of="ranks"``, Spearman's.
        """
        if not isinstance(marginals, Mapping):
            kind = type(marginals).__name__
            raise InputError(f"InputSpace: expected a mapping of names to marginals; got {kind}")
        columns = tuple(str(name) for name in marginals)
        space = cls(
            columns,
            tuple(marginal_of(name, given) for name, given in marginals.items()),
            groups=groups_of(groups, columns, None, "InputSpace.of"),
        )
        if correlation is not None:
            law = gaussian_law(correlation, correlation_of, columns, space.marginals, "InputSpace")
            space = replace(space, dependence=law)
        return space.with_units(units) if units else space

    def with_units(self, units: Mapping[str, str]) -> "InputSpace":
        """Return the same space with the units of any of its features."""
        unknown = sorted(set(units) - set(self.names))
        if unknown:
            raise InputError(f"InputSpace.of: expected units of inputs; got units of {unknown}")
        return replace(self, units=tuple(units.get(name, "") for name in self.names))

    @classmethod
    def uniform(cls, bounds: Mapping[str, Any], **law: Any) -> "InputSpace":
        """Return uniform inputs from ``{name: (low, high)}``.

        Independent, unless ``correlation=`` says otherwise, as for :meth:`of`.

        Raises
        ------
        InputError
            Bounds that are not two finite numbers in ascending order.
        """
        if not isinstance(bounds, Mapping):
            kind = type(bounds).__name__
            raise InputError(f"InputSpace: expected a mapping of names to bounds; got {kind}")
        pairs = {name: pair(name, given, "(low, high)") for name, given in bounds.items()}
        return cls.of({name: uniform(name, bound) for name, bound in pairs.items()}, **law)

    @classmethod
    def normal(cls, moments: Mapping[str, Any], **law: Any) -> "InputSpace":
        """Return normal inputs from ``{name: (mean, standard deviation)}``.

        Independent, unless ``correlation=`` says otherwise, as for :meth:`of`.
        """
        if not isinstance(moments, Mapping):
            kind = type(moments).__name__
            raise InputError(f"InputSpace: expected a mapping of names to moments; got {kind}")
        pairs = {name: pair(name, m, "(mean, standard deviation)") for name, m in moments.items()}
        for name, (_, std) in pairs.items():
            if not std > 0:
                raise InputError(
                    f"InputSpace.normal: expected a positive standard deviation for {name!r}; "
                    f"got {std}"
                )
        return cls.of(
            {name: scipy.stats.norm(mean, std) for name, (mean, std) in pairs.items()}, **law
        )

    @classmethod
    def from_data(
        cls,
        X: Any,
        names: Names | None = None,
        *,
        discrete: Any = None,
        groups: Groups | None = None,
        dependence: str = "independent",
    ) -> "InputSpace":
        """Return the empirical marginal of each column; names from a data frame's columns.

        By default the columns' dependence is *not* kept: sampling from this space draws every
        feature independently. Pairs with abs(Pearson r) above 0.7 are then kept in ``correlated``
        and named in a ``CorrelatedInputsWarning``, because independent draws combine values that
        do not occur together.

        Parameters
        ----------
        X, names
            Rows, and names of their columns in order; for a data frame, which columns, by name
            or other label. Names are texts from then on.
        discrete
            Names of the columns that take separate values only, so that derivatives by them mean
            nothing. By default the integer, bool and categorical columns of a data frame; an
            array's columns are continuous, whatever its dtype. ``[]``: none.
        groups
            Feature name to the columns it consists of, ``{"region": ["north", "south"]}``. They
            are drawn as whole rows: a one-hot code stays one.
        dependence
            How the columns move together: ``"independent"``; by a ``"gaussian"`` copula fitted to
            the ranks; by a ``"vine"`` of copulas of any form (needs pyvinecopulib); or as
            the ``"rows"`` themselves, drawn whole, conditional by nearest rows. Copulas are of
            continuous columns; rows may hold any.

        Raises
        ------
        InputError
            Text, NaN or infinity, fewer than two rows, a constant or an unknown column; what a
            copula cannot be fitted to.
        """
        array, own_names = as_rows(X, WHO, names)
        space = cls.from_rows(
            array, own_names, discrete_columns(X), discrete, groups, dependence=dependence
        )
        if space.correlated:
            warnings.warn(space.dependence_note(), CorrelatedInputsWarning, stacklevel=2)
        return space

    @classmethod
    def from_rows(
        cls,
        array: Float[np.ndarray, "n d"],
        names: tuple[str, ...] | None,
        by_dtype: tuple[str, ...],
        discrete: Any,
        groups: Groups | None,
        dependence: str = "independent",
    ) -> "InputSpace":
        """Return the space of an array that :func:`as_rows` gave; see :meth:`from_data`.

        ``by_dtype`` are the columns that :func:`discrete_columns` finds, of all in a frame. It
        warns of nothing: whoever calls it does.
        """
        parts = read(array, names, by_dtype, discrete, groups, dependence)
        space = cls(
            parts.columns, parts.marginals, groups=parts.groups, dependence=parts.dependence
        )
        pairs = parts.correlated(space.labels)
        return replace(space, correlated=pairs) if pairs else space

    @property
    def d(self) -> int:
        """Number of columns."""
        return len(self.columns)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The feature that each column belongs to: its group, or itself."""
        group = {column: group.name for group in self.groups for column in group.columns}
        return tuple(group.get(column, column) for column in self.columns)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the features: what is explained, in the order of their first columns."""
        return tuple(dict.fromkeys(self.labels))

    @cached_property
    def blocks(self) -> tuple[Int[np.ndarray, " m"], ...]:
        """The columns of each feature."""
        labels = np.array(self.labels, dtype=object)
        return tuple(np.flatnonzero(labels == name) for name in self.names)

    @cached_property
    def continuous(self) -> Bool[np.ndarray, " d"]:
        """Which columns can be moved a little, alone.

        Not those that take separate values, nor those of a group that is drawn as whole rows.
        """
        jumps = {c for group in self.groups if group.rows is not None for c in group.columns}
        pairs = zip(self.columns, self.marginals, strict=True)
        return np.array([is_continuous(m) and column not in jumps for column, m in pairs])

    @cached_property
    def without_derivative(self) -> Mapping[str, str]:
        """The features that have no derivative, and why."""
        reasons, groups = {}, {group.name for group in self.groups}
        for name, block in zip(self.names, self.blocks, strict=True):
            if name in groups:
                reasons[name] = f"a group of {len(block)} columns"
            elif not self.continuous[block[0]]:
                reasons[name] = f"which takes {separate_values(self.marginals[block[0]])} only"
        return reasons

    @cached_property
    def _families(self) -> list[Family]:
        return families(self.marginals)

    @cached_property
    def _others(self) -> list[int]:
        in_families = {int(i) for family in self._families for i in family.columns}
        return [i for i in range(self.d) if i not in in_families]

    @property
    def _one_family(self) -> bool:
        return bool(self._families) and len(self._families[0].columns) == self.d

    @property
    def empirical(self) -> bool:
        """Whether any marginal is the values of a data column."""
        return any(isinstance(marginal, Empirical) for marginal in self.marginals)

    def std(self) -> Float[np.ndarray, " d"]:
        """Return the standard deviation of each column."""
        return self._std.copy()

    @cached_property
    def _std(self) -> Float[np.ndarray, " d"]:
        return np.array([float(marginal.std()) for marginal in self.marginals])

    @property
    def independent(self) -> bool:
        """Whether the inputs are independent of each other."""
        return self.dependence.independent

    def product(self) -> "InputSpace":
        """Return the same marginals, independent of each other."""
        return self if self.independent else replace(self, dependence=Independent())

    @cached_property
    def supports(self) -> Float[np.ndarray, "d 2"]:
        """Smallest and largest value of each column; may be infinite."""
        return np.array([marginal.support() for marginal in self.marginals], dtype=np.float64)

    def sample(
        self, n: int, seed: int | np.random.Generator | np.random.SeedSequence
    ) -> Float[np.ndarray, "n d"]:
        """Return ``n`` rows, drawn independently; the same seed gives the same bits."""
        if n < 1:
            raise InputError(f"InputSpace.sample: expected at least one row; got n = {n}")
        rng = np.random.default_rng(seed)
        if not self.independent or not self._one_family:
            return self.from_unit(self.dependence.join(rng.random((n, self.d))))
        # the same numbers, made in place while they are in cache
        X, step = np.empty((n, self.d)), max(1, _CACHE_NUMBERS // self.d)
        for start in range(0, n, step):
            rows = X[start : start + step]
            rng.random(out=rows)
            self._families[0].quantile(rows, out=rows)
        return X

    def from_unit(self, u: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Map points of the unit cube to inputs, each by its marginal's quantile function.

        What the inputs' dependence is must be in the points already: ``dependence.join`` puts it
        there.

        A group that is drawn as whole rows is picked by the coordinate of its first column
        alone: one number is all it takes to choose a row, and the other coordinates, left
        unused, cannot pull the columns apart.
        """
        u = np.asarray(u, dtype=np.float64)
        if u.ndim != 2 or u.shape[1] != self.d:
            raise InputError(f"InputSpace.from_unit: expected shape (n, {self.d}); got {u.shape}")
        if self._one_family:
            return self._families[0].quantile(u)
        X = np.empty(u.shape)
        for family in self._families:
            X[:, family.columns] = family.quantile(u[:, family.columns])
        for i in self._others:
            X[:, i] = quantile(self.marginals[i], u[:, i])
        for group in self.groups:
            if group.rows is not None:
                block = self.blocks[self.names.index(group.name)]
                X[:, block] = group.ppf(u[:, block[0]])
        return X

    def conditional(
        self,
        X: Any,
        given: Names,
        seed: int | np.random.Generator | np.random.SeedSequence,
    ) -> Float[np.ndarray, "n d"]:
        """Return rows with the features ``given`` as they are, the others drawn given those.

        Exact for a Gaussian copula, and for independent inputs.

        Raises
        ------
        InputError
            Values that never occur; a law without conditional draws; separate values, which the
            uniform number behind them says more than.
        """
        return conditional_rows(self, X, given, seed)

    def __repr__(self) -> str:
        lines = [f"{name}: {law}" for name, law in self.describe().items()]
        if len(lines) > _MOST_SHOWN:
            lines[_MOST_SHOWN:] = [f"… and {len(lines) - _MOST_SHOWN} more"]
        joint = "independent" if self.independent else "dependent"
        return f"<InputSpace of {len(self.names)} inputs, {joint}: {'; '.join(lines)}>"

    def log_density(self, X: Any) -> Float[np.ndarray, " n"]:
        """Return the logarithm of the joint density, where there is one."""
        return log_density(self, X)

    def dependence_note(self) -> str:
        """Say which inputs are strongly correlated and what that means; empty if none are."""
        return note_of(self.correlated)

    def describe(self) -> dict[str, str]:
        """Return one line per feature: its marginal, for reports."""
        lines = {group.name: group.describe() for group in self.groups}
        for name, block in zip(self.names, self.blocks, strict=True):
            lines.setdefault(name, describe(self.marginals[block[0]]))
        return {name: lines[name] for name in self.names}
