"""Detectors: online, bounded state, vectorised over all devices. Pure numpy, no input or output."""

from ai_gateway.health.detect.engine import DETECTORS, SENSITIVITY, Engine

__all__ = ["DETECTORS", "SENSITIVITY", "Engine"]
