"""Domains: claimed by many, proven by one, by a TXT record of a real name server or by the operator's word."""

from __future__ import annotations

import socket
import threading

import dns.message
import dns.rrset
import pytest
from django.core.management import CommandError, call_command

from apps.tenants import services
from foundation import ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, Unavailable
from foundation.identity.models import EmailDomain
from foundation.tenancy import scope
from tests.support.people import make_person, make_tenant


class NameServer:
    """A name server on loopback that holds TXT records."""

    def __init__(self) -> None:
        self.records: dict[str, str] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                packet, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            asked = dns.message.from_wire(packet)
            answer = dns.message.make_response(asked)
            name = asked.question[0].name.to_text().rstrip(".")
            if name in self.records:
                answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", f'"{self.records[name]}"'))
            else:
                answer.set_rcode(3)
            self._socket.sendto(answer.to_wire(), sender)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def name_server(settings):
    server = NameServer()
    settings.SANAD_DNS_SERVERS = [server.address]
    yield server
    server.close()


@pytest.fixture
def domain(admin):
    return services.single_sign_on.claim_domain(actor=admin, name="@Acme.TEST", now=now())


def test_a_domain_is_proven_by_its_record(admin, domain, name_server):
    assert domain.name == "acme.test"
    with pytest.raises(Conflict, match=r"No TXT record is at _sanad-challenge\.acme\.test yet"):
        services.single_sign_on.prove_domain(actor=admin, domain=domain, now=now())
    name_server.records["_sanad-challenge.acme.test"] = "sanad-domain-verification=of-somebody-else"
    with pytest.raises(Conflict, match="says “sanad-domain-verification=of-somebody-else”, but has to"):
        services.single_sign_on.prove_domain(actor=admin, domain=domain, now=now())

    name_server.records["_sanad-challenge.acme.test"] = f"sanad-domain-verification={domain.challenge}"
    services.single_sign_on.prove_domain(actor=admin, domain=domain, now=now())
    assert services.single_sign_on.tenant_of_address("anybody@ACME.test") == admin.tenant
    kinds = [event.kind for event in ledger.events_of(subject=("email_domain", domain.pk))]
    assert kinds == ["email_domain.proven", "email_domain.claimed"]


def test_no_name_server_is_said_with_the_other_way(admin, domain, settings):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        settings.SANAD_DNS_SERVERS = [f"127.0.0.1:{deaf.getsockname()[1]}"]
        with pytest.raises(Unavailable, match="prove_domain"):
            services.single_sign_on.prove_domain(actor=admin, domain=domain, now=now())


def test_the_operator_proves_it_where_there_are_no_name_servers(admin, domain, capsys):
    call_command("prove_domain", "acme", "acme.test")
    domain.refresh_from_db()
    assert domain.proven_at is not None
    assert "operator" in capsys.readouterr().out
    with pytest.raises(CommandError, match="has not claimed"):
        call_command("prove_domain", "acme", "elsewhere.test")


def test_one_tenant_alone_proves_a_domain(admin, domain):
    bank = make_tenant("bank", "Bank")
    banker = make_person(bank, "admin")
    with scope(bank.pk):
        services.single_sign_on.claim_domain(actor=banker, name="acme.test", now=now())
    services.single_sign_on.prove_by_operator(tenant=admin.tenant, name="acme.test", now=now())
    with pytest.raises(Conflict, match="Another organisation"):
        services.single_sign_on.prove_by_operator(tenant=bank, name="acme.test", now=now())
    assert services.single_sign_on.tenant_of_address("a@acme.test") == admin.tenant

    services.single_sign_on.release_domain(actor=admin, domain=EmailDomain.objects.get(pk=domain.pk))
    assert services.single_sign_on.tenant_of_address("a@acme.test") is None
    services.single_sign_on.prove_by_operator(tenant=bank, name="acme.test", now=now())
    assert services.single_sign_on.tenant_of_address("a@acme.test") == bank


def test_a_claim_alone_routes_nobody(domain):
    assert services.single_sign_on.tenant_of_address("a@acme.test") is None


@pytest.mark.parametrize("name", ["", "acme", "a b.test", "-a.test", "1.2.3.4", "a..test", "x" * 260 + ".test"])
def test_what_is_no_domain_is_refused_by_name(admin, name):
    with pytest.raises(Invalid) as refusal:
        services.single_sign_on.claim_domain(actor=admin, name=name, now=now())
    assert "name" in refusal.value.fields


def test_only_administrators_claim(scientist):
    with pytest.raises(AccessDenied):
        services.single_sign_on.claim_domain(actor=scientist, name="acme.test", now=now())


def test_a_domain_is_claimed_once(admin, domain):
    with pytest.raises(Conflict, match="already"):
        services.single_sign_on.claim_domain(actor=admin, name="acme.test", now=now())
