import pytest

from .studies import make_people


@pytest.fixture(scope="session")
def people():
    """400 people with all three outcomes; comparison weights differ."""
    return make_people()
