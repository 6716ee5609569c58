from __future__ import annotations

from django.utils.translation import override

from foundation.words import Words, read_words


def test_words_are_read_in_the_language_of_the_reader_and_stay_the_same_for_programs():
    words = Words("Not worse than %(version)s in production.", {"version": "churn v1"})
    kept = read_words(words.as_json())
    with override("ar"):
        arabic, plain = str(kept), kept.plain
    assert kept == words
    assert plain == "Not worse than churn v1 in production."
    assert "churn v1" in arabic and "Not worse" not in arabic


def test_words_within_words_are_read_in_the_same_language():
    words = Words("Permission to %(act)s", {"act": Words("ask a deployment for predictions")})
    kept = read_words(words.as_json())
    with override("ar"):
        assert "Permission" not in str(kept) and "predictions" not in str(kept)
    assert kept.plain == "Permission to ask a deployment for predictions"


def test_a_per_cent_sign_without_values_stays_as_it_is():
    assert str(Words("100 % of the rows")) == "100 % of the rows"
