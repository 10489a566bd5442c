"""Collect evidence for each intent: set-based reads, then claims that follow from them."""
