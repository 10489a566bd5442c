"""The parts of the sample fleet: each module makes the rows of a few tables from the same `World`."""
