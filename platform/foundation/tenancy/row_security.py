"""Grants and row-level security, laid over the schema after every migrate, so that no table can be forgotten."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.models import Model

from foundation.quoting import identifier

FUNCTIONS = """
CREATE OR REPLACE FUNCTION sanad_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('sanad.tenant', true), '')::uuid $$;
CREATE OR REPLACE FUNCTION sanad_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('sanad.user', true), '')::uuid $$;
CREATE OR REPLACE FUNCTION sanad_watched() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('sanad.watched', true), '')::uuid[] $$;
"""

_GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
"""

_OF_PERSON, _OF_NOBODY = "user_id = sanad_user()", "false"
# Tables of installed packages, which cannot say it themselves: by label the rule, and what may be read besides.
_OF_OTHERS: dict[str, tuple[str, str | None]] = {
    "mfa.Authenticator": (_OF_PERSON, None),
    "account.EmailAddress": (_OF_PERSON, None),
    # Before the person is known, an identity provider's answer finds its own row by provider and subject, and no other.
    "socialaccount.SocialAccount": (
        _OF_PERSON,
        "provider || ' ' || uid = current_setting('sanad.external_account', true)",
    ),
    # Not used: confirmations by mail, tokens of providers, and providers of the whole portal.
    "account.EmailConfirmation": (_OF_NOBODY, None),
    "socialaccount.SocialToken": (_OF_NOBODY, None),
    "socialaccount.SocialApp": (_OF_NOBODY, None),
}


def rule_of(model: type[Model]) -> tuple[str, str | None] | None:
    """The condition under which the model's rows are seen and written, and one under which they are read besides."""
    own = getattr(model, "row_security", None)
    return (own, getattr(model, "row_security_reads", None)) if own else _OF_OTHERS.get(model._meta.label)


def protected_models() -> list[type[Model]]:
    """Every model whose rows belong to somebody: those with a `row_security` condition."""
    found = [m for m in apps.get_models(include_auto_created=True) if rule_of(m)]
    return [m for m in found if m._meta.managed and not m._meta.proxy]


def secure_database(*, using: str, **_signal: Any) -> None:
    """Create the scope functions, grant the portal's role its rows and force a policy on every protected table."""
    with connections[using].cursor() as cursor:
        cursor.execute(FUNCTIONS)
        cursor.execute(_GRANTS.format(role=identifier(settings.DATABASE_PORTAL_ROLE)))
        for model in protected_models():
            for statement in _policies(model, *(rule_of(model) or ("", None))):
                cursor.execute(statement)


def _policies(model: type[Model], rule: str, reads: str | None) -> list[str]:
    table = identifier(model._meta.db_table)
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
