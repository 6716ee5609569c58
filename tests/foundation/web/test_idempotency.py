from datetime import timedelta

from apps.projects import selectors
from foundation.clock import now
from foundation.jobs.registry import periodic_definitions
from foundation.web.idempotency import KEPT_FOR, forget_old_answers
from foundation.web.models import IdempotentAnswer

PATH = "/api/v1/projects/"


def post(client, key, **body):
    return client.post(PATH, body, content_type="application/json", headers={"Idempotency-Key": key})


def test_a_repeated_request_gets_the_first_answer_and_acts_once(api_as, scientist):
    client = api_as(scientist)
    body = {"slug": "churn", "name": "Churn", "purpose": "Keep customers"}
    first, again = post(client, "key-1", **body), post(client, "key-1", **body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert selectors.visible_projects(actor=scientist).count() == 1


def test_a_key_is_not_lent_to_another_request(api_as, scientist):
    client = api_as(scientist)
    assert post(client, "key-1", slug="churn", name="Churn", purpose="x").status_code == 201
    answer = post(client, "key-1", slug="fraud", name="Fraud", purpose="x")
    assert answer.status_code == 409
    assert "take a new one" in answer.json()["detail"]


def test_a_refused_request_may_be_mended_under_the_same_key(api_as, scientist):
    client = api_as(scientist)
    assert post(client, "key-1", slug="", name="", purpose="").status_code == 422
    assert post(client, "key-1", slug="churn", name="Churn", purpose="x").status_code == 201


def test_another_persons_key_is_another_key(api_as, scientist, admin):
    assert post(api_as(scientist), "key-1", slug="churn", name="Churn", purpose="x").status_code == 201
    assert post(api_as(admin), "key-1", slug="fraud", name="Fraud", purpose="x").status_code == 201


def test_a_narrower_token_gets_no_answer_of_a_wider_one(api_as, scientist):
    body = {"slug": "churn", "name": "Churn", "purpose": "x"}
    assert post(api_as(scientist), "key-1", **body).status_code == 201
    answer = post(api_as(scientist, scopes=["project.create", "project.view"]), "key-1", **body)
    assert (answer.status_code, "id" in answer.json()) == (409, False)


def test_a_key_with_strange_signs_is_refused_in_words(api_as, scientist):
    answer = post(api_as(scientist), "x" * 200, slug="churn", name="Churn", purpose="x")
    assert answer.status_code == 422
    assert "128" in answer.json()["detail"]


def test_an_answer_is_cleared_after_a_day(api_as, scientist):
    client = api_as(scientist)
    post(client, "key-1", slug="churn", name="Churn", purpose="Keep customers")

    forget_old_answers(now=now() + KEPT_FOR - timedelta(hours=1))
    assert IdempotentAnswer.objects.count() == 1
    forget_old_answers(now=now() + KEPT_FOR)
    assert IdempotentAnswer.objects.count() == 0
    assert "web.forget_old_answers" in periodic_definitions()


def test_whoever_holds_less_by_now_gets_no_answer_of_before(api_as, admin, scientist):
    from apps.tenants import selectors, services

    body = {"slug": "churn", "name": "Churn", "purpose": "x"}
    client = api_as(scientist)
    assert post(client, "key-1", **body).status_code == 201
    place = selectors.member_of(actor=admin, user_id=scientist.user.pk)
    services.change_role(actor=admin, membership=place, role="viewer")
    assert post(client, "key-1", **body).status_code == 409
