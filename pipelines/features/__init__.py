"""Features: numbers per party that tell how its money moves, for comparing it with its peers."""

from pipelines.features.build import build_features
from pipelines.features.catalogue import FEATURES, Feature
from pipelines.features.views import VIEWS

__all__ = ["FEATURES", "VIEWS", "Feature", "build_features"]
