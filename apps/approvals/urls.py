from django.urls import path

from apps.approvals.views import pages

app_name = "approvals"
tenant_patterns = [
    path("approvals/", pages.case_list, name="case_list"),
    path("approvals/ask-for-access/", pages.access_ask, name="access_ask"),
    path("approvals/<uuid:case_id>/", pages.case_detail, name="case_detail"),
    path("approvals/<uuid:case_id>/decide/", pages.case_decide, name="case_decide"),
    path("approvals/<uuid:case_id>/withdraw/", pages.case_withdraw, name="case_withdraw"),
    path("approvals/<uuid:case_id>/comment/", pages.case_comment, name="case_comment"),
]
