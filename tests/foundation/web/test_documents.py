"""The documentation at /docs/: open to all, every problem explained, no dead link, nothing else served."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from foundation.errors import NotFound, PortalError
from foundation.web.documents import read_document

ROOT = Path(settings.ROOT)
DOCS = ROOT / "docs"
ADDRESSES = sorted(
    path.relative_to(DOCS).as_posix().removesuffix(".md").removesuffix("README").rstrip("/")
    for path in DOCS.rglob("*.md")
)


def slugs_of(kind: type[PortalError]) -> set[str]:
    return {kind.slug}.union(*(slugs_of(below) for below in kind.__subclasses__()))


def slugs_of_the_gateway() -> set[str]:
    """The second word after a status: Refused(404, "not-found", …) and _broken(passage, 502, "portal-broke-off", …)."""
    found = set()
    for path in (ROOT / "platform" / "gateway").rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            values = [part.value if isinstance(part, ast.Constant) else None for part in call.args]
            for status, slug in pairwise(values):
                if isinstance(status, int) and status >= 400 and isinstance(slug, str):
                    found.add(slug)
    return found


def test_every_problem_is_explained_and_nothing_else_is():
    import portal.urls  # noqa: F401  every app's errors are imported with its views

    explained = {path.stem for path in (DOCS / "problems").glob("*.md")} - {"README"}
    known = slugs_of(PortalError) | slugs_of_the_gateway()
    assert len(slugs_of_the_gateway()) > 15
    assert sorted(known - explained) == []
    assert sorted(explained - known) == []


def test_a_stranger_reads_what_a_problem_means():
    answer = Client().get("/docs/problems/key-unconfirmed")
    assert answer.status_code == 200
    assert "SANAD_GATEWAY_STALE_LIMIT" in answer.content.decode()
    assert '<article class="s-prose s-document" lang="en" dir="ltr">' in answer.content.decode()


def test_the_type_of_a_refusal_leads_to_its_page():
    kind = Client(headers={"Accept": "application/json"}).get("/api/v1/datasets/").json()["type"]
    address = kind.removeprefix(settings.SANAD_PUBLIC_URL)
    assert Client().get(address).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_document_is_served_and_its_links_lead_somewhere(address):
    document = read_document(address)
    assert document.title
    for target in re.findall(r'href="/docs/([^"#]*)', document.body):
        assert read_document(target.rstrip("/")).title


@pytest.mark.parametrize(
    "address",
    [
        "../manage", "..%2f..%2fREADME", "problems/../../SECURITY", "parts.yaml", "build.py", "build", "/etc/passwd",
        "problems/nothing-like-it", ".", "problems/.", "README", "\\..\\manage",
    ],
)  # fmt: skip
def test_nothing_but_documents_is_served(address):
    assert Client().get(f"/docs/{address}").status_code == 404
    with pytest.raises(NotFound):
        read_document(address)


def test_no_document_has_a_nul_in_its_name():
    assert Client().get("/docs/%00").status_code == 422
    with pytest.raises(NotFound):
        read_document("\0")


def test_the_policy_that_security_txt_names_is_there():
    assert Client().get("/docs/security/").status_code == 200


def test_tags_in_a_document_stay_words(tmp_path, settings):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "odd.md").write_text("# Odd\n\n<script>alert(1)</script> [x](javascript:alert(1))\n")
    settings.ROOT = tmp_path
    body = read_document("odd").body
    assert "<script>" not in body
    assert 'href="javascript' not in body
