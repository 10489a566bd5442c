"""What is remembered of one block of neighbouring devices, as bytes."""

import zlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.book import Running
from ai_gateway.health.engines import Remembered

BLOCK: Final = 512
"""Devices of one block: ids ``n * BLOCK`` to ``(n + 1) * BLOCK - 1``."""
_FAST: Final = 1

Arrays = dict[str, NDArray[Any]]


class _Array(msgspec.Struct, frozen=True, array_like=True):
    dtype: str
    shape: tuple[int, ...]
    data: bytes


class _Engine(msgspec.Struct, frozen=True):
    type: str
    metrics: list[str]
    devices: _Array
    arrays: dict[str, _Array]


class _Packed(msgspec.Struct, frozen=True):
    devices: _Array
    tracks: dict[str, dict[str, _Array]]
    engines: list[_Engine]
    running: list[Running]


class BlockState(msgspec.Struct, frozen=True):
    """``tracks``: arrays of each of the parts that keep any, one row a device of ``devices``."""

    devices: NDArray[np.int64]
    tracks: dict[str, Arrays]
    engines: list[Remembered]
    running: list[Running]


def block_of(devices: NDArray[np.int64]) -> NDArray[np.int64]:
    """``(n,)``: the block of each device."""
    return devices // BLOCK


def pack(state: BlockState) -> bytes:
    """The block as compressed bytes."""
    engines = [_Engine(one.type, one.metrics, _packed(one.devices), _all(one.arrays)) for one in state.engines]
    tracks = {name: _all(arrays) for name, arrays in state.tracks.items()}
    return zlib.compress(msgspec.msgpack.encode(_Packed(_packed(state.devices), tracks, engines, state.running)), _FAST)


def unpack(data: bytes) -> BlockState:
    """The block again; raises ``zlib.error`` or ``msgspec.DecodeError`` for bytes that are none."""
    found = msgspec.msgpack.decode(zlib.decompress(data), type=_Packed)
    engines = [
        Remembered(one.type, one.metrics, _array(one.devices), {name: _array(x) for name, x in one.arrays.items()})
        for one in found.engines
    ]
    tracks = {name: {key: _array(x) for key, x in arrays.items()} for name, arrays in found.tracks.items()}
    return BlockState(_array(found.devices), tracks, engines, found.running)


def _all(arrays: Mapping[str, NDArray[Any]]) -> dict[str, _Array]:
    return {name: _packed(array) for name, array in arrays.items()}


def _packed(array: NDArray[Any]) -> _Array:
    return _Array(array.dtype.str, array.shape, np.ascontiguousarray(array).tobytes())


def _array(packed: _Array) -> NDArray[Any]:
    return np.frombuffer(packed.data, np.dtype(packed.dtype)).reshape(packed.shape)
