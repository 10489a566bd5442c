"""A model survives as bytes, and bytes hold nothing but numbers."""

import pickle
import zlib

import msgspec
import numpy as np
import pytest

from ai_gateway.prediction.core.artefact import pack, unpack
from ai_gateway.prediction.core.predictor import every, fit, forecast, sample
from ai_gateway.prediction.core.trees import Shape
from ai_gateway.prediction.core.types import DAY
from tests.unit.prediction.histories import START, announced


def test_what_comes_back_predicts_the_same() -> None:
    history = announced(machines=15, days=60)
    data = sample(history, every(history, DAY, START))
    model = fit(history, data, cuts=(0, 24, 168), horizons=(24.0, 168.0), shape=Shape(trees=5))
    again = unpack(pack(model))
    assert again.scores == model.scores
    assert again.hazard.names == model.hazard.names
    np.testing.assert_array_equal(forecast(again, data.values).risk, forecast(model, data.values).risk)


def test_objects_are_refused() -> None:
    with pytest.raises(NotImplementedError):
        pack(object())  # type: ignore[arg-type]
    with pytest.raises(zlib.error):
        unpack(pickle.dumps({}))
    with pytest.raises(msgspec.DecodeError):
        unpack(zlib.compress(pickle.dumps({})))
