"""Figures of penalised critics: value surfaces, slopes between real and fake, and what the weight does to them."""

__all__ = []
