"""How good the gateway's own detectors are on labelled data: ``python -m bench.detection DIR``."""
