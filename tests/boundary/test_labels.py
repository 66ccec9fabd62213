"""A classifier's labels are not numbers; its probabilities are."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from torch import nn

import sensbench as sb
from sensbench.errors import DerivativeError, InputError

X = np.random.default_rng(0).normal(size=(80, 2))
FRAME = pd.DataFrame(X, columns=["a", "b"])
LABEL = (X[:, 0] + 0.2 * X[:, 1] > 0).astype(int)
WORDS = np.array(["no", "yes"])[LABEL]


@pytest.mark.parametrize("y", [LABEL, WORDS, LABEL.astype(bool)])
@pytest.mark.parametrize(
    "make",
    [
        LogisticRegression,
        lambda: make_pipeline(StandardScaler(), LogisticRegression()),
        lambda: GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2),
        lambda: RandomForestClassifier(3, random_state=0),
    ],
)
def test_labels_are_refused(make, y):
    model = make().fit(FRAME, y)
    for passed in (model, model.predict):
        for call in (sb.compare, sb.jacobian, sb.Model):
            with pytest.raises(InputError, match=r"classifier.*labels.*pass model\.predict_proba"):
                call(passed, FRAME)


def test_a_classifier_without_probabilities():
    with pytest.raises(InputError, match=r"pass model\.decision_function"):
        sb.compare(LinearSVC().fit(X, WORDS), X)


def test_what_is_told_works_and_is_right():
    model = LogisticRegression().fit(FRAME, WORDS)
    p = model.predict_proba(FRAME)
    exact = (p[:, 0] * p[:, 1])[:, None] * model.coef_
    J = sb.jacobian(model.predict_proba, FRAME)
    np.testing.assert_allclose(J[:, 1], exact, rtol=1e-6)
    np.testing.assert_allclose(J[:, 0], -exact, rtol=1e-6)
    logit = sb.jacobian(model.decision_function, FRAME)[:, 0]
    np.testing.assert_allclose(logit, np.broadcast_to(model.coef_, (80, 2)), rtol=1e-6)
    found = sb.compare(model.predict_proba, FRAME, output=1, budget=800)
    assert found["gradient"].outputs == ("y[1]",)
    bare = LogisticRegression().fit(X, WORDS)
    one = sb.jacobian(lambda X: bare.predict_proba(X)[:, 1], X)
    np.testing.assert_allclose(one, J[:, 1:], rtol=1e-6)


def test_a_regressors_method_is_the_regressor():
    model = LinearRegression().fit(FRAME, X @ [1.0, 2.0])
    by_method, whole = (sb.compare(one, FRAME, budget=600) for one in (model.predict, model))
    for measure in ("derivative_mean", "derivative_abs"):
        values = [found["gradient"][measure].value for found in (by_method, whole)]
        np.testing.assert_allclose(values, [[[1.0, 2.0]]] * 2, rtol=1e-9)


class Argmax(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 3)

    def forward(self, x):
        logits = self.linear(x)
        label = logits.argmax(1)
        return logits, label


@pytest.mark.parametrize(
    ("model", "output"),
    [
        (Argmax(), "label"),
        (lambda x: x.argmax(1), None),
        (lambda x: x[:, 0] > 0, None),
        (lambda X: (np.asarray(X)[:, 0] > 0).astype(int), None),
    ],
)
def test_whole_numbers_are_said(model, output):
    methods = ["sobol", "permutation"]
    found = sb.compare(model, X, output=output, estimators=methods, budget=600)
    for method in methods:
        (note,) = [n for n in found[method].notes if "whole numbers" in n]
        assert "labels of classes" in note
        assert repr(found[method].outputs[0]) in note
    with pytest.raises(DerivativeError):
        sb.jacobian(model, X, output=output)


def test_real_numbers_have_no_such_note():
    found = sb.compare(Argmax(), X, output="logits", budget=600)
    assert not [n for m in found.methods for n in found[m].notes if "whole numbers" in n]
