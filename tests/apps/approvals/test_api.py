"""/api/v1/approvals."""

from apps.approvals import services

URL = "/api/v1/approvals/"


def post(client, url, body=None):
    return client.post(url, body or {}, content_type="application/json")


def test_list_filter_and_read(api_as, scientist, officer, open_case):
    case = open_case(scientist)
    client = api_as(officer)

    assert [c["id"] for c in client.get(f"{URL}?waiting=true&state=open").json()["results"]] == [str(case.pk)]
    assert client.get(f"{URL}?state=granted").json()["results"] == []
    assert client.get(f"{URL}?project=flights&subject_id={case.subject_id}").json()["results"][0]["title"] == case.title
    assert client.get(f"{URL}{case.pk}/").json()["evidence"] == {"roc_auc": 0.76}
    assert client.get(f"{URL}?state=nonsense").status_code == 422


def test_an_officers_token_decides_and_the_answer_names_the_digest(api_as, scientist, officer, open_case):
    case = open_case(scientist)
    answer = post(api_as(officer), f"{URL}{case.pk}/decide/", {"verdict": "granted", "reason": "Good"})

    assert answer.status_code == 200
    assert answer.json()["state"] == "granted"
    assert answer.json()["decision"]["digest"] == case.subject_digest


def test_a_second_decision_is_a_conflict(api_as, scientist, officer, open_case):
    case = open_case(scientist)
    services.decide(actor=officer, case=case, verdict="refused", reason="No")
    answer = post(api_as(officer), f"{URL}{case.pk}/decide/", {"verdict": "granted", "reason": "Yes"})

    assert answer.status_code == 409


def test_the_requesters_token_cannot_decide(api_as, scientist, open_case):
    answer = post(api_as(scientist), f"{URL}{open_case(scientist).pk}/decide/", {"verdict": "granted", "reason": "I"})

    assert answer.status_code == 403


def test_withdraw_and_comments(api_as, scientist, open_case):
    case, client = open_case(scientist), api_as(scientist)

    assert post(client, f"{URL}{case.pk}/comments/", {"text": "Please"}).status_code == 201
    assert [c["text"] for c in client.get(f"{URL}{case.pk}/comments/").json()["results"]] == ["Please"]
    assert post(client, f"{URL}{case.pk}/withdraw/").json()["state"] == "withdrawn"


def test_a_token_of_another_project_sees_no_case(api_as, scientist, open_case):
    from uuid import uuid4

    case, client = open_case(scientist), api_as(scientist, project_id=uuid4())

    assert client.get(URL).json()["results"] == []
    assert client.get(f"{URL}{case.pk}/").status_code == 404
