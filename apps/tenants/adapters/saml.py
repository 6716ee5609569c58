"""SAML 2.0: what is asked of a provider, and its answer held against its certificate (python3-saml).

State waits in the browser's session, kept by allauth's SAML provider. Its own views are not used: they take an answer
as often as it is brought, and read what it answers to from a part that need not be signed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from lxml.etree import XMLSyntaxError
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from apps.tenants.adapters.openid import kept_state
from apps.tenants.adapters.outbound_session import is_kept_secret, outbound_session
from apps.tenants.errors import ProviderRefused
from apps.tenants.ports import ProviderSettings, Said
from foundation.errors import Invalid, PortalError

MOST_BYTES = 512 * 1024
# How much longer than its own end an assertion is remembered: the clock of the library allows five minutes.
_DRIFT = timedelta(seconds=Constants.ALLOWED_CLOCK_DRIFT)
_CONFIRMATION = "/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData"
_EMAIL = (
    "email",
    "mail",
    "urn:mace:dir:attribute-def:mail",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
)
_NAME = (
    "displayName",
    "name",
    "urn:mace:dir:attribute-def:displayName",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
)
_GROUPS = (
    "groups",
    "memberOf",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
    "http://schemas.xmlsoap.org/claims/Group",
)


def begin(
    request: HttpRequest,
    *,
    key: str,
    settings: ProviderSettings,
    acs: str,
    entity_id: str,
    next_url: str,
    kept: dict[str, Any],
    afresh: bool,
) -> HttpResponse:
    """Send the browser to the provider with a request whose id waits in its session, with what is to be `kept`.

    `afresh`: whoever sits there shall prove once more who they are (ForceAuthn; SAML core, 3.4.1).
    """
    auth = OneLogin_Saml2_Auth(_place(acs), _words(settings, acs, entity_id))
    address = auth.login(return_to="", force_authn=afresh)
    _provider(request, key).stash_redirect_state(request, "login", next_url, kept, state_id=auth.get_last_request_id())
    return HttpResponseRedirect(address)


def state_of(request: HttpRequest, *, key: str, request_id: str) -> dict[str, Any]:
    """What was kept when this browser asked under this id: once, for ten minutes; ProviderRefused otherwise."""
    return kept_state(request, _provider(request, key), request_id)


def read(encoded: str, *, settings: ProviderSettings, acs: str, entity_id: str) -> tuple[Said, str]:
    """What the provider said, and the id of the request that it answers; ProviderRefused names what is wrong."""
    if len(encoded) > MOST_BYTES:
        raise ProviderRefused(_("This SAML response is larger than any that is taken."), reason="size")
    try:
        response = OneLogin_Saml2_Response(OneLogin_Saml2_Settings(_words(settings, acs, entity_id)), encoded)
        response.is_valid(_place(acs), raise_exceptions=True)
        return _said(response, settings), _answers(response)
    except OneLogin_Saml2_ValidationError as error:
        raise _faulty(error) from error
    except (OneLogin_Saml2_Error, XMLSyntaxError, ValueError, TypeError) as error:
        raise ProviderRefused(_("This is no SAML response that can be read."), reason="form") from error


def metadata(*, acs: str, entity_id: str) -> bytes:
    """What the provider has to know of us, as XML."""
    words = {"strict": True, "sp": _sp(acs, entity_id), "security": _SECURITY}
    found = OneLogin_Saml2_Settings(words, sp_validation_only=True).get_sp_metadata()
    return found.encode() if isinstance(found, str) else bytes(found)


def read_metadata(xml: bytes) -> ProviderSettings:
    """What a provider's metadata says: who it is, where it is asked, with which certificates it signs."""
    try:
        found = OneLogin_Saml2_IdPMetadataParser.parse(xml, required_sso_binding=Constants.BINDING_HTTP_REDIRECT)
    except (OneLogin_Saml2_Error, XMLSyntaxError, ValueError, TypeError, KeyError) as error:
        raise _no_metadata(_("This is no SAML metadata: it cannot be read as XML.")) from error
    idp = found.get("idp") or {}
    several = (idp.get("x509certMulti") or {}).get("signing") or []
    certificates = tuple(several or ([idp["x509cert"]] if idp.get("x509cert") else []))
    address = (idp.get("singleSignOnService") or {}).get("url", "")
    if not idp.get("entityId"):
        raise _no_metadata(_("The metadata lacks “entityID” of an IDPSSODescriptor: it is not that of a provider."))
    if not address:
        raise _no_metadata(_("The metadata names no SingleSignOnService with the binding HTTP-Redirect."))
    if not certificates:
        raise _no_metadata(_("The metadata holds no signing certificate, so no answer could be proven."))
    return ProviderSettings(
        issuer=str(idp["entityId"]), endpoints={"sso": str(address)}, claims={}, certificates=certificates
    )


def fetch_metadata(url: str) -> bytes:
    """The XML at this address, by way of the one outbound client."""
    if url.startswith("http://") and not is_kept_secret(url):
        sentence = _("Its certificate would come unprotected: write an address with https://, or upload the XML.")
        raise Invalid(sentence, fields={"metadata_url": [sentence]})
    try:
        with outbound_session() as session:
            answer = session.get(url, headers={"Accept": "application/samlmetadata+xml, application/xml, text/xml"})
    except PortalError as error:
        raise Invalid(error.sentence, fields={"metadata_url": [error.sentence]}) from error
    if answer.status_code != 200:
        sentence = _("The address of the metadata answered with status %(status)s.") % {"status": answer.status_code}
        raise Invalid(sentence, fields={"metadata_url": [sentence]})
    return bytes(answer.content)


# A signature that stands elsewhere, twice, or over something else than the one assertion.
_MISPLACED = frozenset(
    {
        OneLogin_Saml2_ValidationError.WRONG_SIGNED_ELEMENT,
        OneLogin_Saml2_ValidationError.ID_NOT_FOUND_IN_SIGNED_ELEMENT,
        OneLogin_Saml2_ValidationError.DUPLICATED_ID_IN_SIGNED_ELEMENTS,
        OneLogin_Saml2_ValidationError.INVALID_SIGNED_ELEMENT,
        OneLogin_Saml2_ValidationError.DUPLICATED_REFERENCE_IN_SIGNED_ELEMENTS,
        OneLogin_Saml2_ValidationError.UNEXPECTED_SIGNED_ELEMENTS,
        OneLogin_Saml2_ValidationError.WRONG_NUMBER_OF_SIGNATURES_IN_RESPONSE,
        OneLogin_Saml2_ValidationError.WRONG_NUMBER_OF_SIGNATURES_IN_ASSERTION,
        OneLogin_Saml2_ValidationError.WRONG_NUMBER_OF_SIGNATURES,
    }
)
_SECURITY = {
    "authnRequestsSigned": False,
    # Either the response or the assertion is signed, always; both where the provider does so.
    "wantAssertionsSigned": False,
    "wantMessagesSigned": False,
    "wantNameId": True,
    "wantAttributeStatement": False,
    "allowRepeatAttributeName": True,
    "requestedAuthnContext": False,
    "rejectDeprecatedAlgorithm": True,
    "signatureAlgorithm": Constants.RSA_SHA256,
    "digestAlgorithm": Constants.SHA256,
}


def _words(settings: ProviderSettings, acs: str, entity_id: str) -> dict[str, Any]:
    return {
        "strict": True,
        "sp": _sp(acs, entity_id),
        "idp": {
            "entityId": settings.issuer,
            "singleSignOnService": {"url": settings.endpoints["sso"], "binding": Constants.BINDING_HTTP_REDIRECT},
            "x509certMulti": {"signing": list(settings.certificates)},
        },
        "security": _SECURITY,
    }


def _sp(acs: str, entity_id: str) -> dict[str, Any]:
    return {
        "entityId": entity_id,
        "assertionConsumerService": {"url": acs, "binding": Constants.BINDING_HTTP_POST},
        "NameIDFormat": Constants.NAMEID_UNSPECIFIED,
    }


def _place(acs: str) -> dict[str, Any]:
    """Where answers come to, as the portal's own address says it and not as the caller's headers do."""
    parts = urlsplit(acs)
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": parts.path,
        "get_data": {},
        "post_data": {},
    }


def _provider(request: HttpRequest, key: str) -> SAMLProvider:
    return SAMLProvider(request, app=SocialApp(provider="saml", provider_id=key, client_id=key, name=key))


def _answers(response: OneLogin_Saml2_Response) -> str:
    """The request that the assertion answers, read where it is signed; the envelope around it need not be."""
    said = {node.get("InResponseTo") for node in response._query_assertion(_CONFIRMATION)}
    if len(said) != 1 or None in said:
        raise ProviderRefused(
            _(
                "This answer was not asked for (it names no InResponseTo). Begin at the portal's sign-in page instead"
                " of the provider's."
            ),
            reason="unsolicited",
            claim="InResponseTo",
        )
    return str(said.pop())


def _said(response: OneLogin_Saml2_Response, settings: ProviderSettings) -> Said:
    attributes = {name: [str(value) for value in values] for name, values in response.get_attributes().items()}
    name_id = str(response.get_nameid() or "")
    is_address = response.get_nameid_format() == Constants.NAMEID_EMAIL_ADDRESS
    chosen = settings.claims.get("email")
    emails = _values(attributes, chosen, _EMAIL) or ([name_id] if is_address and not chosen else [])
    names = _values(attributes, settings.claims.get("name"), _NAME)
    ends = response.get_assertion_not_on_or_after() or OneLogin_Saml2_Utils.now()
    return Said(
        subject=name_id,
        email=emails[0].strip().lower() if emails else "",
        # The provider signs for every address of its directory; there is no word for an unproven one.
        email_verified=True,
        name=names[0] if names else "",
        groups=tuple(_values(attributes, settings.claims.get("groups"), _GROUPS)),
        claims={"NameID": name_id, **attributes},
        assertion_id=str(response.get_assertion_id()),
        expires_at=datetime.fromtimestamp(ends, UTC) + 2 * _DRIFT,
        proved_at=_proved_at(response),
    )


def _proved_at(response: OneLogin_Saml2_Response) -> datetime | None:
    """When the person showed the provider who they are: the earliest AuthnInstant, of which a response has one."""
    said = [node.get("AuthnInstant") for node in response._query_assertion("/saml:AuthnStatement")]
    moments = [datetime.fromisoformat(moment) for moment in said if moment]
    # SAML's times are of UTC, whether or not they say so (core, 1.3.3).
    return min(moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in moments) if moments else None


def _values(attributes: dict[str, list[str]], chosen: str | None, usual: tuple[str, ...]) -> list[str]:
    return next((attributes[name] for name in ([chosen] if chosen else usual) if attributes.get(name)), [])


def _faulty(error: OneLogin_Saml2_ValidationError) -> ProviderRefused:
    """The library's refusal in our words; what it says itself stands behind them, for whoever mends the provider."""
    known = {
        error.NO_SIGNATURE_FOUND: ("unsigned", "", _("Neither the response nor its assertion is signed.")),
        error.INVALID_SIGNATURE: ("signature", "", _("The signature is not made with the provider's certificate.")),
        error.WRONG_AUDIENCE: ("audience", "Audience", _("The assertion is for another audience than ours.")),
        error.WRONG_ISSUER: ("issuer", "Issuer", _("The assertion is of another issuer.")),
        error.WRONG_DESTINATION: ("destination", "Destination", _("The response is for another address than ours.")),
        error.ASSERTION_EXPIRED: ("expired", "NotOnOrAfter", _("The assertion has expired.")),
        error.SESSION_EXPIRED: ("expired", "SessionNotOnOrAfter", _("The provider's session has expired.")),
        error.ASSERTION_TOO_EARLY: ("early", "NotBefore", _("The assertion is not valid yet; one clock is wrong.")),
        error.WRONG_SUBJECTCONFIRMATION: (
            "confirmation",
            "SubjectConfirmation",
            _("No subject confirmation of the assertion is for us and still good."),
        ),
        error.WRONG_NUMBER_OF_ASSERTIONS: ("wrapped", "", _("A response holds exactly one assertion.")),
        error.INVALID_XML_FORMAT: ("wrapped", "", _("The response is not built as SAML says.")),
        error.NO_NAMEID: ("claim", "NameID", _("The assertion lacks “NameID”.")),
        error.DEPRECATED_SIGNATURE_METHOD: ("algorithm", "SignatureMethod", _("Let the provider sign with SHA-256.")),
        error.DEPRECATED_DIGEST_METHOD: ("algorithm", "DigestMethod", _("Let the provider sign with SHA-256.")),
        error.STATUS_CODE_IS_NOT_SUCCESS: ("provider", "", _("The identity provider did not sign you in.")),
    }
    reason, claim, sentence = known.get(error.code, ("form", "", _("The response is not one that could be believed.")))
    return ProviderRefused(f"{sentence} ({error})", reason=reason, claim=claim)


def _no_metadata(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"metadata": [sentence]})
