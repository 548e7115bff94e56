"""The first draft of a template: a small whole model that passes the check, with guidance where its author goes on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from schema.text import scalar


@dataclass(frozen=True)
class Wish:
    """What the author said: the template's id, its title, a pattern of the vocabulary, the product it speaks of.

    `schema` is where an editor finds the schema: an address, or a path from the file's folder.
    """

    id: str
    title: str
    pattern: str
    product: str = "OpenClaw"
    versions: str = ">=2026.6.9"
    schema: str = "../../schema/v1/template.schema.json"


def title_from(template_id: str) -> str:
    """`ci-review-agent` as a title to begin with: `Ci review agent`."""
    words = template_id.replace("-", " ")
    return words[:1].upper() + words[1:]


def draft(wish: Wish, summary: str, today: date, releases: Mapping[str, str]) -> str:
    """The text of a first draft. `summary` is one sentence on the pattern; the day enters the review log.

    `releases` are the releases of vocabularies by the names that `mapped_against` knows, such as `atlas`.
    Raises ValueError for a lone surrogate in what the author said.
    """
    said = {
        "id": scalar(wish.id),
        "title": scalar(wish.title),
        "pattern": scalar(wish.pattern),
        "product": scalar(wish.product),
        "versions": scalar(wish.versions),
        "summary": scalar(summary),
        "schema": wish.schema,
        "today": today.isoformat(),
        "releases": ", ".join(f"{scalar(name)}: {scalar(release)}" for name, release in releases.items()),
    }
    return _FIELD.sub(lambda match: said[match.group(1)], _DRAFT)


_FIELD = re.compile(r"<<([a-z]+)>>")


_DRAFT = """\
# yaml-language-server: $schema=<<schema>>
#
# A first draft: a person, an agent, its model and its files. Everything in it is true of any such agent and too
# general for yours. Go from top to bottom, put your own facts in place of these, and delete the comments as you go.
#   threatshelf check      says what is missing
#   threatshelf preview    shows the page while you write
#   threatshelf fmt        puts keys and spaces in order
schema_version: "1.0"
id: <<id>>
version: 0.1.0
title: <<title>>
# One paragraph that a newcomer understands: what is deployed, for whom, and what is at stake.
summary: <<summary>>
status: draft # candidate, when you want it reviewed
pattern: <<pattern>>
# Products and the versions that you checked the facts against.
applies_to: [{product: <<product>>, versions: <<versions>>}]
license: CC-BY-4.0
credits: [{name: Threatshelf maintainers, role: author}] # you
review:
  owner: Threatshelf maintainers # who keeps it true
  every: P90D
  log:
    - {date: <<today>>, by: Threatshelf maintainers, role: author, verdict: proposed, changes: First draft.}
mapped_against: {<<releases>>}

# Integrity first: what can it do, and what is the worst wrong thing that it can be made to do?
worst_actions:
  - key: wrong-file
    action: Write something false or harmful into the user's files
    consequence: The user relies on it, passes it on, or runs it.
    through: [agent]
    reversible: true
    guarded_by: [versioned-files]

scope:
  included:
    - One agent, the person who talks to it, the model behind it and the files that it works on.
  # What you leave out, why, and what would bring it in. Readers look here first for what they miss.
  excluded:
    - item: What the model provider does with prompts
      reason: It is settled by contract, not by this deployment.
      revisit_when: the contract changes

# What is worth protecting, and where it lies.
assets:
  - key: user-files
    name: Files of the user
    kind: data
    description: What the agent reads and writes.
    held_in: [files]
    needs: {confidentiality: medium, integrity: high, availability: medium}

# Whoever may cause harm: people, accidents, and the system itself.
threat_actors:
  - key: content-author
    name: Author of something the agent reads
    kind: adversarial
    access: external
    skill: basic
    motivation: To have the agent act for them.
    capability: Puts text where the agent will read it.

# What has to be true, how an adopter checks it, and what follows if it is not: at least one for each layer.
assumptions:
  - key: host-patched
    layer: environment
    statement: The machine that the agent runs on is patched and has no other users.
    check: "`getent group sudo` names the owner alone, and the system's updater has nothing pending."
    if_wrong: Another user reads and changes everything below.
  - key: own-account
    layer: deployment
    statement: The agent runs as an account of its own.
    check: "`ps -o user= -C agent` prints that account's name." # put your program's name here
    if_wrong: Whatever steers the agent acts as the person.
    threats: [orders-in-content]
  - key: changes-read
    layer: operation
    statement: A person reads what the agent changed before anybody relies on it.
    check: Look at the last three changes and who approved them.
    if_wrong: A planted sentence goes out under the user's name.
    threats: [orders-in-content]
  - key: user-honest
    layer: threat
    statement: The person who talks to the agent means no harm.
    check: The account belongs to somebody who could change the files without the agent.
    if_wrong: The agent is a way around what that person may not do.

# The data-flow diagram. Every element stands in a zone; the edge of a zone is a trust boundary.
diagram:
  system: <<title>>
  zones:
    - {key: outside, name: Outside, trust: untrusted}
    - key: host
      name: Host of the agent
      trust: medium
      enforced_by: an account of its own
      strength: weak # strong | weak | none
  elements:
    - {key: person, name: Person who asks, kind: external, role: user, zone: outside}
    - {key: provider, name: Model provider, kind: external, role: model, zone: outside}
    - key: agent
      name: Agent
      kind: process
      role: agent
      zone: host
      runs_as: agent account
      abilities: [write]
    - {key: files, name: Files, kind: store, role: files, zone: host}
  # From and to give the way the data goes; returns is what comes back. A flow over an edge says how it is protected.
  flows:
    - key: asking
      from: person
      to: agent
      carries: tasks and pasted text
      returns: answers
      protocol: HTTPS
      authentication: session cookie
      encryption: TLS
    - key: prompting
      from: agent
      to: provider
      carries: prompts with parts of the files
      returns: completions
      assets: [user-files]
      protocol: HTTPS
      authentication: API key
      encryption: TLS
    - {key: working, from: agent, to: files, carries: changes, returns: contents, assets: [user-files], protocol: file}

# What can go wrong. Write who does what to what, and what follows. An id is given by the registry: leave it out.
threats:
  - key: orders-in-content
    category: EXEC
    title: Text that the agent reads gives it orders
    scenario: >-
      A stranger writes orders into a text that the person pastes in for a summary. The agent takes them for the
      person's own, rewrites a file, and the person passes it on unread.
    targets: [agent, files]
    stride: [S, T, E]
    ai_factors: [prompt-injection]
    actors: [content-author]
    assets: [user-files]
    maps_to: [AML.T0051.001, "LLM01:2026"]
    # The pattern as drawn, on its products' defaults: only what is in place counts. Say what the number rests on.
    risk:
      likelihood: 4
      impact: 4
      because: A model cannot tell data from orders, and nothing in place stands between its answer and the files.
    mitigated_by: [versioned-files, ask-before-write]
    status: open
    # What remains for an adopter who did all that is advised.
    residual: {likelihood: 2, impact: 3, because: The person sees each change and can take it back.}
    detection: Compare the list of changed files with what was asked for, in the history of the files, once a day.

# What stands against it. in-place: part of it as drawn; available: the adopter switches it on; verify says how to tell.
mitigations:
  - key: versioned-files
    title: Keep the files under version control that the agent cannot rewrite
    requirement: The files MUST lie in a repository whose remote accepts no forced push from the agent's account.
    kind: respond
    verify: "`git push --force` from the agent's account is refused."
  - key: ask-before-write
    title: Ask the person before each write, showing the difference
    requirement: The agent MUST show the difference and wait for a yes before it writes a file.
    verify: Ask for a change, answer no, and see that the file is as it was.

# Cells of the STRIDE table that no threat answers, each with the reason. threatshelf check lists what is open.
stride_answers:
  - targets: [person, provider]
    stride: [S, R]
    because: The person signs in, the provider proves itself by its certificate, and the host keeps a log of both.
  - targets: [agent]
    stride: [R, I, D]
    because: It holds no secret beside the files, its sessions are logged, and without it the person works by hand.
  - targets: [files]
    stride: [I, D]
    because: What they hold goes to the provider by contract, and a copy lies in the remote repository.
  - targets: [asking]
    stride: [D]
    because: Only a signed-in person can send, and nobody else waits.
  - targets: [prompting]
    stride: [D]
    because: Only the provider answers on it, and without it the person works by hand.
  - targets: [host]
    stride: [E]
    because: The agent is offered no shell, so what it is told cannot leave the account it runs in.

# How it fails without an attacker.
failure_modes:
  - key: provider-silent
    when: the model provider does not answer
    then: the task stops half done, and the files hold a part of it
    detect_by: an error in the session
    elements: [provider, agent]

residual_risks:
  - key: unread-change
    statement: A person says yes to a change without reading it.
    threats: [orders-in-content]
    accepted_by: the adopter
    date: <<today>>
    revisit_when: a harmful change was approved

# What an adopter does, in order.
adoption:
  steps:
    - when: before-first-run
      do: Put the files under version control, and switch on asking before each write.
      threats: [orders-in-content]
      mitigations: [versioned-files, ask-before-write]

# Sections that your pattern does not need, each with the reason.
not_applicable:
  attack_chains: One threat has no chain; write them when there are several.
"""
