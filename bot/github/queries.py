"""What is asked of GitHub in GraphQL: a pull request and all that stands on it in one question, and files by commit."""

from collections.abc import Iterable, Mapping

_PERSON = "{ __typename login }"
_PAGE = "pageInfo { hasNextPage endCursor }"
_EVENT = f"createdAt actor {_PERSON}"

_TIMELINE = (
    "LABELED_EVENT, UNLABELED_EVENT, READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, CLOSED_EVENT, REOPENED_EVENT, "
    "MERGED_EVENT, ASSIGNED_EVENT"
)

LISTS: Mapping[str, str] = {
    "comments": f"""comments(first: 100, after: $after) {{ {_PAGE} nodes {{
        databaseId id author {_PERSON} body createdAt lastEditedAt isMinimized viewerDidAuthor
        reactionGroups {{ content viewerHasReacted }} }} }}""",
    "reviews": f"""reviews(first: 100, after: $after) {{ {_PAGE} nodes {{
        author {_PERSON} state submittedAt commit {{ oid }} viewerDidAuthor }} }}""",
    "reviewThreads": f"""reviewThreads(first: 100, after: $after) {{ {_PAGE} nodes {{
        path line comments(first: 1) {{ totalCount nodes {{ databaseId body viewerDidAuthor }} }} }} }}""",
    "timelineItems": f"""timelineItems(first: 100, after: $after, itemTypes: [{_TIMELINE}]) {{ {_PAGE} nodes {{
        __typename
        ... on LabeledEvent {{ {_EVENT} label {{ name }} }}
        ... on UnlabeledEvent {{ {_EVENT} label {{ name }} }}
        ... on ReadyForReviewEvent {{ {_EVENT} }}
        ... on ConvertToDraftEvent {{ {_EVENT} }}
        ... on ClosedEvent {{ {_EVENT} }}
        ... on ReopenedEvent {{ {_EVENT} }}
        ... on MergedEvent {{ {_EVENT} }}
        ... on AssignedEvent {{ assignee {{ ... on User {{ login }} }} }} }} }}""",
    "labels": f"labels(first: 100, after: $after) {{ {_PAGE} nodes {{ name }} }}",
}
"""The lists of a pull request, each with its page; `after` is null for the first."""

_HEADER = "query($owner: String!, $name: String!, $number: Int!, $after: String)"

_STATUSES = "status { contexts { context state description createdAt } }"
_RUNS = """statusCheckRollup { contexts(first: 100) { nodes { ... on CheckRun {
    databaseId name externalId status conclusion title summary startedAt
    annotations(first: 1) { totalCount } checkSuite { app { slug } } } } } }"""

STANDING = f"""{_HEADER} {{
  viewer {{ login }}
  repository(owner: $owner, name: $name) {{
    nameWithOwner
    defaultBranchRef {{ name }}
    labels(first: 100) {{ nodes {{ name }} }}
    pullRequest(number: $number) {{
      id number title author {_PERSON} authorAssociation
      state isDraft merged createdAt closedAt
      baseRefName baseRefOid headRefName headRefOid headRepository {{ nameWithOwner }} changedFiles
      {" ".join(LISTS.values())}
      commits(last: 1) {{ nodes {{ commit {{ oid {_STATUSES} {_RUNS} }} }} }}
    }}
  }}
}}"""

_LAST_CHANGED_FIRST = "states: OPEN, orderBy: {field: UPDATED_AT, direction: DESC}"

OPEN = f"""query($owner: String!, $name: String!, $after: String) {{
  viewer {{ login }}
  repository(owner: $owner, name: $name) {{
    pullRequests(first: 100, after: $after, {_LAST_CHANGED_FIRST}) {{ {_PAGE} nodes {{
      number baseRefName createdAt updatedAt headRefOid labels(first: 100) {{ nodes {{ name }} }}
      commits(last: 1) {{ nodes {{ commit {{ oid {_STATUSES} {_RUNS} }} }} }} }} }}
  }}
}}"""

_ISSUE_TIMELINE = "LABELED_EVENT, UNLABELED_EVENT, CLOSED_EVENT, REOPENED_EVENT"
_ISSUE_LISTS: Mapping[str, str] = {
    "comments": LISTS["comments"],
    "labels": LISTS["labels"],
    "timelineItems": f"""timelineItems(first: 100, after: $after, itemTypes: [{_ISSUE_TIMELINE}]) {{ {_PAGE} nodes {{
        __typename
        ... on LabeledEvent {{ {_EVENT} label {{ name }} }}
        ... on UnlabeledEvent {{ {_EVENT} label {{ name }} }}
        ... on ClosedEvent {{ {_EVENT} }}
        ... on ReopenedEvent {{ {_EVENT} }} }} }}""",
}
_TALK = f"number title author {_PERSON} state createdAt updatedAt"
_TALKS: Mapping[str, str] = {
    "pullRequests": f"{_TALK} isDraft baseRefName files(first: 100) {{ totalCount nodes {{ path }} }} "
    + " ".join(LISTS[name] for name in _ISSUE_LISTS),
    "issues": f"{_TALK} {' '.join(_ISSUE_LISTS.values())}",
}


def talks(name: str, states: str) -> str:
    """The question for many threads at once, the one that changed last first: `pullRequests` or `issues`.

    `states` in GitHub's words, as `CLOSED, MERGED`; `$page` is where the last answer ended, `$after` is null.
    """
    order = "orderBy: {field: UPDATED_AT, direction: DESC}"
    return f"""query($owner: String!, $name: String!, $page: String, $after: String) {{
  viewer {{ login }}
  repository(owner: $owner, name: $name) {{
    defaultBranchRef {{ name }}
    {name}(first: 25, after: $page, states: [{states}], {order}) {{ {_PAGE} nodes {{ {_TALKS[name]} }} }}
  }}
}}"""


ISSUE = f"""{_HEADER} {{
  viewer {{ login }}
  repository(owner: $owner, name: $name) {{
    labels(first: 100) {{ nodes {{ name }} }}
    issue(number: $number) {{ {_TALKS["issues"]} body locked }}
  }}
}}"""

HEAD = """query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { headRefOid } }
}"""

MINIMISE = """mutation($id: ID!) {
  minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } }
}"""

COMMIT = """mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}"""

_ENTRY = "name mode oid size"
_ROOM = (
    f"... on Tree {{ entries {{ {_ENTRY} object {{ ... on Tree {{ entries {{ {_ENTRY} "
    f"object {{ ... on Tree {{ entries {{ {_ENTRY} }} }} }} }} }} }} }} }}"
)
_BYTES = "... on Blob { oid byteSize isTruncated text }"


def list_after(name: str, of: str = "pullRequest") -> str:
    """The question for the next page of one list of a pull request, or of an `issue`.

    `$after` is where the last one ended.
    """
    lists = LISTS if of == "pullRequest" else _ISSUE_LISTS
    fields = f"{of}(number: $number) {{ {lists[name]} }}"
    return f"{_HEADER} {{ repository(owner: $owner, name: $name) {{ {fields} }} }}"


def ends(numbers: Iterable[int]) -> tuple[str, dict[str, int]]:
    """The question how pull requests ended, and its variables; the answers stand under `p0`, `p1` ..."""
    wanted = {f"p{index}": number for index, number in enumerate(numbers)}
    declared = "".join(f", ${alias}: Int!" for alias in wanted)
    fields = "number state merged closedAt baseRefName"
    asked = " ".join(f"{alias}: pullRequest(number: ${alias}) {{ {fields} }}" for alias in wanted)
    repository = f"repository(owner: $owner, name: $name) {{ {asked} }}"
    return f"query($owner: String!, $name: String!{declared}) {{ {repository} }}", wanted


def rooms_and_texts(rooms: Iterable[str], texts: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The question for whole folders (three levels) and for texts, and its variables.

    Both are named as git does, `commit:path`; the answers stand under `r0`, `r1` ... and `t0`, `t1` ...
    """
    wanted = [(f"r{index}", name, _ROOM) for index, name in enumerate(rooms)]
    wanted += [(f"t{index}", name, _BYTES) for index, name in enumerate(texts)]
    declared = "".join(f", ${alias}: String!" for alias, _, _ in wanted)
    asked = " ".join(f"{alias}: object(expression: ${alias}) {{ {fields} }}" for alias, _, fields in wanted)
    repository = f"repository(owner: $owner, name: $name) {{ {asked} }}"
    text = f"query($owner: String!, $name: String!{declared}) {{ {repository} }}"
    return text, {alias: name for alias, name, _ in wanted}
