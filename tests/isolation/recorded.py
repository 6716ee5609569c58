"""Which test shows that an attack stands on the ledger of whoever tried it, and why some stand on none."""

from __future__ import annotations

from tests.isolation.attacks import OTHER_TENANTS, WEBSOCKET

TOLD = "tests/foundation/web/test_refused_requests.py"
MLFLOW = "tests/apps/experiments/test_mlflow_refusals.py"
KEYS = "tests/apps/deployments/test_refused_keys.py"
MEMBERS = "tests/apps/tenants/test_refusals.py"
SCIM = "tests/apps/tenants/test_scim_tokens.py"
SQL = "tests/apps/features/test_refusals.py"

RECORDED = {
    # OTHER_TENANTS counts every refusal that it gets, and fails where the ledger tells of fewer.
    "another tenant's id in an address": [OTHER_TENANTS, f"{TOLD}::test_an_id_of_another_tenant_in_an_address"],
    "another tenant's id in a body or form": [OTHER_TENANTS, f"{TOLD}::test_an_id_of_another_tenant_in_a_body"],
    "another tenant's id in a query": [OTHER_TENANTS, f"{TOLD}::test_a_tenant_named_in_a_header_or_a_query"],
    "another tenant named in a header, in every spelling": [
        f"{TOLD}::test_a_tenant_named_in_a_header_or_a_query",
        f"{TOLD}::test_another_tenants_short_name_is_told_of_where_the_person_works",
    ],
    "another tenant's websocket topic": [
        f"{WEBSOCKET}::test_topics_that_were_refused_are_told_to_the_listeners_own_tenant",
        f"{WEBSOCKET}::test_who_is_sent_away_is_told_to_the_tenant_where_they_work",
    ],
    "MLflow: dots and encoded slashes in a path": [f"{MLFLOW}::test_an_artifact_path_of_another_tenant"],
    "MLflow: ids inside bodies, in both spellings": [f"{MLFLOW}::test_an_id_of_another_tenant_in_a_body_or_query"],
    "MLflow: somebody without a right to the project": [
        f"{MLFLOW}::test_another_tenants_door",
        f"{MLFLOW}::test_who_may_not_write",
    ],
    "another tenant's artifact path": [
        f"{MLFLOW}::test_artifacts_that_should_lie_elsewhere",
        f"{MLFLOW}::test_a_source_outside_the_project",
    ],
    "SQL of a feature view": [
        f"{SQL}::test_sql_that_names_another_tenants_table_is_told_to_the_ledger",
        f"{SQL}::test_another_tenants_version_as_input_is_told_to_the_ledger",
    ],
    "another tenant's deployment at the gateway": [f"{KEYS}::test_a_key_of_another_tenant_is_told_to_its_own"],
    "a token made for another project or purpose": [
        f"{KEYS}::test_a_key_of_another_project",
        f"{KEYS}::test_a_key_made_for_another_purpose",
        f"{TOLD}::test_a_token_made_for_another_project",
    ],
    "a forged, expired or revoked token": [
        f"{KEYS}::test_a_key_that_is_void",
        f"{KEYS}::test_a_forged_key_is_nobodys",
        f"{TOLD}::test_a_token_that_opens_nothing_any_more_is_told_to_its_tenant",
        f"{TOLD}::test_a_stranger_writes_on_nobodys_ledger",
        f"{WEBSOCKET}::test_a_revoked_token_at_the_door_is_told_to_its_tenant",
        f"{SCIM}::test_a_token_that_opens_scim_no_more_is_told_to_its_tenant",
        f"{SCIM}::test_a_token_of_another_purpose_is_told_and_a_forged_one_is_nobodys",
        "tests/gateway/test_refused_keys.py::test_a_revoked_key_is_counted_as_often_as_it_is_shown",
    ],
    "an invitation used twice": [f"{MEMBERS}::test_an_invitation_that_is_used_twice"],
    "a role changed during a session": [
        f"{MEMBERS}::test_a_member_who_is_given_less_is_refused_at_the_next_request",
        f"{TOLD}::test_a_removed_member_who_comes_back_to_the_door",
    ],
    "the last administrator removing themself": [
        f"{MEMBERS}::test_the_last_administrator_removing_themself",
        f"{MEMBERS}::test_the_last_administrator_giving_themself_less",
    ],
}
# What no ledger tells of, and why.
UNRECORDED = {
    "raw SQL under the portal's role": "only the portal's own code speaks under it, and the rows are simply not there",
    "a websocket from another origin": "the page that opened it belongs to a stranger, and no session is looked at",
    "MLflow: a workspace named by the client": "it is not refused: the proxy writes the project's own in its place",
    "a Celery message that names another tenant's job": "it names no asker: the job works as whoever its row says",
    "odd input": "a slip of whoever typed it, and nobody's secret",
}
# Single sign-on and SCIM say themselves on the ledger what they refused: the tests of ATTACKS look.
SAYS_ITSELF = {
    "a SAML response replayed",
    "a SAML response unsigned",
    "a SAML response with a wrapped signature",
    "an OpenID state mismatch",
    "an identity provider's open session taken for a fresh proof",
    "a logout token forged, of another party, or brought twice",
    "SCIM from another tenant's token",
}
