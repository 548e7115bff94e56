"""The fake on itself: GraphQL answers from the same world, in GitHub's own words."""

import base64
from collections.abc import Callable
from typing import Any

from github import Github
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
)

from github_fake import FakeGitHub
from github_fake.accounts import AppHandle, Person
from github_fake.faults import meanwhile
from github_fake.graphql.execute import schema
from github_fake.handles import PullHandle, RepositoryHandle
from github_fake.stage import Stage

Client = Callable[[str], Github]
REPOSITORY = "threatshelf/registry"
TEMPLATE = "templates/gateway/template.yaml"
STANDING = """
query($number: Int!) {
  rateLimit { remaining cost }
  repository(owner: "threatshelf", name: "registry") {
    pullRequest(number: $number) {
      id headRefOid baseRefName baseRefOid isDraft state merged mergeable author { __typename login }
      headRepository { nameWithOwner isFork }
      files(first: 100) { totalCount nodes { path changeType additions deletions } pageInfo { hasNextPage endCursor } }
      reviews(first: 100) { nodes { databaseId state submittedAt author { login } commit { oid } } }
      comments(first: 100) { nodes {
        id databaseId body isMinimized createdAt lastEditedAt author { __typename login }
        reactions(first: 10) { nodes { content user { login } } } reactionGroups { content viewerHasReacted }
      } }
      labels(first: 20) { nodes { name } }
      timelineItems(first: 100, itemTypes: [
        LABELED_EVENT, UNLABELED_EVENT, READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, CLOSED_EVENT, REOPENED_EVENT
      ]) { nodes {
        __typename
        ... on LabeledEvent { createdAt actor { login } label { name } }
        ... on UnlabeledEvent { createdAt actor { login } label { name } }
        ... on ReadyForReviewEvent { createdAt actor { login } }
        ... on ClosedEvent { createdAt actor { login } }
      } }
      commits(last: 1) { nodes { commit { oid statusCheckRollup { state contexts(first: 100) { nodes {
        __typename
        ... on StatusContext { context state description creator { login } }
        ... on CheckRun { databaseId name status conclusion externalId checkSuite { app { databaseId slug } } }
      } } } } } }
    }
  }
}
"""
TREE = """
query($expression: String!) { repository(owner: "threatshelf", name: "registry") { object(expression: $expression) {
  __typename oid
  ... on Blob { byteSize isBinary text }
  ... on Tree { entries { name mode oid path type object { ... on Blob { byteSize } } } }
  ... on Commit { messageHeadline author { user { login } } }
} } }
"""
COMMIT = """
mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } ref { name } } }
"""


def ask(github: Github, query: str, **variables: Any) -> dict[str, Any]:
    """The whole answer, errors too."""
    _, body = github.requester.requestJsonAndCheck("POST", "/graphql", input={"query": query, "variables": variables})
    found: dict[str, Any] = body
    return found


def commit_input(head: str, text: str, branch: str = "main") -> dict[str, Any]:
    """One file's new text on a branch that should stand at `head`."""
    contents = base64.b64encode(text.encode()).decode()
    return {
        "branch": {"repositoryNameWithOwner": REPOSITORY, "branchName": branch},
        "expectedHeadOid": head,
        "message": {"headline": "Give ids"},
        "fileChanges": {"additions": [{"path": TEMPLATE, "contents": contents}]},
    }


def test_the_standing_facts_come_in_one_query(stage: Stage) -> None:
    client, app, pull, writer = stage.client, stage.app, stage.pull, stage.writer
    github = client(app.token())
    repository = github.get_repo(REPOSITORY)
    pull.comment("/assess", by=writer)
    repository.get_issue(pull.number).get_comment(pull.comments[0].id).create_reaction("rocket")
    pull.label("stage/assessment", by=writer)
    pull.approve(by=writer)
    repository.get_commit(pull.head).create_status("success", context="threatshelf / review", description="fine")
    repository.create_check_run("threatshelf / findings", pull.head, conclusion="neutral", external_id="abc")
    found = ask(github, STANDING, number=pull.number)["data"]["repository"]["pullRequest"]
    assert (found["headRefOid"], found["baseRefName"], found["state"]) == (pull.head, "main", "OPEN")
    assert found["headRepository"] == {"nameWithOwner": "stranger/registry", "isFork": True}
    assert [(f["path"], f["changeType"]) for f in found["files"]["nodes"]] == [
        (TEMPLATE, "MODIFIED"),
        ("templates/new/template.yaml", "ADDED"),
    ]
    (review,) = found["reviews"]["nodes"]
    assert (review["state"], review["author"]["login"], review["commit"]["oid"]) == ("APPROVED", "writer", pull.head)
    (comment,) = found["comments"]["nodes"]
    assert (comment["body"], comment["lastEditedAt"], comment["isMinimized"]) == ("/assess", None, False)
    assert comment["reactions"]["nodes"] == [{"content": "ROCKET", "user": None}]
    assert {"content": "ROCKET", "viewerHasReacted": True} in comment["reactionGroups"]
    assert found["labels"]["nodes"] == [{"name": "stage/assessment"}]
    (event,) = found["timelineItems"]["nodes"]
    assert (event["__typename"], event["actor"]["login"], event["label"]["name"]) == (
        "LabeledEvent",
        "writer",
        "stage/assessment",
    )
    rollup = found["commits"]["nodes"][0]["commit"]["statusCheckRollup"]
    assert rollup["state"] == "SUCCESS"
    assert [c.get("context") or c["name"] for c in rollup["contexts"]["nodes"]] == [
        "threatshelf / findings",
        "threatshelf / review",
    ]
    assert rollup["contexts"]["nodes"][0]["checkSuite"]["app"] == {"databaseId": app.id, "slug": "threatshelf"}


def test_a_bots_login_is_bare_here(client: Client, app: AppHandle, pull: PullHandle) -> None:
    github = client(app.token())
    made = github.get_repo(REPOSITORY).get_issue(pull.number).create_comment("x")
    found = ask(github, STANDING, number=pull.number)["data"]["repository"]["pullRequest"]["comments"]["nodes"][0]
    assert found["author"] == {"__typename": "Bot", "login": "threatshelf"}
    assert (made.user.login, made.node_id, made.id) == ("threatshelf[bot]", found["id"], found["databaseId"])


def test_a_deleted_fork_and_an_edited_comment_show(
    client: Client, app: AppHandle, shelf: RepositoryHandle, pull: PullHandle, stranger: Person
) -> None:
    pull.edit_comment(pull.comment("x", by=stranger), "y", by=stranger)
    shelf.fork(stranger).delete()
    found = ask(client(app.token()), STANDING, number=pull.number)["data"]["repository"]["pullRequest"]
    assert found["headRepository"] is None
    assert found["comments"]["nodes"][0]["lastEditedAt"] == "2026-11-02T09:00:00Z"


def test_trees_give_modes_as_numbers_and_blobs_their_text(
    client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    shelf.commit({"run|100755": "#!/bin/sh\n", "link|120000": "README.md", "bin": b"\0\1"})
    github = client(app.token())
    tree = ask(github, TREE, expression="main:")["data"]["repository"]["object"]
    modes = {e["name"]: oct(e["mode"]) for e in tree["entries"]}
    assert modes == {
        "README.md": "0o100644",
        "bin": "0o100644",
        "link": "0o120000",
        "run": "0o100755",
        "templates": "0o40000",
    }
    blob = ask(github, TREE, expression="main:README.md")["data"]["repository"]["object"]
    assert (blob["__typename"], blob["byteSize"], blob["text"], blob["isBinary"]) == ("Blob", 11, "# registry\n", False)
    assert ask(github, TREE, expression="main:bin")["data"]["repository"]["object"]["text"] is None
    assert ask(github, TREE, expression="main:none")["data"]["repository"]["object"] is None
    commit = ask(github, TREE, expression=shelf.head())["data"]["repository"]["object"]
    assert commit["__typename"] == "Commit"


def test_pages_have_cursors_and_bounds(client: Client, app: AppHandle, pull: PullHandle, stranger: Person) -> None:
    for n in range(5):
        pull.comment(f"{n}", by=stranger)
    query = """query($n: Int!, $first: Int, $after: String) { repository(owner: "threatshelf", name: "registry") {
      pullRequest(number: $n) { comments(first: $first, after: $after) {
        nodes { body } pageInfo { hasNextPage endCursor }
      } } } }"""
    github = client(app.token())
    seen, cursor = [], None
    for _ in range(3):
        answer = ask(github, query, n=pull.number, first=2, after=cursor)
        page = answer["data"]["repository"]["pullRequest"]["comments"]
        seen += [c["body"] for c in page["nodes"]]
        cursor = page["pageInfo"]["endCursor"]
    assert seen == ["0", "1", "2", "3", "4"]
    assert page["pageInfo"]["hasNextPage"] is False
    assert ask(github, query, n=pull.number)["errors"][0]["type"] == "MISSING_PAGINATION_BOUNDARIES"
    assert ask(github, query, n=pull.number, first=101)["errors"][0]["type"] == "EXCESSIVE_PAGINATION"


def test_what_is_not_there_is_an_error_beside_null(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    answer = ask(client(app.token()), STANDING, number=404)
    assert answer["data"]["repository"] == {"pullRequest": None}
    assert (answer["errors"][0]["type"], answer["errors"][0]["path"]) == ("NOT_FOUND", ["repository", "pullRequest"])


def test_a_missing_right_is_forbidden_and_null(client: Client, app: AppHandle, pull: PullHandle) -> None:
    answer = ask(client(app.token({"pull_requests": "read"})), STANDING, number=pull.number)
    (problem,) = answer["errors"]
    assert (problem["type"], problem["path"][-1]) == ("FORBIDDEN", "statusCheckRollup")
    assert answer["data"]["repository"]["pullRequest"]["headRefOid"] == pull.head


def test_a_field_github_does_not_have_breaks_the_contract(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    answer = ask(client(app.token()), '{ repository(owner: "threatshelf", name: "registry") { nonsense } }')
    assert "nonsense" in answer["errors"][0]["message"]
    assert "nonsense" in fake.forgive()[0]


def test_a_commit_on_a_branch_is_the_bots_and_signed(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    github = client(app.token())
    head = shelf.head()
    made = ask(github, COMMIT, input=commit_input(head, "id: T-EXEC-038\n"))["data"]["createCommitOnBranch"]
    assert (made["commit"]["oid"], made["ref"]["name"]) == (shelf.head(), "main")
    assert shelf.file(TEMPLATE) == b"id: T-EXEC-038\n"
    commit = github.get_repo(REPOSITORY).get_commit(shelf.head())
    assert (commit.author.login, commit.raw_data["commit"]["verification"]["verified"]) == ("threatshelf[bot]", True)
    assert (fake.events[-1].name, fake.events[-1].payload["before"]) == ("push", head)


def test_a_stale_head_is_stale_data_with_status_200(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    old = shelf.head()
    new = shelf.commit({"x": "x"})
    answer = ask(client(app.token()), COMMIT, input=commit_input(old, "text"))
    assert answer["data"] == {"createCommitOnBranch": None}
    assert answer["errors"][0]["type"] == "STALE_DATA"
    assert (fake.calls[-1].status, shelf.head()) == (200, new)
    fake.faults.add(meanwhile(lambda: shelf.commit({"y": "y"}) and None), containing="createCommitOnBranch")
    assert ask(client(app.token()), COMMIT, input=commit_input(new, "text"))["errors"][0]["type"] == "STALE_DATA"


def test_rules_and_rights_hold_for_commits_on_branches(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    shelf.protect("main", "pull_request", bypass=[app])
    job = client(fake.actions_token(shelf, {"contents": "write"}))
    assert "rule violations" in ask(job, COMMIT, input=commit_input(shelf.head(), "x"))["errors"][0]["message"]
    reader = client(fake.actions_token(shelf, {"contents": "read"}))
    assert ask(reader, COMMIT, input=commit_input(shelf.head(), "x"))["errors"][0]["type"] == "FORBIDDEN"
    assert "errors" not in ask(client(app.token()), COMMIT, input=commit_input(shelf.head(), "x"))


def test_several_refs_move_together_or_not_at_all(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    query = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"
    github = client(app.token())
    main = shelf.head()
    new = shelf.write({"z": "z"}, parent=main)
    good = {"name": "refs/heads/main", "beforeOid": main, "afterOid": new}
    stale = {"name": "refs/heads/threat-ids", "beforeOid": new, "afterOid": new}
    made = {"name": "refs/heads/threat-ids", "beforeOid": "0" * 40, "afterOid": new}
    wanted = {"repositoryId": github.get_repo(REPOSITORY).node_id}
    assert ask(github, query, input=wanted | {"refUpdates": [good, stale]})["errors"][0]["type"] == "STALE_DATA"
    assert shelf.head() == main
    assert "errors" not in ask(github, query, input=wanted | {"refUpdates": [good, made]})
    assert (shelf.head(), shelf.head("threat-ids")) == (new, new)


def test_only_writers_and_the_author_fold_a_comment(
    client: Client, pull: PullHandle, writer: Person, stranger: Person, fake: FakeGitHub
) -> None:
    query = """mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) {
      minimizedComment { isMinimized minimizedReason }
    } }"""
    one = pull.comment("x", by=writer)
    assert ask(client(fake.person("third").token), query, id=one.node_id)["errors"][0]["type"] == "FORBIDDEN"
    done = ask(client(writer.token), query, id=one.node_id)["data"]["minimizeComment"]["minimizedComment"]
    assert done == {"isMinimized": True, "minimizedReason": "outdated"}
    own = pull.comment("y", by=stranger)
    assert "errors" not in ask(client(stranger.token), query, id=own.node_id)


def test_conversations_on_lines_are_listed(client: Client, app: AppHandle, pull: PullHandle) -> None:
    github = client(app.token())
    line = {"path": TEMPLATE, "line": 10, "side": "RIGHT", "body": "hm"}
    seen = github.get_repo(REPOSITORY).get_pull(pull.number)
    seen.create_review(event="COMMENT", body="x", comments=[line])
    (first,) = seen.get_review_comments()
    seen.create_review_comment_reply(first.id, "answer")
    query = """query($n: Int!) { repository(owner: "threatshelf", name: "registry") { pullRequest(number: $n) {
      reviewThreads(first: 10) { nodes { id isOutdated isResolved line path comments(first: 10) { nodes { body } } } }
    } } }"""
    (found,) = ask(github, query, n=pull.number)["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"]
    assert (found["line"], found["path"], [c["body"] for c in found["comments"]["nodes"]]) == (
        10,
        TEMPLATE,
        ["hm", "answer"],
    )
    done = ask(
        github,
        "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }",
        id=found["id"],
    )
    assert done["data"]["resolveReviewThread"]["thread"]["isResolved"] is True


def test_a_query_costs_a_point_of_its_own_pool(
    client: Client, app: AppHandle, pull: PullHandle, fake: FakeGitHub
) -> None:
    github = client(app.token())
    first = ask(github, STANDING, number=pull.number)["data"]["rateLimit"]
    second = ask(github, STANDING, number=pull.number)["data"]["rateLimit"]
    assert first["remaining"] - second["remaining"] == 1
    assert github.get_rate_limit().resources.core.used == 0


ARGUMENTS = {
    "object": '(expression: "main")',
    "ref": '(qualifiedName: "main")',
    "refs": '(refPrefix: "refs/heads/", first: 3)',
    "label": '(name: "stage/triage")',
    "pullRequest": "(number: 1)",
    "issue": "(number: 2)",
    "issueOrPullRequest": "(number: 2)",
    "file": '(path: "README.md")',
    "context": '(name: "gate")',
    "isRequired": "(pullRequestNumber: 1)",
}


def selection(kind: GraphQLNamedType, above: tuple[str, ...] = ()) -> str:
    """Every field, each under a name of its own; no type below itself, and no list twice."""
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        parts = [f"... on {one.name} {selection(one, above)}" for one in schema().get_possible_types(kind)]
        return "{ __typename " + " ".join(parts) + " }"
    if not isinstance(kind, GraphQLObjectType):
        return ""
    found = [chosen(name, field, (*above, kind.name)) for name, field in kind.fields.items()]
    return "{ __typename " + " ".join(found) + " }"


def chosen(name: str, field: GraphQLField, above: tuple[str, ...]) -> str:
    """One field with the arguments it cannot be asked without; empty where it leads in a circle or too deep."""
    inner = get_named_type(field.type)
    deep = is_composite_type(inner) and len(above) > 5
    if inner.name in above or name == "edges" or deep or (name == "associatedPullRequests"):
        return ""
    known = ARGUMENTS.get(name, "") if field.args else ""
    words = known or ("(first: 3)" if "first" in field.args else "")
    return f"{above[-1]}_{name}: {name}{words} {selection(inner, above)}"


def test_every_field_of_the_served_schema_answers(stage: Stage) -> None:
    client, app, pull, shelf, writer, stranger = (
        stage.client,
        stage.app,
        stage.pull,
        stage.shelf,
        stage.writer,
        stage.stranger,
    )
    github = client(app.token())
    repository = github.get_repo(REPOSITORY)
    shelf.open_issue("An issue", by=writer).comment("x", by=stranger)
    line = {"path": TEMPLATE, "line": 10, "side": "RIGHT", "body": "hm"}
    repository.get_pull(pull.number).create_review(event="COMMENT", body="x", comments=[line])
    repository.get_issue(pull.number).get_comment(pull.comment("x", by=writer).id).create_reaction("rocket")
    pull.label("stage/triage", by=writer)
    pull.edit(by=stranger, title="Another")
    repository.get_commit(pull.head).create_status("success", context="gate")
    repository.create_check_run("x", pull.head, conclusion="success")
    pull.draft(by=stranger)
    pull.close(by=writer)
    pull.reopen(by=writer)
    start = f'{{ repository(owner: "threatshelf", name: "registry") {selection(schema().type_map["Repository"])} }}'
    answer = ask(github, start)
    assert {problem["type"] for problem in answer.get("errors", [])} <= {"NOT_FOUND"}
