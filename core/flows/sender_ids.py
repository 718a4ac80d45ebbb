"""Sender IDs: which there are and how far each is; asking for one, with a paper that shows why."""

from __future__ import annotations

from core.dialogue.steps import Ask, Choose, File, Flow, Once, Upload
from core.errors import Invalid
from core.flows.asking import Agree, Drawn, Pick
from core.flows.visits import Visit
from core.flows.wording import brief, business, entitled, somebody
from core.messaging import sender_names, sender_requests, senders
from core.messaging.models import Category, Sender, SenderStatus
from core.messaging.sender_requests import Paper
from core.telegram import files
from core.tenants import fields, roles
from core.tenants.profiles import Profile
from core.tenants.roles import Right

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
    """Ask for a name to send under: the name, the class, what for, and a paper where files are."""
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
    paper = Upload("", WITHOUT, 0)
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
    question = visit.say(
        "Ask for {name} for {category}? Operators take some days.",
        name=name,
        category=visit.say(CLASSES[category.value]),
    )
    terms = (name, category.value, purpose, paper.file_id)
    if (yield from Agree("sender_sure", question, visit, *terms)) != "yes":
        return visit.say("Nothing has changed.")
    yield from Once(
        "sender_asked", lambda once: _request(visit, profile, name, category, purpose, paper)
    )
    return visit.say("We look at {name} and tell you when it moves.", name=name)


def _name(tenant_id: int, text: str) -> str:
    name = text.strip()
    sender_names.check_own(tenant_id, name)
    return name


def _purpose(text: str) -> str:
    return fields.line(text, "purpose", most=PURPOSE_MAX)


def _check_paper(upload: Upload) -> None:
    most = sender_requests.DOCUMENT_BYTES_MAX
    if upload.size_bytes > most:
        raise PaperTooLarge(limit=most // 2**20)


def _request(
    visit: Visit, profile: Profile, name: str, category: Category, purpose: str, paper: Upload
) -> str:
    roles.require(somebody(visit).id, profile.tenant_id, Right.DETAILS)
    papers = []
    if paper.file_id:
        papers.append(Paper(paper.name, b"".join(files.fetch(paper.file_id))))
    made = sender_requests.ask(
        profile.tenant_id,
        name,
        category,
        purpose,
        papers,
        actor=visit.actor,
        channel=visit.channel,
    )
    return str(made.name)
