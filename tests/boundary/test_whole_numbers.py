"""Codes and counts: given to the model as integers where it takes nothing else."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import DerivativeError, InputError, ModelError

rng = np.random.default_rng(3)
FRAME = pd.DataFrame(
    {
        "city": rng.integers(0, 3, 60),
        "brand": rng.integers(0, 4, 60),
        "age": rng.normal(size=60),
        "size": rng.normal(size=60),
    }
)
NAMES = list(FRAME.columns)
CITY, BRAND = np.array([5.0, -1.0, 2.0]), np.array([0.0, 1.0, -2.0, 4.0])
TABULAR = {"arguments": {"x_cat": ["city", "brand"], "x_cont": ["age", "size"]}}


class Tabular(nn.Module):
    """A sum of embeddings times one input, and a sine."""

    def __init__(self):
        super().__init__()
        self.city, self.brand = nn.Embedding(3, 1), nn.Embedding(4, 1)
        with torch.no_grad():
            self.city.weight[:, 0] = torch.tensor(CITY)
            self.brand.weight[:, 0] = torch.tensor(BRAND)

    def codes(self, x_cat):
        return self.city(x_cat[:, 0])[:, 0] + self.brand(x_cat[:, 1])[:, 0]

    def forward(self, x_cat, x_cont):
        return self.codes(x_cat) * x_cont[:, 0] + torch.sin(x_cont[:, 1])


class ByColumn(Tabular):
    def forward(self, city, brand, age, size):
        return (self.city(city) + self.brand(brand))[:, 0] * age + torch.sin(size)


class OneTable(Tabular):
    def forward(self, x):
        return self.codes(x[:, :2].long()) * x[:, 2] + torch.sin(x[:, 3])


OneTable.__name__ = "Tabular"  # seeds are of the model's name


def lookup(x_cat, x_cont):
    return (CITY[x_cat[:, 0]] + BRAND[x_cat[:, 1]]) * x_cont[:, 0] + np.sin(x_cont[:, 1])


def exact():
    codes = CITY[FRAME["city"]] + BRAND[FRAME["brand"]]
    return np.stack([codes, np.cos(FRAME["size"])], axis=1)


@pytest.mark.parametrize(
    ("model", "options", "rtol"),
    [
        (Tabular(), TABULAR, 1e-5),
        (Tabular(), {"arguments": [[0, 1], [2, 3]]}, 1e-5),
        (ByColumn(), {}, 1e-5),
        (torch.jit.script(Tabular()), TABULAR, 1e-5),
        (lookup, TABULAR, 1e-7),
        (lambda x_cat, x_cont: Tabular()(x_cat, x_cont), TABULAR, 1e-5),
        (Tabular(), TABULAR | {"derivatives": "finite-difference"}, 1e-2),
    ],
)
def test_derivatives_are_right_by_real_numbers_and_nan_by_codes(model, options, rtol):
    J = sb.jacobian(model, FRAME, **options)
    assert np.isnan(J[:, 0, :2]).all()
    np.testing.assert_allclose(J[:, 0, 2:], exact(), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("discrete", [[0, 1], ["x1", "x2"], [-4, 1]])
@pytest.mark.parametrize("container", [np.array, lambda f: torch.tensor(np.array(f))])
def test_rows_without_dtypes_by_column_say_which_are_codes(container, discrete):
    X, options = container(FRAME), {"arguments": [[0, 1], [2, 3]]}
    J = sb.jacobian(Tabular(), X, **options, discrete=discrete)
    np.testing.assert_allclose(J[:, 0, 2:], exact(), rtol=1e-5, atol=1e-5)
    model = sb.Model(Tabular(), X, **options, discrete=discrete)
    np.testing.assert_array_equal(model.jacobian(np.array(FRAME)), J)
    with pytest.raises(ModelError, match=r"whole numbers.*discrete=\["):
        sb.jacobian(Tabular(), X, **options)
    with pytest.raises(InputError, match="discrete="):
        sb.jacobian(Tabular(), X, **options, discrete=[7])


def same_as_one_table(found, estimators=None):
    reference = sb.compare(OneTable(), FRAME, budget=3000, estimators=estimators)
    pd.testing.assert_frame_equal(found.to_frame(), reference.to_frame())
    return found


def test_every_method_gives_what_the_model_that_casts_itself_gives():
    every = ["gradient", "sobol", "morris", "permutation", "delta", "rbd_fast", "pawn"]
    found = same_as_one_table(
        sb.compare(Tabular(), FRAME, budget=3000, estimators=every, **TABULAR), every
    )
    gradient = found["gradient"]["derivative_mean"].value[0]
    assert np.isnan(gradient[:2]).all()
    np.testing.assert_allclose(gradient[2:], exact().mean(axis=0), rtol=1e-5)


def test_with_discrete_a_space_or_a_model():
    array = FRAME.to_numpy()
    options = {"budget": 3000, "features": NAMES}
    same_as_one_table(sb.compare(Tabular(), array, discrete=NAMES[:2], **options, **TABULAR))
    space = sb.InputSpace.of(
        {"city": [0, 1, 2], "brand": [0, 1, 2, 3], "age": (0, 1), "size": (0, 1)}
    )
    assert sb.compare(Tabular(), space=space, budget=500, **TABULAR).methods[1:] == (
        "sobol", "morris", "permutation",
    )  # fmt: skip
    model = sb.Model(Tabular(), FRAME, **TABULAR)
    assert sb.compare(model, FRAME, budget=3000).methods == (
        "gradient",
        "sobol",
        "morris",
        "permutation",
    )


def test_real_numbers_where_the_model_takes_them():
    """Integer columns of a frame are not cast for a model of real numbers."""
    J = sb.jacobian(lambda x: x[:, 0] ** 2 + x[:, 2], FRAME)
    np.testing.assert_allclose(J[:, 0, 0], 2 * FRAME["city"])
    mixed = sb.jacobian(lambda a, b: a.sum(1) ** 2 * b[:, 0], FRAME, arguments=[[0, 1], [2, 3]])
    total = FRAME["city"] + FRAME["brand"]
    np.testing.assert_allclose(mixed[:, 0, 1], 2 * total * FRAME["age"], atol=1e-12)


class Scaled(nn.Module):
    """numpy constants break autograd for real numbers only: they are cast, not the codes."""

    def __init__(self):
        super().__init__()
        self.linear, self.means = nn.Linear(2, 1), np.array([1.0, 2.0])

    def forward(self, a, b):
        return self.linear(a - self.means)[:, 0] + b.sum(1)


def test_constants_are_cast_before_codes_are():
    module = Scaled()
    J = sb.jacobian(module, FRAME, arguments=[[0, 1], [2, 3]])
    weight = module.linear.weight.detach().numpy()[0]
    np.testing.assert_allclose(J[:, 0], np.tile([*weight, 1, 1], (60, 1)), rtol=1e-6)


def test_codes_alone_have_no_derivative():
    codes, table = FRAME[["city", "brand"]], nn.Embedding(4, 1)
    found = sb.Model(lambda x: table(x).sum((1, 2)), codes)(codes.to_numpy(float))
    weight = table.weight.detach().numpy()[:, 0]
    np.testing.assert_allclose(found[:, 0], weight[codes.to_numpy()].sum(axis=1), rtol=1e-6)
    with pytest.raises(DerivativeError, match="as whole numbers"):
        sb.jacobian(lambda x: table(x).sum((1, 2)), codes)


def test_fractions_are_never_rounded_to_codes():
    with pytest.raises(ModelError, match="whole numbers"):
        sb.Model(Tabular(), FRAME + 0.5, **TABULAR, discrete=[0, 1])


def test_the_hint_can_be_called():
    with pytest.raises(InputError, match="arguments=") as caught:
        sb.jacobian(Tabular(), FRAME)
    arguments = eval(str(caught.value).rsplit("arguments=", 1)[1])
    assert arguments == TABULAR["arguments"]
    sb.jacobian(Tabular(), FRAME, arguments=arguments)


def test_second_derivatives_by_real_numbers():
    H = sb.hessian(Tabular(), FRAME, **TABULAR)
    assert np.isnan(H[:, 0, :2]).all()
    assert np.isnan(H[:, 0, :, :2]).all()
    np.testing.assert_allclose(H[:, 0, 3, 3], -np.sin(FRAME["size"]), rtol=1e-5, atol=1e-6)
    assert (H[:, 0, 2, 2:] == 0).all()
