"""Writes of tenants: people, tokens, sign-in."""

from apps.tenants.services.tokens import (
    create_token,
    issue_workload_token,
    renew_workload_token,
    revoke_token,
    revoke_workload_tokens,
)

__all__ = [
    "create_token",
    "issue_workload_token",
    "renew_workload_token",
    "revoke_token",
    "revoke_workload_tokens",
]
