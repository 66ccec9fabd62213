"""What is not torch."""

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sensbench.errors import DerivativeError, InputError
from tests.zoo.animals import D, X, animal


def numpy_exact(model, X):
    return np.stack([np.cos(X[:, 0]), 2 * X[:, 1], 0 * X[:, 2]], 1)[:, None]


animal("numpy", numpy_exact, rtol=1e-7)(lambda: lambda x: np.sin(x[:, 0]) + x[:, 1] ** 2)
animal("numpy that works in place", numpy_exact, rtol=1e-7)(lambda: _numpy_in_place)
animal("a data frame", numpy_exact, rtol=1e-7)(
    lambda: lambda frame: np.sin(frame["x1"]) + frame["x2"] ** 2
)
animal("numpy, one argument per feature", numpy_exact, rtol=1e-7)(
    lambda: lambda x1, x2, x3: np.sin(x1) + x2**2
)
animal("numpy in float32", numpy_exact, rtol=1e-3)(
    lambda: lambda x: (np.sin(x[:, 0]) + x[:, 1] ** 2).astype(np.float32)
)
animal("numpy, autograd insisted on", error=(DerivativeError, "torch model"),
       derivatives="autograd")(lambda: lambda x: np.sin(x[:, 0]))  # fmt: skip


def _numpy_in_place(x):
    np.sin(x[:, 0], out=x[:, 0])
    return x[:, 0] + x[:, 1] ** 2


animal(
    "a fitted pipeline", lambda m, X: np.broadcast_to(m[-1].coef_ / m[0].scale_, (len(X), 1, D))
)(lambda: make_pipeline(StandardScaler(), LinearRegression()).fit(X, X @ [1.0, 2.0, 3.0]))
for regressor in (
    DecisionTreeRegressor(random_state=0),
    RandomForestRegressor(10, random_state=0),
    GradientBoostingRegressor(random_state=0),
):
    animal(type(regressor).__name__, error=(DerivativeError, "jumps.*trees.*Sobol"))(
        lambda regressor=regressor: regressor.fit(X, X @ [1.0, 2.0, 3.0])
    )
animal("a regressor of other features", error=(InputError, "2 features it was fitted on"))(
    lambda: LinearRegression().fit(X[:, :2], X[:, 0])
)
