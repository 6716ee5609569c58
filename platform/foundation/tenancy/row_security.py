"""Grants and row-level security, laid over the schema after every migrate, so that no table can be forgotten."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.models import Model

FUNCTIONS = """
CREATE OR REPLACE FUNCTION sanad_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('sanad.tenant', true), '')::uuid $$;
CREATE OR REPLACE FUNCTION sanad_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('sanad.user', true), '')::uuid $$;
"""

_GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
"""


def protected_models() -> list[type[Model]]:
    """Every model whose rows belong to somebody: those with a `row_security` condition."""
    found = [m for m in apps.get_models(include_auto_created=True) if getattr(m, "row_security", None)]
    return [m for m in found if m._meta.managed and not m._meta.proxy]


def secure_database(*, using: str, **_signal: Any) -> None:
    """Create the scope functions, grant the portal's role its rows and force a policy on every protected table."""
    with connections[using].cursor() as cursor:
        cursor.execute(FUNCTIONS)
        cursor.execute(_GRANTS.format(role=_quoted(settings.DATABASE_PORTAL_ROLE)))
        for model in protected_models():
            for statement in _policies(model):
                cursor.execute(statement)


def _policies(model: type[Model]) -> list[str]:
    table = _quoted(model._meta.db_table)
    rule = model.row_security  # type: ignore[attr-defined]
    reads = getattr(model, "row_security_reads", None)
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS sanad_scope ON {table}",
        f"CREATE POLICY sanad_scope ON {table} USING ({rule}) WITH CHECK ({rule})",
        f"DROP POLICY IF EXISTS sanad_reads ON {table}",
    ]
    if reads:
        statements.append(f"CREATE POLICY sanad_reads ON {table} FOR SELECT USING ({reads})")
    return statements


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
