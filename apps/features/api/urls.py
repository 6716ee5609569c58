from rest_framework.routers import SimpleRouter

from apps.features.api import features, training_sets, views

router = SimpleRouter(use_regex_path=False)
router.register("entities", views.EntityViewSet, basename="entity")
router.register("features", features.FeatureViewSet, basename="feature")
router.register("feature-views", views.FeatureViewViewSet, basename="feature-view")
router.register("training-sets", training_sets.TrainingSetViewSet, basename="training-set")
api_patterns = router.urls
