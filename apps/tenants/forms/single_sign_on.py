"""What is typed about identity providers, the domains they speak for, and SCIM."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.access import Role
from foundation.identity.models import IdentityProvider
from foundation.web.editing import EditForm

_LTR = {"dir": "ltr", "autocapitalize": "none", "spellcheck": "false"}
MOST_METADATA_BYTES = 512 * 1024
SCIM_DAYS = ((90, _("90 days")), (180, _("180 days")), (365, _("One year")))


class AddressForm(forms.Form):
    """The sign-in page's own field of the e-mail, which leads to the provider of its domain."""

    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={**_LTR, "autocomplete": "username"}))


class _OneOfSeveral(forms.Form):
    """Stands on a page with other forms whose fields have the same names: its labels point to its own."""

    own = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{self.own}_%s", **kwargs})


class DomainForm(_OneOfSeveral):
    own = "domain"
    name = forms.CharField(
        label=_("Domain"),
        max_length=253,
        widget=forms.TextInput(attrs={**_LTR, "placeholder": "example.com"}),
        help_text=_("What stands behind the @ of your people's addresses."),
    )


class DraftForm(_OneOfSeveral):
    """A provider whose administrator asks for our addresses first."""

    own = "draft"
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("People read it on the sign-in page: “Continue with …”.")
    )
    kind = forms.ChoiceField(label=_("Protocol"), choices=IdentityProvider.Kind.choices)


class OpenIDForm(_OneOfSeveral):
    """A provider that speaks OpenID Connect: Entra ID, Okta, Keycloak, Google and others."""

    own = "openid"
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("People read it on the sign-in page: “Continue with …”.")
    )
    issuer = forms.CharField(
        label=_("Issuer URL"),
        max_length=500,
        widget=forms.URLInput(attrs={**_LTR, "placeholder": "https://login.example.com/realm"}),
        help_text=_("Everything else is read from its discovery document."),
    )
    client_id = forms.CharField(label=_("Client id"), max_length=190, widget=forms.TextInput(attrs=_LTR))
    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=190,
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": "off"}),
        help_text=_("It is kept sealed and never shown again. Leave it empty for a public client."),
    )


class SamlForm(_OneOfSeveral):
    """A provider that speaks SAML 2.0: ADFS, Shibboleth and others."""

    own = "saml"
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("People read it on the sign-in page: “Continue with …”.")
    )
    metadata_url = forms.CharField(
        label=_("Address of its metadata"),
        max_length=500,
        required=False,
        widget=forms.URLInput(attrs={**_LTR, "placeholder": "https://idp.example.com/metadata"}),
    )
    metadata = forms.FileField(label=_("Or the metadata itself"), required=False, help_text=_("An XML file."))

    def clean_metadata(self) -> bytes:
        return read_upload(self.cleaned_data.get("metadata"))


class MetadataForm(forms.Form):
    metadata = forms.FileField(label=_("Metadata"), help_text=_("An XML file, with the provider's new certificate."))

    def clean_metadata(self) -> bytes:
        return read_upload(self.cleaned_data.get("metadata"))


class ProviderForm(EditForm):
    default_role = forms.ChoiceField(
        label=_("Role of whoever has no mapped group"),
        required=False,
        choices=[("", _("None: they do not come in")), *Role.choices],
    )
    makes_members = forms.BooleanField(
        label=_("Make members at their first sign-in"),
        required=False,
        help_text=_("Else only people who were invited, or brought by SCIM, come in."),
    )
    vouches_for_email = forms.BooleanField(
        label=_("Believe its addresses without “email_verified”"),
        required=False,
        help_text=_("For providers that never say it, like Entra ID; it holds for your proven domains alone."),
    )
    only_way_in = forms.BooleanField(
        label=_("The only way in"),
        required=False,
        help_text=_(
            "Passwords and passkeys open this organisation no more, but for administrators with a second factor."
        ),
    )
    email = forms.CharField(
        label=_("Claim with the e-mail"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={**_LTR, "placeholder": "email"}),
    )
    display_name = forms.CharField(
        label=_("Claim with the name"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={**_LTR, "placeholder": "name"}),
    )
    groups = forms.CharField(
        label=_("Claim with the groups"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={**_LTR, "placeholder": "groups"}),
    )
    client_secret = forms.CharField(
        label=_("New client secret"),
        max_length=190,
        required=False,
        widget=forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": "off"}),
        help_text=_("Leave it empty to keep the present one."),
    )

    def __init__(self, *args: Any, is_openid: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_openid:
            del self.fields["client_secret"]
            del self.fields["vouches_for_email"]

    @property
    def claims(self) -> dict[str, str]:
        said = self.cleaned_data
        return {"email": said["email"], "name": said["display_name"], "groups": said["groups"]}


class LineForm(EditForm):
    """One line of the mapping. `groups` are those of the tenant, as (id, name)."""

    external = forms.CharField(
        label=_("Group of the provider"), required=False, max_length=255, widget=forms.TextInput(attrs=_LTR)
    )
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", "–"), *Role.choices])
    group = forms.ChoiceField(label=_("Group here"), required=False)

    def __init__(self, *args: Any, groups: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = [("", "–"), *groups]  # type: ignore[attr-defined]  # a ChoiceField


MappingForms = forms.formset_factory(LineForm, extra=3, max_num=200)


class ScimTokenForm(forms.Form):
    days = forms.TypedChoiceField(label=_("Expires after"), coerce=int, choices=SCIM_DAYS, initial=365)


def read_upload(file: Any) -> bytes:
    """The bytes of an uploaded file; ValidationError where it is larger than metadata is."""
    if file is None:
        return b""
    if file.size > MOST_METADATA_BYTES:
        raise forms.ValidationError(_("Metadata is smaller than that; choose the right file."))
    return bytes(file.read())
