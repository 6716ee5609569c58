"""Sign-in by a tenant's SAML provider, walked against a real one in its own process, and every way to cheat it."""

from __future__ import annotations

import base64
import copy

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from lxml import etree

from apps.tenants import services
from apps.tenants.errors import ProviderRefused
from foundation.access.models import Membership
from foundation.clock import now
from foundation.errors import Invalid
from foundation.identity.models import UsedAssertion
from tests.apps.tenants.saml_stage import NS, SARA, ask, bring, come_in, idp, is_outside, provider, reasons, spoiled
from tests.support.forms import send_form

__all__ = ["idp", "provider"]


@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_somebody_new_comes_in_with_the_role_of_their_group(idp, provider, sign):
    client = Client()
    answer = come_in(client, idp, provider, sign=sign)

    assert (answer.status_code, answer["Location"]) == (302, "/t/acme/")
    place = Membership.objects.get(user__email="sara@acme.test")
    assert (place.role, place.user.name) == ("scientist", "Sara Haddad")
    assert client.get("/t/acme/settings/members/").status_code == 200


def test_between_the_two_requests_the_answer_lies_sealed(idp, provider, other_tenant):
    _address, fields = idp.answer(ask(Client(), provider), **SARA)
    posted = send_form(Client(), f"/accounts/sso/acme/{provider.pk}/acs/", fields)
    kept = Session.objects.get(session_key=posted["Location"].rstrip("/").rpartition("/")[2])

    (lying,) = [piece for piece in kept.get_decoded().values() if isinstance(piece, str)]
    assert fields["SAMLResponse"][:40] not in lying
    assert b"sara@acme.test" not in base64.b64decode(lying)
    with pytest.raises(ProviderRefused, match="another organisation"):
        services.single_sign_on.kept_answer(tenant=other_tenant, kept=lying)


def test_an_unsigned_response_is_refused(idp, provider):
    client = Client()
    assert come_in(client, idp, provider, sign="none").status_code == 403
    assert reasons(provider) == ["unsigned"]
    assert is_outside(client)


def test_a_response_signed_by_somebody_else_is_refused(idp, provider):
    client = Client()
    assert come_in(client, idp, provider, other_key=True).status_code == 403
    assert reasons(provider) == ["signature"]
    assert is_outside(client)


def test_an_outdated_algorithm_is_refused(idp, provider):
    answer = come_in(Client(), idp, provider, sha1=True)
    assert answer.status_code == 403
    assert "SHA-256" in answer.content.decode()
    assert reasons(provider) == ["algorithm"]


def test_a_changed_response_is_refused(idp, provider):
    client = Client()
    _address, fields = idp.answer(ask(client, provider), **SARA)

    def change(tree):
        tree.find(".//saml:NameID", NS).text = "boss@acme.test"

    assert bring(client, provider, spoiled(fields, change)).status_code == 403
    assert reasons(provider) == ["signature"]


def _beside(tree):
    """XSW: a forged assertion before the signed one."""
    signed = tree.find("saml:Assertion", NS)
    tree.insert(list(tree).index(signed), _forged(signed))


def _around(tree):
    """XSW: the signed assertion inside the forged one, in the place of its signature."""
    signed = tree.find("saml:Assertion", NS)
    forged = _forged(signed)
    tree.replace(signed, forged)
    forged.append(signed)


def _in_extensions(tree):
    """XSW: the signed assertion put away where nobody reads, the forged one in its place under the same id."""
    signed = tree.find("saml:Assertion", NS)
    forged = _forged(signed)
    forged.set("ID", signed.get("ID"))
    tree.replace(signed, forged)
    extensions = etree.SubElement(tree, f"{{{NS['samlp']}}}Extensions")
    extensions.append(signed)


def _in_object(tree):
    """XSW: the signed assertion inside an Object of the forged one's copied signature."""
    signed = tree.find("saml:Assertion", NS)
    forged = _forged(signed)
    signature = copy.deepcopy(signed.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    tree.replace(signed, forged)
    forged.insert(1, signature)
    etree.SubElement(signature, "{http://www.w3.org/2000/09/xmldsig#}Object").append(signed)


def _forged(signed):
    forged = copy.deepcopy(signed)
    forged.remove(forged.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    forged.set("ID", "_forged")
    forged.find(".//saml:NameID", NS).text = "boss@acme.test"
    return forged


@pytest.mark.parametrize("wrap", [_beside, _around, _in_extensions, _in_object])
def test_a_wrapped_signature_is_refused(idp, provider, wrap):
    client = Client()
    _address, fields = idp.answer(ask(client, provider), **SARA)
    answer = bring(client, provider, spoiled(fields, wrap))

    assert answer.status_code == 403
    assert reasons(provider)[0] in {"wrapped", "signature", "unsigned", "form"}
    assert is_outside(client)
    assert not Membership.objects.filter(user__email="boss@acme.test").exists()


def test_a_response_opens_one_session_once(idp, provider):
    client = Client()
    _address, fields = idp.answer(ask(client, provider), **SARA)
    assert bring(client, provider, fields).status_code == 302
    assert UsedAssertion.objects.count() == 1

    client.post("/accounts/logout/")
    assert bring(client, provider, fields).status_code == 403
    assert is_outside(client)
    assert reasons(provider) == ["state"]


def test_a_replayed_assertion_is_refused_whatever_was_asked_for(idp, provider, tenant):
    """Even where the request it answers were still open, the assertion itself is used up until its own end."""
    from apps.tenants.adapters import saml
    from apps.tenants.errors import ProviderRefused
    from apps.tenants.views.provider_addresses import acs_of, entity_id_of

    client = Client()
    _address, fields = idp.answer(ask(client, provider), **SARA)
    places = {"acs": acs_of("acme", provider.pk), "entity_id": entity_id_of("acme", provider.pk)}
    said, _request = saml.read(fields["SAMLResponse"], settings=services.single_sign_on.settings_of(provider), **places)
    services.single_sign_on.enter(provider=provider, tenant=tenant, said=said, now=now())
    with pytest.raises(ProviderRefused, match="used already") as refusal:
        services.single_sign_on.enter(provider=provider, tenant=tenant, said=said, now=now())
    assert refusal.value.reason == "replayed"

    assert services.single_sign_on.forget_used_assertions(now=now()) == 0
    assert services.single_sign_on.forget_used_assertions(now=said.expires_at + (said.expires_at - now())) == 1


def test_a_response_that_another_browser_asked_for_is_refused(idp, provider):
    _address, fields = idp.answer(ask(Client(), provider), **SARA)
    other = Client()
    ask(other, provider)
    assert bring(other, provider, fields).status_code == 403
    assert reasons(provider) == ["state"]
    assert is_outside(other)


def test_a_request_made_of_one_provider_is_not_answered_by_another(idp, provider, admin):
    """The other one signs rightly, for its own door, and names the request that went to the first."""
    other = services.single_sign_on.add_saml_provider(
        actor=admin, name="Other", metadata=idp.metadata(), metadata_url="", now=now()
    )
    client = Client()
    _address, asked = idp.answer(ask(client, provider), **SARA)
    request_id = etree.fromstring(base64.b64decode(asked["SAMLResponse"])).get("InResponseTo")
    services.single_sign_on.edit_provider(
        actor=admin,
        provider=other,
        default_role="viewer",
        mapping=[],
        makes_members=True,
        vouches_for_email=False,
        only_way_in=False,
        claims={},
    )
    services.single_sign_on.enable_provider(actor=admin, provider=other, now=now())
    idp.trust(Client().get(f"/accounts/sso/acme/{other.pk}/metadata/").content)
    _address, fields = idp.answer(ask(Client(), other), **SARA, in_response_to=request_id)

    assert bring(client, other, fields).status_code == 403
    assert reasons(other) == ["state"]
    assert is_outside(client)


def test_what_nobody_asked_for_is_refused(idp, provider):
    client = Client()
    answer = come_in(client, idp, provider, unsolicited=True)
    assert answer.status_code == 403
    assert "InResponseTo" in answer.content.decode()
    assert reasons(provider) == ["unsolicited"]


def test_an_envelope_cannot_give_an_unasked_assertion_its_request(idp, provider):
    """A stolen assertion without a request, in an unsigned envelope that names the thief's own."""
    thief = Client()
    own = ask(thief, provider)
    _address, fields = idp.answer(own, **SARA, unsolicited=True)
    _other, asked = idp.answer(own, **SARA)
    request_id = etree.fromstring(base64.b64decode(asked["SAMLResponse"])).get("InResponseTo")

    answer = bring(thief, provider, spoiled(fields, lambda tree: tree.set("InResponseTo", request_id)))
    assert answer.status_code == 403
    assert is_outside(thief)


def test_an_expired_assertion_is_refused(idp, provider):
    assert come_in(Client(), idp, provider, lifetime_minutes=-30).status_code == 403
    assert reasons(provider)[0] in {"expired", "confirmation"}


def test_an_assertion_for_somebody_else_is_refused(idp, provider):
    answer = come_in(Client(), idp, provider, audience="https://elsewhere.test/metadata")
    assert answer.status_code == 403
    assert reasons(provider) == ["audience"]


def test_an_address_of_another_domain_is_refused_by_name(idp, provider):
    answer = come_in(Client(), idp, provider, attributes={"mail": "x@elsewhere.test", "groups": ["builders"]})
    assert answer.status_code == 403
    assert "“email”" in answer.content.decode()
    assert reasons(provider) == ["domain"]


def test_what_is_no_response_gets_a_sentence(provider):
    for answer in ("", "!!!", base64.b64encode(b"<a/>").decode(), base64.b64encode(b"<!DOCTYPE a>").decode()):
        refused = send_form(Client(), f"/accounts/sso/acme/{provider.pk}/acs/", {"SAMLResponse": answer})
        assert refused.status_code == 403
    assert set(reasons(provider)) <= {"form", "wrapped", "unsigned"}


BOMB = b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><EntityDescriptor entityID="&c;"/>'


@pytest.mark.parametrize("metadata", [b"", b"no xml", b"<a/>", BOMB])
def test_metadata_that_is_none_is_refused_by_name(admin, metadata):
    with pytest.raises(Invalid):
        services.single_sign_on.add_saml_provider(actor=admin, name="X", metadata=metadata, metadata_url="", now=now())


def test_metadata_is_read_at_its_address(admin, idp, settings):
    from ipaddress import ip_network

    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.1/32")]
    url = f"{idp.address}/metadata"
    made = services.single_sign_on.add_saml_provider(actor=admin, name="X", metadata=b"", metadata_url=url, now=now())
    assert made.issuer == url

    settings.OUTBOUND_ALLOW = []
    with pytest.raises(Invalid, match="unprotected"):
        services.single_sign_on.add_saml_provider(actor=admin, name="Y", metadata=b"", metadata_url=url, now=now())
    url = url.replace("http:", "https:")
    with pytest.raises(Invalid, match="not called from here"):
        services.single_sign_on.add_saml_provider(actor=admin, name="Y", metadata=b"", metadata_url=url, now=now())
