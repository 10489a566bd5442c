"""SQL lives in files beside the code that runs it, loaded by name."""

import re
from functools import cache
from importlib.resources import files
from typing import Final

_IN_SCOPE: Final = re.compile(r"\{in_scope (\w+(?:\.\w+)?)\}")
_CONDITION: Final = r"(%(sites)s::int[] IS NULL OR \1 = ANY(%(sites)s::int[]))"


def scoped(text: str) -> str:
    """``text`` with each ``{in_scope column}`` written out: whether that column's site is one of the caller's.

    The one way to scope a query; `dev.scoping` fails the build on a query that goes without. The query takes ``sites``, a
    list of integers; ``NULL`` means all.
    """
    return _IN_SCOPE.sub(_CONDITION, text)


@cache
def load_sql(package: str, name: str) -> str:
    """The text of ``<package>/sql/<name>.sql``, scoped; raises ``FileNotFoundError`` for a name that has no file."""
    return scoped((files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8"))
