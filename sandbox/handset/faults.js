// What goes wrong: a few familiar switches by hand, and all of them in a list.

import { ask, at, make, tell } from "./common.js";

const FAMILIAR = {
  "Texts": [
    ["Gateway down", "onfon", "down", true],
    ["Answer lost", "onfon", "drop", { next: 1 }],
    ["Sender ID refused", "onfon", "refused_row", true],
    ["Not delivered", "onfon", "dlr_failed", true],
    ["No report", "onfon", "dlr_none", true],
  ],
  "M-Pesa": [
    ["Down", "daraja", "down", true],
    ["Push answer lost", "daraja", "drop", { next: 1 }],
    ["Late callback", "daraja", "late_success", true],
    ["Three callbacks", "daraja", "duplicate", true],
    ["No callback", "daraja", "silent", true],
    ["Wrong amount", "daraja", "wrong_amount", { next: 1 }],
  ],
  "USSD": [
    ["Every hop twice", "ussd", "repeat", true],
    ["Hop answered, not shown", "ussd", "lost", { next: 1 }],
    ["Hop never arrives", "ussd", "not_posted", { next: 1 }],
    ["Slow", "ussd", "slow", true],
  ],
  "Telegram": [
    ["Down", "telegram", "down", true],
    ["Slow", "telegram", "slow", true],
    ["429", "telegram", "http_429", { next: 1 }],
    ["Sent, but times out", "telegram", "hang", { next: 1 }],
    ["Update twice", "telegram", "update_duplicate", true],
    ["Second poller", "telegram", "conflict", { next: 1 }],
  ],
};
const NAMES = { onfon: "Onfon", daraja: "Daraja and M-Pesa", ussd: "USSD", telegram: "Telegram" };

let faults = null;

const isSet = (group, name) => faults && faults[group][name].value !== faults[group][name].default;

async function turn(change) {
  try {
    faults = await ask("/faults", change);
    tell("faults-result", "");
  } catch (error) {
    tell("faults-result", error.message, true);
  }
  show();
}

function chip([label, group, name, on]) {
  const made = make("button", {
    type: "button",
    textContent: typeof on === "object" ? `${label}, once` : label,
    onclick: () => turn({ [group]: { [name]: isSet(group, name) ? false : on } }),
  });
  made.title = faults[group][name].sentence;
  made.dataset.fault = `${group}.${name}`;
  return make("li", {}, made);
}

function buildChips() {
  at("chips").replaceChildren(...Object.entries(FAMILIAR).map(([title, rows]) =>
    make("div", { className: "chip-row" }, make("h3", { textContent: title }),
      make("ul", { className: "chips" }, ...rows.map(chip)))));
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
  const groups = Object.keys(NAMES).flatMap((group) => [
    make("h3", { textContent: NAMES[group] }),
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

function show() {
  if (!faults) return;
  for (const one of at("chips").querySelectorAll("button")) {
    one.setAttribute("aria-pressed", String(isSet(...one.dataset.fault.split("."))));
  }
  for (const row of at("switches").querySelectorAll(".switch")) {
    const [group, name] = row.dataset.fault.split(".");
    row.classList.toggle("set", isSet(group, name));
    const field = row.querySelector("input, select");
    if (field !== document.activeElement) position(field, faults[group][name]);
  }
}

export function showFaults(table) {
  faults = table;
  if (!at("chips").children.length) { buildChips(); buildSwitches(); }
  show();
}

export function startFaults() {
  at("faults-reset").addEventListener("click", () => turn({ reset: true }));
  at("find").addEventListener("input", () => {
    const wanted = at("find").value.trim().toLowerCase();
    for (const row of at("switches").querySelectorAll(".switch")) {
      row.hidden = !row.dataset.words.includes(wanted);
    }
  });
}
