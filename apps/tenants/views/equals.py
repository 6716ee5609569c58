"""What the settings' pages do, by program: `foundation.web.equals` fills in the page's own names and ids."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from foundation.web.equals import Act

_EMAIL = "{membership.user.email}"
_MEMBER = f"client.members.find({_EMAIL})"
_IN_GROUP = "groups/{group.pk}/people/"

_PEOPLE = {
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
_COST = {
    "tenants:usage": (
        Act(_("Sums of a month"), "GET", "usage/summary/", "client.usage.summary()", "usage show"),
        Act(_("Every hour of a month"), "GET", "usage/", "list(client.usage.hours())", "usage hours"),
    ),
    "tenants:chargeback": (
        Act(_("What each project owes"), "GET", "usage/chargeback/", "client.usage.chargeback()", "usage chargeback"),
    ),
    "tenants:quotas": (
        Act(_("See the quotas"), "GET", "quotas/", "client.quotas.list()", "quota list"),
        Act(
            _("Set a quota"),
            "POST",
            "quotas/",
            "client.quotas.set(cpus=8, concurrent_runs=2)",
            "quota set --cpus 8 --concurrent-runs 2",
            {"cpus": "8", "concurrent_runs": 2},
        ),
    ),
    "tenants:budgets": (
        Act(_("See the budgets"), "GET", "budgets/", "client.budgets.list()", "budget list"),
        Act(
            _("Set a budget"),
            "POST",
            "budgets/",
            'client.budgets.set(soft_limit="500.00", hard_limit="800.00")',
            "budget set --soft 500.00 --hard 800.00",
            {"soft_limit": "500.00", "hard_limit": "800.00"},
        ),
    ),
    "tenants:prices": (
        Act(_("See the prices"), "GET", "prices/", "client.prices.list()", "price list"),
        Act(
            _("Set a price"),
            "POST",
            "prices/",
            'client.prices.set("small", "0.40")',
            "price set small 0.40",
            {"item": "small", "amount": "0.40"},
        ),
    ),
}
_DOORS = {
    "tenants:sign_in_rules": (
        Act(
            _("Ask for a second factor"),
            "PATCH",
            "second-factor-rule/",
            "client.tenant.ask_for_second_factor(grace_days=14)",
            "tenant second-factor --days 14",
            {"second_factor": True, "grace_days": 14},
        ),
    ),
    "tenants:provider_list": (
        Act(
            _("Claim an e-mail domain"),
            "POST",
            "email-domains/",
            'client.email_domains.claim("example.com")',
            "email-domain claim example.com",
            {"name": "example.com"},
        ),
        Act(
            _("Add an OpenID provider"),
            "POST",
            "identity-providers/",
            'client.identity_providers.add_openid("Directory", "https://id.example.com", "sanad", "secret")',
            "identity-provider add-openid Directory https://id.example.com sanad --secret-file secret.txt",
            {
                "kind": "oidc",
                "name": "Directory",
                "issuer": "https://id.example.com",
                "client_id": "sanad",
                "client_secret": "…",
            },
        ),
    ),
    "tenants:provider_detail": (
        Act(
            _("Enable"),
            "POST",
            "identity-providers/{provider.pk}/enable/",
            "client.identity_providers.enable({provider.pk})",
            "identity-provider enable {provider.name}",
        ),
        Act(
            _("Change whom it brings"),
            "PATCH",
            "identity-providers/{provider.pk}/",
            "client.identity_providers.change({provider.pk}, makes_members=True)",
            "identity-provider change {provider.name} --makes-members yes",
            {"makes_members": True},
        ),
        Act(
            _("Make a SCIM token"),
            "POST",
            "identity-providers/{provider.pk}/scim-tokens/",
            "client.identity_providers.scim_token({provider.pk}, days=365)",
            "identity-provider scim-token {provider.name}",
            {"days": 365},
        ),
    ),
    "tenants:encryption": (
        Act(_("See the keys"), "GET", "keys/", "client.keys.get()", "key list"),
        Act(
            _("Make a new key"),
            "POST",
            "keys/rotate/",
            "client.keys.rotate(reseal=True)",
            "key rotate --reseal",
            {"reseal": True},
        ),
    ),
    "tenants:webhook_list": (
        Act(
            _("Make a webhook"),
            "POST",
            "webhooks/",
            'client.webhooks.create("https://siem.example.com/sanad", ["run"], description="SIEM")',
            "webhook create https://siem.example.com/sanad --event run --description SIEM",
            {"url": "https://siem.example.com/sanad", "kinds": ["run"], "description": "SIEM"},
        ),
    ),
    "tenants:webhook_detail": (
        Act(
            _("Send a test event"),
            "POST",
            "webhooks/{webhook.pk}/test/",
            "client.webhooks.test({webhook.pk})",
            "webhook test {webhook.pk}",
        ),
        Act(
            _("See the deliveries"),
            "GET",
            "webhooks/{webhook.pk}/deliveries/",
            "client.webhooks.deliveries({webhook.pk})",
            "webhook deliveries {webhook.pk}",
        ),
        Act(
            _("Send again what failed"),
            "POST",
            "webhooks/{webhook.pk}/replay-failed/",
            "client.webhooks.replay_failed({webhook.pk}, hours=24)",
            "webhook replay-failed {webhook.pk} --hours 24",
            {"since": "2030-01-01T00:00:00Z"},
        ),
        Act(
            _("Change the address"),
            "PATCH",
            "webhooks/{webhook.pk}/",
            'client.webhooks.edit({webhook.pk}, url="https://siem.example.com/other")',
            "webhook edit {webhook.pk} --address https://siem.example.com/other",
            {"url": "https://siem.example.com/other"},
        ),
    ),
    "tenants:tenant_edit": (
        Act(
            _("Change the names or zones"),
            "PATCH",
            "tenant/",
            "client.tenant.edit(name={tenant.name})",
            "tenant edit --name {tenant.name}",
            {"name": "{tenant.name}"},
        ),
    ),
    "tenants:support": (Act(_("See who may come in"), "GET", "support/", "client.support.list()", "support list"),),
    "tenants:leaving": (Act(_("Make an archive"), "POST", "exports/", "client.exports.start()", "export start"),),
}
EQUALS = {**_PEOPLE, **_COST, **_DOORS}
