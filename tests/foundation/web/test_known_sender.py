"""Nobody unknown has a file written to the portal's disk, whichever page they send it to."""

import pytest
from django.test import Client

from tests.support.bodies import Endless, send

FILE = b'--B\r\nContent-Disposition: form-data; name="f"; filename="a"\r\nContent-Type: text/csv\r\n\r\n'
FORM = "multipart/form-data; boundary=B"


@pytest.mark.parametrize("path", ["/accounts/login/", "/t/acme/p/flights/data/new/", "/api/v1/projects/"])
def test_a_file_of_somebody_unknown_is_refused_unread(tenant, path):
    client = Client(enforce_csrf_checks=True)
    client.cookies["sanad_csrf"] = "a" * 32
    body = Endless(1024**3, FILE)

    answer = send(client, "POST", path, body, FORM)

    assert answer.status_code == 403
    assert body.taken == 0
    assert "Sign in first" in answer.content.decode()


def test_a_member_sends_files(scientist, project, client_as):
    answer = client_as(scientist).post("/t/acme/p/flights/data/new/", {"name": "a", "file": b"no file at all"})
    assert answer.status_code == 422
