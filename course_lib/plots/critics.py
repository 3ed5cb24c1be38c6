"""Figures of critics: value surfaces, slopes, weights, and gradient norms against depth."""

__all__ = []
