"""Why something came to nothing: the sentence, and its words for readers of other languages."""

from __future__ import annotations

from django.db import models

from foundation.words import said_now, words_of


class Failing(models.Model):
    """What can fail, or be cancelled, and keeps why."""

    failure = models.TextField(blank=True)
    # Its message and what fills it; empty of those that were kept before, and where the sentence knows none.
    failure_words = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True

    @property
    def failure_said(self) -> str:
        """Why it came to nothing, in the reader's language."""
        return said_now(self.failure_words, self.failure)

    def say_why(self, sentence: str) -> list[str]:
        """Keep why it came to nothing, or with an empty sentence that it did not; the names of what to save."""
        self.failure, self.failure_words = sentence, words_of(sentence)
        return ["failure", "failure_words"]
