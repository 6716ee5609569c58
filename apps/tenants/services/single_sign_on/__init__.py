"""Signing in by a tenant's own identity providers: their settings, domains, answers, sessions and proofs."""

from apps.tenants.services.single_sign_on.email_domains import (
    RECORD_AT,
    RECORD_SAYS,
    claim_domain,
    prove_by_operator,
    prove_domain,
    release_domain,
    tenant_of_address,
)
from apps.tenants.services.single_sign_on.entering import (
    disabled_provider,
    enter,
    find_provider,
    forget_used_assertions,
    look_at,
    note_refusal,
    note_test,
    providers_at,
    providers_for,
)
from apps.tenants.services.single_sign_on.identity_providers import (
    Line,
    add_openid_provider,
    add_saml_provider,
    complete_openid_provider,
    complete_saml_provider,
    disable_provider,
    draft_provider,
    edit_provider,
    enable_provider,
    refresh_provider,
    remove_provider,
    scim_purpose,
    settings_of,
)
from apps.tenants.services.single_sign_on.provided_sessions import note_provided_session
from apps.tenants.services.single_sign_on.provider_logout import end_by_provider, provider_of
from apps.tenants.services.single_sign_on.provider_proof import prove_by_provider
from apps.tenants.services.single_sign_on.saml_answers import keep_answer, kept_answer

__all__ = [
    "RECORD_AT",
    "RECORD_SAYS",
    "Line",
    "add_openid_provider",
    "add_saml_provider",
    "claim_domain",
    "complete_openid_provider",
    "complete_saml_provider",
    "disable_provider",
    "disabled_provider",
    "draft_provider",
    "edit_provider",
    "enable_provider",
    "end_by_provider",
    "enter",
    "find_provider",
    "forget_used_assertions",
    "keep_answer",
    "kept_answer",
    "look_at",
    "note_provided_session",
    "note_refusal",
    "note_test",
    "prove_by_operator",
    "prove_by_provider",
    "prove_domain",
    "provider_of",
    "providers_at",
    "providers_for",
    "refresh_provider",
    "release_domain",
    "remove_provider",
    "scim_purpose",
    "settings_of",
    "tenant_of_address",
]
