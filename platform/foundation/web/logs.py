"""One JSON object per log line, with the request's id."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

from foundation.bound import bound_words

request_id: ContextVar[str] = ContextVar("request_id", default="")
# Links that open something by themselves: who reads the log shall not be able to use one that was not used yet.
_SECRET_LINKS = re.compile(r"(/accounts/(?:invitations|setup|password/new)/)[^/\s\"']+")


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
            # What a job or another loop has bound: request, tenant, job, attempt.
            **bound_words(),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps({key: value for key, value in line.items() if value is not None}, ensure_ascii=False)


def masked(text: str) -> str:
    """The text without the secrets of links."""
    return _SECRET_LINKS.sub(r"\1…", text)
