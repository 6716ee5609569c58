from __future__ import annotations

import json

from django.utils.translation import override

from foundation.errors import Invalid
from foundation.words import Words, kept, kept_in_turn, kept_many, read_words, said_now, words_of


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


def test_a_sentence_that_was_said_is_said_again_in_another_language_with_its_figures_and_the_words_within():
    cause = kept("%(columns)s is never missing.") % {"columns": "“email”"}
    rows = kept_many("%(rows)s row fails.", "%(rows)s rows fail.", 3) % {"rows": "3", "unused": object()}
    said = kept_in_turn([cause, rows, "As it is."])
    assert said == "“email” is never missing. 3 rows fail. As it is."
    words = json.loads(json.dumps(words_of(said)))
    with override("ar"):
        arabic = said_now(words, said)
    assert "“email”" in arabic and "As it is." in arabic and "missing" not in arabic and "fail" not in arabic
    assert said_now(words, "") == said


def test_a_sentence_with_a_figure_keeps_it_a_figure():
    said = kept("It took longer than its limit of %(hours).1f hours.") % {"hours": 1.25}
    assert said == said_now(words_of(said), "") == "It took longer than its limit of 1.2 hours."


def test_what_knows_no_words_stays_what_it_is():
    assert said_now(words_of("No words."), "No words.") == "No words."
    assert kept("%s") % "one" == "one"


def test_an_error_hands_on_the_words_of_its_sentence():
    assert words_of(Invalid(kept("No.")).sentence) == {"text": "No.", "values": {}}
    assert words_of(Invalid("No.").sentence) == {}
