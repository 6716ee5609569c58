from rest_framework.routers import SimpleRouter

from apps.features.api import retrievals, training_sets, views

router = SimpleRouter(use_regex_path=False)
router.register("entities", views.EntityViewSet, basename="entity")
router.register("feature-views", views.FeatureViewViewSet, basename="feature-view")
router.register("training-sets", training_sets.TrainingSetViewSet, basename="training-set")
router.register("historical-features", retrievals.HistoricalFeatureViewSet, basename="historical-feature")
api_patterns = router.urls
