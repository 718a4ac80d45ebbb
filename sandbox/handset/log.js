// What happened, newest first, and paying the paybill.

import { ask, at, hour, local, make, shillings, tell } from "./common.js";

const CALLED = {
  dlr: "Delivery report", mo: "Inbound text", stk: "STK callback",
  c2b_validation: "C2B validation", c2b_confirmation: "C2B confirmation",
  result: "Result", result_timeout: "Time-out notice",
  ussd: "USSD hop", ussd_end: "USSD end", telegram: "Telegram update",
};

function rowsOf(state) {
  return [
    ...state.texts.map((text) => [text.at, "Text",
      `${text.from} to ${local(text.to)}: ${text.text.slice(0, 90)}`, text.status,
      text.status === "lost" || text.status === "undelivered"]),
    ...state.prompts.map((prompt) => [prompt.at, "M-Pesa prompt",
      `${shillings(prompt.amount)} on ${local(prompt.phone)}, ${prompt.reference}`,
      prompt.status.replace("_", " "), !["open", "paid"].includes(prompt.status)]),
    ...state.payments.map((payment) => [payment.at, "Payment",
      `${payment.receipt}: ${shillings(payment.amount)} from ${local(payment.phone)}`,
      payment.status, payment.status !== "completed"]),
    ...state.callbacks.map((made) => [made.at, CALLED[made.kind] || made.kind,
      `${made.about} to ${made.url.replace(/^https?:\/\/[^/]+/, "")}`, made.status ? `${made.status}, ${made.ms} ms` : made.error,
      !(made.status >= 200 && made.status < 300)]),
    ...state.telegram.calls.map((call) => [call.at, "Bot call",
      `${call.method}${call.chat_id ? ` in ${call.chat_id}` : ""}`, call.error || `${call.ms} ms`,
      Boolean(call.error)]),
  ];
}

export function showLog(state) {
  const rows = rowsOf(state).sort((a, b) => b[0].localeCompare(a[0])).slice(0, 60);
  const mark = JSON.stringify(rows);
  if (at("activity").dataset.mark === mark) return;
  at("activity").dataset.mark = mark;
  at("activity").replaceChildren(...rows.map(([when, what, details, outcome, bad]) =>
    make("li", {}, make("time", { dateTime: when, textContent: hour(when, true) }),
      make("b", { textContent: what }), make("span", { className: "details", textContent: details }),
      make("span", { className: bad ? "state bad" : "state", textContent: outcome }))));
}

export function showTotals(state) {
  const { texts, segments, payments, money_received: money, misflagged } = state.totals;
  const pairs = [[texts, "texts"], [segments, "segments"], [payments, "payments"],
    [shillings(money), "received"], [state.credits.toLocaleString("en-KE"), "SMS credits"]];
  if (misflagged) pairs.push([misflagged, "with a wrong IsUnicode"]);
  at("totals").replaceChildren(...pairs.flatMap(([amount, what], place) =>
    [place ? " · " : "", make("b", { textContent: amount }), ` ${what}`]));
}

export function startLog(phone, refresh) {
  at("paybill-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    tell("paybill-result", "Paying…");
    try {
      const answer = await ask("/mpesa/paybill", {
        phone: phone(), account: at("account").value, amount: at("amount").value,
      });
      tell("paybill-result", answer.message, answer.status !== "completed");
    } catch (error) {
      tell("paybill-result", error.message, true);
    }
    refresh();
  });
}
