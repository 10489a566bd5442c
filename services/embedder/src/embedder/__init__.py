"""Text embeddings with all-mpnet-base-v2, behind the wire shapes of OpenAI and text-embeddings-inference."""

__version__ = "0.1.0"
