"""A GitHub that runs on loopback, over real git, held against GitHub's own description of itself.

    with FakeGitHub() as github:
        shelf = github.repository("threatshelf", "registry")        # bare repository, one commit on main
        mia, ann = github.person("mia"), github.person("ann")       # accounts with tokens: mia.token
        shelf.give(mia, "maintain")
        fork = shelf.fork(ann)
        fork.commit({"templates/a/template.yaml": "a: 1\\n"}, branch="a", by=ann)   # "path|120000" sets a mode
        pull = shelf.open_pull("Add a", by=ann, head="a", source=fork)
        app = github.app("threatshelf", {"contents": "write", "pull_requests": "write"}, shelf)
        client = Github(base_url=github.url, auth=Auth.Token(app.token()))
        job = github.actions_token(shelf, {"statuses": "write"})    # GITHUB_TOKEN; fork_pull_token(shelf) only reads
        pull.comment("/assess", by=mia); pull.push({"b": "b"}, by=ann); pull.approve(by=mia)
        shelf.protect("threat-ids", "deletion", "non_fast_forward", bypass=[app])
        shelf.require("threatshelf / review")                       # a check that main asks for
        subprocess.run(["git", "clone", shelf.clone_url(job), "work"])
        github.faults.add(after_write(502), "POST", "/repos/*/comments")   # see faults.py
        github.clock.advance(hours=48)                              # tokens of Apps end after one
        github.events, github.run_events                            # deliveries; those that start workflow runs
        github.calls, github.requests("POST", "/comments")          # what was asked, and how it was answered
        github.spend(job, left=99)                                  # requests left in this hour

The block ends in an error when a request or an answer strayed from the description (`github.violations`); a test that
means to stray calls `github.forgive()`. State can be read from every handle (`pull.state`, `shelf.state`). Not played:
the merge queue, running workflows, teams, milestones, projects, search.
"""

from github_fake.fake import FakeGitHub

__all__ = ["FakeGitHub"]
