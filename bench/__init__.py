"""Every speed and size figure that the documents quote, measured by ``python -m bench``."""
