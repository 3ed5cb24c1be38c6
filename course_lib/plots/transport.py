"""Figures of optimal transport: piles, plans, potentials and the gap between the two problems."""

__all__ = []
