"""A simulated fleet with labelled faults: what detection and incidents are proved on (docs/simulation.md)."""
