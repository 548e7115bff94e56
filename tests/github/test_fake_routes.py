"""The fake on itself: the routes that no other test of it asks for answer as GitHub describes them."""

import pytest
from github import Auth, GithubException, GithubIntegration, UnknownObjectException

from github_fake.stage import TEMPLATE, Stage

REPOSITORY = "threatshelf/registry"
LINE = {"path": TEMPLATE, "line": 10, "side": "RIGHT", "body": "hm"}


def test_an_app_looks_at_its_installations_and_gives_a_token_up(stage: Stage) -> None:
    auth = Auth.AppAuth(stage.app.id, stage.app.private_key)
    with GithubIntegration(auth=auth, base_url=stage.fake.url, seconds_between_requests=None) as integration:
        (found,) = integration.get_installations()
        assert integration.get_app_installation(found.id).app_id == stage.app.id
    client = stage.client(stage.app.token())
    _, reach = client.requester.requestJsonAndCheck("GET", "/installation/repositories")
    assert [one["full_name"] for one in reach["repositories"]] == [REPOSITORY]
    client.requester.requestJsonAndCheck("DELETE", "/installation/token")
    with pytest.raises(GithubException) as caught:
        client.get_repo(REPOSITORY)
    assert caught.value.status == 401


def test_people_and_their_places(stage: Stage) -> None:
    client = stage.client(stage.writer.token)
    repository = client.get_repo(REPOSITORY)
    assert client.get_user("stranger").login == "stranger"
    assert [b.name for b in repository.get_branches()] == ["main"]
    assert repository.has_in_collaborators("writer")
    assert [f.full_name for f in repository.get_forks()] == ["stranger/registry"]
    assert repository.has_in_assignees("writer")
    assert not repository.has_in_assignees("stranger")


def test_an_admin_edits_and_deletes(stage: Stage) -> None:
    stage.shelf.give(stage.writer, "admin")
    stage.shelf.branch("trunk")
    repository = stage.client(stage.writer.token).get_repo(REPOSITORY)
    repository.edit(description="Templates", default_branch="trunk")
    assert (repository.description, repository.default_branch) == ("Templates", "trunk")
    repository.delete()
    with pytest.raises(UnknownObjectException):
        repository.update()


def test_comments_and_labels_of_the_whole_repository(stage: Stage) -> None:
    repository = stage.client(stage.app.token()).get_repo(REPOSITORY)
    stage.pull.comment("one", by=stage.writer)
    stage.fake.clock.advance(minutes=1)
    stage.pull.comment("two", by=stage.writer)
    assert [c.body for c in repository.get_issues_comments(since=stage.fake.clock.now)] == ["two"]
    thread = repository.get_issue(stage.pull.number)
    thread.add_to_labels("a", "b")
    repository.get_label("a").delete()
    assert [label.name for label in thread.get_labels()] == ["b"]
    thread.delete_labels()
    assert stage.pull.labels == []


def test_reviewers_are_asked_among_those_with_a_role(stage: Stage) -> None:
    seen = stage.client(stage.app.token()).get_repo(REPOSITORY).get_pull(stage.pull.number)
    seen.create_review_request(["writer"])
    assert [who.login for who in seen.get_review_requests()[0]] == ["writer"]
    with pytest.raises(GithubException) as caught:
        seen.create_review_request(["stranger"])
    assert caught.value.status == 422
    assert not seen.is_merged()
    stage.client(stage.writer.token).get_repo(REPOSITORY).get_pull(stage.pull.number).merge()
    assert seen.is_merged()


def test_reviews_and_their_comments_one_by_one(stage: Stage) -> None:
    repository = stage.client(stage.app.token()).get_repo(REPOSITORY)
    seen = repository.get_pull(stage.pull.number)
    review = seen.create_review(event="COMMENT", body="x", comments=[LINE])
    review.edit("y")
    assert seen.get_review(review.id).body == "y"
    (comment,) = seen.get_single_review_comments(review.id)
    comment = seen.get_review_comment(comment.id)
    comment.edit("other")
    assert [c.body for c in repository.get_pulls_comments()] == ["other"]
    comment.create_reaction("eyes")
    assert [r.content for r in comment.get_reactions()] == ["eyes"]


def test_reactions_are_taken_back(stage: Stage) -> None:
    thread = stage.client(stage.app.token()).get_repo(REPOSITORY).get_issue(stage.pull.number)
    reaction = thread.create_reaction("+1")
    assert [r.content for r in thread.get_reactions()] == ["+1"]
    assert thread.delete_reaction(reaction.id)
    comment = thread.create_comment("x")
    mark = comment.create_reaction("rocket")
    assert comment.delete_reaction(mark.id)
    assert list(comment.get_reactions()) == []


def test_an_admin_makes_changes_and_removes_a_ruleset(stage: Stage) -> None:
    stage.shelf.give(stage.writer, "admin")
    requester = stage.client(stage.writer.token).requester
    wanted = {
        "name": "ledger",
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["refs/heads/threat-ids"], "exclude": []}},
        "rules": [{"type": "deletion"}],
        "bypass_actors": [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}],
    }
    path = f"/repos/{REPOSITORY}/rulesets"
    _, made = requester.requestJsonAndCheck("POST", path, input=wanted)
    assert (made["bypass_actors"], made["current_user_can_bypass"]) == (wanted["bypass_actors"], "always")
    assert [one["name"] for one in requester.requestJsonAndCheck("GET", path)[1]] == ["ledger"]
    requester.requestJsonAndCheck("PUT", f"{path}/{made['id']}", input={"enforcement": "disabled"})
    _, rules = requester.requestJsonAndCheck("GET", f"/repos/{REPOSITORY}/rules/branches/threat-ids")
    assert rules == []
    requester.requestJsonAndCheck("DELETE", f"{path}/{made['id']}")
    assert stage.shelf.state.rulesets == {}
