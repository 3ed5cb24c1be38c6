"""Figures of how training moves: phase portraits of small games, and the paths through them."""

__all__ = []
