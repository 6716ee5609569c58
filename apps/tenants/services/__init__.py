"""Writes of tenants: people, tokens, sign-in."""

from apps.tenants.services import provisioning, single_sign_on, webhooks
from apps.tenants.services.bin import Restored, delete_for_ever, empty_due, restore
from apps.tenants.services.bin_rooms import BinRoom, register_bin
from apps.tenants.services.binning import keep_marked, kept_until
from apps.tenants.services.budgets import check_budget, remove_budget, set_budget
from apps.tenants.services.deleting import delete_tenant, register_farewell
from apps.tenants.services.export_part import tenant_part
from apps.tenants.services.exporting import (
    File,
    archives_kept,
    archives_measured,
    as_json,
    as_lines,
    ask_for_export,
    export_tenant,
    fetch_export,
    fields_of,
    forget_archives,
    forget_exports,
    in_scope_of,
    is_archive_being_made,
    register_export,
)
from apps.tenants.services.factors import (
    Shown,
    add_app,
    add_passkey,
    check_factor,
    check_passkey_of_anybody,
    forget_factors,
    remove_factor,
    renew_recovery_codes,
)
from apps.tenants.services.failures import note_sign_in, tell_failed_sign_ins
from apps.tenants.services.gone_projects import close_project, drop_binned_of_project, drop_grants_of_project
from apps.tenants.services.groups import (
    add_to_group,
    create_group,
    delete_group,
    edit_group,
    take_from_group,
)
from apps.tenants.services.invitation_mails import send_invitation
from apps.tenants.services.invitations import (
    accept_as_new_person,
    accept_invitation,
    find_invitation,
    invite,
    note_void_invitation,
    withdraw_invitation,
)
from apps.tenants.services.judging import Check
from apps.tenants.services.law import register_held_by_law
from apps.tenants.services.leaving import ask_to_leave, begin_deletions, cut_the_wait, delete_now, stay
from apps.tenants.services.measuring import measure_storage, register_kept
from apps.tenants.services.members import change_role, remove_member
from apps.tenants.services.opening import invite_by_operator, open_tenant
from apps.tenants.services.operators import make_operator
from apps.tenants.services.permissions import give_permission, take_back_permission
from apps.tenants.services.prices import set_price, take_back_price
from apps.tenants.services.profile import change_password, edit_profile
from apps.tenants.services.project_roles import Holder, give_role_in_project, take_back_role_in_project
from apps.tenants.services.proof import prove
from apps.tenants.services.quotas import (
    check_could_start,
    check_storage,
    give_back,
    remove_quota,
    reserve_storage,
    set_quota,
    take_part,
    why_it_waits,
)
from apps.tenants.services.sample import ensure_sample_people
from apps.tenants.services.security import send_notice, take_reminders
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
from apps.tenants.services.sign_in_rules import set_second_factor_rule
from apps.tenants.services.starts import register_start, start_address
from apps.tenants.services.strays import note_stray, tell_strays
from apps.tenants.services.support import (
    ask_support,
    end_expired_support,
    end_support,
    give_support,
    grant_support,
    leave_support,
    refuse_support,
)
from apps.tenants.services.suspension import restore_member, suspend_member
from apps.tenants.services.tenants import (
    change_plan,
    create_tenant,
    edit_tenant,
    resume_tenant,
    suspend_tenant,
)
from apps.tenants.services.tokens import (
    create_token,
    forget_expired_tokens,
    issue_workload_token,
    renew_workload_token,
    revoke_token,
    revoke_workload_tokens,
)
from apps.tenants.services.usage import (
    Metered,
    begin_usage,
    count_requests,
    end_usage,
    end_usage_of_project,
    keep_bytes,
    keep_measured,
    meter_everything,
    name_model,
)
from apps.tenants.services.ways_back import (
    find_password_link,
    is_member_locked,
    make_password_link,
    make_password_link_by_operator,
    note_void_password_link,
    set_password_by_link,
    take_factors_of_member,
    unlock_member,
)
from apps.tenants.services.webhooks.shapes import register_webhook_shape

__all__ = [
    "BinRoom",
    "Check",
    "File",
    "Founder",
    "Holder",
    "Metered",
    "Restored",
    "Shown",
    "accept_as_new_person",
    "accept_invitation",
    "add_app",
    "add_passkey",
    "add_to_group",
    "archives_kept",
    "archives_measured",
    "as_json",
    "as_lines",
    "ask_for_export",
    "ask_support",
    "ask_to_leave",
    "begin_deletions",
    "begin_usage",
    "change_password",
    "change_plan",
    "change_role",
    "change_role_of_service_account",
    "check_budget",
    "check_could_start",
    "check_factor",
    "check_passkey_of_anybody",
    "check_setup",
    "check_storage",
    "close_project",
    "count_requests",
    "create_group",
    "create_service_account",
    "create_service_token",
    "create_tenant",
    "create_token",
    "cut_the_wait",
    "delete_for_ever",
    "delete_group",
    "delete_now",
    "delete_tenant",
    "disable_service_account",
    "drop_binned_of_project",
    "drop_grants_of_project",
    "edit_group",
    "edit_profile",
    "edit_tenant",
    "empty_due",
    "enable_service_account",
    "end_expired_support",
    "end_other_sessions",
    "end_session",
    "end_support",
    "end_usage",
    "end_usage_of_project",
    "ensure_sample_people",
    "export_tenant",
    "fetch_export",
    "fields_of",
    "find_invitation",
    "find_password_link",
    "forget_archives",
    "forget_ended_sessions",
    "forget_expired_tokens",
    "forget_exports",
    "forget_factors",
    "forget_session",
    "give_back",
    "give_permission",
    "give_role_in_project",
    "give_support",
    "grant_support",
    "in_scope_of",
    "invite",
    "invite_by_operator",
    "is_archive_being_made",
    "is_member_locked",
    "is_set_up",
    "issue_workload_token",
    "keep_bytes",
    "keep_marked",
    "keep_measured",
    "kept_until",
    "leave_support",
    "make_operator",
    "make_password_link",
    "make_password_link_by_operator",
    "measure_storage",
    "meter_everything",
    "name_model",
    "note_session",
    "note_sign_in",
    "note_stray",
    "note_void_invitation",
    "note_void_password_link",
    "open_tenant",
    "prove",
    "provisioning",
    "refuse_support",
    "register_bin",
    "register_export",
    "register_farewell",
    "register_held_by_law",
    "register_kept",
    "register_start",
    "register_webhook_shape",
    "remove_budget",
    "remove_factor",
    "remove_member",
    "remove_quota",
    "renew_recovery_codes",
    "renew_workload_token",
    "reserve_storage",
    "restore",
    "restore_member",
    "resume_tenant",
    "revoke_token",
    "revoke_workload_tokens",
    "send_invitation",
    "send_notice",
    "set_budget",
    "set_password_by_link",
    "set_price",
    "set_quota",
    "set_second_factor_rule",
    "set_up",
    "setup_secret",
    "sign_in",
    "single_sign_on",
    "start_address",
    "stay",
    "suspend_member",
    "suspend_tenant",
    "take_back_permission",
    "take_back_price",
    "take_back_role_in_project",
    "take_factors_of_member",
    "take_from_group",
    "take_part",
    "take_reminders",
    "tell_failed_sign_ins",
    "tell_strays",
    "tenant_part",
    "unlock_member",
    "webhooks",
    "why_it_waits",
    "withdraw_invitation",
]
