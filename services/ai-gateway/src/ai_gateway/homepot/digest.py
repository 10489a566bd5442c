"""A stand-in for rows that are only compared."""

import msgspec


class Digest(msgspec.Struct, frozen=True):
    """Stands for rows at one moment: equal means unchanged."""

    digest: str
