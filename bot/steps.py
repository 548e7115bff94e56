"""The steps a visit may take: plain data, each with the key by which one sees that it is done already."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SetStatus:
    """A commit status (a gate in Actions). Done when the newest of the context says the same."""

    commit: str
    context: str
    state: str
    description: str
    page: str = ""


@dataclass(frozen=True)
class Annotation:
    """One finding on a line. `level`: failure, warning or notice."""

    path: str
    line: int
    end_line: int
    level: str
    title: str
    message: str


@dataclass(frozen=True)
class BeginCheck:
    """A gate's check run that is under way (App). Done when the newest of that name on the commit is open."""

    commit: str
    name: str
    external_id: str
    title: str


@dataclass(frozen=True)
class SetCheck:
    """A gate's check run as it should stand: the open one is told so, else a new one; a concluded one never changes.

    `state`: pending, success, failure or error. At most 50 annotations. Done when the newest run of that name on the
    commit has state, title and summary.
    """

    commit: str
    name: str
    external_id: str
    state: str
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True)
class Annotate:
    """At most 50 more annotations on a gate's newest check run. Done when it carries more than `before`."""

    commit: str
    name: str
    title: str
    summary: str
    before: int
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True)
class PostFindings:
    """A completed check run with at most 50 annotations. Done when a run with this external id stands on the commit."""

    commit: str
    external_id: str
    conclusion: str
    title: str
    summary: str
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True)
class Say:
    """A new comment of ours; its body holds a mark. Done when a comment of ours with that mark stands there."""

    body: str


@dataclass(frozen=True)
class Reword:
    """Our comment with another body."""

    comment: int
    body: str


@dataclass(frozen=True)
class Unsay:
    """A comment of ours that says what another one says already (two visits at once). Done when it is gone."""

    comment: int


@dataclass(frozen=True)
class Minimize:
    """Our comment folded away as outdated."""

    node_id: str


@dataclass(frozen=True)
class Proposal:
    """A suggestion on lines of the diff at the head (right side); `start_line` None: on one line only."""

    path: str
    line: int
    start_line: int | None
    body: str
    writes_id: bool = False


@dataclass(frozen=True)
class Suggest:
    """One review with all suggestions that are missing."""

    commit: str
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True)
class Unsuggest:
    """One of our suggestions that is no longer true and that nobody answered."""

    comment: int


@dataclass(frozen=True)
class Label:
    """A label put on the pull request, or taken off."""

    name: str
    on: bool


@dataclass(frozen=True)
class Assign:
    """Somebody made responsible for the pull request. Done when they are or were."""

    login: str


@dataclass(frozen=True)
class React:
    """Our reaction to a comment: rocket (done) or confused (refused)."""

    comment: int
    content: str


@dataclass(frozen=True)
class Lock:
    """An issue in which from now on only people who may write can speak. Done when it is locked."""


@dataclass(frozen=True)
class CommitIds:
    """Ids written into files of a branch of this repository, in one commit on the head that was reviewed or none."""

    branch: str
    expected_head: str
    message: str
    files: tuple[tuple[str, bytes], ...]


Step = (
    SetStatus
    | BeginCheck
    | SetCheck
    | Annotate
    | PostFindings
    | Say
    | Reword
    | Unsay
    | Minimize
    | Suggest
    | Unsuggest
    | Label
    | Assign
    | React
    | Lock
    | CommitIds
)
