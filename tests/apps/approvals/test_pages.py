"""Inbox and case page: what waits for whom, refusals on the buttons, forms without script."""

import re
from datetime import timedelta

from apps.approvals import selectors, services
from apps.approvals.models import ApprovalCase
from foundation.clock import now

INBOX = "/t/acme/approvals/"


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def case_url(case, act=""):
    return f"{INBOX}{case.pk}/{act}"


def test_an_officer_sees_what_waits_and_until_when(client_as, scientist, officer, open_case):
    case = open_case(scientist)
    page = text_of(client_as(officer).get(INBOX))

    assert "One case waits for you" in page
    assert case_url(case) in page
    assert 'class="s-count">1<' in page


def test_an_overdue_case_is_said_first(client_as, scientist, officer, open_case):
    case = open_case(scientist)
    ApprovalCase.objects.filter(pk=case.pk).update(due_at=now() - timedelta(days=1))

    page = text_of(client_as(officer).get(INBOX))
    assert "it was due" in page
    assert "Overdue" in page


def test_nothing_waits_for_the_requester(client_as, scientist, open_case):
    open_case(scientist)
    client = client_as(scientist)

    assert "No cases wait for you" in text_of(client.get(INBOX))
    assert "Promote delays v1" in text_of(client.get(f"{INBOX}?show=mine"))


def test_the_requester_reads_why_they_cannot_decide(client_as, scientist, officer, open_case):
    page = text_of(client_as(scientist).get(case_url(open_case(scientist))))

    assert "You asked for this yourself" in page
    assert 'aria-disabled="true"' in page
    assert "Withdraw" in page
    assert "The officer" in page


def test_an_officer_approves_by_a_plain_form(client_as, scientist, officer, open_case):
    case = open_case(scientist)
    client = client_as(officer)
    page = text_of(client.get(case_url(case)))
    assert "read the evidence" in page
    assert "roc_auc" in page

    given = {"verdict": "granted", "reason": "Good", "digest": case.subject_digest}
    answer = client.post(case_url(case, "decide/"), given)
    assert (answer.status_code, answer["Location"]) == (303, case_url(case))
    page = text_of(client.get(case_url(case)))
    assert "approved it" in page
    assert "Good" in page


def test_a_decision_without_a_reason_is_said_at_the_field(client_as, scientist, officer, open_case):
    case = open_case(scientist)
    answer = client_as(officer).post(
        case_url(case, "decide/"), {"verdict": "granted", "reason": "", "digest": case.subject_digest}
    )

    assert answer.status_code == 422
    assert answer.context["decision_form"].errors["reason"]
    assert selectors.get_case(actor=officer, case_id=case.pk).state == "open"


def test_a_second_decision_is_told_above_the_form(client_as, scientist, officer, open_case):
    case = open_case(scientist)
    services.withdraw(actor=scientist, case=case)
    answer = client_as(officer).post(
        case_url(case, "decide/"), {"verdict": "granted", "reason": "Good", "digest": case.subject_digest}
    )

    assert answer.status_code == 422
    assert "closed: Withdrawn" in str(answer.context["decision_form"].non_field_errors())


def test_a_scientist_cannot_post_a_decision(client_as, scientist, open_case):
    case = open_case(scientist)
    given = {"verdict": "granted", "reason": "Mine", "digest": case.subject_digest}

    assert client_as(scientist).post(case_url(case, "decide/"), given).status_code == 403


def test_a_void_case_says_so_and_has_no_form(client_as, scientist, officer, open_case, present_digest):
    case = open_case(scientist)
    present_digest["now"] = "b" * 64
    page = text_of(client_as(officer).get(case_url(case)))

    assert "has changed since" in page
    assert 'name="verdict"' not in page


def test_withdraw_and_comment(client_as, scientist, officer, open_case):
    case = open_case(scientist)
    answer = client_as(officer).post(case_url(case, "comment/"), {"text": "<b>Which</b> slices?"})
    assert answer["Location"].endswith("#comments")

    client = client_as(scientist)
    assert "&lt;b&gt;Which&lt;/b&gt; slices?" in text_of(client.get(case_url(case)))
    assert client.post(case_url(case, "withdraw/")).status_code == 303
    assert "took it back" in text_of(client.get(case_url(case)))


def test_the_list_answers_filters(client_as, scientist, open_case):
    open_case(scientist)
    client = client_as(scientist)

    assert "Promote delays" in text_of(client.get(f"{INBOX}?show=all&q=delays&state=open"))
    assert "Nothing matches" in text_of(client.get(f"{INBOX}?show=all&state=refused"))


def test_a_long_inbox_asks_no_query_per_row(client_as, scientist, officer, open_case, django_assert_max_num_queries):
    for _ in range(30):
        open_case(scientist)
    client = client_as(officer)
    client.get(INBOX)
    with django_assert_max_num_queries(40):
        assert client.get(INBOX).status_code == 200
