from rest_framework.routers import SimpleRouter

from apps.compliance.api import certificates, views

router = SimpleRouter(use_regex_path=False)
router.register("reports", views.ReportViewSet, basename="report")
router.register("erasures", certificates.ErasureCertificateViewSet, basename="erasure-certificate")
router.register("ledger", views.LedgerViewSet, basename="ledger")
api_patterns = router.urls
