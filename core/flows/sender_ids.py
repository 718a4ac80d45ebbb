"""Sender IDs: which there are and how far each is; asking for one, with papers that show why."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import msgspec

from core.dialogue.screens import Reply
from core.dialogue.steps import Ask, Choose, File, Flow, Once, Upload
from core.errors import Invalid
from core.flows.asking import Agree, Drawn, Pick
from core.flows.visits import Visit
from core.flows.wording import brief, business, by, entitled
from core.messaging import sender_names, sender_requests, senders
from core.messaging.models import Category, Sender, SenderStatus
from core.messaging.sender_requests import Paper
from core.telegram import files
from core.tenants import fields, roles
from core.tenants.profiles import Profile
from core.tenants.roles import Right

# How the keys of the questions about a request begin: a file that comes then belongs to it.
ABOUT_ONE = "sender_"
PURPOSE_MAX = 150
WITHOUT = "without"
STATES = {
    SenderStatus.REQUESTED.value: "being looked at",
    SenderStatus.SUBMITTED.value: "with the operators",
    SenderStatus.APPROVED.value: "approved",
    SenderStatus.REJECTED.value: "not approved",
}
CLASSES = {
    Category.TRANSACTIONAL.value: "Notices",
    Category.PROMOTIONAL.value: "Adverts",
}


class PaperTooLarge(Invalid):
    """A paper larger than is kept."""

    code = "paper_too_large"
    title = "Paper too large"
    sentence = "The paper is larger than {limit} MB. Send a smaller photo or PDF."


def sender_ids_(visit: Visit) -> Flow:
    """List the sender IDs, tell how one stands, or ask for another."""
    profile = business(visit)
    may = roles.may(visit.role, Right.DETAILS)
    if not may and not senders.listing(profile.tenant_id):
        return visit.say("There are no sender IDs of your own yet.")
    chosen = yield from Pick("senders", lambda: _listed(visit, profile, may=may))
    if chosen == "ask":
        return (yield from _ask(visit))
    return _told(visit, senders.one(profile.tenant_id, chosen))


def _listed(visit: Visit, profile: Profile, *, may: bool) -> Drawn:
    options = {"ask": visit.say("Ask for one")} if may else {}
    options |= {
        row.public_id: f"{row.name}: {visit.say(STATES[row.status])}"
        for row in senders.listing(profile.tenant_id)
        if row.public_id
    }
    return visit.say("Sender IDs"), options


def _told(visit: Visit, row: Sender) -> str:
    """How a sender ID stands, with each operator where they differ."""
    lines = [f"{row.name}: {visit.say(STATES[row.status])}", visit.say(CLASSES[row.category])]
    if row.reason:
        lines.append(brief(row.reason, 60))
    each = senders.by_operator([row])[row.tenant_id, row.name]
    if row.status != SenderStatus.REJECTED.value and set(each.values()) != {row.status}:
        lines += [
            f"{name.capitalize()}: {visit.say(STATES[state])}" for name, state in each.items()
        ]
    return "\n".join(lines)


def _ask(visit: Visit) -> Flow:
    """Ask for a name to send under: the name, the class, what for, and papers where files are."""
    profile = entitled(visit, Right.DETAILS)
    name = yield from Ask(
        "sender_name",
        visit.say("The name to send under, 11 letters or digits at most:"),
        lambda text: _name(profile.tenant_id, text),
    )
    options = {key: visit.say(said) for key, said in CLASSES.items()}
    category = Category((yield from Choose("sender_class", visit.say("What is it for?"), options)))
    purpose = yield from Ask(
        "sender_purpose", visit.say("What will you send, to whom? In a sentence:"), _purpose
    )
    papers: list[Upload] = []
    if not visit.is_small:
        paper = yield from File(
            "sender_paper",
            visit.say(
                "Send a paper that shows the name is yours, such as the business registration: "
                "PDF or photo."
            ),
            _check_paper,
            {WITHOUT: visit.say("Without a paper")},
        )
        papers = [paper] if paper.file_id else []
    question = visit.say(
        "Ask for {name} for {category}? Operators take some days.",
        name=name,
        category=visit.say(CLASSES[category.value]),
    )
    while (answer := (yield from _Sure(question, visit, name, category, purpose, papers))) != "yes":
        if answer == "no":
            return visit.say("Nothing has changed.")
        papers = [*papers, msgspec.json.decode(answer, type=Upload)]
    yield from Once(
        "sender_asked", lambda once: _request(visit, profile, name, category, purpose, papers)
    )
    return visit.say("We look at {name} and tell you when it moves.", name=name)


class _Sure(Agree):
    """The yes to a request. Where files are, another paper is an answer, too, as it was sent."""

    def __init__(
        self,
        question: str,
        visit: Visit,
        name: str,
        category: Category,
        purpose: str,
        papers: Sequence[Upload],
    ) -> None:
        self._count = len(papers)
        if not visit.is_small:
            more = visit.say(
                "Papers: {count}. You can send up to {most}.",
                count=self._count,
                most=sender_requests.DOCUMENTS_MAX,
            )
            question = f"{question}\n{more}"
        terms = (name, category.value, purpose, *(each.file_id for each in papers))
        super().__init__(f"sender_sure{self._count or ''}", question, visit, *terms)

    def accept(self, reply: Reply, shown: Sequence[str]) -> str:
        if reply.kind != "file":
            return super().accept(reply, shown)
        if self._count >= sender_requests.DOCUMENTS_MAX:
            raise sender_requests.TooManyDocuments(limit=sender_requests.DOCUMENTS_MAX)
        return File(self.key, "", _check_paper).accept(reply, shown)

    def read(self, kept: str) -> str:
        return kept if kept.startswith("{") else super().read(kept)


def _name(tenant_id: int, text: str) -> str:
    name = text.strip()
    sender_names.check_own(tenant_id, name)
    return name


def _purpose(text: str) -> str:
    return fields.line(text, "purpose", most=PURPOSE_MAX)


def _check_paper(upload: Upload) -> None:
    """Refuse at once what could be no paper: nobody should hear that after the yes."""
    most = sender_requests.DOCUMENT_BYTES_MAX
    if upload.size_bytes > most:
        raise PaperTooLarge(limit=most // 2**20)
    with closing(files.fetch(upload.file_id)) as pieces:
        sender_requests.look(Paper(upload.name, next(pieces, b"")))


def _request(
    visit: Visit,
    profile: Profile,
    name: str,
    category: Category,
    purpose: str,
    papers: Sequence[Upload],
) -> str:
    who_acts = by(visit, profile.tenant_id, Right.DETAILS)
    fetched = [Paper(each.name, b"".join(files.fetch(each.file_id))) for each in papers]
    made = sender_requests.ask(profile.tenant_id, name, category, purpose, fetched, **who_acts)
    return str(made.name)
