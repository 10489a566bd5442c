"""The embedder beside its peers: same machine, same weights, same texts, in one run."""
