"""Writes of approval cases: open, decide, withdraw, comment; ask for access."""

from apps.approvals.services.asking import ask_for_access, close_settled_requests, give_asked_access
from apps.approvals.services.cases import comment, decide, open_case, register_evidence, withdraw

__all__ = [
    "ask_for_access",
    "close_settled_requests",
    "comment",
    "decide",
    "give_asked_access",
    "open_case",
    "register_evidence",
    "withdraw",
]
