"""Writes of tenants: people, tokens, sign-in."""

from apps.tenants.services.budgets import check_budget, remove_budget, set_budget
from apps.tenants.services.factors import (
    Shown,
    add_app,
    add_passkey,
    check_factor,
    check_passkey_of_anybody,
    remove_factor,
    renew_recovery_codes,
)
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
from apps.tenants.services.prices import set_price
from apps.tenants.services.profile import change_password, edit_profile
from apps.tenants.services.project_roles import Holder, give_role_in_project, take_back_role_in_project
from apps.tenants.services.proof import prove
from apps.tenants.services.quotas import (
    check_could_start,
    check_storage,
    give_back,
    remove_quota,
    set_quota,
    take_part,
    why_it_waits,
)
from apps.tenants.services.sample import ensure_sample_people
from apps.tenants.services.security import send_notice
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
from apps.tenants.services.usage import (
    Metered,
    begin_usage,
    count_requests,
    database_now,
    end_usage,
    meter_everything,
    name_model,
)
from apps.tenants.services.webhook_queue import forget_deliveries, queue_event, ring_due_webhooks
from apps.tenants.services.webhook_sending import send_webhook
from apps.tenants.services.webhooks import (
    create_webhook,
    delete_webhook,
    edit_webhook,
    enable_webhook,
    pause_webhook,
    replay_delivery,
    replay_failed,
    roll_webhook_secret,
    send_test_event,
)

__all__ = [
    "Founder",
    "Holder",
    "Metered",
    "Shown",
    "accept_as_new_person",
    "accept_invitation",
    "add_app",
    "add_passkey",
    "add_to_group",
    "begin_usage",
    "change_password",
    "change_role",
    "change_role_of_service_account",
    "check_budget",
    "check_could_start",
    "check_factor",
    "check_passkey_of_anybody",
    "check_setup",
    "check_storage",
    "count_requests",
    "create_group",
    "create_service_account",
    "create_service_token",
    "create_tenant",
    "create_token",
    "create_webhook",
    "database_now",
    "delete_group",
    "delete_webhook",
    "disable_service_account",
    "edit_group",
    "edit_profile",
    "edit_tenant",
    "edit_webhook",
    "enable_service_account",
    "enable_webhook",
    "end_other_sessions",
    "end_session",
    "end_usage",
    "ensure_sample_people",
    "find_invitation",
    "forget_deliveries",
    "forget_ended_sessions",
    "forget_expired_tokens",
    "forget_session",
    "give_back",
    "give_permission",
    "give_role_in_project",
    "invite",
    "is_set_up",
    "issue_workload_token",
    "meter_everything",
    "name_model",
    "note_session",
    "pause_webhook",
    "prove",
    "queue_event",
    "register_start",
    "remove_budget",
    "remove_factor",
    "remove_member",
    "remove_quota",
    "renew_recovery_codes",
    "renew_workload_token",
    "replay_delivery",
    "replay_failed",
    "revoke_token",
    "revoke_workload_tokens",
    "ring_due_webhooks",
    "roll_webhook_secret",
    "send_notice",
    "send_test_event",
    "send_webhook",
    "set_budget",
    "set_price",
    "set_quota",
    "set_up",
    "setup_secret",
    "sign_in",
    "start_address",
    "take_back_permission",
    "take_back_role_in_project",
    "take_from_group",
    "take_part",
    "why_it_waits",
    "withdraw_invitation",
]
