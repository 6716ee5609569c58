"""A piece of a file has a bound, and no larger one is held to find that out."""

from apps.datasets import services
from tests.support.bodies import Endless, send


def test_a_chunk_that_is_too_large_is_refused_after_its_first_bytes(scientist, project, api_as):
    upload = services.start_upload(actor=scientist, project=project, filename="a.csv", size=100)
    body = Endless(20 * 1024**3)

    answer = send(
        api_as(scientist), "PUT", f"/api/v1/uploads/{upload.pk}/", body, "application/octet-stream", Upload_Offset="0"
    )

    assert answer.status_code == 422
    assert "A chunk has between" in answer.json()["detail"]
    assert body.taken == services.CHUNK_BYTES + 1
