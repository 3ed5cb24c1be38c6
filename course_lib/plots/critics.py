"""Figures of clipped critics: value surfaces, piled-up weights, and gradient norms against depth."""

__all__ = []
