"""Fixtures that several folders of tests use."""

import pytest

from course_lib.metrics import classifiers


@pytest.fixture
def small_forests(monkeypatch):
    """Ten trees in a judge's forest. For tests that ask judges dozens of times and are not about how good they are."""
    monkeypatch.setattr(classifiers, "TREES", 10)
    monkeypatch.setattr(classifiers, "QUICK_TREES", 10)
