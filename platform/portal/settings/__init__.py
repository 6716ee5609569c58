"""The portal's settings, one file per matter; names in capitals are Django's or start with what they configure."""

from portal.settings.base import *  # noqa: F403
from portal.settings.identity import *  # noqa: F403
from portal.settings.joining import *  # noqa: F403
from portal.settings.messaging import *  # noqa: F403
from portal.settings.security import *  # noqa: F403
from portal.settings.services import *  # noqa: F403
