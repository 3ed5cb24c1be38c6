"""Figures of samples in the plane: clouds over modes, and how they move while a generator learns."""

__all__ = []
