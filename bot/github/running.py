"""Gates as check runs: made, concluded once, annotated in batches; after an unclear answer they are read by name."""

from typing import Any

from bot.facts import PullRequest, Run
from bot.github.client import Client
from bot.github.deed import Deed
from bot.steps import Annotate, Annotation, BeginCheck, SetCheck

_NO_RUN = Run(0, "error", "")
_CONCLUSIONS = {"success": "success", "failure": "failure", "error": "cancelled"}


class Runner:
    """Check runs of one repository (`path`: `/repos/owner/name`); what it made itself it knows by commit and name."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = path
        self._made: dict[tuple[str, str], Run] = {}

    def begun(self, step: BeginCheck) -> Deed:
        """A new run under way."""
        body = {"head_sha": step.commit, **_words(step, "pending", step.title)}
        return Deed(lambda: self._post(step, body), lambda: self._stands(step, "pending", step.title))

    def said(self, standing: PullRequest, step: SetCheck) -> Deed:
        """The open run concluded, or told otherwise; a new one where none is open."""
        body = _words(step, step.state, step.summary)
        body["output"] |= {"annotations": [annotation(one) for one in step.annotations]}
        return Deed(lambda: self._say(standing, step, body), lambda: self._stands(step, step.state, step.summary))

    def annotated(self, standing: PullRequest, step: Annotate) -> Deed:
        """More annotations on the newest run; GitHub adds them to those it has."""
        notes = [annotation(one) for one in step.annotations]
        body = {"output": {"title": step.title, "summary": step.summary, "annotations": notes}}
        path = f"{self._path}/check-runs/{self._known(standing, step).id}"
        return Deed(lambda: self._client.ask("PATCH", path, body=body), lambda: self._count(path) > step.before)

    def _post(self, step: BeginCheck | SetCheck, body: dict[str, Any]) -> None:
        made = self._client.ask("POST", f"{self._path}/check-runs", body=body).data
        self._made[step.commit, step.name] = _run(made)

    def _known(self, standing: PullRequest, step: SetCheck | Annotate) -> Run:
        """The newest run of the name; one that is concluded where there is none."""
        there = standing.runs.get(step.name, _NO_RUN) if step.commit == standing.head_sha else _NO_RUN
        return self._made.get((step.commit, step.name), there)

    def _say(self, standing: PullRequest, step: SetCheck, body: dict[str, Any]) -> None:
        known = self._known(standing, step)
        if not known.is_open:
            self._post(step, {"head_sha": step.commit, **body})
            return
        made = self._client.ask("PATCH", f"{self._path}/check-runs/{known.id}", body=body).data
        self._made[step.commit, step.name] = _run(made)

    def _count(self, path: str) -> int:
        return int(self._client.ask("GET", path).data["output"]["annotations_count"])

    def _stands(self, step: BeginCheck | SetCheck, state: str, summary: str) -> bool:
        """Whether the newest run of that name says so; then it is the one that later steps speak of."""
        query = {"check_name": step.name, "filter": "all"}
        pages = self._client.pages(f"{self._path}/commits/{step.commit}/check-runs", query)
        runs = [run for page in pages for run in page["check_runs"] if run["external_id"] == step.external_id]
        newest = max(runs, key=lambda run: int(run["id"]), default=None)
        if newest is None or not _says(newest, state, (step.title, summary)):
            return False
        self._made[step.commit, step.name] = _run(newest)
        return True


def annotation(one: Annotation) -> dict[str, Any]:
    """As GitHub takes it."""
    return {
        "path": one.path,
        "start_line": one.line,
        "end_line": one.end_line,
        "annotation_level": one.level,
        "title": one.title,
        "message": one.message,
    }


def _words(step: BeginCheck | SetCheck, state: str, summary: str) -> dict[str, Any]:
    ended = {"status": "in_progress"} if state == "pending" else {"conclusion": _CONCLUSIONS[state]}
    output = {"title": step.title, "summary": summary}
    return {"name": step.name, "external_id": step.external_id, "output": output, "status": "completed"} | ended


def _says(run: dict[str, Any], state: str, words: tuple[str, str]) -> bool:
    same = (run["output"]["title"] or "", (run["output"]["summary"] or "").strip()) == (words[0], words[1].strip())
    return same and run["conclusion"] == (_CONCLUSIONS[state] if state != "pending" else None)


def _run(answer: dict[str, Any]) -> Run:
    """As much of it as later steps go by."""
    return Run(int(answer["id"]), "", "", is_open=answer["status"] != "completed")
