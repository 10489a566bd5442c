"""HOMEPOT's own AI routes, answered by this gateway: the same paths and shapes, real content."""
