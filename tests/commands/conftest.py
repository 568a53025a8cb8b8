"""Fixtures for whatever looks words up."""

from __future__ import annotations

import pytest

from commands.labels import Labels, load_labels


@pytest.fixture
def labels() -> Labels:
    """The shipped tables."""
    return load_labels()
