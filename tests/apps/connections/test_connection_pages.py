"""Connections in the browser: made and tested at once, what lies there looked at, secrets never shown again."""

from __future__ import annotations

import html
import json

import pytest

from apps.connections import services
from apps.connections.models import Connection
from apps.connections.services.sealing import opened
from apps.projects import services as projects
from foundation.clock import now
from tests.apps.connections.stand import stage, warehouse

__all__ = ["stage", "warehouse"]

PAGES = "/t/acme/p/flights/data/connections/"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def browser(admin, client_as, project):
    return client_as(admin)


def filled(stage, **words):
    return {"name": "Warehouse", "description": "", "at_once": "2", **stage.settings, **stage.secrets, **words}


def made(browser, stage, **words):
    return browser.post(f"{PAGES}new/?kind=postgresql", filled(stage, **words))


def page(connection, act=""):
    return f"{PAGES}{connection.pk}/{act}"


def text_of(browser, address, status=200, **query):
    answer = browser.get(address, query)
    assert answer.status_code == status, answer.content.decode()[-2000:]
    return html.unescape(answer.content.decode())


def test_an_empty_list_says_what_a_connection_is_for(browser, viewer, client_as):
    assert "No connections yet" in text_of(browser, PAGES)
    assert f'href="{PAGES}new/"' in text_of(browser, PAGES)
    assert f'href="{PAGES}new/"' not in text_of(client_as(viewer), PAGES)
    assert f'href="{PAGES}"' in text_of(browser, "/t/acme/p/flights/data/")


def test_one_chooses_first_what_it_leads_to(browser):
    kinds = text_of(browser, f"{PAGES}new/")
    for kind in ("postgresql", "mysql", "s3", "http"):
        assert f"?kind={kind}" in kinds
        form = text_of(browser, f"{PAGES}new/", kind=kind)
        assert 'type="password"' in form and "Save and test" in form
    assert "?kind=s3" in text_of(browser, f"{PAGES}new/", kind="ftp")


def test_a_new_one_is_tested_at_once_and_its_steps_are_shown(browser, stage):
    answer = made(browser, stage)
    connection = Connection.objects.get()
    assert answer["Location"] == page(connection)

    told = text_of(browser, page(connection))
    assert connection.standing == "well"
    for step in ("The name resolves", "It answers", "Signing in", "Reading"):
        assert step in told
    assert f"Port {stage.settings['port']} is open." in told
    # It takes its time, so the button shows that it works.
    test = f'<form method="post" action="{page(connection, "test/")}" class="d-inline-flex" data-form>'
    assert test in told and 'class="s-form"' in text_of(browser, page(connection, "edit/"))
    assert f"{connection.where}" in text_of(browser, PAGES)


def test_a_password_that_is_wrong_is_the_step_that_failed(browser, stage):
    made(browser, stage, **stage.wrong)
    connection = Connection.objects.get()
    told = text_of(browser, page(connection))
    assert connection.standing == "broken" and not connection.steps[-1]["ok"]
    assert "Its last test failed" in told and "password of reader" in told
    assert "One connection did not answer" in text_of(browser, PAGES)

    browser.post(page(connection, "edit/"), filled(stage))
    connection.refresh_from_db()
    assert connection.standing == "well"
    assert browser.post(page(connection, "test/"))["Location"] == page(connection)
    assert text_of(browser, page(connection)).count("tested the connection") == 3


def test_no_page_shows_a_secret(browser, stage, admin):
    made(browser, stage, password=stage.secrets["password"])
    connection = Connection.objects.get()
    addresses = [PAGES, page(connection), page(connection, "edit/"), page(connection, "things/")]
    addresses += [f"{PAGES}?export=csv", f"{PAGES}?export=json", "/t/acme/activity/"]
    for address in addresses:
        answer = browser.get(address)
        told = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200
        assert stage.secrets["password"] not in html.unescape(told.decode()), address

    refused = made(browser, stage, name="")
    assert refused.status_code == 422
    assert stage.secrets["password"] not in html.unescape(refused.content.decode())


def test_the_list_leaves_as_a_file_without_what_is_sealed(browser, warehouse):
    (row,) = json.loads(browser.get(f"{PAGES}?export=json").getvalue())
    assert (row["name"], row["kind"], row["where"]) == ("Warehouse", "postgresql", warehouse.where)
    assert not {"sealed_secrets", "secrets"} & set(row)


def test_where_the_address_changes_the_secret_is_asked_for_again(browser, warehouse, stage):
    form = text_of(browser, page(warehouse, "edit/"))
    assert "Sealed. Leave it empty to keep it." in form
    moved = filled(stage, host="127.0.0.2", password="")
    refused = browser.post(page(warehouse, "edit/"), moved)
    assert refused.status_code == 422
    assert "Give it again" in refused.content.decode()
    warehouse.refresh_from_db()
    assert (warehouse.settings["host"], opened(warehouse)) == ("127.0.0.1", stage.secrets)

    kept = filled(stage, name="Sales", password="")
    assert browser.post(page(warehouse, "edit/"), kept).status_code == 303
    warehouse.refresh_from_db()
    assert (warehouse.name, opened(warehouse)) == ("Sales", stage.secrets)


@pytest.fixture
def hostile(stage):
    stage.server.run(f'CREATE TABLE "{HOSTILE}" ("{HOSTILE}" int)', f'GRANT SELECT ON "{HOSTILE}" TO reader')
    yield f'public."{HOSTILE}"'
    stage.server.run(f'DROP TABLE "{HOSTILE}"')


def test_what_lies_there_is_named_and_runs_nowhere(browser, warehouse, hostile):
    raw = browser.get(page(warehouse, "things/")).content.decode()
    assert "public.orders" in raw and "&lt;img src=x onerror=alert(1)&gt;" in raw
    assert HOSTILE not in raw
    look = browser.get(page(warehouse, "preview/"), {"place": hostile}).content.decode()
    assert "onerror" in look and HOSTILE not in look


def test_things_are_narrowed_by_how_their_name_begins(browser, warehouse, stage):
    assert "public.orders" in text_of(browser, page(warehouse, "things/"), prefix="public.ord")
    none = text_of(browser, page(warehouse, "things/"), prefix="public.zzz")
    assert "Nothing is there" in none and "public.orders" not in none


def test_a_source_that_is_away_is_a_sentence_in_the_page(browser, warehouse):
    warehouse.settings["port"] = 1
    warehouse.save()
    for act in ("things/", "preview/?place=public.orders"):
        told = text_of(browser, page(warehouse, act))
        assert "s-note-bad" in told and "127.0.0.1" in told


def test_one_thing_is_looked_at_before_it_is_read_in(browser, warehouse):
    told = text_of(browser, page(warehouse, "preview/"), place="public.orders")
    assert "1,234 rows" in told
    assert "decimal(10,2)" in told and "numeric(10,2)" in told
    assert "The first 50 rows" in told
    assert f"/t/acme/p/flights/data/pull/?connection={warehouse.pk}&place=public.orders" in told
    assert "has no table public.nothing" in text_of(browser, page(warehouse, "preview/"), place="public.nothing")


def test_of_files_their_number_and_size_are_told(browser, admin, project, file_server, loopback_allowed):
    (file_server.folder / "orders.csv").write_bytes(b"id\n1\n")
    words = {"name": "Exports", "kind": "http", "settings": {"urls": f"{file_server.url}orders.csv"}, "secrets": {}}
    files = services.create_connection(actor=admin, project_id=project.pk, now=now(), **words)
    listed = text_of(browser, page(files, "things/"))
    assert f"{file_server.url}orders.csv" in listed and "<td>File</td>" in listed
    told = text_of(browser, page(files, "preview/"), place="orders.csv")
    assert "<dt>Files</dt><dd>1</dd>" in told and "5\u202fB" in told
    assert "May be empty" not in told


def test_it_is_deleted_by_its_typed_name_unless_something_reads_through_it(browser, warehouse, monkeypatch):
    assert 'data-confirm-name="Warehouse"' in text_of(browser, page(warehouse))
    monkeypatch.setattr(services.connections, "_readers", {"dataset_version": lambda connection: ["Orders v1"]})
    refused = browser.post(page(warehouse, "delete/"))
    assert refused.status_code == 409 and "Orders v1" in refused.content.decode()

    monkeypatch.setattr(services.connections, "_readers", {})
    assert browser.post(page(warehouse, "delete/"))["Location"] == PAGES
    assert not Connection.objects.exists()


def test_who_sees_uses_and_makes_them(warehouse, stage, scientist, viewer, client_as):
    reader, user = client_as(viewer), client_as(scientist)
    for browser in (reader, user):
        assert "Warehouse" in text_of(browser, PAGES)
        assert "Only an administrator" in text_of(browser, page(warehouse))
        assert made(browser, stage).status_code == 403
        for act in ("edit/", "test/", "delete/"):
            assert browser.post(page(warehouse, act), filled(stage)).status_code == 403
    assert text_of(user, page(warehouse, "things/"))
    for act in ("things/", "preview/?place=public.orders"):
        assert reader.get(page(warehouse, act)).status_code == 403
    assert "What lies there" not in text_of(reader, page(warehouse))


def test_one_of_another_project_is_none_of_this_one(browser, admin, warehouse):
    projects.create_project(actor=admin, slug="other", name="Other", purpose="Else")
    elsewhere = "/t/acme/p/other/data/connections/"
    assert str(warehouse.pk) not in text_of(browser, elsewhere)
    for act in ("", "edit/", "things/", "preview/"):
        assert browser.get(f"{elsewhere}{warehouse.pk}/{act}").status_code == 404


def test_one_for_every_project_is_made_by_a_tenants_administrator(browser, admin, stage):
    made(browser, stage, everywhere="on")
    connection = Connection.objects.get()
    projects.create_project(actor=admin, slug="other", name="Other", purpose="Else")
    assert connection.project is None
    assert "every project" in text_of(browser, f"/t/acme/p/other/data/connections/{connection.pk}/")


def test_the_archive_of_the_tenant_holds_what_it_is_told_and_no_secret(admin, warehouse, stage):
    [(path, pieces)] = services.connection_part(admin)
    (row,) = json.loads(b"".join(pieces))
    assert (path, row["settings"]["host"]) == ("connections/connections.json", "127.0.0.1")
    assert "sealed_secrets" not in row and stage.secrets["password"] not in json.dumps(row, ensure_ascii=False)


def test_a_name_that_is_taken_is_said_at_the_name(browser, warehouse, stage):
    refused = made(browser, stage)
    assert refused.status_code == 422
    assert "There is a connection “Warehouse” already" in refused.content.decode()
    assert Connection.objects.count() == 1


def test_activity_tells_of_it_and_leads_there(browser, admin, warehouse):
    services.test_connection(actor=admin, connection=warehouse, now=now())
    told = text_of(browser, "/t/acme/activity/")
    assert "tested the connection: Answers" in told
    assert f"/t/acme/go/connection/{warehouse.pk}/" in told
