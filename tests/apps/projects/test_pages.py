"""The project pages: first sentence, form with errors at the field, refusals in words."""

from apps.projects import selectors

NEW = {"name": "Fraud", "slug": "fraud", "purpose": "Find fraud", "description": ""}


def test_an_empty_list_offers_the_next_step(client_as, scientist):
    page = client_as(scientist).get("/t/acme/projects/").content.decode()

    assert "No projects yet" in page
    assert 'href="/t/acme/projects/new/"' in page
    assert "sanad project create" in page


def test_a_viewer_reads_why_the_button_is_disabled(client_as, viewer):
    page = client_as(viewer).get("/t/acme/projects/").content.decode()

    assert 'aria-disabled="true"' in page
    assert "project.create" in page


def test_the_list_finds_by_words(client_as, scientist, project):
    client = client_as(scientist)

    assert "Flights" in client.get("/t/acme/projects/?q=late").content.decode()
    assert "Nothing matches" in client.get("/t/acme/projects/?q=zebra").content.decode()


def test_a_project_is_created_by_a_plain_form(client_as, scientist):
    answer = client_as(scientist).post("/t/acme/projects/new/", NEW)

    assert (answer.status_code, answer["Location"]) == (303, "/t/acme/p/fraud/")
    assert selectors.get_project(actor=scientist, slug="fraud").purpose == "Find fraud"


def test_a_short_name_left_empty_is_made_from_the_name(client_as, scientist):
    client = client_as(scientist)
    assert 'data-slug-of="id_name"' in client.get("/t/acme/projects/new/").content.decode()
    answer = client.post("/t/acme/projects/new/", NEW | {"name": "Späte Flüge_2013!", "slug": ""})

    assert (answer.status_code, answer["Location"]) == (303, "/t/acme/p/spate-fluge-2013/")


def test_a_name_without_latin_letters_asks_for_a_short_one_at_its_field(client_as, scientist):
    answer = client_as(scientist).post("/t/acme/projects/new/", NEW | {"name": "رحلات", "slug": ""})

    assert answer.status_code == 422
    assert "Write one" in answer.context["form"].errors["slug"][0]


def test_the_side_bar_leads_to_the_projects_settings(client_as, scientist, project):
    page = client_as(scientist).get("/t/acme/p/flights/").content.decode()

    assert 'href="/t/acme/p/flights/settings/"' in page


def test_a_taken_short_name_is_said_at_its_field(client_as, scientist, project):
    answer = client_as(scientist).post("/t/acme/projects/new/", NEW | {"slug": "flights"})

    assert answer.status_code == 422
    assert "flights" in answer.context["form"].errors["slug"][0]
    assert answer.context["form"]["name"].value() == "Fraud"


def test_a_viewer_cannot_post_the_form(client_as, viewer):
    assert client_as(viewer).post("/t/acme/projects/new/", NEW).status_code == 403


def test_the_words_of_a_project_are_edited(client_as, scientist, project):
    words = {"name": "Late flights", "purpose": "Else", "description": "Of 2013"}
    answer = client_as(scientist).post("/t/acme/p/flights/settings/", words)

    assert answer.status_code == 303
    assert selectors.get_project(actor=scientist, slug="flights").description == "Of 2013"


def test_a_viewer_reads_the_words_without_a_form(client_as, viewer, project):
    page = client_as(viewer).get("/t/acme/p/flights/settings/").content.decode()

    assert "Predict late flights" in page
    assert "Save changes" not in page


def test_the_switcher_offers_the_projects_and_a_new_one_to_whoever_may(client_as, viewer, scientist, project):
    page = client_as(viewer).get("/t/acme/switcher/").content.decode()

    assert 'href="/t/acme/p/flights/"' in page
    assert "/t/acme/projects/new/" not in page
    assert 'href="/t/acme/projects/new/"' in client_as(scientist).get("/t/acme/switcher/").content.decode()


def test_an_unknown_project_is_a_404_in_words(client_as, scientist):
    answer = client_as(scientist).get("/t/acme/p/nothing/settings/")

    assert answer.status_code == 404
    assert "no such project" in answer.content.decode()
