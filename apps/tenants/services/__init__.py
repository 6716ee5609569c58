"""Writes of tenants: people, tokens, sign-in."""

from apps.tenants.services.groups import (
    add_to_group,
    create_group,
    delete_group,
    edit_group,
    take_from_group,
)
from apps.tenants.services.invitations import (
    accept_as_new_person,
    accept_invitation,
    find_invitation,
    invite,
    withdraw_invitation,
)
from apps.tenants.services.members import change_role, remove_member
from apps.tenants.services.permissions import give_permission, take_back_permission
from apps.tenants.services.profile import change_password, edit_profile
from apps.tenants.services.project_roles import Holder, give_role_in_project, take_back_role_in_project
from apps.tenants.services.sample import ensure_sample_people
from apps.tenants.services.service_accounts import (
    change_role_of_service_account,
    create_service_account,
    create_service_token,
    disable_service_account,
    enable_service_account,
)
from apps.tenants.services.setting_up import Founder, check_setup, is_set_up, set_up, setup_secret
from apps.tenants.services.sign_in import (
    end_other_sessions,
    end_session,
    forget_ended_sessions,
    forget_session,
    note_session,
    sign_in,
)
from apps.tenants.services.starts import register_start, start_address
from apps.tenants.services.tenants import create_tenant, edit_tenant
from apps.tenants.services.tokens import (
    create_token,
    forget_expired_tokens,
    issue_workload_token,
    renew_workload_token,
    revoke_token,
    revoke_workload_tokens,
)

__all__ = [
    "Founder",
    "Holder",
    "accept_as_new_person",
    "accept_invitation",
    "add_to_group",
    "change_password",
    "change_role",
    "change_role_of_service_account",
    "check_setup",
    "create_group",
    "create_service_account",
    "create_service_token",
    "create_tenant",
    "create_token",
    "delete_group",
    "disable_service_account",
    "edit_group",
    "edit_profile",
    "edit_tenant",
    "enable_service_account",
    "end_other_sessions",
    "end_session",
    "ensure_sample_people",
    "find_invitation",
    "forget_ended_sessions",
    "forget_expired_tokens",
    "forget_session",
    "give_permission",
    "give_role_in_project",
    "invite",
    "is_set_up",
    "issue_workload_token",
    "note_session",
    "register_start",
    "remove_member",
    "renew_workload_token",
    "revoke_token",
    "revoke_workload_tokens",
    "set_up",
    "setup_secret",
    "sign_in",
    "start_address",
    "take_back_permission",
    "take_back_role_in_project",
    "take_from_group",
    "withdraw_invitation",
]
