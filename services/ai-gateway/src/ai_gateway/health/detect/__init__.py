"""Detectors: online, bounded state, vectorised over all devices. Pure numpy, no input or output."""
