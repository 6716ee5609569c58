"""A line that breaks in the worst moment, after the portal has done its work and before the client hears of it."""

from __future__ import annotations

import httpx2
import pytest

from sanad import Client, transport
from sanad.errors import NotFound, Unreachable

MEGABYTE = 1024 * 1024
NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_a_change_whose_answer_was_lost_is_made_once(portal, client):
    portal.line.lose_answers("POST", "/projects/", numbers=[1, 2])
    made = client.projects.create("once-only", "Once only", purpose="Shows that a repeated change is one change")
    assert portal.line.seen[("POST", "/projects/")] == 3
    assert [project["id"] for project in client.projects.list() if project["slug"] == "once-only"] == [made["id"]]


@pytest.fixture
def admin(portal, tokens):
    with Client(portal.url, tokens["admin"], "flights") as opened:
        yield opened


@pytest.mark.parametrize("way", ["lose_answers", "break_off"])
def test_what_was_deleted_while_the_answer_was_lost_is_deleted(portal, admin, way):
    group = admin.groups.create(f"Lost {way}")
    getattr(portal.line, way)("DELETE", "/groups/", numbers=[1, 2])
    admin.groups.delete(group["id"])
    assert portal.line.seen[("DELETE", "/groups/")] == 3
    assert group["id"] not in [row["id"] for row in admin.groups.list()]


def test_what_was_never_there_is_an_error_at_the_first_answer(portal, admin):
    portal.line.lose_answers("DELETE", "/groups/", numbers=[])
    with pytest.raises(NotFound):
        admin.groups.delete(NOWHERE)
    assert portal.line.seen[("DELETE", "/groups/")] == 1


@pytest.mark.parametrize("never_sent", ["away", "refused"])
def test_a_try_that_never_reached_the_portal_deleted_nothing(portal, admin, monkeypatch, never_sent):
    if never_sent == "away":
        portal.line.away(times=2)
    else:
        ask, tries = admin.transport.http.request, []

        def refused_once(*words, **options):
            tries.append(words)
            if len(tries) == 1:
                raise httpx2.ConnectError("refused")
            return ask(*words, **options)

        monkeypatch.setattr(admin.transport.http, "request", refused_once)
    with pytest.raises(NotFound):
        admin.groups.delete(NOWHERE)


def test_a_thing_that_is_not_found_when_it_is_read_was_not_read(portal, client):
    portal.line.lose_answers("GET", "/datasets/", numbers=[1])
    with pytest.raises(NotFound):
        client.datasets.get(NOWHERE)


def test_two_equal_changes_that_were_meant_are_two(client):
    upload = {"project": "flights", "filename": "a.csv", "size": 4}
    assert client.transport.post("uploads/", upload)["id"] != client.transport.post("uploads/", upload)["id"]


def test_an_upload_goes_on_where_the_portal_says_it_stands(portal, client, tmp_path):
    file = tmp_path / "flights.csv"
    file.write_bytes(b"late,distance\n" + b"true,1400\n" * (2 * MEGABYTE))
    portal.line.lose_answers("PUT", "/uploads/", numbers=[1, 3])
    told = []
    upload = client.datasets.upload(file, told=lambda sent, size: told.append((sent, size)))
    assert upload["complete"] is True
    assert upload["offset"] == file.stat().st_size
    # Three chunks; the two whose answers were lost are offered again, and refused with the place to go on from.
    assert portal.line.seen[("PUT", "/uploads/")] == 5
    assert told[-1] == (file.stat().st_size, file.stat().st_size)
    assert [sent for sent, _ in told] == sorted({sent for sent, _ in told})


def test_a_folder_whose_sender_was_killed_is_not_sent_from_the_beginning(portal, client, tmp_path):
    for month in range(40):
        path = tmp_path / "flights" / f"{month:02}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"late,distance\n" + f"{month},1400\n".encode() * (MEGABYTE // 14))
    portal.line.lose_answers("PUT", "/uploads/", numbers=[])

    def killed(sent, size, files, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.datasets.upload(tmp_path / "flights", told=killed)
    told = []
    upload = client.datasets.upload(tmp_path / "flights", told=lambda *said: told.append(said))
    assert (upload["complete"], upload["filename"]) == (True, "flights.tar")
    assert portal.line.seen[("PUT", "/uploads/")] == -(-upload["size"] // (8 * MEGABYTE))
    assert told[0][2:] < told[-1][2:] == (40, 40)


def test_a_portal_that_stays_away_is_said_in_words(portal, client):
    portal.line.lose_answers("GET", "/projects/", numbers=[1, 2, 3, 4, 5])
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1.* does not answer .*Is the portal up\?"):
        client.projects.list()
    assert client.projects.list()


def test_a_portal_that_starts_again_is_waited_for(portal, client, monkeypatch):
    monkeypatch.setattr(transport, "_FIRST_PAUSE_S", 0.001)
    portal.line.away(times=9)
    assert client.projects.list()
    monkeypatch.setattr(transport, "_PATIENCE_S", 0.0)
    portal.line.away(times=5)
    with pytest.raises(Unreachable, match="It restarts"):
        client.projects.list()


def test_nothing_is_left_of_a_download_that_was_refused(client, tmp_path):
    with pytest.raises(NotFound):
        client.datasets.download(NOWHERE, tmp_path / "rows.parquet")
    assert not list(tmp_path.glob("rows*"))


def test_every_row_of_a_list_of_many_pages_comes_once(client):
    for number in range(55):
        client.transport.post("entities/", {"project": "flights", "name": f"e{number}", "join_keys": ["id"]})
    names = [row["name"] for row in client.transport.pages("entities/", project="flights")]
    assert sorted(names) == sorted({f"e{number}" for number in range(55)})
