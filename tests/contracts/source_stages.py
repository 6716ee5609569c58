"""One stage for each kind of source: a real server with something to read on it, and how it goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import pyarrow as pa

from apps.connections.adapters import files, open_source, table_files, tables
from apps.connections.ports import Asked, Place, Secrets
from tests.support.databases import free_port
from tests.support.tables_in_a_bucket import DeltaFolder, catalogue, send_iceberg

ROWS = 1_234
FILE_PIECES, TABLE_PIECES = 4, 3


@dataclass
class Stage:
    """`items` are the rows' numbers or the files' contents; `change` makes another thing of what is read."""

    kind: str
    settings: dict[str, Any]
    secrets: dict[str, str]
    wrong: dict[str, str]
    place: Place
    missing: Place
    items: list[Any]
    change: Any
    add: Any
    server: Any
    scratch: Any
    pieces: int = 4

    @property
    def is_database(self):
        return self.kind in {"postgresql", "mysql"}

    @property
    def gives_rows(self):
        return self.is_database or self.pieces != FILE_PIECES

    def source(self, *, secrets=None, **settings):
        return open_source(self.kind, {**self.settings, **settings}, Secrets(secrets or self.secrets), self.scratch)

    def unreachable(self):
        port = free_port()
        if self.is_database:
            return self.source(port=port)
        return self.source(**{"endpoint" if self.kind == "s3" else "urls": f"http://127.0.0.1:{port}/"})


def items_of(rows):
    """What one piece holds, as `Stage.items` has it."""
    if hasattr(rows, "batches"):
        return [row["id"] for batch in rows.batches for row in batch.to_pylist()]
    return [file.path.read_bytes() for file in rows]


def all_items(source, place, asked=None, pin=None):
    """Every piece's items, piece by piece."""
    asked = asked or Asked()
    pin = pin or source.pin(place, asked)
    found = []
    for piece in source.pieces(place, asked, pin):
        with source.read(place, asked, piece) as rows:
            found.append(items_of(rows))
    return found


def small_pieces(monkeypatch):
    monkeypatch.setattr(tables, "PIECE_ROWS", 100)
    monkeypatch.setattr(files, "GROUP_FILES", 10)
    monkeypatch.setattr(table_files, "GROUP_FILES", 1)


def postgresql_stage(server, scratch):
    server.run(
        "DROP TABLE IF EXISTS orders",
        "CREATE TABLE orders (id bigint PRIMARY KEY, name text, price numeric(10,2), at timestamptz, note text)",
        "INSERT INTO orders SELECT g * 3, 'n' || g, g * 1.25, timestamptz '2024-01-01 00:00Z' + g * interval '1 hour',"
        f" NULL FROM generate_series(1, {ROWS}) g",
        "GRANT SELECT ON orders TO reader",
    )
    return Stage(
        "postgresql",
        server.settings,
        {"password": server.password},
        {"password": "wrong-horse"},
        Place("public.orders"),
        Place("public.nothing"),
        [number * 3 for number in range(1, ROWS + 1)],
        lambda: server.run("ALTER TABLE orders ALTER COLUMN name TYPE varchar(50)"),
        lambda: server.run(f"INSERT INTO orders (id) VALUES ({ROWS * 3 + 1})"),
        server,
        scratch,
    )


def mysql_stage(server, scratch):
    server.run(
        "DROP TABLE IF EXISTS orders",
        "CREATE TABLE orders (id bigint PRIMARY KEY, name text, price decimal(10,2), at timestamp NULL, note text)",
        "INSERT INTO orders SELECT seq * 3, CONCAT('n', seq), seq * 1.25,"
        f" TIMESTAMP '2024-01-01 00:00:00' + INTERVAL seq HOUR, NULL FROM seq_1_to_{ROWS}",
    )
    return replace(
        postgresql_like(server, scratch),
        kind="mysql",
        place=Place("shop.orders"),
        missing=Place("shop.nothing"),
        change=lambda: server.run("ALTER TABLE orders MODIFY name varchar(50)"),
    )


def postgresql_like(server, scratch):
    return Stage(
        "",
        server.settings,
        {"password": server.password},
        {"password": "wrong-horse"},
        Place(""),
        Place(""),
        [number * 3 for number in range(1, ROWS + 1)],
        None,
        lambda: server.run(f"INSERT INTO orders (id) VALUES ({ROWS * 3 + 1})"),
        server,
        scratch,
    )


def s3_stage(server, scratch):
    server.hold_rights(False)
    bucket = f"sales-{free_port()}"
    server.sdk.create_bucket(Bucket=bucket)
    contents = [f"id\n{number}\n".encode() for number in range(33)]
    for number, content in enumerate(contents):
        server.sdk.put_object(Bucket=bucket, Key=f"in/day/{number:03d}.csv", Body=content)
    server.sdk.put_object(Bucket=bucket, Key="in/day/", Body=b"")
    server.sdk.put_object(Bucket=bucket, Key="elsewhere/secret.csv", Body=b"not below the prefix")
    key, secret = server.keys
    server.hold_rights()

    def put(name, content):
        server.hold_rights(False)
        server.sdk.put_object(Bucket=bucket, Key=name, Body=content)
        server.hold_rights()

    return Stage(
        "s3",
        {"bucket": bucket, "prefix": "in/", "endpoint": server.url},
        {"access_key": key, "secret_key": secret},
        {"access_key": key, "secret_key": "wrong-horse"},
        Place("day", format="csv"),
        Place("night"),
        contents,
        lambda: put("in/day/000.csv", b"another"),
        lambda: put("in/day/999.csv", b"later"),
        server,
        scratch,
    )


def delta_stage(server, scratch):
    """A Delta table below the prefix of a bucket, in three files."""
    stage = _table_stage(server, scratch)
    table = DeltaFolder(scratch.parent / "delta", stage.put)
    for first in (0, 100, 200):
        table.write(_ids(first), mode="append")
    [path] = [action["add"]["path"] for action in table.log(0) if "add" in action]
    return replace(
        stage,
        add=lambda: table.write(_ids(300), mode="append"),
        change=lambda: stage.put(path, b"another"),
    )


def iceberg_stage(server, scratch):
    """An Iceberg table below the prefix of a bucket, in three files."""
    stage = _table_stage(server, scratch)
    table = catalogue(scratch.parent / "warehouse").create_table("shop.orders", _ids(0).schema)

    def append(first):
        table.append(_ids(first))
        send_iceberg(table, stage.put)

    for first in (0, 100, 200):
        table.append(_ids(first))
    send_iceberg(table, stage.put)
    path = next(iter(table.scan().plan_files())).file.file_path.removeprefix(table.location() + "/")
    return replace(stage, add=lambda: append(300), change=lambda: stage.put(path, b"another"))


@dataclass
class TableStage(Stage):
    put: Any = None


def _table_stage(server, scratch):
    plain = s3_stage(server, scratch)

    def put(name, content):
        server.hold_rights(False)
        server.sdk.put_object(Bucket=plain.settings["bucket"], Key=f"in/orders/{name}", Body=content)
        server.hold_rights()

    told = {field.name: getattr(plain, field.name) for field in fields(plain)}
    return TableStage(**{**told, "place": Place("orders"), "items": list(range(300)), "pieces": TABLE_PIECES}, put=put)


def _ids(first):
    return pa.table({"id": pa.array(range(first, first + 100), pa.int64())})


def http_stage(server, scratch):
    contents = [f"id\n{number}\n".encode() for number in range(33)]
    for number, content in enumerate(contents):
        (server.folder / f"{number:03d}.csv").write_bytes(content)
    server.fault(basic=["reader", "Geheim'%s"])
    return Stage(
        "http",
        {
            "urls": [f"{server.url}{number:03d}.csv" for number in range(33)],
            "sign_in": "basic",
            "user": "reader",
        },
        {"password": "Geheim'%s"},
        {"password": "wrong-horse"},
        Place("", format="csv"),
        Place(f"{server.url}nothing.csv"),
        contents,
        lambda: (server.folder / "000.csv").write_bytes(b"another"),
        lambda: None,
        server,
        scratch,
    )
