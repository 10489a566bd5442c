"""HOMEPOT AI gateway: code decides, the model narrates."""

from importlib.metadata import version

__version__ = version("ai-gateway")
