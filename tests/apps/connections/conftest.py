from tests.support.resolver import *  # noqa: F403
from tests.support.source_servers import *  # noqa: F403
