"""How much one websocket and one person may ask for."""

from __future__ import annotations

import time

from django.utils.translation import gettext as _

from foundation.errors import Invalid, OverQuota

TOPICS_EACH = 100
CONNECTIONS_EACH = 30  # of one person or program, in one process
MESSAGE_BYTES = 16 * 1024
MESSAGES_A_SECOND = 10.0
MESSAGES_AT_ONCE = 40.0
# A page that does not take its messages for so long is let go: it resumes by number.
SLOW_SECONDS = 5.0


def check_connections(already_open: int) -> None:
    if already_open >= CONNECTIONS_EACH:
        raise OverQuota(
            _("You have %(count)d pages open here, which is the limit; close some to hear changes in this one.")
            % {"count": CONNECTIONS_EACH}
        )


def check_topics(count: int) -> None:
    if count > TOPICS_EACH:
        raise OverQuota(_("One page listens to %(count)d topics at most.") % {"count": TOPICS_EACH})


def check_size(text: str) -> None:
    if len(text) > MESSAGE_BYTES:
        raise Invalid(_("A message holds %(count)d bytes at most.") % {"count": MESSAGE_BYTES})


class Pace:
    """How fast one websocket may send: a bucket of tokens that refills."""

    def __init__(self) -> None:
        self._left = MESSAGES_AT_ONCE
        self._at = time.monotonic()

    def check(self) -> None:
        moment = time.monotonic()
        self._left = min(MESSAGES_AT_ONCE, self._left + (moment - self._at) * MESSAGES_A_SECOND)
        self._at = moment
        if self._left < 1:
            raise OverQuota(_("Too many messages at once; connect again in a moment."))
        self._left -= 1
