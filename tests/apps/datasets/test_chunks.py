"""A piece of a file has a bound, no larger one is held to find that out, and it reaches its own project alone."""

from apps.datasets import services
from apps.projects import services as projects
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


def test_a_token_for_another_project_finds_no_upload_of_its_own_person(scientist, project, api_as):
    other = projects.create_project(actor=scientist, slug="other", name="Other", purpose="Elsewhere")
    upload = services.start_upload(actor=scientist, project=project, filename="a.csv", size=3)
    place = f"/api/v1/uploads/{upload.pk}/"
    inside, outside = api_as(scientist, project_id=project.pk), api_as(scientist, project_id=other.pk)

    assert inside.get(place).status_code == 200
    assert outside.get(place).status_code in {403, 404}
    answer = send(outside, "PUT", place, Endless(3), "application/octet-stream", Upload_Offset="0")
    assert answer.status_code in {403, 404}
    upload.refresh_from_db()
    assert upload.offset == 0
