"""The one door to the world outside: every call that leaves the house goes through `send`.

Whoever may name an address could otherwise make the portal knock at what lies inside. So names are looked up here, each
address is held against what is never reached from here, and the connection is made to the very address that was
checked: a name that answers otherwise at a second look gains nothing. Redirects pass the same checks. A file is taken
by `fetch`; a database is reached by `connect` or at `addresses_at`; an SDK that speaks HTTP by itself gets `Visit.url`
as its proxy.
"""

from foundation.outbound.doorway import Visit
from foundation.outbound.errors import AnswerTooLarge, Refused, Unreachable
from foundation.outbound.fetching import Fetched, fetch
from foundation.outbound.reaching import addresses_at, connect, received
from foundation.outbound.relaying import shut
from foundation.outbound.rules import authorities_file, tls_context
from foundation.outbound.sending import Answer, Limits, send
from foundation.outbound.targets import check

__all__ = [
    "Answer",
    "AnswerTooLarge",
    "Fetched",
    "Limits",
    "Refused",
    "Unreachable",
    "Visit",
    "addresses_at",
    "authorities_file",
    "check",
    "connect",
    "fetch",
    "received",
    "send",
    "shut",
    "tls_context",
]
