"""What templates say, sentence by sentence, so that another one that says the same is noticed."""

from collections.abc import Iterable, Iterator, Mapping

from schema.document import Document, read
from schema.facts import Telling
from schema.prose import tellings
from schema.template import Template, from_data


def told(sources: Iterable[bytes]) -> Mapping[str, tuple[Telling, ...]]:
    """Where each long sentence of these files stands, for `Facts.elsewhere`; a file that is no template says nothing.

    As dear as reading every file once.
    """
    return tellings(_templates(sources))


def _templates(sources: Iterable[bytes]) -> Iterator[Template]:
    for source in sources:
        document = read(source, "")
        if isinstance(document, Document):
            yield from_data(document.data)
