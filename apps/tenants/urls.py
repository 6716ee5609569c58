from django.urls import path

from apps.tenants.views import accounts, settings

app_name = "tenants"
open_patterns = [
    path("", accounts.start, name="start"),
    path("accounts/", accounts.profile, name="profile"),
    path("accounts/login/", accounts.sign_in, name="sign_in"),
    path("accounts/logout/", accounts.sign_out, name="sign_out"),
    path("accounts/password/", accounts.password, name="password"),
    path("accounts/sessions/end-others/", accounts.end_other_sessions, name="sessions_end"),
    path("accounts/invitations/<str:secret>/", accounts.invitation, name="invitation"),
]
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
    path("settings/tokens/", settings.token_list, name="token_list"),
    path("settings/tokens/<uuid:token_id>/revoke/", settings.token_revoke, name="token_revoke"),
    path("settings/organisation/", settings.tenant_edit, name="tenant_edit"),
]
