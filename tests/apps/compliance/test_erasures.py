"""The page on which a person's rows are erased: look, confirm, and what stays on record."""

from __future__ import annotations

from apps.datasets.models import Erasure
from tests.apps.datasets.conftest import ingested, uploaded
from tests.apps.datasets.test_erasing import CANARY, PERSON, WITH, with_keys_of_the_tenant
from tests.apps.tenants.test_step_up import age

__all__ = ["ingested", "uploaded", "with_keys_of_the_tenant"]
PAGE = "/t/acme/compliance/erasures/"
LOOK = {"project": "flights", "dataset": "", "column": "who", "value": PERSON}


def test_one_looks_then_confirms_and_the_record_never_says_whom(ingested, admin, client_as, run_jobs):
    version, browser = ingested("people.csv", WITH), client_as(admin)
    looked = browser.post(PAGE, LOOK)
    page = looked.content.decode()
    assert [(one.version, one.rows) for one in looked.context["found"]] == [(version, 2)]
    assert CANARY not in page
    assert "no-store" in looked["Cache-Control"]
    assert not Erasure.objects.exists()

    refused = browser.post(PAGE, {**LOOK, "confirmation": "yes"})
    assert (refused.status_code, "Type ERASE to confirm" in refused.content.decode()) == (422, True)
    assert browser.post(PAGE, {**LOOK, "confirmation": "ERASE"}).status_code == 303
    run_jobs()
    page = browser.get(PAGE).content.decode()
    assert Erasure.objects.get().subject_digest[:12] in page
    assert PERSON not in page
    assert "Erased" in page


def test_who_is_nowhere_is_said_to_be_nowhere(ingested, admin, client_as):
    ingested("people.csv", WITH)
    page = client_as(admin).post(PAGE, {**LOOK, "value": "nobody"}).content.decode()
    assert "nothing is to be erased" in page
    assert "ERASE" not in page


def test_an_administrator_alone_freshly_proved(ingested, admin, scientist, officer, client_as):
    for actor in (scientist, officer):
        assert client_as(actor).get(PAGE).status_code == 403
    assert age(client_as(admin)).post(PAGE, LOOK).status_code == 403
