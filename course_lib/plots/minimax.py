"""Figures of the minimax game: densities, discriminators over them, and what the generator is told."""

__all__ = []
