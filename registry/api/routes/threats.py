"""Threats: every id ever given, and how each template answers it."""

from registry.api import wire
from registry.api.routes.files import Resource

RESOURCES = (
    Resource("/v1/threats.json", "Every threat id", wire.Threats),
    Resource("/v1/threats/{threat}.json", "One threat id", wire.Threat),
    Resource("/v1/ledger.csv", "The ledger of threat ids", media_types=("text/csv",)),
)
