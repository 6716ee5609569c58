"""Sign-in, keys, webhooks, support and leaving."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from foundation.web.equals import Act

_BIN = (Act(_("See what can be restored"), "GET", "bin/", "client.bin.list()", "bin list"),)
_BINNED = (
    Act(
        _("Restore it"),
        "POST",
        "bin/{binned.pk}/restore/",
        "client.bin.restore({binned.pk})",
        "bin restore {binned.pk}",
    ),
    Act(
        _("Delete it for ever"),
        "DELETE",
        "bin/{binned.pk}/?confirmation=…",
        "client.bin.delete({binned.pk}, confirmation={binned.name})",
        "bin delete {binned.pk} --confirm {binned.name}",
    ),
)
DOORS = {
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
    "tenants:bin_list": _BIN,
    "tenants:bin_detail": _BINNED,
    "tenants:project_bin_list": _BIN,
    "tenants:project_bin_detail": _BINNED,
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
