"""One's own account: name, language, theme, zone, password."""

import pytest

PASSWORD = "correct horse battery staple"
WORDS = {"name": "The reader", "language": "ar", "theme": "dark", "time_zone": "Europe/Berlin", "calendar": "hijri"}


@pytest.fixture
def person(scientist):
    scientist.user.set_password(PASSWORD)
    scientist.user.save()
    return scientist


def test_the_page_says_who_one_is_in_the_shell_of_the_tenant(client_as, scientist):
    page = client_as(scientist).get("/accounts/").content.decode()

    assert "scientist@acme.test" in page
    assert "Acme Trading" in page
    assert "Data scientist" in page


def test_words_are_saved_by_a_plain_form_and_heard_at_once(client_as, scientist):
    client = client_as(scientist)
    assert client.post("/accounts/", WORDS).status_code == 302

    scientist.user.refresh_from_db()
    assert [getattr(scientist.user, name) for name in WORDS] == list(WORDS.values())
    assert 'dir="rtl"' in client.get("/accounts/").content.decode()


def test_a_name_hides_nothing_and_turns_no_sentence_around(client_as, scientist):
    client = client_as(scientist)
    for written, kept in (("\u202eAli\x07\n \u2066Omar", "Ali Omar"), ("علی\u200cرضا", "علی\u200cرضا")):
        assert client.post("/accounts/", WORDS | {"name": written}).status_code == 302
        scientist.user.refresh_from_db()
        assert scientist.user.name == kept

    for unseen in ("\u200b\u200d", "\u3164", "\u115f\u1160", "\uffa0 \u2800"):
        answer = client.post("/accounts/", WORDS | {"name": unseen})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["name"])


def test_an_unknown_zone_is_said_at_its_field(client_as, scientist):
    answer = client_as(scientist).post("/accounts/", WORDS | {"time_zone": "Mars/Olympus"})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["time_zone"]


def test_a_new_password_ends_every_other_session(client_as, person):
    here, there = client_as(person), client_as(person)
    answer = here.post("/accounts/password/", {"old": PASSWORD, "new": "another long enough secret"})

    assert answer.status_code == 302
    assert here.get("/accounts/").status_code == 200
    assert there.get("/accounts/").status_code == 302


@pytest.mark.parametrize(
    ("given", "field"),
    [({"old": "wrong", "new": "another long enough secret"}, "old"), ({"old": PASSWORD, "new": "short"}, "new")],
)
def test_a_refused_password_is_said_at_its_field(client_as, person, given, field):
    answer = client_as(person).post("/accounts/password/", given)

    assert answer.status_code == 422
    assert list(answer.context["password_form"].errors) == [field]
