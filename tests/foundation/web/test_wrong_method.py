"""An address that answers another method says so in words: a blank page helps nobody who reloads."""

from __future__ import annotations

import pytest


def test_whoever_reloads_what_a_form_opened_reads_where_to_go(client, db):
    answer = client.get("/accounts/sso/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "only takes what a form sends" in answer.content.decode()


def test_inside_a_tenant_it_stands_in_the_portals_page(admin, client_as):
    answer = client_as(admin).get("/t/acme/settings/leave/undo/")
    assert answer.status_code == 405
    assert "only takes what a form sends" in answer.content.decode()
    assert "Acme Trading" in answer.content.decode()


def test_what_is_only_read_says_so_and_a_fragment_is_a_toast(admin, client_as):
    answer = client_as(admin).post("/t/acme/settings/usage/chargeback/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"]) == (405, "#toasts")
    assert "there to be read" in answer.content.decode()


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json"])
def test_a_program_reads_problem_details(client, db, accept):
    answer = client.get("/accounts/sso/", headers={"Accept": accept})
    assert answer.status_code == 405 and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("This address only takes")
