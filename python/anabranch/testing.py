"""For tests of an application in plain mode."""

from anabranch import _plain


def reset() -> None:
    """Deletes all entities, so that the next test starts with none.

    In `conftest.py`:

        import pytest
        from anabranch import testing

        @pytest.fixture(autouse=True)
        def no_entities():
            yield
            testing.reset()
    """
    _plain.reset()
