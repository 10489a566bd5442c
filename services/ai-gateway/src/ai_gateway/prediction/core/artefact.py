"""A model as bytes and back: MessagePack of plain numbers and arrays, compressed. No pickles, so nothing in it can run."""

import zlib
from typing import Any, Final

import msgspec
import numpy as np

from ai_gateway.prediction.core.predictor import Predictor

FORMAT: Final = 4
"""Changes with every shape of `Predictor` or its features; models of another format are trained anew."""
_KINDS: Final = frozenset({"f", "i", "b"})


def pack(model: Predictor) -> bytes:
    """The model as bytes."""
    return zlib.compress(msgspec.msgpack.encode(model, enc_hook=_from_array))


def unpack(data: bytes) -> Predictor:
    """The model of these bytes; raises ``msgspec.ValidationError`` or ``zlib.error`` for anything else."""
    return msgspec.msgpack.decode(zlib.decompress(data), type=Predictor, dec_hook=_to_array)


def _from_array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.dtype.str, list(value.shape), np.ascontiguousarray(value).tobytes())
    raise NotImplementedError(type(value))


def _to_array(_kind: Any, value: Any) -> Any:
    name, shape, data = msgspec.convert(value, tuple[str, list[int], bytes])
    dtype = np.dtype(name)
    if dtype.kind not in _KINDS:
        raise ValueError(f"arrays of {name} are in no model")
    return np.frombuffer(data, dtype).reshape(shape)
