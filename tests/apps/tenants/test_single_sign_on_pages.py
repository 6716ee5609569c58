"""Settings, Single sign-on: the pages on which it is set up, the test that names the faulty claim, and REST."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.tenants import services
from foundation.access.models import Membership
from foundation.clock import now
from foundation.identity.models import ApiToken, EmailDomain, IdentityProvider
from tests.apps.tenants.openid_stage import add_provider, idp, provider_process  # noqa: F401 - fixtures
from tests.apps.tenants.test_email_domains import NameServer
from tests.support.forms import send_form
from tests.support.people import make_person, make_tenant

LIST = "/t/acme/settings/single-sign-on/"
REST = "/api/v1/identity-providers/"
METADATA = b"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.test">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">
<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>MIIB</X509Certificate></X509Data>
</KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
Location="https://idp.test/sso"/></IDPSSODescriptor></EntityDescriptor>"""


def text(answer):
    return answer.content.decode()


def test_an_administrator_sets_it_up_alone(client_as, admin, idp):  # noqa: F811
    client = client_as(admin)
    assert "No provider yet" in text(client.get(LIST))
    client.post(f"{LIST}domains/", {"name": "acme.test"})
    page = text(client.get(LIST))
    assert "_sanad-challenge.acme.test" in page
    assert "sanad-domain-verification=" in page
    services.single_sign_on.prove_by_operator(tenant=admin.tenant, name="acme.test", now=now())

    words = {"name": "Company", "issuer": idp.address, "client_id": "sanad", "client_secret": "hidden-words"}
    made = client.post(f"{LIST}openid/", words)
    here = made["Location"]
    page = text(client.get(here))
    assert f"/accounts/sso/acme/{IdentityProvider.objects.get().pk}/callback/" in page
    assert "hidden-words" not in page
    assert b"hidden-words" not in bytes(IdentityProvider.objects.get().sealed)

    lines = {"line-TOTAL_FORMS": 3, "line-INITIAL_FORMS": 0, "line-0-external": "builders", "line-0-role": "scientist"}
    client.post(here, {"default_role": "", "makes_members": "on", **lines})
    assert IdentityProvider.objects.get().mapping == [{"external": "builders", "role": "scientist", "group": ""}]
    client.post(f"{here}enable/")
    assert IdentityProvider.objects.get().enabled_at is not None
    client.post(f"{here}disable/")
    client.post(f"{here}remove/")
    assert not IdentityProvider.objects.exists()


def test_the_record_is_copied_name_and_value_and_reads_from_the_left_in_arabic(client_as, admin):
    admin.user.language = "ar"
    admin.user.save(update_fields=["language"])
    client = client_as(admin)
    client.post(f"{LIST}domains/", {"name": "acme.test"})
    page = text(client.get(LIST))
    # `code` is isolated and left-to-right (tokens.css); titles of boxes are isolated too.
    assert "<code>_sanad-challenge.acme.test</code>" in page
    assert f"<code>sanad-domain-verification={EmailDomain.objects.get().challenge}</code>" in page
    assert page.count("data-copy-from") >= 2


def draft(client, kind):
    made = client.post(f"{LIST}draft/", {"name": "Later", "kind": kind})
    assert made.status_code == 303
    return made["Location"], IdentityProvider.objects.get()


def test_addresses_are_there_before_the_provider_gave_its_metadata(client_as, admin, client):
    signed_in = client_as(admin)
    here, provider = draft(signed_in, "saml")
    page = text(signed_in.get(here))
    assert f"/accounts/sso/acme/{provider.pk}/acs/" in page
    assert "Identifier (Entity ID)" in page
    assert "object ids" in page
    assert "Waits for its metadata" in text(signed_in.get(LIST))
    metadata = client.get(f"/accounts/sso/acme/{provider.pk}/metadata/")
    assert f"{provider.pk}/acs/" in text(metadata)

    xml = SimpleUploadedFile("idp.xml", METADATA)
    done = signed_in.post(f"{here}complete/", {"metadata": xml})
    assert done.status_code == 303
    provider.refresh_from_db()
    assert (provider.issuer, provider.enabled_at) == ("https://idp.test", None)
    assert "Test connection" in text(signed_in.get(here))
    assert f"/accounts/sso/acme/{provider.pk}/acs/" in text(signed_in.get(here))
    again = signed_in.post(f"{here}complete/", {"metadata": SimpleUploadedFile("idp.xml", METADATA)})
    assert again.status_code in {409, 422}


def test_an_openid_provider_is_completed_by_its_issuer(client_as, admin, idp):  # noqa: F811
    signed_in = client_as(admin)
    here, provider = draft(signed_in, "oidc")
    assert "Valid post logout redirect URIs" in text(signed_in.get(here))
    wrong = signed_in.post(f"{here}complete/", {"issuer": "nonsense", "client_id": "sanad"})
    assert (wrong.status_code, "Write the issuer like" in text(wrong)) == (422, True)
    words = {"issuer": idp.address, "client_id": "sanad", "client_secret": "hidden-words"}
    assert signed_in.post(f"{here}complete/", words).status_code == 303
    provider.refresh_from_db()
    assert provider.issuer == idp.address
    assert services.single_sign_on.settings_of(provider).client_secret == "hidden-words"


@pytest.mark.parametrize("kind", ["oidc", "saml"])
def test_a_draft_opens_no_door(client_as, admin, client, kind):
    signed_in = client_as(admin)
    here, provider = draft(signed_in, kind)
    services.single_sign_on.claim_domain(actor=admin, name="acme.test", now=now())
    services.single_sign_on.prove_by_operator(tenant=admin.tenant, name="acme.test", now=now())
    enabled = signed_in.post(f"{here}enable/")
    assert (enabled.status_code in {409, 422}, "Nothing is known of" in text(enabled)) == (True, True)
    assert signed_in.get(f"{here}test/").status_code == 409
    assert signed_in.post(f"{here}refresh/", {"metadata": SimpleUploadedFile("i.xml", METADATA)}).status_code in {
        409,
        422,
    }
    door = f"/accounts/sso/acme/{provider.pk}/"
    assert client.get(door).status_code == 404
    assert client.post(f"{door}acs/", {"SAMLResponse": "x"}).status_code == 403
    assert client.get(f"{door}callback/", {"state": "x", "code": "x"}).status_code == 403
    provider.refresh_from_db()
    assert provider.enabled_at is None


def test_another_house_does_not_complete_a_draft(client_as, admin):
    here, provider = draft(client_as(admin), "saml")
    tenant = make_tenant("zeta", "Zeta")
    stranger = client_as(make_person(tenant, "admin"))
    elsewhere = here.replace("/t/acme/", "/t/zeta/")
    xml = SimpleUploadedFile("idp.xml", METADATA)
    assert stranger.post(f"{elsewhere}complete/", {"metadata": xml}).status_code == 404
    provider.refresh_from_db()
    assert provider.is_draft


def test_each_label_points_to_the_field_of_its_own_form(client_as, admin):
    ids = re.findall(r' id="(\w+)"', text(client_as(admin).get(LIST)))
    assert len(ids) == len(set(ids))


def test_the_test_of_the_connection_names_the_faulty_claim_and_changes_nothing(client_as, admin, idp):  # noqa: F811
    provider = add_provider(admin.tenant, admin, idp, "acme.test")
    services.single_sign_on.disable_provider(actor=admin, provider=provider)
    client, here = client_as(admin), f"{LIST}{provider.pk}/"
    before = Membership.objects.count()

    def test_as(sub, **claims):
        idp.person(sub, **claims)
        back = urlsplit(idp.authorize(client.get(f"{here}test/")["Location"], sub))
        answer = client.get(f"{back.path}?{back.query}")
        assert answer["Location"] == f"{here}#tested"
        return text(client.get(here))

    page = test_as("t-1", email="sara@acme.test", email_verified=True, groups=["nobody"])
    assert "None of these groups is mapped" in page
    assert "nobody" in page
    assert not IdentityProvider.objects.get().tested_at

    page = test_as("t-1", email="sara@acme.test", email_verified=True, groups=["builders"])
    assert "sara@acme.test" in page
    assert "The test went well" in page
    idp.faults(claims={"aud": "somebody-else"})
    assert "The claim “aud” names another client" in test_as("t-1", email="sara@acme.test")

    assert Membership.objects.count() == before
    assert client.get("/accounts/").status_code == 200


def test_nobody_else_reads_a_test(client_as, admin, scientist, idp):  # noqa: F811
    provider = add_provider(admin.tenant, admin, idp, "acme.test")
    assert client_as(scientist).get(f"{LIST}{provider.pk}/test/").status_code == 403
    assert client_as(scientist).get(LIST).status_code == 403
    assert "Single sign-on" not in text(client_as(scientist).get("/t/acme/settings/tokens/"))


def test_a_wrong_issuer_is_said_at_its_field(client_as, admin, idp, settings):  # noqa: F811
    client = client_as(admin)
    words = {"name": "Company", "client_id": "sanad", "client_secret": ""}
    for issuer, said in (
        (f"{idp.address}/elsewhere", "did not answer with a JSON document"),
        ("no address", "Write the issuer like"),
    ):
        answer = client.post(f"{LIST}openid/", {**words, "issuer": issuer})
        assert answer.status_code == 422
        assert said in text(answer)
    settings.OUTBOUND_ALLOW = []
    assert "Write the issuer like" in text(client.post(f"{LIST}openid/", {**words, "issuer": idp.address}))
    inside = idp.address.replace("http:", "https:")
    assert "not called from here" in text(client.post(f"{LIST}openid/", {**words, "issuer": inside}))


def test_saml_metadata_is_uploaded_and_our_addresses_are_shown(client_as, admin):
    client = client_as(admin)
    file = SimpleUploadedFile("metadata.xml", METADATA, "text/xml")
    here = client.post(f"{LIST}saml/", {"name": "Old house", "metadata": file})["Location"]
    page = text(client.get(here))
    provider = IdentityProvider.objects.get()
    assert provider.issuer == "https://idp.test"
    assert f"/accounts/sso/acme/{provider.pk}/acs/" in page
    xml = client.get(f"/accounts/sso/acme/{provider.pk}/metadata/").content
    assert b"AssertionConsumerService" in xml

    other = SimpleUploadedFile("m.xml", METADATA.replace(b'https://idp.test"', b'https://other.test"', 1), "text/xml")
    assert "another provider" in text(client.post(f"{here}refresh/", {"metadata": other}))
    assert "no SAML metadata" in text(
        client.post(f"{LIST}saml/", {"name": "X", "metadata": SimpleUploadedFile("a", b"x")})
    )


def test_it_is_not_enabled_without_a_proven_domain(client_as, admin):
    made = services.single_sign_on.add_saml_provider(
        actor=admin, name="Company", metadata=METADATA, metadata_url="", now=now()
    )
    answer = client_as(admin).post(f"{LIST}{made.pk}/enable/")
    assert answer.status_code == 422
    assert "Prove an e-mail domain first" in text(answer)
    assert f"{LIST}{made.pk}/enable/" in text(answer)


def test_what_refuses_a_domain_stands_beside_it_and_is_nobody_faster(client_as, admin, settings):
    server = NameServer()
    settings.SANAD_DNS_SERVERS = [server.address]
    domain = services.single_sign_on.claim_domain(actor=admin, name="acme.test", now=now())
    answer = client_as(admin).post(f"{LIST}domains/{domain.pk}/prove/")
    server.close()
    assert answer.status_code == 422
    assert "No TXT record is at _sanad-challenge.acme.test yet. It has to say" in text(answer)
    assert f"domains/{domain.pk}/prove/" in text(answer)
    assert "faster" not in text(answer)


def test_a_scim_token_is_shown_once_and_revoked(client_as, admin):
    made = services.single_sign_on.add_saml_provider(
        actor=admin, name="Company", metadata=METADATA, metadata_url="", now=now()
    )
    client, here = client_as(admin), f"{LIST}{made.pk}/"
    page = text(client.post(f"{here}scim/", {"days": "90"}))
    token = re.search(r"snd_[\w-]{40,}", page)[0]
    assert "/scim/v2/acme" in page
    assert token not in text(client.get(here))
    row = ApiToken.objects.get(purpose=services.single_sign_on.scim_purpose(made.pk))
    client.post(f"{here}scim/{row.pk}/revoke/")
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_the_same_over_rest(api_as, admin, idp):  # noqa: F811
    client = api_as(admin)
    domain = client.post("/api/v1/email-domains/", {"name": "acme.test"}, "application/json").json()
    assert domain["record"] == "_sanad-challenge.acme.test"
    EmailDomain.objects.update(proven_at=now())
    wanted = {"kind": "oidc", "name": "Company", "issuer": idp.address, "client_id": "sanad", "client_secret": "hush"}
    made = client.post(REST, wanted, "application/json")
    assert made.status_code == 201, made.content
    assert "hush" not in text(made)
    path = f"{REST}{made.json()['id']}/"
    changed = client.patch(path, {"default_role": "viewer", "only_way_in": False}, "application/json").json()
    assert changed["default_role"] == "viewer"
    assert client.post(f"{path}enable/").json()["enabled_at"]
    token = client.post(f"{path}scim-tokens/", {"days": 30}, "application/json").json()
    assert token["token"].startswith("snd_")
    assert token["url"].endswith("/scim/v2/acme")
    assert client.delete(f"/api/v1/email-domains/{domain['id']}/").status_code == 409
    assert client.post(f"{path}disable/").json()["enabled_at"] is None
    assert client.delete(path).status_code == 204
    assert client.delete(f"/api/v1/email-domains/{domain['id']}/").status_code == 204


def test_another_tenants_provider_is_not_there(api_as, client_as, admin):
    made = services.single_sign_on.add_saml_provider(
        actor=admin, name="Company", metadata=METADATA, metadata_url="", now=now()
    )
    domain = services.single_sign_on.claim_domain(actor=admin, name="acme.test", now=now())
    bank = make_tenant("bank", "Bank")
    stranger = make_person(bank, "admin")
    assert api_as(stranger).get(f"{REST}{made.pk}/").status_code == 404
    assert client_as(stranger).get(f"/t/bank/settings/single-sign-on/{made.pk}/").status_code == 404
    assert client_as(stranger).post(f"/t/bank/settings/single-sign-on/domains/{domain.pk}/prove/").status_code == 404
    # At the door too, the tenant in the address is the one that the provider is of.
    assert client_as(stranger).get(f"/accounts/sso/bank/{made.pk}/metadata/").status_code == 404
    # As an answer that nobody asked for is refused at a provider that is there (test_provider_doors.py).
    answer = send_form(client_as(stranger), f"/accounts/sso/bank/{made.pk}/acs/", {"SAMLResponse": "x"})
    assert (answer.status_code, "There is no such identity provider" in answer.content.decode()) == (403, True)
