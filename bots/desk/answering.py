"""What an admin writes in answer to a question of ours."""

from __future__ import annotations

from bots.desk import acts, asking, sender_acts
from bots.desk.acts import Done
from bots.desk.hearing import Heard
from bots.desk.replies import Reply
from core.errors import NotFound
from core.notices import questions
from core.notices.markup import e
from core.notices.operators import name_of
from core.notices.questions import Question
from core.payments import c2b
from core.payments.models import Payment, PaymentStatus
from core.tenants import rows
from core.tenants.models import Tenant


def answer(heard: Heard) -> Reply | Done | None:
    """Take words that answer a question; None when they answer none.

    They are a reply to it, or simply the next thing written by whoever was asked.
    """
    question = (
        questions.waiting_for(heard.chat_id, heard.user_id)
        if heard.reply_to is None
        else questions.replied_to(heard.chat_id, heard.reply_to)
    )
    if question is None:
        return None
    if question.asked_by != heard.user_id:
        return Reply(f"Only {e(name_of(question.actor))}, who was asked, can answer that.")
    if not question.is_open:
        return Reply("Too late: that question is closed. Press the button or write it again.")
    return _take(heard, question)


def _take(heard: Heard, question: Question) -> Reply | Done:
    match question.act:
        case "why":
            tenant = rows.get(int(question.args["tenant_id"]))
            reply = asking.really_suspend(heard, tenant, heard.text)
            questions.end(question.id, "Answered.")
            return reply
        case "whose":
            return _whose(heard, question)
        case "sreject":
            done = sender_acts.reject(heard, str(question.args["public_id"]), heard.text)
            questions.end(question.id, done.text)
            return done
        case _:
            done = acts.carry_out(heard, question.act, question.args, question.id, heard.text)
            questions.end(question.id, done.text)
            return done


def _whose(heard: Heard, question: Question) -> Reply:
    """Read whose a payment is, and ask again before it is given away: numbers are mistyped."""
    payment = Payment.get_by_id(str(question.args["receipt"]))
    try:
        tenant = _business(heard.text)
    except NotFound:
        return Reply("There is no business with that number. Reply once more, or leave it.")
    questions.end(question.id, "Answered.")
    if payment.status != PaymentStatus.SUSPENSE.value:
        return Reply("Nothing was changed: it has an owner already.")
    return asking.really_assign(heard, payment, tenant)


def _business(typed: str) -> Tenant:
    """Find a business by its number or its paybill account. Raises: NotFound."""
    tenant_id = c2b.tenant_of(typed)
    return rows.get(tenant_id) if tenant_id is not None else acts.tenant_of(typed)
