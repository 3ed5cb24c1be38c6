"""Figures of divergences: what each says while two distributions slide apart."""

__all__ = []
