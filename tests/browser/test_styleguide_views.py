"""Charts, logs, uploads and the live socket in a real browser."""

from __future__ import annotations

import io
import json
import re
import tarfile

import pytest
from lxml import etree
from playwright.sync_api import expect

from tests.browser.test_styleguide import guide, visit  # noqa: F401

pytestmark = pytest.mark.browser
SVG = "{http://www.w3.org/2000/svg}"
TOPIC = "deployment:00000000-0000-0000-0000-000000000000"
# The bell of every page listens to its tenant.
BELL = "tenant:00000000-0000-0000-0000-000000000000"


def test_a_chart_has_its_figures_as_table_and_csv(visit):  # noqa: F811
    page = visit("views/")
    chart = page.locator("[data-chart]").first
    chart.get_by_role("button", name="Show as table").click()
    expect(chart.locator("table tr")).to_have_count(25)
    with page.expect_download() as download:
        chart.get_by_role("button", name="Download as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "x,r6,r7"
    assert lines[1] == "2013-07-01T00:00:00Z,120,196.3"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_heat_map_keeps_the_names_of_its_rows_and_its_key_in_sight(visit, language):  # noqa: F811
    page = visit("views/", language=language, viewport={"width": 390, "height": 844})
    kept = page.locator(".s-heat tbody th").first, page.locator(".s-heat-key")
    cell = page.locator(".s-heat tbody td").first
    where, beginning = [one.bounding_box()["x"] for one in kept], cell.bounding_box()["x"]
    page.locator(".s-heat-scroll").evaluate("(map) => map.scrollTo({ left: document.dir === 'rtl' ? -120 : 120 })")
    assert abs(cell.bounding_box()["x"] - beginning) == pytest.approx(120, abs=1)
    # The first column keeps at most the gap between cells.
    assert [one.bounding_box()["x"] for one in kept] == pytest.approx(where, abs=2.5)


def test_a_chart_is_saved_as_a_picture(visit):  # noqa: F811
    page = visit("views/")
    with page.expect_download() as download:
        page.locator("[data-chart]").first.get_by_role("button", name="Download as picture").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    assert page.evaluate("window.refused") == []


def test_a_chart_is_saved_as_a_drawing_with_the_words_that_stand_on_it(visit):  # noqa: F811
    page = visit("views/")
    chart = page.locator("[data-chart]").first
    with page.expect_download() as download:
        chart.get_by_role("button", name="Download as SVG").click()
    assert download.value.suggested_filename.endswith(".svg")
    drawing = etree.fromstring(download.value.path().read_bytes())
    words = {"".join(word.itertext()) for word in drawing.iter(f"{SVG}text")}
    assert drawing.tag == f"{SVG}svg" and {"r6", "r7"} <= words
    drawn = [line.get("style") for line in drawing.iter(f"{SVG}path") if "js-line" in line.get("class", "")]
    assert len({re.search(r"stroke: ([^;]+)", style)[1] for style in drawn}) == 2
    assert page.evaluate("window.refused") == []


def test_a_zoomed_chart_is_the_same_for_whoever_gets_the_address(visit):  # noqa: F811
    page = visit("views/")
    plot = page.locator("[data-chart] .js-plotly-plot").first
    plot.wait_for()
    box = plot.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"zoom\..*=x%3A"))
    seen = plot.evaluate("plot => plot.layout.xaxis.range.map(String)")

    # The link of the second chart leads there, with what is seen of the first one.
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-chart]").nth(1).scroll_into_view_if_needed()
    page.locator("[data-chart]").nth(1).get_by_role("button", name="Copy link to this chart").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.partition("#")[0] == page.url and copied.endswith("#chart.charts.heat")

    other = visit(copied.partition("/styleguide/")[2])
    expect(other.locator("[data-chart]").nth(1)).to_be_focused()
    other.locator("[data-chart]").first.scroll_into_view_if_needed()
    shown = other.locator("[data-chart] .js-plotly-plot").first
    shown.wait_for()
    assert shown.evaluate("plot => plot.layout.xaxis.range.map(String)") == seen
    box = shown.locator(".nsewdrag").first.bounding_box()
    other.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(other).not_to_have_url(re.compile("zoom"))


def test_the_log_is_searched_and_a_line_has_an_address(visit):  # noqa: F811
    page = visit("views/#L10")
    expect(page.locator("#L10")).to_have_class(re.compile("s-log-line-marked"))
    expect(page.locator("#L10 .ansi-33")).to_have_text("WARNING")
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("searchbox", name="Search in the log").fill("memoryerror")
    expect(page.locator("[data-log-count]")).to_have_text("1 of 159 lines")
    expect(page.locator("#L159")).to_be_visible()
    expect(page.locator("#L10")).to_be_hidden()


def test_a_live_event_draws_the_chart_anew_and_nothing_is_missed_after_a_gap(chromium, guide):  # noqa: F811
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    sockets, asked = [], []

    def answer(socket):
        sockets.append(socket)

        def hear(text):
            message = json.loads(text)
            asked.append(message)
            socket.send(json.dumps({"subscribed": message.get("subscribe", []), "refused": {}, "seq": 41}))

        socket.on_message(hear)

    page.route_web_socket(re.compile("/ws/"), answer)
    page.goto(f"{guide}/styleguide/views/")
    page.locator(".js-plotly-plot").first.wait_for()
    expect(page.locator("[data-live-dot]")).to_have_text("Live")
    assert asked[0] == {"subscribe": [BELL, TOPIC]}
    with page.expect_response("**/charts/lines.json"):
        sockets[0].send(json.dumps({"topic": TOPIC, "seq": 42, "kind": "deployment.split_changed", "subject": []}))
    sockets[0].send(json.dumps({"heartbeat": "now", "seq": 43}))
    sockets[0].close()
    expect(page.locator("[data-live-dot]")).to_have_text("Reconnecting")
    expect(page.locator("[data-live-dot]")).to_have_text("Live")
    assert asked[-1] == {"subscribe": [BELL, TOPIC], "since": 43}
    page.context.close()


class Shelf:
    """What the REST surface says of uploads, with a fault that can be switched on."""

    def __init__(self) -> None:
        self.body, self.faults, self.calls, self.most = b"", 0, [], 1 << 30

    def handle(self, route) -> None:
        request = route.request
        self.calls.append(f"{request.method} {request.url.partition('/api/v1')[2]}")
        if request.method == "PUT":
            if self.faults or len(self.body) >= self.most:
                self.faults -= min(self.faults, 1)
                return route.abort("connectionreset")
            assert int(request.headers["upload-offset"]) == len(self.body)
            assert request.headers["x-csrftoken"]
            self.body += request.post_data_buffer
        told = {"id": "u1", "offset": len(self.body), "chunk_size": 400_000}
        return route.fulfill(status=201 if request.method == "POST" else 200, json=told)


@pytest.fixture
def shelf():
    return Shelf()


def test_a_file_goes_in_pieces_and_survives_a_lost_connection(visit, shelf):  # noqa: F811
    page = visit("forms/")
    page.route("**/api/v1/uploads/**", shelf.handle)
    content = bytes(range(256)) * 4096
    shelf.faults = 1
    page.locator("#upload-file").set_input_files({"name": "flights.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.locator("[data-upload-words]")).to_contain_text("flights.csv is uploaded", timeout=15_000)
    assert shelf.body == content
    assert shelf.calls[-1] == "POST /uploads/u1/complete/"
    assert page.locator("[data-upload-id]").input_value() == "u1"


def test_a_folder_goes_as_one_file_and_on_where_it_stood_after_a_reload(visit, shelf, tmp_path):  # noqa: F811
    files = {f"{n % 7}/{'ü' * (n % 2 * 60)}{n}.csv": b"n\n" + str(n).encode() * (n * 5) for n in range(300)}
    for name, content in {**files, "notes.docx": b"x", ".hidden.csv": b"x"}.items():
        path = tmp_path / "months" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    page = visit("forms/")
    page.route("**/api/v1/uploads/**", shelf.handle)
    shelf.most, chosen = 400_000, page.locator("[data-upload-folder]")
    chosen.set_input_files(tmp_path / "months")
    expect(page.locator("[data-upload-words]")).to_contain_text("The connection was lost")
    expect(page.locator("[data-upload-left]")).to_contain_text("1 files (notes.docx)")
    page.reload()
    shelf.most = 1 << 30
    chosen.set_input_files(tmp_path / "months")
    expect(page.locator("[data-upload-words]")).to_contain_text("months.tar is uploaded", timeout=15_000)
    assert [call for call in shelf.calls if call.startswith("POST")] == ["POST /uploads/", "POST /uploads/u1/complete/"]
    with tarfile.open(fileobj=io.BytesIO(shelf.body)) as tar:
        assert {member.name: tar.extractfile(member).read() for member in tar} == files


def test_a_form_that_is_sent_while_its_file_is_on_its_way_waits_for_it(visit, shelf):  # noqa: F811
    page, sent = visit("forms/"), []

    def take(route):
        sent.append(route.request.post_data)
        route.fulfill(body="taken")

    page.route("**/api/v1/uploads/**", shelf.handle)
    page.route("**/sent", take)
    shelf.faults = 1
    page.locator("#upload-file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"id\n1\n"})
    page.get_by_role("button", name="Add data", exact=True).click()
    page.wait_for_url("**/sent", timeout=15_000)
    assert shelf.body == b"id\n1\n"
    assert len(sent) == 1 and "u1" in sent[0] and "a.csv" not in sent[0], (
        "the file's number goes with the form, not the file"
    )


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("model.pkl", b"x", "model.pkl is not accepted here."), ("empty.csv", b"", "empty.csv is empty.")],
)
def test_a_wrong_file_is_refused_before_anything_is_sent(visit, shelf, name, content, sentence):  # noqa: F811
    page = visit("forms/")
    page.route("**/api/v1/uploads/**", shelf.handle)
    page.locator("#upload-file").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    expect(page.locator("[data-upload-error]")).to_contain_text(sentence)
    assert shelf.calls == []


def test_a_file_that_was_chosen_before_the_script_came_is_looked_at_all_the_same(visit, shelf):  # noqa: F811
    page, held = visit("forms/"), []
    page.route("**/api/v1/uploads/**", shelf.handle)
    page.route("**/js/upload*.js*", lambda route: held.append(route))
    with page.expect_request("**/js/upload*.js*"):
        page.reload()
    page.locator("#upload-file").set_input_files(
        {"name": "model.pkl", "mimeType": "application/octet-stream", "buffer": b"x"}
    )
    held[0].continue_()

    expect(page.locator("[data-upload-error]")).to_contain_text("model.pkl is not accepted here.")
    assert shelf.calls == []


def test_tab_indents_in_the_editor_until_escape(visit):  # noqa: F811
    page = visit("forms/")
    area = page.locator("textarea[name=sql]").first
    area.fill("select 1")
    area.press("End")
    area.press("Tab")
    expect(area).to_have_value("select 1  ")
    area.press("Escape")
    area.press("Tab")
    expect(area).not_to_be_focused()


def test_a_point_leads_where_its_trace_says_and_the_table_has_the_same_links(visit):  # noqa: F811
    page = visit("views/")
    page.evaluate(
        """async () => {
            const { chart } = document.querySelector("[data-chart]");
            const x = ["2013-01-01", "2013-02-01", "2013-02-05", "2013-02-10", "2013-02-15", "2013-03-01"];
            const y = x.map((_day, index) => index);
            // A browser takes a backslash for a slash, and leaves out tabs and the ends of lines.
            const evil = ["https://evil.example/", "javascript:alert(1)", "/\\\\evil.example/", "/\t/evil.example/"];
            const customdata = ["/styleguide/forms/", ...evil, "//evil.example/"];
            const data = [{ type: "scatter", mode: "markers", name: "Index", x, y, customdata }];
            chart.given = { data, layout: { hoverdistance: -1 } };
            await chart.paint();
        }"""
    )
    chart = page.locator("[data-chart]").first
    chart.get_by_role("button", name="Show as table").click()
    links = chart.locator("table a").evaluate_all(
        "(all) => all.map((one) => [one.textContent, one.getAttribute('href')])"
    )
    assert links == [["2013-01-01", "/styleguide/forms/"]]
    chart.get_by_role("button", name="Show as chart").click()
    box = chart.locator(".nsewdrag").bounding_box()
    before = page.url
    for share, day in ((0.9, "Mar 1, 2013"), (0.1, "Jan 1, 2013")):
        assert page.url == before
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        # What a click opens is what the hint tells; it follows the pointer a little later.
        expect(chart.locator(".hoverlayer")).to_contain_text(day)
        page.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
    page.wait_for_url("**/styleguide/forms/")
