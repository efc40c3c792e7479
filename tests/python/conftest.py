"""Fixtures for all tests."""

from collections.abc import Generator

import pytest
from anabranch import testing


@pytest.fixture(autouse=True)
def no_entities() -> Generator[None]:
    yield
    testing.reset()
