"""Identity providers and e-mail domains by client and command line."""

from __future__ import annotations

import json

import pytest

from tests.apps.tenants.test_single_sign_on_pages import METADATA


@pytest.fixture
def run(sanad):
    def words(*given, code=0):
        ended, answered, said = sanad(*given, role="admin")
        assert ended == code, said
        return [json.loads(line) for line in answered.splitlines()] if not code else said

    return words


def test_a_domain_is_claimed_and_a_saml_provider_added_given_a_scim_token_and_removed(run, tmp_path):
    (domain,) = run("email-domain", "claim", "shop.example")
    assert domain["record"] == "_sanad-challenge.shop.example"
    assert [row["name"] for row in run("email-domain", "list")] == ["shop.example"]

    file = tmp_path / "metadata.xml"
    file.write_bytes(METADATA)
    (made,) = run("identity-provider", "add-saml", "Company", "--metadata-file", str(file))
    assert (made["kind"], made["issuer"]) == ("saml", "https://idp.test")
    assert "Prove an e-mail domain first" in run("identity-provider", "enable", "Company", code=1)
    (token,) = run("identity-provider", "scim-token", "Company")
    assert token["token"].startswith("snd_")

    run("identity-provider", "remove", "Company")
    assert run("identity-provider", "list") == []
    run("email-domain", "release", "shop.example")
    assert "no identity provider 'Company'" in run("identity-provider", "disable", "Company", code=3)


def test_they_are_for_administrators(sanad):
    assert sanad("identity-provider", "list")[0] == 4
    assert sanad("email-domain", "claim", "evil.example")[0] == 4
