"""`load_sample`: three sign-ins that work, kept for their operator alone; safe to run again."""

import io
import json
import stat

import pytest
from django.core.management import call_command
from django.test import Client

from apps.projects import selectors as projects
from apps.tenants.services.sample import credentials_path
from foundation.access.actors import actor_for_user
from foundation.identity.models import ApiToken, User
from foundation.tenancy import find_tenant, scope
from tests.support.forms import send_form


@pytest.fixture
def home(settings, tmp_path):
    settings.SANAD_HOME = tmp_path / "home"


def load():
    call_command("load_sample", stdout=io.StringIO())
    return json.loads(credentials_path().read_text())


def test_the_sign_ins_and_tokens_work(db, home):
    kept = load()

    assert stat.S_IMODE(credentials_path().stat().st_mode) == 0o600
    assert [person["email"] for person in kept["people"]] == [
        "scientist@demo.local",
        "officer@demo.local",
        "admin@demo.local",
    ]
    for person in kept["people"]:
        client = Client()
        assert (
            send_form(client, "/accounts/login/", {name: person[name] for name in ("email", "password")}).status_code
            == 302
        )
        answer = Client(headers={"Authorization": f"Bearer {person['token']}"}).get("/api/v1/projects/")
        assert [project["slug"] for project in answer.json()["results"]] == ["flights"]


def test_running_again_changes_nothing(db, home):
    assert load() == load()

    with scope(find_tenant("demo").pk):
        assert ApiToken.objects.count() == 3
        scientist = actor_for_user(user=User.objects.get(email="scientist@demo.local"), tenant=find_tenant("demo"))
        assert projects.visible_projects(actor=scientist).count() == 1


def test_a_lost_file_is_made_anew_with_other_secrets(db, home):
    before = load()
    credentials_path().unlink()
    after = load()

    assert {p["email"] for p in before["people"]} == {p["email"] for p in after["people"]}
    assert not {p["password"] for p in before["people"]} & {p["password"] for p in after["people"]}
