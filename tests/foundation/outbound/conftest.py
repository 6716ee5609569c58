from tests.support.resolver import *  # noqa: F403
from tests.support.source_servers import file_server, loopback_allowed  # noqa: F401
