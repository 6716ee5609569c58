from tests.support.source_servers import *  # noqa: F403
