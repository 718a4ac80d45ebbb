// The phone: its inbox, its keypad, USSD and the M-Pesa prompt.

import { ask, at, hour, isLow, local, make, normal, remember, remembered, shillings, sync, tell }
  from "./common.js";

const KEYS = [["1", ""], ["2", "abc"], ["3", "def"], ["4", "ghi"], ["5", "jkl"], ["6", "mno"],
  ["7", "pqrs"], ["8", "tuv"], ["9", "wxyz"], ["*", ""], ["0", "+"], ["#", ""]];

let number = normal(remembered("phone", "0712345678"));
let openPrompt = null;
let replies = [];
let session = null;
let isRunning = false;
let closed = "";
let serviceCode = "*384*1234#";
let shortCode = "";
let changed = () => {};
let refresh = () => {};

export const phone = () => number;

// The inbox

function showMessages(state) {
  const received = state.texts
    .filter((text) => text.status === "delivered")
    .map((text) => ({ key: text.id, from: text.from, words: text.text, at: text.at, kind: "" }));
  const paid = state.payments.map((payment) => ({
    key: payment.receipt, from: "M-PESA", kind: "money", at: payment.at,
    words: `${payment.receipt} Confirmed. ${shillings(payment.amount)} sent to TUMA` +
      (payment.account ? ` for account ${payment.account}.` : "."),
  }));
  const own = replies.filter((reply) => reply.phone === number);
  const messages = [...received, ...paid, ...own].sort((a, b) => a.at.localeCompare(b.at));
  const list = at("texts");
  const low = isLow(list);
  sync(list, messages, (message) => message.key, bubble);
  if (low) list.scrollTop = list.scrollHeight;
  at("empty").hidden = messages.length > 0;
}

function bubble(message) {
  const head = make("div", { className: "from" }, make("span", { textContent: message.from }),
    make("time", { dateTime: message.at, textContent: hour(message.at) }));
  const item = make("li", { className: message.kind }, head,
    make("p", { textContent: message.words }));
  // A name takes no answers, so they go to the short code.
  if (!message.kind) {
    const answer = make("button", { type: "button", className: "answer", textContent: "Answer",
      onclick: () => write() });
    answer.setAttribute("aria-label", `Answer ${message.from}`);
    item.append(answer);
  }
  return item;
}

function write(isShown = true) {
  at("reply-form").hidden = !isShown;
  at("write").setAttribute("aria-expanded", String(isShown));
  if (isShown) at("reply-text").focus({ preventScroll: true });
}

// What lies under a dialog cannot be reached.
function cover() {
  const covered = !at("ussd").hidden || !at("prompt").hidden;
  for (const under of document.querySelectorAll(".screen > :not(.dialog)")) under.inert = covered;
}

// M-Pesa

function showPrompt(prompts) {
  const prompt = prompts.find((one) => one.status === "open") || null;
  const isNew = prompt && prompt.checkout_request_id !== openPrompt?.checkout_request_id;
  openPrompt = prompt;
  at("prompt").hidden = !prompt;
  cover();
  if (!isNew) return;
  at("prompt-text").textContent =
    `Do you want to pay ${shillings(prompt.amount)} to TUMA, account no. ${prompt.reference}?`;
  at("pin").value = "";
  // Not from under the fingers of somebody who writes elsewhere on the page.
  const busy = document.activeElement?.closest("input, select, textarea");
  if (!busy || busy.closest(".screen")) at("pin").focus({ preventScroll: true });
}

async function answerPrompt(pin) {
  const prompt = openPrompt;
  if (!prompt) return;
  at("prompt").hidden = true;
  cover();
  try {
    await ask("/mpesa/pin", {
      phone: number, pin, checkout_request_id: prompt.checkout_request_id,
    });
  } catch (error) {
    tell("line", error.message, true);
  }
  refresh();
}

// USSD

function showSession() {
  const shown = Boolean(isRunning || (session && session.session !== closed));
  const isOpen = Boolean(session?.more);
  at("ussd").hidden = !shown;
  at("ussd-running").hidden = !isRunning;
  at("ussd-text").hidden = isRunning;
  at("ussd-input").hidden = isRunning || !isOpen;
  at("ussd-cancel").hidden = !isRunning && !isOpen;
  at("ussd-send").hidden = isRunning;
  at("ussd-send").textContent = isOpen ? "Send" : "OK";
  cover();
  at("line-drop").disabled = !isOpen;
  at("line-repeat").disabled = !session?.hops?.length;
}

function showScreen(answer) {
  session = { ...answer, session: answer.session || `invalid-${Date.now()}` };
  if (at("ussd-text").textContent !== answer.text) at("ussd-text").textContent = answer.text;
  at("ussd-input").value = "";
  showSession();
  describe(session);
  (session.more ? at("ussd-input") : at("ussd-send")).focus({ preventScroll: true });
}

const STATES = {
  ended: "ended", dropped: "dropped", timed_out: "timed out",
  failed: "failed", invalid: "nobody answers this code",
};

function describe(one) {
  const hops = one.hops?.length || 0;
  const parts = [`Hop ${hops}`, `${one.units} of 156 units`, `${one.ms} ms`];
  if (one.cut) parts.push(`${one.cut} characters cut off`);
  if (!one.more) parts.push(STATES[one.state] || one.state);
  const words = hops ? parts.join(" · ") : STATES[one.state] || "";
  tell("line", one.error || words, Boolean(one.error || one.cut || one.units > 156));
}

async function run(path, body) {
  isRunning = true;
  closed = "";
  showSession();
  try {
    const answer = await ask(path, { phone: number, ...body });
    isRunning = false;
    showScreen(answer);
  } catch (error) {
    isRunning = false;
    session = error.error === "no_session" ? null : session;
    showSession();
    tell("line", error.message, true);
  }
  refresh();
}

function close() {
  closed = session?.session || "";
  showSession();
  at("dial").focus({ preventScroll: true });
}

async function hangUp() {
  if (!session?.more) { close(); return; }
  try {
    const answer = await ask("/ussd/drop", { phone: number });
    session = { ...session, ...answer, more: false };
  } catch { session = null; }
  close();
  if (session) describe(session);
}

// A session may have been begun, ended or timed out from elsewhere.
function follow(sessions) {
  if (isRunning) return;
  const last = sessions.at(-1);
  if (!last) {
    if (session && !session.session.startsWith("invalid")) { session = null; showSession(); }
    return;
  }
  if (last.session === session?.session) {
    if (last.state !== session.state && session.more) {
      session = { ...session, ...last };
      showSession();
      describe(session);
    }
  } else if (last.more && !session?.more) {
    closed = "";
    showScreen(last);
  }
}

// Keys

function field() {
  if (!at("prompt").hidden) return at("pin");
  if (!at("ussd").hidden) return at("ussd-input").hidden ? null : at("ussd-input");
  return at("dial");
}

function press(key) {
  const target = field();
  if (key === "call") {
    if (!at("prompt").hidden) at("prompt").requestSubmit();
    else if (!at("ussd").hidden) at("ussd").requestSubmit();
    else at("dial-form").requestSubmit();
  } else if (key === "end") {
    if (!at("prompt").hidden) answerPrompt("cancel");
    else if (!at("ussd").hidden) hangUp();
    else at("dial").value = "";
  } else if (target) {
    target.value = key === "erase" ? target.value.slice(0, -1) : target.value + key;
  }
}

function buildKeys() {
  at("keys").append(...KEYS.map(([key, letters]) => {
    const label = { "*": "star", "#": "hash" }[key] || key;
    const button = make("button", { type: "button" }, make("b", { textContent: key }),
      make("small", { textContent: letters }));
    button.dataset.key = key;
    button.setAttribute("aria-label", label);
    return button;
  }));
  at("keys").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    press(button.dataset.key);
    // Whoever clicks with a mouse may go on with the keyboard; a touch would only raise one.
    if (event.detail && matchMedia("(pointer: fine)").matches) field()?.focus({ preventScroll: true });
  });
}

// Which phone

function showElsewhere(state) {
  const others = [...new Set(state.prompts
    .filter((prompt) => prompt.status === "open" && prompt.phone !== number)
    .map((prompt) => prompt.phone))];
  const hint = at("elsewhere");
  hint.hidden = others.length === 0;
  if (hint.dataset.numbers === others.join()) return;
  hint.dataset.numbers = others.join();
  hint.replaceChildren("An M-Pesa prompt waits on ", ...others.slice(0, 3).map((other) =>
    make("button", { type: "button", className: "small", textContent: local(other),
      onclick: () => use(other) })));
}

function showNumbers(state) {
  const seen = [...new Set([...state.texts.map((text) => text.to),
    ...state.prompts.map((prompt) => prompt.phone),
    ...state.ussd.map((one) => one.phone),
    ...state.telegram.people.map((person) => person.phone).filter(Boolean)])].slice(-50);
  if (at("numbers").dataset.seen === seen.join()) return;
  at("numbers").dataset.seen = seen.join();
  at("numbers").replaceChildren(...seen.map((one) => make("option", { value: local(one) })));
}

function use(given) {
  number = normal(given) || number;
  remember("phone", number);
  at("number").value = local(number);
  at("shown-number").textContent = local(number);
  at("texts").replaceChildren();
  openPrompt = null;
  session = null;
  closed = "";
  showSession();
  changed(number);
  refresh();
}

export function showPhone(mine, all) {
  showMessages(mine);
  showPrompt(mine.prompts);
  follow(mine.ussd);
  showElsewhere(all);
  showNumbers(all);
  at("clock").textContent = hour(all.now);
  if (shortCode !== all.shortcode) {
    shortCode = all.shortcode;
    at("reply-text").placeholder = `Text to ${shortCode}`;
  }
}

export function setCode(code) {
  serviceCode = code;
  at("dial").placeholder = code;
  if (!at("dial").value) at("dial").value = code;
  if (at("line").textContent.startsWith("Dial ")) tell("line", `Dial ${code} to begin.`);
}

export function startPhone(onNumber, onAct) {
  changed = onNumber;
  refresh = onAct;
  buildKeys();
  at("number-form").addEventListener("submit", (event) => {
    event.preventDefault();
    use(at("number").value);
  });
  at("number").addEventListener("change", () => use(at("number").value));
  at("number").addEventListener("focus", () => at("number").select());
  at("dial-form").addEventListener("submit", (event) => {
    event.preventDefault();
    run("/ussd/dial", { code: at("dial").value.trim() || serviceCode });
  });
  at("ussd").addEventListener("submit", (event) => {
    event.preventDefault();
    if (session?.more) run("/ussd/input", { text: at("ussd-input").value });
    else close();
  });
  at("ussd-cancel").addEventListener("click", hangUp);
  at("ussd").addEventListener("keydown", (event) => { if (event.key === "Escape") hangUp(); });
  at("line-drop").addEventListener("click", hangUp);
  at("line-repeat").addEventListener("click", async () => {
    try {
      const answer = await ask("/ussd/repeat", { phone: number });
      tell("line", answer.same ? "The same hop got the same answer."
        : `The same hop got another answer: ${answer.text}`, !answer.same);
    } catch (error) {
      tell("line", error.message, true);
    }
  });
  at("prompt").addEventListener("submit", (event) => {
    event.preventDefault();
    answerPrompt(at("pin").value);
  });
  at("prompt-cancel").addEventListener("click", () => answerPrompt("cancel"));
  at("prompt-ignore").addEventListener("click", () => answerPrompt("timeout"));
  at("prompt").addEventListener("keydown", (event) => {
    if (event.key === "Escape") answerPrompt("cancel");
  });
  at("write").addEventListener("click", () => {
    write(at("reply-form").hidden);
  });
  at("reply-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = at("reply-text").value.trim();
    if (!words) return;
    at("reply-text").value = "";
    replies.push({
      key: `own-${Date.now()}`, phone: number, from: `You to ${shortCode}`, words, kind: "own",
      at: new Date().toISOString(),
    });
    await ask("/onfon/inbound", { from: number, to: shortCode, text: words }).catch(() => null);
    refresh();
  });
  use(number);
}
