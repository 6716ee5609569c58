"""A stream writes tokens in the place of what names people, and nothing of what it sets aside is there in clear."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from apps.datasets import selectors as dataset_selectors
from apps.datasets import services as datasets
from apps.datasets.models import DatasetVersion
from apps.datasets.services import tokenising
from apps.streams import selectors, services
from apps.streams.choices import MOST_EVENT_BYTES
from apps.streams.models import Stream
from foundation import lake
from foundation.clock import now
from foundation.errors import Conflict, Invalid, NotFound
from tests.foundation.storage.test_shredding import everything_on_disk, holding

pytestmark = pytest.mark.django_db
TOKEN = re.compile(r"tok_[a-z2-7]{26}")
CANARY = "CANARY-STREAMED"
COLUMNS = [
    {"name": "n", "type": "whole", "required": True},
    {"name": "who", "type": "text", "tokenise": True},
    {"name": "card", "type": "whole", "tokenise": True},
    {"name": "tags", "type": "nested"},
]


@pytest.fixture(autouse=True)
def with_keys_of_the_tenant(settings):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"


@pytest.fixture
def tokens(make_stream):
    return make_stream(columns=COLUMNS, event_time="")


def person(n, **more):
    number = int(n) if str(n).isdigit() else 0
    return {"n": n, "who": f"{CANARY}-{n}", "card": 700_000 + number, "tags": {"of": n}, **more}


def aside(stream, actor):
    return selectors.aside_events(actor=actor, stream=stream)


@pytest.mark.django_db(transaction=True)
def test_rows_have_tokens_that_join_with_files_and_no_byte_is_left_in_clear(
    tokens, put, drain, rows_of, scientist, admin, tenant, project, dataset, run_jobs
):
    big = b'{"n": 6, "who": "%s", "x": "%s"}' % (CANARY.encode(), b"x" * MOST_EVENT_BYTES)
    poison = b'{"n": 5, broken %s' % CANARY.encode()
    put(tokens, person(1), person(2, who=f" {CANARY}-1 ", card=None), poison, big, person("x"), person(4, who=[CANARY]))
    drain(tokens)
    one, two = rows_of(tokens)
    assert (one["n"], one["tags"], two["card"]) == (1, '{"of":1}', None)
    assert one["who"] == two["who"] == datasets.token_of(tenant.pk, f"{CANARY}-1")
    assert one["card"] == datasets.token_of(tenant.pk, "700001")
    assert holding({CANARY: CANARY.encode()}, *everything_on_disk()) == set()
    told = {event["rule"]: event for event in aside(tokens, admin)}
    assert set(told) == {"undecodable", "too_large", "wrong_type"}
    assert told["undecodable"] | {"at": 0, "key": 1} == {
        "place": told["undecodable"]["place"],
        "at": 0,
        "rule": "undecodable",
        "column": "",
        "size": len(poison),
        "key": 1,
        "fields": None,
    }
    wrong = {event["column"]: event["fields"] for event in aside(tokens, admin) if event["rule"] == "wrong_type"}
    assert (wrong["n"]["n"], TOKEN.fullmatch(wrong["n"]["who"]) is not None) == (None, True)
    assert (wrong["who"]["n"], wrong["who"]["who"]) == ("4", None)
    assert CANARY not in str(told)
    # The version that is cut says so, and the next file is tokenised like it: the same people join.
    version = services.cut_stream(actor=scientist, stream=tokens, now=now())
    run_jobs()
    version.refresh_from_db()
    said = {column["name"]: (column.get("tokenised"), column.get("class")) for column in version.schema}
    assert said["who"] == said["card"] == (True, "personal")
    assert said["n"][0] is None
    file = b"n,who,card,tags\n9,%s-1,0700001,\n" % CANARY.encode()
    upload = datasets.start_upload(actor=scientist, project=project, filename="more.csv", size=len(file))
    datasets.append_chunk(actor=scientist, upload_id=upload.pk, offset=0, data=file)
    upload = datasets.complete_upload(actor=scientist, upload_id=upload.pk, now=now())
    later = datasets.create_version(actor=scientist, dataset=dataset, upload=upload, now=now(), review=False)
    run_jobs()
    later.refresh_from_db()
    assert later.state == "ready", later.failure
    [row] = lake.for_tenant(tenant.pk).read(dataset_selectors.table_at(later)).read_all().to_pylist()
    assert row["who"] == one["who"]


def test_quarantine_is_opened_by_a_worker_once_the_columns_fit(
    scientist, tokens, put, drain, rows_of, aside_of, run_jobs, tenant
):
    put(tokens, person(1, card="x"), {"who": f"{CANARY}-2", "card": 5}, b"broken")
    drain(tokens)
    columns = [{**COLUMNS[0], "required": False}, *COLUMNS[1:2], COLUMNS[3], {"name": "later", "type": "text"}]
    services.edit_stream(actor=scientist, stream=tokens, columns=columns)
    services.replay_quarantine(actor=scientist, stream=tokens)
    run_jobs()
    assert sorted(str(row["who"]) for row in rows_of(tokens)) == sorted(
        datasets.token_of(tenant.pk, f"{CANARY}-{n}") for n in (1, 2)
    )
    assert [rule for rule, *_rest in aside_of(tokens)] == ["undecodable"]


def test_an_event_is_mended_with_a_clear_value_that_becomes_a_token(
    scientist, tokens, put, drain, rows_of, aside_of, tenant
):
    put(tokens, person(1, card="x"), b'{"n": 2, broken')
    drain(tokens)
    wrong, broken = sorted(aside(tokens, scientist), key=lambda event: event["rule"], reverse=True)
    words = {"actor": scientist, "stream": tokens}
    with pytest.raises(Invalid, match="“card” has a value of another type"):
        services.mend_event(**words, place=wrong["place"], values={})
    with pytest.raises(Invalid, match="no column “cards”"):
        services.mend_event(**words, place=wrong["place"], values={"cards": 1})
    with pytest.raises(Invalid, match="“n” lacks a value"):
        services.mend_event(**words, place=broken["place"], values={"who": "x"})
    services.mend_event(**words, place=wrong["place"], values={"card": 700_001})
    services.mend_event(**words, place=broken["place"], values={"n": 2, "who": "Amna"})
    with pytest.raises(NotFound):
        services.mend_event(**words, place=wrong["place"], values={"card": 700_001})
    one, two = sorted(rows_of(tokens), key=lambda row: row["n"])
    assert (one["who"], one["card"]) == tuple(datasets.token_of(tenant.pk, v) for v in (f"{CANARY}-1", "700001"))
    assert (two["who"], two["tags"]) == (datasets.token_of(tenant.pk, "Amna"), None)
    assert aside_of(tokens) == []
    tokens.refresh_from_db()
    assert tokens.replayed == 2


def test_once_the_key_is_destroyed_nobody_opens_what_was_sealed_and_fields_stay(
    scientist, admin, tokens, put, drain, rows_of, aside_of, run_jobs, tenant
):
    put(tokens, {**person(1), "n": None}, b"broken")
    drain(tokens)
    before = datasets.token_of(tenant.pk, f"{CANARY}-1")
    datasets.destroy_token_key(actor=admin, confirmation=tenant.slug)
    columns = [{**COLUMNS[0], "required": False}, *COLUMNS[1:]]
    services.edit_stream(actor=scientist, stream=tokens, columns=columns)
    services.replay_quarantine(actor=scientist, stream=tokens)
    run_jobs()
    [row] = rows_of(tokens)
    assert (row["n"], row["who"], row["tags"]) == (None, before, '{"of":1}')
    assert TOKEN.fullmatch(row["card"]), "a token of a number is a token still"
    [(rule, _column, _sealed)] = aside_of(tokens)
    assert rule == "undecodable", "nobody opens it any more"
    put(tokens, person(1))
    drain(tokens)
    assert before not in [row["who"] for row in rows_of(tokens) if row["n"] == 1], "a new key makes other tokens"


def test_a_column_is_all_tokens_or_all_clear(scientist, project, tenant, tokens, make_stream, dataset, put, drain):
    def edit(stream=tokens, **more):
        columns = [{**column, **more} if column["name"] == "who" else column for column in COLUMNS]
        stream = services.edit_stream(actor=scientist, stream=stream, columns=columns)
        return [column["name"] for column in stream.columns if column["tokenise"]]

    assert edit(tokenise=None) == ["who", "card"], "nobody said it: it is as it was"
    with pytest.raises(Conflict, match="Pause the stream first"):
        edit(tokenise=False)
    services.pause_stream(actor=scientist, stream=tokens)
    assert edit(tokenise=False) == ["card"]
    with pytest.raises(Invalid, match="“who” is in clear in rows that are there"):
        make_stream(name="Other", columns=COLUMNS, event_time="")
    assert edit(tokenise=True) == ["who", "card"], "no row is there yet"
    services.resume_stream(actor=scientist, stream=tokens)
    put(tokens, person(1))
    drain(tokens)
    services.pause_stream(actor=scientist, stream=tokens)
    with pytest.raises(Invalid, match="“who” stands in the dataset as tokens"):
        edit(tokenise=False)
    with pytest.raises(Invalid, match="“n” is in clear in rows that are there"):
        columns = [{**COLUMNS[0], "tokenise": True}, *COLUMNS[1:]]
        services.edit_stream(actor=scientist, stream=tokens, columns=columns)
    # Also what it writes no more, and what another stream of the dataset would write.
    services.edit_stream(actor=scientist, stream=tokens, columns=COLUMNS[:1])
    with pytest.raises(Invalid, match="“who” stands in the dataset as tokens"):
        edit(tokenise=False)
    other = make_stream(name="Other", columns=[{"name": "who", "type": "text"}], event_time="")
    assert other.columns[0]["tokenise"], "as the dataset has it"
    for column, match in (
        ({"name": "price", "type": "number", "tokenise": True}, "cannot have tokens: they stand for text"),
        ({"name": "at", "type": "day", "tokenise": True}, "cannot have tokens: by it late events"),
    ):
        with pytest.raises(Invalid, match=match):
            make_stream(name="Third", columns=[column], event_time="at")


def test_a_dataset_whose_files_have_tokens_gets_tokens_from_a_stream(scientist, project, tenant, make_stream, dataset):
    schema = [{"name": "text", "type": "VARCHAR", "tokenised": True, "class": "personal"}]
    words = {"state": "ready", "number": 1, "schema": schema, "created_by": scientist.user}
    DatasetVersion.objects.create(tenant=tenant, project=project, dataset=dataset, **words)
    stream = make_stream()
    assert [column["name"] for column in stream.columns if column["tokenise"]] == ["text"]
    assert stream.tokenised == ["text"]
    clear = [{"name": "text", "type": "text", "tokenise": False}]
    with pytest.raises(Invalid, match="“text” stands in the dataset as tokens"):
        make_stream(name="Other", columns=clear, event_time="")


def test_no_batch_that_was_begun_under_another_key_is_written(tenant, admin, tokens, put, rows_of, monkeypatch):
    """What was read ahead was made into tokens by the key that was: it is thrown away once that is destroyed."""
    Stream.objects.filter(pk=tokens.pk).update(batch_rows=1)
    put(tokens, person(1), {**person(1), "n": 2})
    reading = services.take(tenant, tokens.pk)
    assert reading.turn(), "and the next one is read ahead"
    datasets.destroy_token_key(actor=admin, confirmation=tenant.slug)
    reading.turn()
    reading.release()
    rows = {row["n"]: row["who"] for row in rows_of(tokens)}
    assert rows[2] == tokenising.token_of(tenant.pk, f"{CANARY}-1") != rows[1]


def test_rest_and_pages_name_columns_list_events_and_mend_one(api_as, client_as, scientist, viewer, tokens, put, drain):
    put(tokens, person(1, card="x"), b"broken")
    drain(tokens)
    api, root = api_as(scientist), f"/api/v1/streams/{tokens.pk}/"
    seen = api.get(root).json()
    assert (seen["tokenised"], seen["columns"][1]["tokenise"]) == (["card", "who"], True)
    [event] = api.get(f"{root}quarantine/events/?rule=wrong_type&column=card").json()
    assert (event["sealed"], event["fields"]["n"], CANARY in json.dumps(event)) == (True, "1", False)
    hidden = {row["rule"]: row["fields"] for row in api_as(viewer).get(f"{root}quarantine/events/").json()}
    assert hidden["wrong_type"]["who"] == "•••"
    home = "/t/acme/p/flights/data/streams/"
    page = client_as(scientist).get(f"{home}{tokens.pk}/?tab=quarantine").content.decode()
    assert "is sealed under the key of tokens" in page
    assert event["place"] in page
    assert CANARY not in page
    assert "Tokens" in client_as(scientist).get(f"{home}{tokens.pk}/?tab=settings").content.decode()
    mend = f"{home}{tokens.pk}/quarantine/event/?place={event['place']}"
    browser = client_as(scientist)
    form = browser.get(mend).content.decode()
    assert "a token of it is kept" in form
    wrong = browser.post(mend, {"value_2": "seven"})
    assert (wrong.status_code, "This is no whole number." in wrong.content.decode()) == (422, True)
    assert browser.post(mend, {"value_2": ""}).status_code == 422, "it lies there for this value"
    assert browser.post(mend, {"value_2": "700001"}).headers["Location"] == f"{home}{tokens.pk}/?tab=quarantine"
    assert browser.get(mend).status_code == 404
    body = {"place": event["place"], "values": {"card": 1}}
    gone = api.post(f"{root}quarantine/mend/", json.dumps(body), content_type="application/json")
    assert gone.status_code == 404
    made = browser.post(
        f"{home}new/",
        {
            "name": "Visits",
            "begin": "earliest",
            "format": "json",
            "columns": "id whole required\nwho text tokenise",
            "late": "keep",
            "lateness": "5",
            "batch_seconds": "1",
            "batch_rows": "100",
            "cut": "hand",
            "cut_rows": "5",
        },
    )
    assert made.status_code == 303, made.content.decode()
    visits = Stream.objects.get(name="Visits")
    assert visits.tokenised == ["who"]
    assert "who text tokenise" in browser.get(f"{home}{visits.pk}/edit/").content.decode()


def test_the_moment_of_the_last_batch_is_waited_for(scientist, make_stream):
    stream = make_stream(columns=COLUMNS, event_time="")
    services.pause_stream(actor=scientist, stream=stream)
    Stream.objects.filter(pk=stream.pk).update(lease_until=now() + timedelta(seconds=5))
    with pytest.raises(Conflict, match="being committed"):
        services.edit_stream(actor=scientist, stream=stream, columns=[{**COLUMNS[1], "tokenise": False}])
