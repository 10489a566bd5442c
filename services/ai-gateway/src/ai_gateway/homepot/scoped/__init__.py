"""What a caller's question may cause to be read, a file a subject: the rows, and a store that reads them in a ``View``."""
