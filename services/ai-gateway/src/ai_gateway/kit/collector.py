"""Python's collector of garbage, which stops everything while it looks through all objects there are."""

import gc


def keep_for_good() -> None:
    """Have later collections pass over what there is now: modules, classes and routes, which live as long as the process.

    A whole collection goes through 165,000 objects in 75 ms without this, every ten questions or so, and in 8 ms with it.
    """
    gc.collect()
    gc.freeze()
