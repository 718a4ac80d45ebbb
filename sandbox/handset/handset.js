// The page shows what the sandbox holds and nothing it remembers itself, save the texts just typed.

import { Chat, item, oddThings } from "./chat.js";
import { ask, at, make, remember, remembered } from "./common.js";
import { showFaults, startFaults } from "./faults.js";
import { showLog, showTotals, startLog } from "./log.js";
import { phone, setCode, showPhone, startPhone } from "./phone.js";

const POLL_MS = 1000;
const NAMES = ["Asha", "Juma", "Wanjiru", "Otieno", "Fatuma", "Kiprop", "Mumbi", "Barasa", "Zawadi", "Njoroge"];

let looking = false;

async function look() {
  if (looking) return;
  looking = true;
  try {
    const [mine, all, table] = await Promise.all([
      ask(`/state?to=${phone() || 0}&limit=60&messages=false`),
      ask("/state?limit=40&messages=false"), ask("/faults")]);
    showPhone(mine, all);
    showLog(all);
    showTotals(all);
    showFaults(table);
    watchOps(all.telegram);
    const { updates, webhook } = all.telegram;
    for (const chat of [bot, ops]) chat.running(updates.polled || webhook.set);
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

// The bot, as the owner of the phone

const bot = new Chat(at("bot"), {
  name: "the bot",
  empty: "What can this bot do? Press Start to find out.",
  onNews: () => unread("bot"),
  menu: (chat) => [
    item("Share my contact", () => chat.act("contact")),
    item("Share somebody else's contact", () => chat.act("contact", { phone: "0700000099", name: "Rafiki" })),
    ...oddThings(chat),
    language(chat),
    item("Block or unblock the bot", () => chat.act("block", { blocked: !chat.info?.blocked })),
    item("Delete this chat", () => chat.act("clear")),
  ],
});

function language(chat) {
  const select = make("select", {
    onchange: () => chat.act("people", { id: chat.me, language_code: select.value }),
  }, ...[["en", "English"], ["sw", "Kiswahili"], ["", "Not told"]].map(([value, textContent]) =>
    make("option", { value, textContent })));
  return make("label", { className: "menu-field" }, "Telegram in ", select);
}

async function meet(number) {
  try {
    const { people } = await ask("/telegram/people");
    const known = people.find((person) => person.phone === number);
    const first = NAMES[Number(number.slice(-1)) || 0];
    const person = known || await ask("/telegram/people", { phone: number, first_name: first });
    bot.open(person.id, person.id);
  } catch { /* asked again when the sandbox answers */ }
}

bot.onLost = () => meet(phone());

// The operators, as one of them

const ops = new Chat(at("ops"), {
  name: "the operators",
  empty: "Cards for new tenants, alerts and the daily digest arrive here.",
  onNews: () => unread("ops"),
  menu: (chat) => {
    const hidden = make("input", { type: "checkbox", onchange: () => { chat.isAnonymous = hidden.checked; } });
    const select = make("select", { id: "admin", onchange: () => chat.open(Number(select.value), chat.id) });
    return [
      make("label", { className: "menu-field" }, "Write as ", select),
      make("label", { className: "menu-field" }, hidden, " Write anonymously"),
    ];
  },
});

function watchOps(telegram) {
  const group = telegram.chats.find((chat) => chat.type !== "private" && !chat.migrated_to);
  const leads = (one) => ["creator", "administrator"].includes(group?.members[one.id]);
  const admins = telegram.people.filter(leads);
  if (!group || !admins.length) return;
  const select = at("admin");
  if (select.dataset.ids !== admins.map((one) => one.id).join()) {
    select.dataset.ids = admins.map((one) => one.id).join();
    select.replaceChildren(...admins.map((one) => make("option", { value: one.id, textContent: one.name })));
  }
  if (ops.id !== group.id) ops.open(admins[0].id, group.id);
}

// Tabs, where the page is narrow

function unread(part) {
  if (document.body.dataset.part !== part) tab(part).classList.add("news");
}

const tab = (part) => at("tabs").querySelector(`[data-part="${part}"]`);

function turnTo(part) {
  if (!tab(part)) return;
  document.body.dataset.part = part;
  remember("part", part);
  for (const one of at("tabs").children) one.removeAttribute("aria-current");
  tab(part).setAttribute("aria-current", "true");
  tab(part).classList.remove("news");
  for (const chat of [bot, ops]) chat.list.scrollTop = chat.list.scrollHeight;
}

at("tabs").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) turnTo(button.dataset.part);
});

turnTo(remembered("part", "phone"));
startFaults();
startLog(phone, look);
startPhone(meet, look);
ask("/ussd/sessions?phone=0").then(({ code }) => setCode(code), () => null);
setInterval(look, POLL_MS);
