"""A component that posts carries the token, though it is included with `only`."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.test import RequestFactory

FIELD = 'name="csrfmiddlewaretoken"'


def test_button_that_posts_carries_the_token():
    request = RequestFactory().get("/")
    assert FIELD in render_to_string("components/button.html", {"label": "Go", "post": "/go/"}, request)


def test_component_included_alone_carries_the_token():
    from django.template import RequestContext, engines

    source = '{% include "components/button.html" with label="Go" post="/go/" only %}'
    template = engines["django"].from_string(source).template
    assert FIELD in template.render(RequestContext(RequestFactory().get("/")))


def test_template_without_a_request_has_no_field():
    assert FIELD not in render_to_string("components/button.html", {"label": "Go", "post": "/go/"})
