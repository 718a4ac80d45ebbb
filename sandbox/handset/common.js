// What every part of the page needs.

export const at = (id) => document.getElementById(id);

export function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

export async function ask(path, body, signal) {
  const sent = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const reply = await fetch(path, { ...sent, signal });
  const answer = await reply.json();
  if (!reply.ok) {
    throw Object.assign(new Error(answer.detail || `Status ${reply.status}`), answer);
  }
  return answer;
}

export function tell(id, words, bad = false) {
  at(id).textContent = words;
  at(id).classList.toggle("bad", bad);
}

export function normal(text) {
  const digits = text.replace(/\D/g, "");
  if (/^0[17]\d{8}$/.test(digits)) return "254" + digits.slice(1);
  return /^[17]\d{8}$/.test(digits) ? "254" + digits : digits;
}

export const local = (number) => /^254\d{9}$/.test(number)
  ? `0${number.slice(3, 6)} ${number.slice(6, 9)} ${number.slice(9)}` : number;

export const shillings = (amount) => `KES ${Number(amount).toLocaleString("en-KE")}`;

export const hour = (iso, seconds) => new Date(iso).toLocaleTimeString("en-KE", {
  timeZone: "Africa/Nairobi", hour: "2-digit", minute: "2-digit", hour12: false,
  ...(seconds ? { second: "2-digit" } : {}),
});

export const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

export function remembered(name, otherwise) {
  try { return localStorage.getItem(name) || otherwise; } catch { return otherwise; }
}

export function remember(name, value) {
  try { localStorage.setItem(name, value); } catch { /* a private window */ }
}

// Keep a list on the page equal to a list of data, moving and making as little as possible.
export function sync(list, rows, key, draw) {
  const there = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const keys = new Set(rows.map((row) => String(key(row))));
  for (const [old, item] of there) if (!keys.has(old)) item.remove();
  rows.forEach((row, place) => {
    const name = String(key(row));
    const item = there.get(name) || draw(row);
    item.dataset.key = name;
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] || null);
  });
}

export const isLow = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 80;
