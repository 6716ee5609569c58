import pytest

from tests.support.source_servers import *  # noqa: F403


@pytest.fixture(scope="module", autouse=True)
def threads_as_in_use(as_many_threads_as_in_use):
    pass
