"""Addresses that the portal hands out say so where they open on its own machine alone."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from portal.launcher import up
from portal.launcher.environment import Servers
from portal.launcher.home import Home
from portal.start import is_here

SAID = "data-here-alone"


@pytest.fixture
def request_of_a_page():
    return RequestFactory().get("/")


def shown(request, code):
    return render_to_string("components/snippet.html", {"name": "Link", "code": code}, request=request)


def test_an_address_of_this_machine_is_said_to_be_one(request_of_a_page, settings):
    settings.SANAD_HERE_ALONE = True
    page = shown(request_of_a_page, f"{settings.SANAD_PUBLIC_URL}/accounts/invitations/x/")
    assert SAID in page
    assert "SANAD_PUBLIC_URL" in page
    assert "/docs/configuration/" in page


def test_it_is_said_once_on_a_page(request_of_a_page, settings):
    settings.SANAD_HERE_ALONE = True
    pages = [shown(request_of_a_page, settings.SANAD_PUBLIC_URL) for _time in range(2)]
    assert [SAID in page for page in pages] == [True, False]


def test_neither_other_code_nor_an_address_for_all_says_it(request_of_a_page, settings):
    settings.SANAD_HERE_ALONE = True
    assert SAID not in shown(request_of_a_page, "sanad-domain-verification=1")
    settings.SANAD_HERE_ALONE = False
    assert SAID not in shown(request_of_a_page, settings.SANAD_PUBLIC_URL)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("10.0.0.4", False), ("sanad.example", False)],
)
def test_this_machine_is_known_by_each_of_its_names(host, here):
    assert is_here(host) is here


def test_the_start_says_it_in_a_line(tmp_path):
    def lines(**caller):
        return up._for_others(Servers(Home(tmp_path), caller, 8000))

    assert ["SANAD_HOST" in line for line in lines()] == [True]
    assert lines(SANAD_PUBLIC_URL="https://sanad.example") == []
