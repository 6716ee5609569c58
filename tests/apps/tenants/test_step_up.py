"""Sensitive acts ask once more who sits there, where the last proof is some time ago; nothing typed is lost."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from apps.compliance import services as compliance
from foundation.access.freshness import StepUpRequired, is_fresh, note_proof
from foundation.access.models import Membership
from foundation.clock import now
from foundation.identity.models import ApiToken
from tests.apps.tenants.test_factors import code_of, set_up_app
from tests.support.forms import send_form

PASSWORD = "correct horse battery staple"
CONFIRM, TOKENS = "/accounts/confirm/", "/t/acme/settings/tokens/"
WANTED = {"name": "laptop", "level": "read", "days": "30", "networks": "203.0.113.0/24\n2001:db8::/32"}


def age(client, by=timedelta(minutes=11)):
    """Some time passes in this session."""
    session = client.session
    note_proof(session, at=now() - by)
    session.save()
    return client


@pytest.fixture
def person(admin):
    admin.user.set_password(PASSWORD)
    admin.user.save()
    return admin


@pytest.fixture
def stale(person, client_as):
    return age(client_as(person))


def hidden(page):
    """The fields of the question's form, as the browser would send them."""
    from html.parser import HTMLParser

    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            given = dict(attrs)
            if tag == "form":
                self.inside = given.get("action") == CONFIRM
            if tag == "input" and getattr(self, "inside", False) and given.get("type") == "hidden":
                found.append((given["name"], given.get("value") or ""))

    Reader().feed(page)
    return [(name, value) for name, value in found if name != "csrfmiddlewaretoken"]


def again(client, answer):
    """The browser sends the same fields on, as a 307 asks it to."""
    assert answer.status_code == 307
    return send_form(client, answer["Location"], answer.wsgi_request.POST.dict())


def test_a_fresh_session_is_asked_nothing(person, client_as):
    assert "snd_" in client_as(person).post(TOKENS, WANTED).content.decode()


def test_a_page_asks_and_then_goes_on_with_what_was_typed(person, stale):
    question = stale.post(TOKENS, WANTED)
    assert question.status_code == 403
    assert "Confirm that it is you" in question.content.decode()
    assert not ApiToken.objects.exists()

    fields = dict(hidden(question.content.decode()))
    assert {name: fields[name] for name in WANTED} == WANTED
    made = again(stale, send_form(stale, CONFIRM, fields | {"proof_password": PASSWORD}))
    assert "The token is made" in made.content.decode()
    token = ApiToken.objects.get()
    assert (token.name, token.networks) == ("laptop", ["203.0.113.0/24", "2001:db8::/32"])
    assert stale.post(TOKENS, WANTED | {"name": "second"}).status_code == 200, "the proof counts for a while"


def test_several_values_of_one_name_go_along(stale):
    question = stale.post(TOKENS, WANTED | {"level": "chosen", "scopes": ["project.view", "dataset.view"]})
    assert [value for name, value in hidden(question.content.decode()) if name == "scopes"] == [
        "project.view",
        "dataset.view",
    ]


def test_a_wrong_password_asks_again_and_keeps_the_fields(stale):
    fields = dict(hidden(stale.post(TOKENS, WANTED).content.decode()))
    answer = send_form(stale, CONFIRM, fields | {"proof_password": "wrong"})

    assert answer.status_code == 422
    assert "not your password" in answer.content.decode()
    assert dict(hidden(answer.content.decode())) == fields
    assert "wrong" not in [value for _name, value in hidden(answer.content.decode())]


def test_cancel_leads_back_to_where_one_was_and_nowhere_else(stale):
    def cancel(answer):
        return re.search(r'<a class="btn btn-quiet" href="([^"]*)">Cancel</a>', answer.content.decode())[1]

    asked = stale.post(TOKENS, WANTED, headers={"Referer": f"http://testserver{TOKENS}?page=2"})
    assert cancel(asked) == f"{TOKENS}?page=2"
    wrong = send_form(stale, CONFIRM, dict(hidden(asked.content.decode())) | {"proof_password": "wrong"})
    assert cancel(wrong) == f"{TOKENS}?page=2", "through a wrong answer too"
    for lure in ("https://evil.example/", "http://testserver//evil.example/"):
        assert cancel(stale.post(TOKENS, WANTED, headers={"Referer": lure})) == "/"
        assert cancel(send_form(stale, CONFIRM, {"proof_password": "wrong", "proof_back": lure})) == "/"


def test_the_question_is_not_tried_without_end(person, stale):
    for _ in range(5):
        send_form(stale, CONFIRM, {"proof_password": "wrong"}, REMOTE_ADDR="203.0.113.7")

    answer = send_form(stale, CONFIRM, {"proof_password": PASSWORD}, REMOTE_ADDR="203.0.113.7")
    assert answer.status_code == 429
    assert stale.post(TOKENS, WANTED).status_code == 403


def test_attempts_count_also_where_a_tenant_is_named(person, client_as):
    client = age(client_as(person))
    for _ in range(6):
        answer = send_form(client, f"{CONFIRM}?tenant=acme", {"proof_password": "wrong"}, REMOTE_ADDR="203.0.113.7")
    assert answer.status_code == 429


def test_htmx_gets_a_dialog_that_goes_on_by_a_plain_form(person, client_as):
    client = age(client_as(person, **{"HX-Request": "true"}))
    answer = client.post(TOKENS, WANTED)

    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (403, "#toasts", "beforeend")
    page = answer.content.decode()
    assert "<dialog" in page
    assert "<html" not in page
    assert dict(hidden(page))["name"] == "laptop"


def test_rest_by_session_says_where_to_confirm_and_tokens_are_not_asked(person, client_as, api_as):
    body = {"name": "ci", "scopes": ["project.view"], "expires_at": (now() + timedelta(days=1)).isoformat()}
    client = age(client_as(person, Accept="application/json"))
    answer = client.post("/api/v1/tokens/", body, content_type="application/json")

    assert answer.status_code == 403
    problem = answer.json()
    assert problem["type"].endswith("/step-up-required")
    assert problem["details"] == {"confirm": CONFIRM}
    assert api_as(person).post("/api/v1/tokens/", body, content_type="application/json").status_code == 201
    send_form(client, CONFIRM, {"proof_password": PASSWORD})
    assert client.post("/api/v1/tokens/", body, content_type="application/json").status_code == 201


def test_with_a_factor_the_password_is_not_enough(person, client_as):
    secret, _codes = set_up_app(client_as(person))
    client = age(client_as(person))
    question = client.post(TOKENS, WANTED).content.decode()
    assert 'name="proof_code"' in question
    assert 'name="proof_password"' not in question

    fields = dict(hidden(question))
    assert send_form(client, CONFIRM, fields | {"proof_password": PASSWORD}).status_code == 422
    answer = send_form(client, CONFIRM, fields | {"proof_code": code_of(secret)})
    assert "The token is made" in again(client, answer).content.decode()


def test_what_is_read_goes_on_by_reading(person, client_as):
    client = age(client_as(person))
    question = client.get("/t/acme/activity/record/ledger.jsonl")
    assert question.status_code == 403

    answer = send_form(client, CONFIRM, dict(hidden(question.content.decode())) | {"proof_password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (303, "/t/acme/activity/record/ledger.jsonl")
    assert client.get(answer["Location"]).status_code == 200


def test_the_question_can_be_answered_ahead(person, client_as):
    client = age(client_as(person))
    page = client.get(f"{CONFIRM}?next=/accounts/factors/app/")
    assert page.status_code == 200

    fields = dict(hidden(page.content.decode())) | {"proof_password": PASSWORD}
    assert send_form(client, CONFIRM, fields)["Location"] == "/accounts/factors/app/"


def test_the_question_leads_nowhere_outside(stale):
    for outside in ("https://evil.test/", "//evil.test/", "javascript:alert(1)", "evil"):
        answer = send_form(stale, CONFIRM, {"proof_password": PASSWORD, "proof_next": outside, "proof_method": "POST"})
        assert answer["Location"] == "/accounts/"


def test_whoever_may_not_do_it_is_refused_before_they_are_asked(viewer, admin, client_as):
    place = Membership.objects.get(user=admin.user)
    answer = age(client_as(viewer)).post(f"/t/acme/settings/members/{place.pk}/remove/")

    assert answer.status_code == 403
    assert "Confirm that it is you" not in answer.content.decode()


def test_a_button_is_not_grey_because_the_proof_is_old(person, client_as, scientist):
    place = Membership.objects.get(user=scientist.user)
    page = age(client_as(person)).get(f"/t/acme/settings/members/{place.pk}/").content.decode()

    assert f'action="/t/acme/settings/members/{place.pk}/remove/"' in page


def test_factors_are_changed_by_a_fresh_session_alone(person, client_as):
    client = age(client_as(person))
    for address in ("/accounts/factors/app/", "/accounts/factors/passkey/", "/accounts/factors/recovery-codes/"):
        answer = send_form(client, address, {"code": "000000"})
        assert "Confirm that it is you" in answer.content.decode(), address
    assert "Confirm that it is you" in client.get("/accounts/factors/app/").content.decode(), "it shows a secret"


def test_somebody_without_password_and_factor_reads_what_to_do(admin, client_as):
    page = age(client_as(admin)).post(TOKENS, WANTED).content.decode()
    assert "neither a password nor a second factor" in page

    client = age(client_as(admin))
    assert send_form(client, CONFIRM, {"proof_password": ""}).status_code == 422


def test_each_sign_in_is_a_proof_and_a_session_that_was_never_proved_is_none(person):
    session = Client().session
    assert not is_fresh(session, at=now())
    note_proof(session, at=now())
    assert is_fresh(session, at=now() + timedelta(minutes=9))
    assert not is_fresh(session, at=now() + timedelta(minutes=10))
    assert not is_fresh(session, at=now() - timedelta(minutes=1)), "a proof from the future is none"


def test_the_ledger_is_handed_out_to_a_fresh_session_alone(admin):
    with pytest.raises(StepUpRequired):
        compliance.export_ledger(actor=replace(admin, stale=True))
    compliance.export_ledger(actor=admin)


def test_the_list_of_people_leaves_as_a_file_with_a_fresh_proof_alone(person, stale):
    assert stale.get("/t/acme/settings/members/").status_code == 200
    question = stale.get("/t/acme/settings/members/?export=csv")
    assert question.status_code == 403 and "Confirm that it is you" in question.content.decode()
    assert stale.get("/t/acme/settings/groups/?export=csv").status_code == 200

    age(stale, by=timedelta(minutes=1))
    assert person.user.email in stale.get("/t/acme/settings/members/?export=csv").getvalue().decode()
