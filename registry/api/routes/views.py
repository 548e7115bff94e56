"""Views across templates: coverage of frameworks, techniques, controls, the back-test over incidents."""

from registry.api import wire_views as wire
from registry.api.routes.files import Resource

RESOURCES = (
    Resource("/v1/coverage/{framework}.json", "What the templates cover of a framework", wire.FrameworkCoverage),
    Resource("/v1/techniques/{technique}.json", "A technique, and the threats that use it", wire.Technique),
    Resource("/v1/controls.json", "Controls by how many threats they answer", wire.Controls),
    Resource("/v1/controls/{control}.json", "A control, where it is used and against what", wire.Control),
    Resource("/v1/incidents.json", "Incidents held against the templates", wire.Incidents),
)
