"""Which test shows each attack that the portal has to refuse. A line without a test, or a test that is gone, fails."""

from __future__ import annotations

OTHER_TENANTS = "tests/isolation/test_other_tenants.py::test_a_member_of_another_tenant_sees_and_changes_nothing"
MLFLOW = "tests/apps/experiments/test_mlflow_door.py"
BODIES = "tests/apps/experiments/test_mlflow_bodies.py"
WEBSOCKET = "tests/foundation/live/test_websocket.py"
DOOR = "tests/apps/deployments/test_gateway_endpoints.py"
KEYS = "tests/gateway/test_keys.py"
SAML = "tests/apps/tenants/test_saml.py"
SCIM = "tests/apps/tenants/test_scim_tokens.py"
MEMBERS = "tests/apps/tenants/test_members.py"
PROOF = "tests/apps/tenants/test_provider_proof.py"
SIGN_OUT = "tests/apps/tenants/test_provider_sign_out.py"

ATTACKS = {
    "another tenant's id in an address": [OTHER_TENANTS],
    "another tenant's id in a body or form": [OTHER_TENANTS],
    "another tenant's id in a query": [OTHER_TENANTS],
    "another tenant named in a header, in every spelling": [OTHER_TENANTS],
    "raw SQL under the portal's role": [
        "tests/isolation/test_row_security.py::test_from_another_scope_raw_sql_sees_no_row_of_the_tenant",
        "tests/isolation/test_row_security.py::test_nothing_is_written_into_another_tenant",
        "tests/isolation/test_row_security.py::test_the_portals_role_cannot_lift_the_protection",
    ],
    "another tenant's websocket topic": [
        f"{WEBSOCKET}::test_topic_of_another_tenant_is_refused",
        f"{WEBSOCKET}::test_same_topic_in_another_tenant_is_not_heard",
        f"{WEBSOCKET}::test_member_of_another_tenant_is_sent_away",
    ],
    "a websocket from another origin": [f"{WEBSOCKET}::test_page_from_elsewhere_may_not_use_the_cookie"],
    "MLflow: dots and encoded slashes in a path": [
        f"{MLFLOW}::test_no_path_leads_to_another_projects_files",
        f"{MLFLOW}::test_a_model_version_comes_from_inside_the_project",
    ],
    "MLflow: a workspace named by the client": [f"{MLFLOW}::test_a_client_cannot_name_a_workspace"],
    "MLflow: ids inside bodies, in both spellings": [
        f"{MLFLOW}::test_no_id_of_another_project_is_heard",
        f"{BODIES}::test_no_second_spelling_reaches_what_is_the_portals",
        f"{BODIES}::test_a_body_that_could_be_read_in_two_ways_is_refused",
    ],
    "MLflow: somebody without a right to the project": [f"{MLFLOW}::test_without_a_token_nobody_comes_in"],
    "another tenant's artifact path": [
        f"{MLFLOW}::test_artifacts_of_an_experiment_lie_inside_the_project",
        "tests/foundation/storage/test_objects.py::test_an_object_moved_to_another_key_or_tenant_does_not_open",
    ],
    "SQL of a feature view": [
        "tests/apps/features/test_feature_store.py::test_another_tenants_version_is_no_input",
        "tests/foundation/lake/test_sandbox_attacks.py::test_what_is_outside_does_not_pass_the_check",
    ],
    "a Celery message that names another tenant's job": [
        "tests/isolation/test_messages.py::test_a_message_that_says_more_is_refused",
        "tests/isolation/test_messages.py::test_a_job_brought_in_anothers_scope_works_in_its_own_tenants",
    ],
    "another tenant's deployment at the gateway": [f"{DOOR}::test_another_tenants_token_learns_nothing"],
    "a token made for another project or purpose": [
        f"{DOOR}::test_a_token_of_another_project_does_not_open",
        "tests/apps/tenants/test_tokens.py::test_a_token_for_one_project_is_given_nothing_that_concerns_the_whole_tenant",
    ],
    "a forged, expired or revoked token": [
        f"{DOOR}::test_unknown_expired_and_revoked_tokens_are_refused_and_revocations_are_told",
        f"{KEYS}::test_an_expired_key_is_refused_though_it_was_good",
        f"{KEYS}::test_revocation_holds_within_a_second",
        f"{WEBSOCKET}::test_unknown_token_is_sent_away",
    ],
    "a SAML response replayed": [f"{SAML}::test_a_replayed_assertion_is_refused_whatever_was_asked_for"],
    "a SAML response unsigned": [f"{SAML}::test_an_unsigned_response_is_refused"],
    "a SAML response with a wrapped signature": [f"{SAML}::test_a_wrapped_signature_is_refused"],
    "an OpenID state mismatch": [
        "tests/apps/tenants/test_openid_refusals.py::test_an_answer_without_the_state_of_this_browser_is_refused"
    ],
    "an identity provider's open session taken for a fresh proof": [
        f"{PROOF}::test_a_provider_that_answers_out_of_its_own_session_proves_nobody",
        f"{PROOF}::test_a_silent_saml_provider_proves_nobody",
    ],
    "a logout token forged, of another party, or brought twice": [
        f"{SIGN_OUT}::test_a_logout_token_that_is_not_for_this_is_refused_and_ends_nothing",
        f"{SIGN_OUT}::test_a_logout_token_is_heard_once",
    ],
    "SCIM from another tenant's token": [f"{SCIM}::test_another_tenants_token_opens_nothing"],
    "an invitation used twice": ["tests/apps/tenants/test_invitations.py::test_a_link_works_once_and_not_for_ever"],
    "a role changed during a session": [
        "tests/apps/tenants/test_permissions.py::test_taken_back_it_opens_nothing_at_the_next_request",
        f"{MEMBERS}::test_a_removed_member_is_out_and_their_tokens_are_void",
        f"{MEMBERS}::test_a_role_without_the_right_voids_what_uses_it_and_nothing_else",
    ],
    "the last administrator removing themself": [
        f"{MEMBERS}::test_the_last_administrator_stays",
        f"{MEMBERS}::test_two_administrators_cannot_remove_each_other_at_once",
    ],
    "odd input": [
        "tests/isolation/test_description.py::test_odd_input_is_refused_in_words",
        "tests/foundation/web/test_odd_text.py::test_a_text_that_cannot_be_written_is_refused_wherever_it_stands",
    ],
}
