"""Text that cannot be kept or sent back is refused once, before any field, selector or template sees it."""

from __future__ import annotations

import json

import pytest

from foundation.web.parsers import DEEPEST


def sent(client, body, where="/api/v1/projects/"):
    return client.post(where, body, content_type="application/json")


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\udfff"])
@pytest.mark.parametrize("where", ["{text: 1}", "[text]", '{"name": {"a": [text]}}'])
def test_a_text_that_cannot_be_written_is_refused_wherever_it_stands(api_as, scientist, text, where):
    answer = sent(api_as(scientist), where.replace("text", json.dumps(text)))
    assert answer.status_code == 400
    assert "no character" in answer.json()["detail"]


@pytest.mark.parametrize("depth", [DEEPEST + 2, 100_000])
def test_json_that_is_nested_without_end_is_refused(api_as, scientist, depth):
    answer = sent(api_as(scientist), "[" * depth + "]" * depth)
    assert answer.status_code == 400
    assert f"deeper than {DEEPEST}" in answer.json()["detail"]


def test_whole_pairs_and_other_scripts_are_text_as_any(api_as, scientist):
    body = {"name": "سند 🛰️", "purpose": "اختبار", "slug": "sanad"}
    assert sent(api_as(scientist), json.dumps(body)).status_code == 201


@pytest.mark.parametrize("address", ["/t/acme/search/?q=a%00", "/t/acme/p/a%00b/", "/t/acme/projects/?name=%00"])
def test_an_address_with_nul_names_nothing(client_as, scientist, address):
    client = client_as(scientist)
    client.raise_request_exception = False
    assert client.get(address).status_code in {404, 422}


@pytest.mark.parametrize("said", ["²", "9" * 5000, "٣"])
def test_what_only_looks_like_a_number_is_none(client_as, api_as, scientist, project, said):
    client, api = client_as(scientist), api_as(scientist)
    client.raise_request_exception = api.raise_request_exception = False
    assert client.get("/t/acme/p/flights/data/", {"per_page": said}).status_code == 200
    assert client.get("/t/acme/p/flights/experiments/", {"q": said}).status_code == 200
    begun = sent(api, json.dumps({"project": "flights", "filename": "a.csv", "size": 5}), "/api/v1/uploads/").json()
    answer = api.put(
        f"/api/v1/uploads/{begun['id']}/",
        b"x",
        content_type="application/octet-stream",
        headers={"Upload-Offset": said},
    )
    assert answer.status_code == 422
