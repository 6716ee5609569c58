"""The one door to the world outside: every call that leaves the house goes through `send`.

Whoever may name an address could otherwise make the portal knock at what lies inside. So names are looked up here, each
address is held against what is never reached from here, and the connection is made to the very address that was
checked: a name that answers otherwise at a second look gains nothing. Redirects pass the same checks.
"""

from foundation.outbound.errors import AnswerTooLarge, Refused, Unreachable
from foundation.outbound.sending import Answer, Limits, send
from foundation.outbound.targets import check

__all__ = ["Answer", "AnswerTooLarge", "Limits", "Refused", "Unreachable", "check", "send"]
