"""Short help for the providers that most organisations have: which field over there takes which value of ours."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Guide:
    """How one product is set up; names of its fields stay as its own English pages have them."""

    product: str
    # Where its administrator begins.
    where: str | Promise
    # Their field, and what belongs there.
    fields: tuple[tuple[str, str | Promise], ...]
    groups: str | Promise


_REDIRECT, _AFTER, _BACK = _("our Redirect URI"), _("our Post-logout redirect URI"), _("our Back-channel logout URI")
_ACS, _ENTITY = _("our Reply URL (ACS)"), _("our Entity id (audience)")
_OPENID = (
    Guide(
        "Microsoft Entra ID",
        _("App registrations, New registration"),
        (
            ("Redirect URI (Web)", _REDIRECT),
            ("Application (client) ID", _("goes into Client id here")),
            ("Certificates & secrets, Value", _("goes into Client secret here")),
            ("https://login.microsoftonline.com/TENANT-ID/v2.0", _("goes into Issuer URL here")),
            ("Token configuration, optional claims", _("add “email”; here tick “Believe its addresses …”")),
        ),
        _("Token configuration, Add groups claim: “groups” holds the groups' object ids, not their names."),
    ),
    Guide(
        "Okta",
        _("Applications, Create App Integration, OIDC, Web Application"),
        (
            ("Sign-in redirect URIs", _REDIRECT),
            ("Sign-out redirect URIs", _AFTER),
            ("Client ID, Client secret", _("go into the fields of the same name here")),
            ("https://DOMAIN.okta.com", _("goes into Issuer URL here")),
        ),
        _("Sign On, Groups claim: name it “groups” with the filter “Matches regex .*”; it holds the groups' names."),
    ),
    Guide(
        "Keycloak",
        _("Clients, Create client, OpenID Connect, with client authentication"),
        (
            ("Valid redirect URIs", _REDIRECT),
            ("Valid post logout redirect URIs", _AFTER),
            ("Backchannel logout URL", _BACK),
            ("Credentials, Client secret", _("goes into Client secret here")),
            ("https://HOST/realms/REALM", _("goes into Issuer URL here")),
        ),
        _("Client scopes, Add mapper, Group Membership: claim “groups”; names, with “/” before them for full paths."),
    ),
)
_SAML = (
    Guide(
        "Microsoft Entra ID",
        _("Enterprise applications, New application, Single sign-on, SAML"),
        (
            ("Identifier (Entity ID)", _ENTITY),
            ("Reply URL (Assertion Consumer Service URL)", _ACS),
            ("App Federation Metadata Url", _("goes into Address of its metadata here")),
        ),
        _("Attributes & Claims, Add a group claim: it holds the groups' object ids, and is found here by itself."),
    ),
    Guide(
        "Okta",
        _("Applications, Create App Integration, SAML 2.0"),
        (
            ("Single sign-on URL", _ACS),
            ("Audience URI (SP Entity ID)", _ENTITY),
            ("Name ID format", "EmailAddress"),
            ("Metadata URL (Sign On)", _("goes into Address of its metadata here")),
        ),
        _("Group Attribute Statements: name “groups”, filter “Matches regex .*”; it holds the groups' names."),
    ),
    Guide(
        "Keycloak",
        _("Clients, Create client, SAML; or Import client with our metadata"),
        (
            ("Client ID", _ENTITY),
            ("Valid redirect URIs", _ACS),
            ("Client signature required", _("off: our requests carry no signature")),
            ("https://HOST/realms/REALM/protocol/saml/descriptor", _("goes into Address of its metadata here")),
        ),
        _("Client scopes, Add mapper, Group list: attribute “groups”; names, with “/” before them for full paths."),
    ),
)


def guides_of(kind: str) -> tuple[Guide, ...]:
    """Of the protocol, as a provider's `kind` names it: oidc or saml."""
    return _OPENID if kind == "oidc" else _SAML
