"""SQL lives in files beside the code that runs it, loaded by name."""

from functools import cache
from importlib.resources import files


@cache
def load_sql(package: str, name: str) -> str:
    """The text of ``<package>/sql/<name>.sql``; raises ``FileNotFoundError`` for a name that has no file."""
    return (files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
