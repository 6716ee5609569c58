"""The Arabic catalogue is whole: every sentence of the code, every placeholder, all six forms of a number."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.utils import translation

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Path("locale/ar/LC_MESSAGES/django.po")
PLACEHOLDER = re.compile(r"%\(\w+\)[-\d.]*[a-z]|(?<!\{)\{\w+\}(?!\})|%%|</?bdi[^>]*>")
FORMS = 6
# In these forms the word itself says the number; in the first nothing is left to be named.
ZERO, TWO = 0, 2

EXTRACT = """
from django.conf import settings
settings.configure(USE_I18N=True, LOCALE_PATHS=["locale"])
import django
django.setup()
from django.core.management import call_command
call_command("makemessages", locale=["ar"], no_location=True, no_obsolete=True, verbosity=0)
"""


def _read(path: Path) -> Catalog:
    with path.open("rb") as words:
        return read_po(words, abort_invalid=True)


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _key(message: Message) -> tuple[str | None, str]:
    return message.context, message.id[0] if message.pluralizable else message.id


def _forms(message: Message) -> tuple[str, ...]:
    return message.string if message.pluralizable else (message.string,)


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    return _messages(_read(ROOT / CATALOGUE))


def test_every_sentence_of_the_code_is_in_the_catalogue(messages, tmp_path):
    if shutil.which("xgettext") is None:
        if os.environ.get("CI"):
            pytest.fail("gettext is missing; CI needs it to compare the catalogue with the code.")
        pytest.skip("gettext is not installed")
    for folder in ("apps", "platform", "templates"):
        kept = shutil.ignore_patterns("__pycache__", "node_modules", "*.pyc")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=kept)
    (tmp_path / "locale").mkdir()
    subprocess.run([sys.executable, "-c", EXTRACT], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    said = {_key(message) for message in _messages(_read(tmp_path / CATALOGUE))}
    known = {_key(message) for message in messages}
    assert sorted(said - known, key=str) == [], (
        "Translate these in locale/ar/LC_MESSAGES/django.po (makemessages adds them)."
    )


def test_no_sentence_is_fuzzy_or_empty(messages):
    assert [message.id for message in messages if message.fuzzy] == []
    assert [message.id for message in messages if not all(_forms(message))] == []


def test_a_number_has_its_six_forms(messages):
    short = [message.id for message in messages if message.pluralizable and len(message.string) != FORMS]
    assert short == []


def test_placeholders_are_the_same(messages):
    wrong = [text for message in messages for form, text in enumerate(_forms(message)) if _strays(message, text, form)]
    assert wrong == []


def _strays(message: Message, text: str, form: int) -> bool:
    """Nothing may be added; “none”, “one” and “two” may leave out what the word says or English leaves out for one."""
    got = sorted(PLACEHOLDER.findall(text))
    if not message.pluralizable:
        return got != sorted(PLACEHOLDER.findall(message.id))
    one, many = (set(PLACEHOLDER.findall(words)) for words in message.id)
    if form > TWO:
        return set(got) != many
    return not set(got) <= many or (form != ZERO and not set(got) >= one and len(many - set(got)) > 1)


def test_the_language_says_how_it_counts():
    catalogue = _read(ROOT / CATALOGUE)
    assert catalogue.num_plurals == FORMS
    assert "n%100>=3" in catalogue.plural_expr.replace(" ", "")


def test_django_speaks_it():
    with translation.override("ar"):
        assert translation.gettext("Datasets") == "مجموعات البيانات"
        assert translation.ngettext("%(d)s day", "%(d)s days", 2) == "يومان"
