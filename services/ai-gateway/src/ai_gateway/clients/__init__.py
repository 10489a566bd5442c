"""Other processes that the gateway asks: the embedder and the language model, with deadlines and circuit breakers."""
