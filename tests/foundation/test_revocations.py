"""Revocations are told in an order in which nobody's are passed over, and nobody's wait for anybody's transaction."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from foundation.clock import now
from foundation.identity import tokens
from foundation.tenancy import scope
from tests.support.people import make_person, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 10


def token_in(slug):
    """A token of somebody in a tenant of its own."""
    tenant = make_tenant(slug, slug.title())
    person = make_person(tenant, "scientist", email=f"{slug}@house.test")
    with scope(tenant.pk):
        return tokens.create_token(tenant=tenant, name="test", user=person.user)[0]


@pytest.fixture
def begun():
    """Revokes in a transaction of its own that stays open until it is told to end; None to give up what it did."""
    with ThreadPoolExecutor() as pool:
        ends = []

        def begin(row):
            revoked, end = threading.Event(), threading.Event()

            def work():
                try:
                    with scope(row.tenant_id):
                        tokens.revoke(row, now=now())
                        revoked.set()
                        assert end.wait(WAIT)
                finally:
                    connections.close_all()

            under_way = pool.submit(work)
            assert revoked.wait(WAIT)
            ends.append(end)

            def commit():
                end.set()
                under_way.result(WAIT)

            return commit

        yield begin
        for end in ends:
            end.set()


def revoke(row):
    with scope(row.tenant_id):
        tokens.revoke(row, now=now())


def test_a_transaction_that_stays_open_keeps_nobody_elses_revocation(begun):
    slow, quick = token_in("slow"), token_in("quick")
    commit = begun(slow)

    began = time.monotonic()
    revoke(quick)
    newest, void = tokens.revoked_since(0)
    assert time.monotonic() - began < 1
    assert void == [quick.digest]
    assert tokens.revoked_since(newest) == (newest, [])
    commit()


def test_a_revocation_that_commits_late_is_passed_over_by_no_gateway(begun):
    slow, quick = token_in("slow"), token_in("quick")
    commit = begun(slow)
    revoke(quick)
    newest, _void = tokens.revoked_since(0)

    commit()
    later, void = tokens.revoked_since(newest)
    assert void == [slow.digest]
    assert later > newest
    assert tokens.revoked_since(0) == (later, [quick.digest, slow.digest])


def test_two_gateways_that_ask_at_once_hear_of_each_revocation_once(begun):
    rows = [token_in(f"house-{number}") for number in range(6)]
    for row in rows:
        revoke(row)

    def ask(_gateway):
        try:
            return tokens.revoked_since(0)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=4) as pool:
        told = list(pool.map(ask, range(4)))
    newest, void = tokens.revoked_since(0)
    assert sorted(void) == sorted(row.digest for row in rows)
    # Whoever was told of fewer was told a lower number, and so asks for the others.
    assert all(len(digests) == number for number, digests in told)
    assert newest == len(rows)


def test_the_number_and_what_it_stands_for_are_read_in_one_moment():
    row = token_in("house")
    revoke(row)
    tokens.revoked_since(0)
    with CaptureQueriesContext(connection) as asked:
        tokens.revoked_since(0)
    reads = [query["sql"] for query in asked.captured_queries if "digest" in query["sql"] or "max(" in query["sql"]]
    assert len(reads) == 1, "what is numbered between two statements would be skipped"
