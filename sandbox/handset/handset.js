"use strict";

// The page shows what /state says and nothing it remembers itself, save the replies just typed.

const POLL_MS = 1000;
const SHORT_CODE = "20880";

const FAMILIAR = [
  ["Gateway down", "onfon", "down", true],
  ["SMS answer lost", "onfon", "drop", { next: 1 }],
  ["Sender ID refused", "onfon", "refused_row", true],
  ["Text not delivered", "onfon", "dlr_failed", true],
  ["No delivery report", "onfon", "dlr_none", true],
  ["M-Pesa down", "daraja", "down", true],
  ["Push answer lost", "daraja", "drop", { next: 1 }],
  ["Late M-Pesa callback", "daraja", "late_success", true],
  ["Three M-Pesa callbacks", "daraja", "duplicate", true],
  ["No M-Pesa callback", "daraja", "silent", true],
  ["Wrong amount paid", "daraja", "wrong_amount", { next: 1 }],
];

const at = (id) => document.getElementById(id);
let phone = normal(readKept() || "0712345678");
let openPrompt = null;
let replies = [];
let faults = null;

function readKept() {
  try { return localStorage.getItem("phone"); } catch { return null; }
}

function keep() {
  try { localStorage.setItem("phone", phone); } catch { /* a private window */ }
}

function normal(text) {
  const digits = text.replace(/\D/g, "");
  if (/^0[17]\d{8}$/.test(digits)) return "254" + digits.slice(1);
  return /^[17]\d{8}$/.test(digits) ? "254" + digits : digits;
}

const local = (number) => /^254\d{9}$/.test(number)
  ? `0${number.slice(3, 6)} ${number.slice(6, 9)} ${number.slice(9)}` : number;
const shillings = (amount) => `KES ${Number(amount).toLocaleString("en-KE")}`;
const hour = (iso, seconds) => new Date(iso).toLocaleTimeString("en-KE", {
  timeZone: "Africa/Nairobi", hour: "2-digit", minute: "2-digit", hour12: false,
  ...(seconds ? { second: "2-digit" } : {}),
});

function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

async function ask(path, body) {
  const sent = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const reply = await fetch(path, sent);
  const answer = await reply.json();
  if (!reply.ok) throw new Error(answer.detail || `Status ${reply.status}`);
  return answer;
}

function tell(id, words, bad = false) {
  at(id).textContent = words;
  at(id).classList.toggle("bad", bad);
}

// The phone

function showMessages(state) {
  const received = state.texts
    .filter((text) => text.status === "delivered")
    .map((text) => ({ key: text.id, from: text.from, words: text.text, at: text.at, kind: "" }));
  const paid = state.payments.map((payment) => ({
    key: payment.receipt, from: "M-PESA", kind: "money", at: payment.at,
    words: `${payment.receipt} Confirmed. ${shillings(payment.amount)} sent to TUMA` +
      (payment.account ? ` for account ${payment.account}.` : "."),
  }));
  const own = replies.filter((reply) => reply.phone === phone);
  const messages = [...received, ...paid, ...own].sort((a, b) => a.at.localeCompare(b.at));
  const list = at("texts");
  const low = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const there = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const keys = new Set(messages.map((message) => message.key));
  for (const [key, item] of there) if (!keys.has(key)) item.remove();
  messages.forEach((message, place) => {
    const item = there.get(message.key) || bubble(message);
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] || null);
  });
  if (low) list.scrollTop = list.scrollHeight;
  at("empty").hidden = messages.length > 0;
}

function bubble(message) {
  const head = make("div", { className: "from" }, make("span", { textContent: message.from }),
    make("time", { dateTime: message.at, textContent: hour(message.at) }));
  const item = make("li", { className: message.kind }, head,
    make("p", { textContent: message.words }));
  item.dataset.key = message.key;
  return item;
}

function showPrompt(prompts) {
  const prompt = prompts.find((one) => one.status === "open") || null;
  const isNew = prompt && prompt.checkout_request_id !== openPrompt?.checkout_request_id;
  openPrompt = prompt;
  at("prompt").hidden = !prompt;
  if (!isNew) return;
  at("prompt-text").textContent =
    `Do you want to pay ${shillings(prompt.amount)} to TUMA, account no. ${prompt.reference}?`;
  at("pin").value = "";
  const busy = document.activeElement?.closest("input, select, textarea");
  if (!busy || at("prompt").contains(busy)) at("pin").focus({ preventScroll: true });
}

async function answerPrompt(pin) {
  const prompt = openPrompt;
  if (!prompt) return;
  at("prompt").hidden = true;
  try {
    await ask("/mpesa/pin", {
      phone, pin, checkout_request_id: prompt.checkout_request_id,
    });
  } catch (error) {
    tell("paybill-result", error.message, true);
  }
  await look();
}

function showElsewhere(state) {
  const others = [...new Set(state.prompts
    .filter((prompt) => prompt.status === "open" && prompt.phone !== phone)
    .map((prompt) => prompt.phone))];
  const hint = at("elsewhere");
  hint.hidden = others.length === 0;
  if (hint.dataset.numbers === others.join()) return;
  hint.dataset.numbers = others.join();
  hint.replaceChildren("An M-Pesa prompt waits on ", ...others.slice(0, 3).map((number) =>
    make("button", { type: "button", textContent: local(number), onclick: () => use(number) })));
}

function showNumbers(state) {
  const seen = [...new Set([...state.texts.map((text) => text.to),
    ...state.prompts.map((prompt) => prompt.phone),
    ...state.payments.map((payment) => payment.phone)])].slice(-50);
  if (at("numbers").dataset.seen === seen.join()) return;
  at("numbers").dataset.seen = seen.join();
  at("numbers").replaceChildren(...seen.map((number) => make("option", { value: local(number) })));
}

function use(number) {
  phone = normal(number);
  keep();
  at("number").value = local(phone);
  at("shown-number").textContent = local(phone);
  at("texts").replaceChildren();
  openPrompt = null;
  look();
}

// What happened

const CALLED = {
  dlr: "Delivery report", mo: "Inbound text", stk: "STK callback",
  c2b_validation: "C2B validation", c2b_confirmation: "C2B confirmation",
  result: "Result", result_timeout: "Time-out notice",
};

function showActivity(state) {
  const rows = [
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
      `${made.about} to ${made.url}`, made.status ? `${made.status}, ${made.ms} ms` : made.error,
      !(made.status >= 200 && made.status < 300)]),
  ];
  rows.sort((a, b) => b[0].localeCompare(a[0]));
  const shown = rows.slice(0, 60);
  const mark = JSON.stringify(shown);
  if (at("activity").dataset.mark === mark) return;
  at("activity").dataset.mark = mark;
  at("activity").replaceChildren(...shown.map(([when, what, details, outcome, bad]) =>
    make("tr", {}, make("td", { textContent: hour(when, true) }), make("td", { textContent: what }),
      make("td", { textContent: details }),
      make("td", { textContent: outcome, className: bad ? "bad" : "" }))));
}

function showTotals(state) {
  const { texts, segments, payments, money_received: money, misflagged } = state.totals;
  const pairs = [[texts, "texts"], [segments, "segments"], [payments, "payments"],
    [shillings(money), "received"], [state.credits.toLocaleString("en-KE"), "SMS credits"]];
  if (misflagged) pairs.push([misflagged, "with a wrong IsUnicode"]);
  at("totals").replaceChildren(...pairs.flatMap(([amount, what], place) =>
    [place ? " · " : "", make("b", { textContent: amount }), ` ${what}`]));
}

// Faults

const isSet = (group, name) => faults && faults[group][name].value !== faults[group][name].default;

async function turn(change) {
  try {
    faults = await ask("/faults", change);
    tell("faults-result", "");
  } catch (error) {
    tell("faults-result", error.message, true);
  }
  showFaults();
}

function showChips() {
  at("chips").replaceChildren(...FAMILIAR.map(([label, group, name, on]) => {
    const chip = make("button", {
      type: "button",
      textContent: typeof on === "object" ? `${label}, once` : label,
      onclick: () => turn({ [group]: { [name]: isSet(group, name) ? false : on } }),
    });
    chip.title = faults[group][name].sentence;
    chip.dataset.fault = `${group}.${name}`;
    return make("li", {}, chip);
  }));
}

function control(group, name, fault) {
  const id = `${group}-${name}`;
  const change = (value) => turn({ [group]: { [name]: value } });
  if (fault.kind === "flag") {
    return make("input", { id, type: "checkbox", onchange: (event) => change(event.target.checked) });
  }
  if (fault.kind === "number") {
    return make("input", {
      id, type: "number", min: 0, step: "any", onchange: (event) => change(Number(event.target.value)),
    });
  }
  const options = fault.kind === "choice" ? fault.choices.map((word) => [word, word])
    : [["false", "Off"], ["next", "Next time"], ["0.1", "1 in 10"], ["0.5", "Half"], ["true", "Always"]];
  const wanted = (value) => fault.kind === "choice" ? value
    : value === "next" ? { next: 1 } : JSON.parse(value);
  return make("select", { id, onchange: (event) => change(wanted(event.target.value)) },
    ...options.map(([value, text]) => make("option", { value, textContent: text })));
}

function buildSwitches() {
  const groups = ["onfon", "daraja"].flatMap((group) => [
    make("h3", { textContent: group === "onfon" ? "Onfon" : "Daraja and M-Pesa" }),
    ...Object.entries(faults[group]).map(([name, fault]) => {
      const label = make("label", { htmlFor: `${group}-${name}` }, fault.sentence, document.createElement("br"),
        make("code", { textContent: `${group}.${name}` }));
      const row = make("div", { className: "switch" }, label, control(group, name, fault));
      row.dataset.fault = `${group}.${name}`;
      row.dataset.words = `${group} ${name} ${fault.sentence}`.toLowerCase();
      return row;
    }),
  ]);
  at("switches").replaceChildren(...groups);
}

function position(field, fault) {
  if (field.type === "checkbox") field.checked = fault.value;
  else if (fault.kind !== "fault") field.value = fault.value;
  else {
    const value = typeof fault.value === "object" ? "next" : String(fault.value);
    if (![...field.options].some((option) => option.value === value)) {
      field.append(make("option", { value, textContent: value }));
    }
    field.value = value;
  }
}

function showFaults() {
  for (const chip of at("chips").querySelectorAll("button")) {
    chip.setAttribute("aria-pressed", String(isSet(...chip.dataset.fault.split("."))));
  }
  for (const row of at("switches").querySelectorAll(".switch")) {
    const [group, name] = row.dataset.fault.split(".");
    row.classList.toggle("set", isSet(group, name));
    const field = row.querySelector("input, select");
    if (field !== document.activeElement) position(field, faults[group][name]);
  }
}

// Looking once a second

let looking = false;

async function look() {
  if (looking) return;
  looking = true;
  try {
    const [mine, all, table] = await Promise.all([
      ask(`/state?to=${phone || 0}&limit=60`), ask("/state?limit=40"), ask("/faults")]);
    faults = table;
    if (!at("chips").children.length) { showChips(); buildSwitches(); }
    showMessages(mine);
    showPrompt(mine.prompts);
    showElsewhere(all);
    showNumbers(all);
    showActivity(all);
    showTotals(all);
    showFaults();
    at("clock").textContent = hour(all.now);
    online(true);
  } catch {
    online(false);
  } finally {
    looking = false;
  }
}

function online(yes) {
  const words = yes ? "Live" : "The sandbox does not answer";
  if (at("link").textContent !== words) at("link").textContent = words;
  at("link").classList.toggle("off", !yes);
}

// What people do

at("number-form").addEventListener("submit", (event) => {
  event.preventDefault();
  use(at("number").value);
});
at("number").addEventListener("change", () => use(at("number").value));
at("number").addEventListener("focus", () => at("number").select());

at("prompt").addEventListener("submit", (event) => {
  event.preventDefault();
  answerPrompt(at("pin").value);
});
at("prompt-cancel").addEventListener("click", () => answerPrompt("cancel"));
at("prompt-ignore").addEventListener("click", () => answerPrompt("timeout"));
at("prompt").addEventListener("keydown", (event) => {
  if (event.key === "Escape") answerPrompt("cancel");
});

at("paybill-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  tell("paybill-result", "Paying…");
  try {
    const answer = await ask("/mpesa/paybill", {
      phone, account: at("account").value, amount: at("amount").value,
    });
    tell("paybill-result", answer.message, answer.status !== "completed");
  } catch (error) {
    tell("paybill-result", error.message, true);
  }
  look();
});

at("reply-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = at("reply-text").value.trim();
  if (!words) return;
  at("reply-text").value = "";
  replies.push({
    key: `own-${Date.now()}`, phone, from: `You to ${SHORT_CODE}`, words, kind: "own",
    at: new Date().toISOString(),
  });
  await ask("/onfon/inbound", { from: phone, to: SHORT_CODE, text: words }).catch(() => null);
  look();
});

at("faults-reset").addEventListener("click", () => turn({ reset: true }));
at("find").addEventListener("input", () => {
  const wanted = at("find").value.trim().toLowerCase();
  for (const row of at("switches").querySelectorAll(".switch")) {
    row.hidden = !row.dataset.words.includes(wanted);
  }
});

use(phone);
setInterval(look, POLL_MS);
