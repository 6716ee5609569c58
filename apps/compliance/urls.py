from django.urls import path

from apps.compliance.views import activity, erasures, erasures_across, past, reports

app_name = "compliance"
tenant_patterns = [
    path("compliance/", reports.report_list, name="report_list"),
    path("compliance/reports/new/", reports.report_new, name="report_new"),
    path("compliance/reports/<uuid:report_id>/", reports.report_detail, name="report_detail"),
    path("compliance/reports/<uuid:report_id>/report.<slug:form>", reports.report_file, name="report_file"),
    path("compliance/erasures/", erasures.erasure_list, name="erasure_list"),
    path("compliance/erasures/in-projects/", erasures_across.erasures_across, name="erasures_across"),
    path("compliance/erasures/<uuid:erasure_id>/", erasures.erasure_detail, name="erasure_detail"),
    path("compliance/erasures/<uuid:erasure_id>/go-on/", erasures.erasure_go_on, name="erasure_go_on"),
    path("compliance/erasures/<uuid:erasure_id>/summary.jsonl", erasures.erasure_summary, name="erasure_summary"),
    path(
        "compliance/erasures/<uuid:erasure_id>/certificate.<slug:form>",
        erasures.erasure_certificate,
        name="erasure_certificate",
    ),
    path("activity/", activity.entry_list, name="activity"),
    path("activity/entries.<slug:form>", activity.entry_file, name="activity_file"),
    path("activity/day/", past.past_day, name="past"),
    path("activity/record/", activity.record, name="record"),
    path("activity/record/verify/", activity.verify, name="ledger_verify"),
    path("activity/record/ledger.jsonl", activity.export, name="ledger_export"),
    path("activity/record/key.pem", activity.key, name="ledger_key"),
    path("activity/record/anchor.jsonl", activity.anchor, name="ledger_anchor"),
    path("activity/record/sanad_verify.py", activity.verifier, name="ledger_verifier"),
    path("activity/deliveries/", activity.deliveries, name="deliveries"),
    path("activity/deliveries/<uuid:parked_id>/replay/", activity.replay, name="delivery_replay"),
]
