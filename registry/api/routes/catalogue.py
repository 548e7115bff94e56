"""The catalogue: discovery, pages of templates, rules, vocabularies, the schema."""

from registry.api import wire, wire_discovery
from registry.api.routes.files import Resource

RESOURCES = (
    Resource("/.well-known/threatshelf.json", "Where things are", wire_discovery.Discovery),
    Resource("/v1/catalog.json", "The pages of the catalogue", wire.CatalogueIndex),
    Resource("/v1/catalog/{page}.json", "Templates on one page", wire.CataloguePage),
    Resource("/v1/changes.json", "What happened, newest first", wire.Changes),
    Resource("/feed.atom", "What happened, as a feed", media_types=("application/atom+xml",)),
    Resource("/llms.txt", "The catalogue told to a language model", media_types=("text/markdown",)),
    Resource("/v1/vocabularies.json", "The pinned vocabularies", wire.Vocabularies),
    Resource("/v1/vocabularies/{vocabulary}.json", "One vocabulary", wire_discovery.Vocabulary),
    Resource("/v1/rules.json", "The rules of the check", wire.Rules),
    Resource("/schema/v1/template.schema.json", "The schema of templates", media_types=("application/schema+json",)),
)
