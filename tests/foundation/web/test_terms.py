"""The word that a page is about is explained behind its heading, in the reader's language, out of the glossary."""

from __future__ import annotations

import pytest
from django.urls import get_resolver
from django.utils.translation import override

from foundation.web.terms import TERMS, glossary


@pytest.mark.parametrize("view", TERMS)
def test_every_page_is_there_and_its_word_is_explained_in_both_languages(view):
    space, _colon, name = view.partition(":")
    patterns = get_resolver().namespace_dict[space][1]
    assert name.partition("?")[0] in patterns.reverse_dict
    english, arabic = glossary()[TERMS[view]]
    assert english.sentence.endswith(".") and arabic.sentence.endswith(".")
    assert arabic.word != english.word and not arabic.sentence.isascii()


@pytest.mark.parametrize(("language", "word", "sentence"), [("en", "Quota", "The most that"), ("ar", "حصة", "أقصى ما")])
def test_a_page_explains_its_word_to_whoever_asks(client_as, admin, language, word, sentence):
    admin.user.language = language
    admin.user.save()
    with override(language):
        page = client_as(admin).get("/t/acme/settings/quotas/").content.decode()
    _before, _mark, after = page.partition("<dfn>")
    assert after.startswith(f"{word}</dfn>") and sentence in after


def test_a_page_of_no_single_word_explains_none(client_as, admin):
    assert "<dfn>" not in client_as(admin).get("/t/acme/").content.decode()


def test_an_error_explains_none(client_as, viewer):
    assert "<dfn>" not in client_as(viewer).get("/t/acme/settings/groups/").content.decode()
