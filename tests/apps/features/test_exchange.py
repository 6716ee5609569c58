"""Where joins on Spark leave their numbers: gone with the join, and nothing else with them."""

import time
from pathlib import Path

import pyarrow as pa
import pytest

from apps.features.adapters.exchange import exchanged
from foundation.errors import Unavailable
from tests.support.object_store import ObjectStore

NUMBERS = pa.table({"n": pa.array([3, 1, None], pa.int64())})


@pytest.fixture(scope="module")
def store():
    started = ObjectStore()
    started.sdk.create_bucket(Bucket="joins")
    yield started
    started.stop()


def held_numbers(place):
    """What was written there, as it is read again."""
    place.write("points/v0", NUMBERS.to_reader())
    assert (place.is_there("points/v0/part-0.parquet"), place.is_there("found/_SUCCESS")) == (True, False)
    return place.read("points/v0", NUMBERS.schema).read_all()


def test_a_folder_of_a_join_is_gone_with_it_and_what_is_beside_it_stays(tmp_path):
    beside = tmp_path / "data of somebody else"
    beside.mkdir()
    left = tmp_path / "sanad-joins" / "join-of-a-process-that-was-killed"
    left.mkdir(parents=True)
    with exchanged(str(tmp_path), tmp_path) as place:
        assert held_numbers(place) == NUMBERS
        folder = Path(place.path)
        assert (place.url, folder.stat().st_mode & 0o777) == (f"file://{folder}", 0o700)
    assert [path.exists() for path in (beside, folder, left)] == [True, False, False]


def test_a_place_in_an_object_store_is_emptied_and_what_nobody_ended_goes_later(store, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "owner")
    begun = {
        name: f"between/sanad-joins/join-{int(time.time()) - age}-aa/x" for name, age in (("old", 200_000), ("new", 60))
    }
    for key in (*begun.values(), "between/another/x"):
        store.sdk.put_object(Bucket="joins", Key=key, Body=b"x")
    where = f"s3a://joins/between?scheme=http&region=us-east-1&endpoint_override=127.0.0.1:{store.port}"
    with exchanged(where, tmp_path) as place:
        assert held_numbers(place) == NUMBERS
        assert place.url.startswith("s3a://joins/between/sanad-joins/join-")
        assert "?" not in place.url
        assert store.sdk.list_objects_v2(Bucket="joins", Prefix=place.path.removeprefix("joins/"))["KeyCount"]
    there = [
        one["Key"] for one in store.sdk.list_objects_v2(Bucket="joins")["Contents"] if not one["Key"].endswith("/")
    ]
    assert sorted(there) == sorted([begun["new"], "between/another/x"])


@pytest.mark.parametrize("where", ["/nowhere/at/all", "s3a://joins?scheme=http&endpoint_override=127.0.0.1:1&region=x"])
def test_a_place_that_is_not_there_is_told_in_words(where, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(Unavailable, match="SANAD_SPARK_EXCHANGE"), exchanged(where, tmp_path):
        pass
