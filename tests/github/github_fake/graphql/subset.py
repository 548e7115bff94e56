"""Which types and fields of GitHub's GraphQL schema are served, and how the rest is cut away."""

from __future__ import annotations

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_specified_scalar_type,
    print_ast,
)
from graphql.pyutils import Undefined
from graphql.utilities import ast_from_value

ACTOR = "avatarUrl login resourcePath url"
EVENT = "actor createdAt id"
COMMENT = (
    "author authorAssociation body createdAt editor id includesCreatedEdit lastEditedAt updatedAt url viewerDidAuthor"
)
EDGE = "cursor node"
CONNECTION = "edges nodes pageInfo totalCount"
MINIMIZABLE = "isMinimized minimizedReason"
THREAD = (
    f"{COMMENT} activeLockReason assignees closed closedAt comments databaseId labels locked number reactionGroups "
    "reactions repository state timelineItems title"
)
CONNECTED = (
    "CheckRun Commit IssueComment Label PullRequest PullRequestChangedFile PullRequestCommit PullRequestReview "
    "PullRequestReviewComment PullRequestReviewThread Reaction Ref StatusCheckRollupContext User Issue "
    "PullRequestTimelineItems IssueTimelineItems Reactor"
)
SERVED = {
    "Query": "id node nodes rateLimit repository viewer",
    "Mutation": "addComment addReaction convertPullRequestToDraft createCommitOnBranch markPullRequestReadyForReview "
    "minimizeComment resolveReviewThread unminimizeComment updateRefs",
    "AddCommentPayload": "clientMutationId commentEdge",
    "AddReactionPayload": "clientMutationId reaction",
    "ConvertPullRequestToDraftPayload": "clientMutationId pullRequest",
    "CreateCommitOnBranchPayload": "clientMutationId commit ref",
    "MarkPullRequestReadyForReviewPayload": "clientMutationId pullRequest",
    "MinimizeCommentPayload": "clientMutationId minimizedComment",
    "ResolveReviewThreadPayload": "clientMutationId thread",
    "UnminimizeCommentPayload": "clientMutationId unminimizedComment",
    "UpdateRefsPayload": "clientMutationId",
    "Actor": ACTOR,
    "Node": "id",
    "GitObject": "abbreviatedOid id oid repository",
    "RepositoryOwner": "id login url",
    "Minimizable": MINIMIZABLE,
    "Comment": COMMENT.replace(" url viewerDidAuthor", ""),
    "Reactable": "databaseId id reactionGroups reactions",
    "Assignee": "",
    "Closer": "",
    "IssueTimelineItems": "",
    "PullRequestTimelineItems": "",
    "Reactor": "",
    "StatusCheckRollupContext": "",
    "IssueOrPullRequest": "",
    "RequestedReviewer": "",
    "RateLimit": "cost limit nodeCount remaining resetAt used",
    "PageInfo": "endCursor hasNextPage hasPreviousPage startCursor",
    "Repository": "databaseId defaultBranchRef id isFork isPrivate issue issueOrPullRequest issues label labels name "
    "nameWithOwner object owner parent pullRequest pullRequests ref refs url viewerPermission",
    "Ref": "id name prefix repository target",
    "Blob": "abbreviatedOid byteSize id isBinary isTruncated oid repository text",
    "Tree": "abbreviatedOid entries id oid repository",
    "TreeEntry": "extension mode name object oid path size type",
    "Tag": "abbreviatedOid id name oid repository",
    "Commit": "abbreviatedOid associatedPullRequests author authoredDate committedDate committer file history id "
    "message messageBody messageHeadline oid parents repository status statusCheckRollup tree url",
    "CommitHistoryConnection": CONNECTION,
    "CommitEdge": EDGE,
    "GitActor": "date email name user",
    "Status": "commit context contexts id state",
    "StatusCheckRollup": "commit contexts id state",
    "StatusContext": "context createdAt creator description id isRequired state targetUrl",
    "CheckAnnotationConnection": "totalCount",
    "CheckRun": "annotations checkSuite completedAt conclusion databaseId detailsUrl externalId id isRequired name "
    "repository startedAt status summary text title url",
    "CheckSuite": "app databaseId id",
    "App": "databaseId id name slug",
    "User": f"{ACTOR} databaseId id name",
    "Bot": f"{ACTOR} databaseId id",
    "Organization": f"{ACTOR} databaseId id name",
    "Label": "color description id name url",
    "Issue": f"{THREAD} stateReason",
    "PullRequest": f"{THREAD} additions baseRef baseRefName baseRefOid baseRepository changedFiles commits deletions "
    "files fullDatabaseId headRef headRefName headRefOid headRepository headRepositoryOwner isCrossRepository isDraft "
    "maintainerCanModify mergeCommit mergeStateStatus mergeable merged mergedAt mergedBy reviewDecision "
    "reviewRequests reviewThreads reviews statusCheckRollup",
    "PullRequestChangedFile": "additions changeType deletions path",
    "PullRequestCommit": "commit id",
    "PullRequestReview": f"{COMMENT} {MINIMIZABLE} comments commit databaseId fullDatabaseId reactionGroups reactions "
    "state submittedAt",
    "ReviewRequest": "id requestedReviewer",
    "ReviewRequestConnection": CONNECTION,
    "ReviewRequestEdge": EDGE,
    "PullRequestReviewComment": f"{COMMENT} {MINIMIZABLE} commit databaseId diffHunk fullDatabaseId line "
    "originalCommit originalLine originalStartLine outdated path pullRequestReview reactionGroups reactions "
    "replyTo startLine",
    "PullRequestReviewThread": "comments id isOutdated isResolved line path startLine",
    "IssueComment": f"{COMMENT} {MINIMIZABLE} databaseId fullDatabaseId reactionGroups reactions",
    "Reaction": "content createdAt databaseId id user",
    "ReactionGroup": "content createdAt reactors viewerHasReacted",
    "ReactionConnection": f"{CONNECTION} viewerHasReacted",
    "AssignedEvent": f"{EVENT} assignee",
    "UnassignedEvent": f"{EVENT} assignee",
    "BaseRefChangedEvent": EVENT,
    "ClosedEvent": f"{EVENT} stateReason",
    "ReopenedEvent": EVENT,
    "ConvertToDraftEvent": EVENT,
    "ReadyForReviewEvent": EVENT,
    "HeadRefDeletedEvent": EVENT,
    "HeadRefForcePushedEvent": f"{EVENT} afterCommit beforeCommit",
    "LabeledEvent": f"{EVENT} label",
    "UnlabeledEvent": f"{EVENT} label",
    "LockedEvent": f"{EVENT} lockReason",
    "UnlockedEvent": EVENT,
    "MergedEvent": f"{EVENT} commit",
    "RenamedTitleEvent": f"{EVENT} currentTitle previousTitle",
    "ReviewDismissedEvent": f"{EVENT} dismissalMessage",
    "ReviewRequestedEvent": f"{EVENT} requestedReviewer",
}


def served() -> dict[str, set[str]]:
    """Type to fields, with the connections that all look alike."""
    found = {name: set(fields.split()) for name, fields in SERVED.items()}
    for name in CONNECTED.split():
        found.setdefault(f"{name}Connection", set(CONNECTION.split()))
        found.setdefault(f"{name}Edge", set(EDGE.split()))
    return found


def stripped(sdl: str) -> str:
    """The part of a schema that is served, without texts and directives."""
    schema, wanted = build_schema(sdl, assume_valid_sdl=True), served()
    texts: dict[str, str] = {}
    left = sorted(wanted)
    while left:
        name = left.pop()
        if name in texts:
            continue
        found = schema.type_map[name]
        if not is_specified_scalar_type(found):
            texts[name] = _text(schema, found, wanted)
            left += [needed for needed in _inputs_of(found, wanted) if needed not in texts]
    return "\n".join(texts[name] for name in sorted(texts))


def _shown(kind: GraphQLObjectType | GraphQLInterfaceType, wanted: dict[str, set[str]]) -> dict[str, GraphQLField]:
    missing = wanted[kind.name] - set(kind.fields)
    if missing:
        raise SystemExit(f"GitHub's {kind.name} has no {', '.join(sorted(missing))}")
    return {name: field for name, field in kind.fields.items() if name in wanted[kind.name]}


def _inputs_of(kind: GraphQLNamedType, wanted: dict[str, set[str]]) -> set[str]:
    """Scalars, enumerations and inputs a type speaks of."""
    if isinstance(kind, GraphQLInputObjectType):
        return {get_named_type(field.type).name for field in kind.fields.values()}
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return set()
    found: set[str] = set()
    for name, field in _shown(kind, wanted).items():
        result = get_named_type(field.type)
        composite = isinstance(result, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
        if composite and result.name not in wanted:
            raise SystemExit(f"{kind.name}.{name} needs {result.name}, which is not served")
        found |= {result.name, *(get_named_type(argument.type).name for argument in field.args.values())}
    return found


def _text(schema: GraphQLSchema, kind: GraphQLNamedType, wanted: dict[str, set[str]]) -> str:
    if isinstance(kind, GraphQLUnionType):
        return f"union {kind.name} = " + " | ".join(sorted(t.name for t in kind.types if t.name in wanted)) + "\n"
    if isinstance(kind, GraphQLEnumType):
        return f"enum {kind.name} {{\n" + "".join(f"  {value}\n" for value in kind.values) + "}\n"
    if isinstance(kind, GraphQLInputObjectType):
        return f"input {kind.name} {{\n" + "".join(f"  {_slot(*pair)}\n" for pair in kind.fields.items()) + "}\n"
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return _shape(kind, wanted)
    return f"scalar {kind.name}\n"


def _shape(kind: GraphQLObjectType | GraphQLInterfaceType, wanted: dict[str, set[str]]) -> str:
    word = "interface" if isinstance(kind, GraphQLInterfaceType) else "type"
    parents = [i.name for i in kind.interfaces if wanted.get(i.name)]
    heading = f"{word} {kind.name}" + (f" implements {' & '.join(parents)}" if parents else "")
    lines = [f"  {name}{_arguments(field)}: {field.type}" for name, field in _shown(kind, wanted).items()]
    return heading + " {\n" + "\n".join(lines) + "\n}\n"


def _arguments(field: GraphQLField) -> str:
    return "(" + ", ".join(_slot(*pair) for pair in field.args.items()) + ")" if field.args else ""


def _slot(name: str, slot: GraphQLArgument | GraphQLInputField) -> str:
    if slot.default_value is Undefined:
        return f"{name}: {slot.type}"
    value = ast_from_value(slot.default_value, slot.type)
    return f"{name}: {slot.type} = {print_ast(value)}" if value else f"{name}: {slot.type}"
