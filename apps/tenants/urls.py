from django.urls import path

from apps.tenants.views import accounts, groups, service_accounts, settings

app_name = "tenants"
open_patterns = [
    path("", accounts.start, name="start"),
    path("accounts/", accounts.profile, name="profile"),
    path("accounts/logout/", accounts.sign_out, name="sign_out"),
    path("accounts/password/", accounts.password, name="password"),
    path("accounts/sessions/end-others/", accounts.end_other_sessions, name="sessions_end"),
    path("accounts/sessions/<uuid:session_id>/end/", accounts.end_session, name="session_end"),
    path("accounts/setup/<str:secret>/", accounts.setting_up, name="setting_up"),
    path("accounts/invitations/<str:secret>/", accounts.invitation, name="invitation"),
]
library_patterns = [path("accounts/login/", accounts.sign_in, name="account_login")]
tenant_patterns = [
    path("settings/", settings.settings_start, name="settings"),
    path("settings/members/", settings.member_list, name="member_list"),
    path("settings/members/<uuid:membership_id>/", settings.member_edit, name="member_edit"),
    path("settings/members/<uuid:membership_id>/remove/", settings.member_remove, name="member_remove"),
    path(
        "settings/members/<uuid:membership_id>/permissions/<int:grant_id>/take-back/",
        settings.permission_take_back,
        name="permission_take_back",
    ),
    path(
        "settings/invitations/<uuid:invitation_id>/withdraw/", settings.invitation_withdraw, name="invitation_withdraw"
    ),
    path("settings/groups/", groups.group_list, name="group_list"),
    path("settings/groups/<uuid:group_id>/", groups.group_detail, name="group_detail"),
    path("settings/groups/<uuid:group_id>/delete/", groups.group_delete, name="group_delete"),
    path("settings/groups/<uuid:group_id>/people/", groups.group_join, name="group_join"),
    path("settings/groups/<uuid:group_id>/people/<uuid:user_id>/take-out/", groups.group_leave, name="group_leave"),
    path("settings/groups/<uuid:group_id>/roles/", groups.group_role, name="group_role"),
    path(
        "settings/groups/<uuid:group_id>/roles/<uuid:role_id>/take-back/",
        groups.group_role_take_back,
        name="group_role_take_back",
    ),
    path("settings/tokens/", settings.token_list, name="token_list"),
    path("settings/tokens/<uuid:token_id>/revoke/", settings.token_revoke, name="token_revoke"),
    path("settings/service-accounts/", service_accounts.service_account_list, name="service_account_list"),
    path(
        "settings/service-accounts/<uuid:account_id>/",
        service_accounts.service_account_detail,
        name="service_account_detail",
    ),
    path(
        "settings/service-accounts/<uuid:account_id>/role/",
        service_accounts.service_account_role,
        name="service_account_role",
    ),
    path(
        "settings/service-accounts/<uuid:account_id>/disable/",
        service_accounts.service_account_disable,
        name="service_account_disable",
    ),
    path(
        "settings/service-accounts/<uuid:account_id>/enable/",
        service_accounts.service_account_enable,
        name="service_account_enable",
    ),
    path("settings/organisation/", settings.tenant_edit, name="tenant_edit"),
]
