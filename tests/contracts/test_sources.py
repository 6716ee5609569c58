"""Every kind of source keeps the port's promises, against a real server of its kind."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged, SourceRefused, SourceUnreachable
from apps.connections.ports import Asked, Place, Secrets
from foundation.errors import PortalError
from tests.contracts.source_stages import all_items, items_of
from tests.contracts.stage_of_kind import of_databases, of_files, stage
from tests.support.until import until

__all__ = ["stage"]
pytestmark = pytest.mark.usefixtures("loopback_allowed")


def test_a_sound_connection_passes_every_step_of_its_check(stage):
    steps = stage.source().check()
    assert [step.ok for step in steps] == [True] * 5, steps
    assert [step.name for step in steps] == ["The name resolves", "It answers", "TLS", "Signing in", "Reading"]


def test_a_wrong_secret_fails_at_signing_in_and_is_not_told(stage, caplog):
    caplog.set_level(logging.DEBUG)
    source = stage.source(secrets=stage.wrong)
    last = source.check()[-1]
    assert (last.name, last.ok) == ("Signing in", False)
    with pytest.raises(SourceRefused) as refused:
        source.pin(stage.place, Asked())
    said = [repr(source), repr(vars(source)), caplog.text, *_all_of(refused.value), last.says]
    assert [text for text in said if "wrong-horse" in text] == []


def _all_of(error):
    """Everything that an error and what it came from say."""
    while error is not None:
        yield from (str(error), repr(error), repr(getattr(error, "details", "")))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_the_secret_is_in_nothing_that_is_said_or_kept(stage, caplog):
    caplog.set_level(logging.DEBUG)
    source = stage.source()
    pin = source.pin(stage.place, Asked())
    pieces = list(source.pieces(stage.place, Asked(), pin))
    said = [repr(source), pin, repr(source.describe(stage.place)), repr(source.things()), repr(source.check())]
    said += [repr(Secrets(stage.secrets)), repr(pieces), json.dumps([dict(piece.data) for piece in pieces])]
    # A key's own name is none of its secrets; everything else that was handed in is.
    secrets = [value for name, value in stage.secrets.items() if name != "access_key"]
    assert [secret for secret in secrets for text in [*said, caplog.text] if secret in text] == []


def test_nobody_at_the_address_fails_where_it_should_answer(stage):
    source = stage.unreachable()
    steps = source.check()
    assert [(step.name, step.ok) for step in steps] == [("The name resolves", True), ("It answers", False)]
    with pytest.raises(SourceUnreachable):
        source.pin(Place("") if stage.kind == "http" else stage.place, Asked())


def test_an_address_inside_is_refused(stage, settings):
    settings.OUTBOUND_ALLOW = []
    source = stage.source()
    [step] = source.check()
    assert (step.name, step.ok) == ("The name resolves", False)
    assert "SANAD_OUTBOUND_ALLOW" in step.says
    with pytest.raises(SourceRefused, match="SANAD_OUTBOUND_ALLOW"):
        source.pin(stage.place, Asked())


def test_what_is_not_there_is_said_to_be_missing(stage):
    for call in (stage.source().describe, lambda place: stage.source().pin(place, Asked())):
        with pytest.raises(PlaceMissing):
            call(stage.missing)


def test_what_there_is_can_be_found(stage):
    names = [thing.name for thing in stage.source().things()]
    assert names == sorted(names)
    expected = {"postgresql": "public.orders", "mysql": "shop.orders", "s3": "day/"}
    assert expected.get(stage.kind, stage.settings.get("urls", [""])[0]) in names
    assert len(stage.source().things(limit=1)) == 1
    assert stage.source().things(prefix="no such beginning") == []


def test_a_description_says_columns_and_size(stage):
    described = stage.source().describe(stage.place)
    if stage.is_database:
        assert [(column.name, column.type) for column in described.columns] == [
            ("id", "BIGINT"),
            ("name", "VARCHAR"),
            ("price", "DECIMAL(10,2)"),
            ("at", "TIMESTAMP WITH TIME ZONE"),
            ("note", "VARCHAR"),
        ]
        assert described.sample.num_rows == 50
        assert described.sample.column_names == ["id", "name", "price", "at", "note"]
        assert 0.5 < described.rows / len(stage.items) < 2
    elif stage.gives_rows:
        assert [(column.name, column.type) for column in described.columns] == [("id", "BIGINT")]
        assert (described.files, described.rows, described.exact, described.sample.num_rows) == (3, 300, True, 50)
        assert described.says.split(",")[0] in {"Delta table", "Iceberg table"}
    else:
        assert (described.files, described.bytes) == (33, sum(map(len, stage.items)))
        assert described.sample is None


def test_all_pieces_together_are_all_there_is_and_nothing_comes_twice(stage):
    pieces = all_items(stage.source(), stage.place)
    assert len(pieces) == (13 if stage.is_database else stage.pieces)
    assert sorted(item for piece in pieces for item in piece) == sorted(stage.items)


def test_the_pieces_follow_from_the_pin_alone(stage):
    source = stage.source()
    pin = source.pin(stage.place, Asked())
    first = list(source.pieces(stage.place, Asked(), pin))
    # Nobody is asked for them, so they are the same where the source is away.
    again = list(stage.unreachable().pieces(stage.place, Asked(), json.loads(json.dumps(pin))))
    assert [(piece.number, piece.id, piece.data) for piece in again] == [
        (piece.number, piece.id, piece.data) for piece in first
    ]
    assert len({piece.id for piece in first}) == len(first)
    assert [piece.number for piece in first] == list(range(1, len(first) + 1))


def test_a_piece_is_the_same_when_it_is_read_again_from_what_was_kept(stage):
    source = stage.source()
    piece = list(source.pieces(stage.place, Asked(), source.pin(stage.place, Asked())))[1]
    kept = replace(piece, data=json.loads(json.dumps(piece.data)))
    for _again in range(2):
        with source.read(stage.place, Asked(), piece) as rows:
            first = items_of(rows)
        with stage.source().read(stage.place, Asked(), kept) as rows:
            assert sorted(items_of(rows)) == sorted(first)


def test_what_came_later_is_not_read(stage):
    source = stage.source()
    pin = source.pin(stage.place, Asked())
    stage.add()
    assert sorted(item for piece in all_items(source, stage.place, pin=pin) for item in piece) == sorted(stage.items)


def test_what_was_reached_is_where_the_next_load_begins(stage):
    source, first = stage.source(), Asked(cursor="id" if stage.is_database else None)
    reached = source.reached(first, source.pin(stage.place, first))
    later = replace(first, since=reached)
    assert reached and all_items(source, stage.place, later) == []
    assert source.reached(later, source.pin(stage.place, later)) == reached
    stage.change() if stage.kind == "http" else stage.add()
    if stage.gives_rows and not stage.is_database:
        # Its log does not say which of its rows are new.
        with pytest.raises(SourceBroken, match="read as a whole"):
            source.pin(stage.place, later)
        return
    [[item]] = all_items(source, stage.place, later)
    assert stage.kind == "http" or item not in stage.items


def test_what_changed_underneath_is_not_read(stage):
    source = stage.source()
    pin = source.pin(stage.place, Asked())
    stage.change()
    with pytest.raises(SourceChanged):
        all_items(source, stage.place, pin=pin)


@of_databases
def test_a_table_that_is_gone_underneath_has_changed(stage):
    source = stage.source()
    pin = source.pin(stage.place, Asked())
    stage.server.run("DROP TABLE orders")
    with pytest.raises(SourceChanged):
        all_items(source, stage.place, pin=pin)


@of_databases
def test_a_table_that_was_made_anew_is_another(stage):
    source = stage.source()
    pin = source.pin(stage.place, Asked())
    second = datetime.now(UTC).replace(microsecond=0)
    # MySQL knows by the second when a table was made.
    until(lambda: datetime.now(UTC).replace(microsecond=0) > second)
    kept = {"postgresql": "LIKE orders INCLUDING ALL", "mysql": "LIKE orders"}[stage.kind]
    stage.server.run(f"CREATE TABLE anew ({kept})", "DROP TABLE orders", "ALTER TABLE anew RENAME TO orders")
    stage.server.run(*(["GRANT SELECT ON orders TO reader"] if stage.kind == "postgresql" else []))
    with pytest.raises(SourceChanged, match="made anew"):
        all_items(source, stage.place, pin=pin)


@of_files
def test_the_head_of_a_file_is_enough_for_a_preview(stage):
    source, asked = stage.source(), Asked(head=2)
    piece = next(iter(source.pieces(stage.place, asked, source.pin(stage.place, asked))))
    with source.read(stage.place, asked, piece) as found:
        first = next(found)
        assert (first.path.read_bytes(), first.bytes, first.cut, first.format) == (b"id", 2, True, "csv")


def test_secrets_are_neither_shown_nor_written_down():
    import pickle

    secrets = Secrets({"password": "Geheim", "token": ""})
    assert (str(secrets), list(secrets)) == ("<Secrets password>", ["password"])
    with pytest.raises(TypeError):
        pickle.dumps(secrets)


@pytest.mark.parametrize("kind", ["postgresql", "mysql", "s3", "http"])
def test_settings_that_lack_something_name_it(kind, tmp_path):
    from apps.connections.adapters import open_source

    with pytest.raises(PortalError) as refused:
        open_source(kind, {}, Secrets(), tmp_path)
    assert refused.value.fields
