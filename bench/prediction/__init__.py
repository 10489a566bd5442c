"""How good the gateway's own predictor is on labelled data: ``python -m bench.prediction DIR``."""
