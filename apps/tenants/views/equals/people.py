"""Members, groups, service accounts and tokens."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from foundation.web.equals import Act

_EMAIL = "{membership.user.email}"
_MEMBER = f"client.members.find({_EMAIL})"
_IN_GROUP = "groups/{group.pk}/people/"

PEOPLE = {
    "tenants:member_list": (
        Act(_("See who is here"), "GET", "members/", "client.members.list()", "member list"),
        Act(
            _("Invite somebody"),
            "POST",
            "members/",
            'client.members.invite("somebody@example.com", "scientist")',
            "member invite somebody@example.com --role scientist",
            {"email": "somebody@example.com", "role": "scientist"},
        ),
    ),
    "tenants:member_edit": (
        Act(
            _("Change the role"),
            "PATCH",
            "members/{membership.pk}/",
            f'client.members.change_role({_MEMBER}["id"], "auditor")',
            f"member role {_EMAIL} auditor",
            {"role": "auditor"},
        ),
        Act(
            _("Make a link for a new password"),
            "POST",
            "members/{membership.pk}/password-link/",
            f'client.members.password_link({_MEMBER}["id"])',
            f"member new-password {_EMAIL}",
        ),
        Act(
            _("Suspend"),
            "POST",
            "members/{membership.pk}/suspend/",
            f'client.members.suspend({_MEMBER}["id"])',
            f"member suspend {_EMAIL}",
        ),
        Act(
            _("Restore"),
            "POST",
            "members/{membership.pk}/restore/",
            f'client.members.restore({_MEMBER}["id"])',
            f"member restore {_EMAIL}",
        ),
        Act(
            _("Remove"),
            "DELETE",
            "members/{membership.pk}/",
            f'client.members.remove({_MEMBER}["id"])',
            f"member remove {_EMAIL}",
        ),
    ),
    "tenants:group_list": (
        Act(_("See the groups"), "GET", "groups/", "client.groups.list()", "group list"),
        Act(
            _("Make a group"),
            "POST",
            "groups/",
            'client.groups.create("Fraud team", description="Who watches payments")',
            "group create 'Fraud team' --description 'Who watches payments'",
            {"name": "Fraud team", "description": "Who watches payments"},
        ),
    ),
    "tenants:group_detail": (
        Act(
            _("Take somebody in"),
            "POST",
            _IN_GROUP,
            'client.groups.add({group.pk}, client.members.find("somebody@example.com")["user"])',
            "group add {group.name} somebody@example.com",
            {"user": "…"},
        ),
        Act(
            _("Take somebody out"),
            "DELETE",
            f"{_IN_GROUP}?user=…",
            'client.groups.remove({group.pk}, client.members.find("somebody@example.com")["user"])',
            "group remove {group.name} somebody@example.com",
        ),
        Act(
            _("Change the name"),
            "PATCH",
            "groups/{group.pk}/",
            'client.groups.edit({group.pk}, name="Another name")',
            "group edit {group.name} --name 'Another name'",
            {"name": "Another name"},
        ),
        Act(
            _("Delete the group"),
            "DELETE",
            "groups/{group.pk}/",
            "client.groups.delete({group.pk})",
            "group delete {group.name}",
        ),
    ),
    "tenants:service_account_list": (
        Act(
            _("Make a service account"),
            "POST",
            "service-accounts/",
            'client.service_accounts.create("nightly import", "scientist")',
            "service-account create 'nightly import' --role scientist",
            {"name": "nightly import", "role": "scientist"},
        ),
    ),
    "tenants:service_account_detail": (
        Act(
            _("Make a token"),
            "POST",
            "service-accounts/{account.pk}/tokens/",
            'client.service_accounts.create_token({account.pk}, "cron", ["*"], days=90)',
            "service-account token {account.name} --for cron --days 90",
            {"name": "cron", "scopes": ["*"], "expires_at": "2030-01-01T00:00:00Z"},
        ),
        Act(
            _("Change the role"),
            "PATCH",
            "service-accounts/{account.pk}/",
            'client.service_accounts.change_role({account.pk}, "viewer")',
            "service-account role {account.name} viewer",
            {"role": "viewer"},
        ),
        Act(
            _("Disable"),
            "POST",
            "service-accounts/{account.pk}/disable/",
            "client.service_accounts.disable({account.pk})",
            "service-account disable {account.name}",
        ),
    ),
    "tenants:token_list": (
        Act(_("See the tokens"), "GET", "tokens/", "client.tokens.list()", "token list"),
        Act(
            _("Make a token"),
            "POST",
            "tokens/",
            'client.tokens.create("laptop", ["project.view"], days=30)',
            "token create laptop --scope project.view --days 30",
            {"name": "laptop", "scopes": ["project.view"], "expires_at": "2030-01-01T00:00:00Z"},
        ),
        Act(
            _("Revoke a token"),
            "POST",
            "tokens/00000000-0000-0000-0000-000000000000/revoke/",
            'client.tokens.revoke("00000000-0000-0000-0000-000000000000")',
            "token revoke 00000000-0000-0000-0000-000000000000",
        ),
    ),
}
