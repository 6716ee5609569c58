"""Identity providers of the tenant, and the e-mail domains that they speak for."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group
from sanad.output import show, table, tell

_YES = {"yes": True, "no": False}


def add_to(acts: Any) -> None:
    provider = group(acts, "identity-provider", "who signs the tenant's people in; for administrators")
    add(provider, "list", provider_list, "the tenant's providers")
    openid = add(provider, "add-openid", add_openid, "add an OpenID provider, from what its issuer publishes")
    openid.add_argument("name")
    openid.add_argument("issuer", help="like https://login.example.com/realm")
    openid.add_argument("client_id")
    openid.add_argument("--secret-file", help="a file that holds the client secret")
    saml = add(provider, "add-saml", add_saml, "add a SAML provider, from its metadata")
    saml.add_argument("name")
    source = saml.add_mutually_exclusive_group(required=True)
    source.add_argument("--metadata-url", default="", help="the address of its metadata")
    source.add_argument("--metadata-file", help="its metadata, an XML file")
    for word, act, said in (
        ("enable", provider_enable, "let people in by it"),
        ("disable", provider_disable, "let nobody in by it, and sign out whoever came so"),
        ("remove", provider_remove, "put it into the bin; memberships stay"),
        ("scim-token", provider_scim_token, "make a token by which it keeps people and groups up to date"),
    ):
        add(provider, word, act, said).add_argument("name", help="of the provider, or its id")
    change = add(provider, "change", provider_change, "change whom it brings; what is not named stays")
    change.add_argument("name", help="of the provider, or its id")
    change.add_argument("--makes-members", choices=list(_YES), help="make members at their first sign-in")
    change.add_argument("--only-way-in", choices=list(_YES), help="let nobody in by password or passkey")
    change.add_argument("--default-role", help="of whoever has no mapped group; '' for none, so that they stay outside")
    domain = group(acts, "email-domain", "domains that providers speak for; for administrators")
    add(domain, "list", domain_list, "the tenant's domains")
    for word, act, said in (
        ("claim", domain_claim, "say that it is the tenant's; the answer holds the TXT record that proves it"),
        ("prove", domain_prove, "read the TXT record"),
        ("release", domain_release, "give it up"),
    ):
        add(domain, word, act, said).add_argument("name")


def provider_list(client: Client, said: Namespace) -> None:
    table(client.identity_providers.list(), ("name", "kind", "issuer", "enabled_at"), as_json=said.json)


def add_openid(client: Client, said: Namespace) -> None:
    secret = Path(said.secret_file).read_text().strip() if said.secret_file else ""
    show(client.identity_providers.add_openid(said.name, said.issuer, said.client_id, secret), as_json=said.json)


def add_saml(client: Client, said: Namespace) -> None:
    xml = Path(said.metadata_file).read_text() if said.metadata_file else ""
    made = client.identity_providers.add_saml(said.name, metadata_url=said.metadata_url, metadata=xml)
    show(made, as_json=said.json)


def provider_change(client: Client, said: Namespace) -> None:
    words = {"makes_members": _YES.get(said.makes_members), "only_way_in": _YES.get(said.only_way_in)}
    named = {key: word for key, word in {**words, "default_role": said.default_role}.items() if word is not None}
    show(client.identity_providers.change(_provider(client, said), **named), as_json=said.json)


def provider_enable(client: Client, said: Namespace) -> None:
    show(client.identity_providers.enable(_provider(client, said)), as_json=said.json)


def provider_disable(client: Client, said: Namespace) -> None:
    show(client.identity_providers.disable(_provider(client, said)), as_json=said.json)


def provider_remove(client: Client, said: Namespace) -> None:
    client.identity_providers.remove(_provider(client, said))
    tell(f"{said.name} is removed")


def provider_scim_token(client: Client, said: Namespace) -> None:
    show(client.identity_providers.scim_token(_provider(client, said)), as_json=said.json)


def domain_list(client: Client, said: Namespace) -> None:
    table(client.email_domains.list(), ("name", "record", "value", "proven_at"), as_json=said.json)


def domain_claim(client: Client, said: Namespace) -> None:
    show(client.email_domains.claim(said.name), as_json=said.json)


def domain_prove(client: Client, said: Namespace) -> None:
    show(client.email_domains.prove(client.email_domains.get(said.name)["id"]), as_json=said.json)


def domain_release(client: Client, said: Namespace) -> None:
    client.email_domains.release(client.email_domains.get(said.name)["id"])
    tell(f"{said.name} is released")


def _provider(client: Client, said: Namespace) -> str:
    return str(client.identity_providers.get(said.name)["id"])
