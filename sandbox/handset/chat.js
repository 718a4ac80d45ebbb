// One Telegram chat, seen by one person; it waits for news at the server and draws what changed.

import { ask, at, hour, isLow, make, wait } from "./common.js";
import { rich } from "./richtext.js";

const WAIT_S = 20;
const PHOTO_TYPES = ["image/png", "image/jpeg", "image/gif"];
const TYPING_MS = 5000;
const UPLOAD_MAX = 50 * 1024 * 1024;

const ODD = [["Sticker", "sticker"], ["Voice message", "voice"], ["Location", "location"]];

export class Chat {
  constructor(root, { name, empty, menu, onNews }) {
    this.root = root;
    this.name = name;
    this.empty = empty;
    this.onNews = onNews || (() => {});
    this.isAnonymous = false;
    this.me = null;
    this.id = null;
    root.append(at("chat").content.cloneNode(true));
    this.find = (selector) => root.querySelector(selector);
    this.list = this.find(".messages");
    this.list.setAttribute("aria-label", `Messages, ${name}`);
    this.find(".compose").setAttribute("aria-label", `Write, ${name}`);
    this.find(".nothing").textContent = empty;
    this.find(".menu").append(...menu(this));
    this.listen();
  }

  // Whose eyes, and which chat; both are ids.
  open(me, id) {
    this.stop?.abort();
    this.stop = new AbortController();
    this.me = me;
    this.id = id;
    this.forget();
    this.follow(this.stop.signal);
  }

  forget() {
    this.since = 0;
    this.life = null;
    this.messages = new Map();
    this.list.replaceChildren();
    this.find(".nothing").hidden = false;
  }

  async follow(signal) {
    while (!signal.aborted) {
      try {
        const pause = this.life ? WAIT_S : 0;
        const news = await ask(
          `/telegram/chats/${this.id}?as=${this.me}&since=${this.since}&wait=${pause}`, undefined, signal);
        if (signal.aborted) return;
        if (this.life && news.life !== this.life) {
          this.forget();
          continue;
        }
        const isFirst = !this.life;
        this.life = news.life;
        this.since = news.version;
        this.draw(news, isFirst);
      } catch (error) {
        if (signal.aborted) return;
        if (error.error === "invalid") { this.onLost?.(); return; }
        await wait(1000);
      }
    }
  }

  // Drawing

  draw(news, isFirst) {
    const low = isFirst || isLow(this.list);
    let isNews = false;
    this.head(news);
    for (const number of news.deleted) {
      this.list.querySelector(`[data-key="${number}"]`)?.remove();
      this.messages.delete(number);
    }
    for (const message of news.messages) {
      const old = this.list.querySelector(`[data-key="${message.message_id}"]`);
      const item = this.bubble(message);
      if (old) exchange(old, item);
      else this.list.append(item);
      isNews ||= !old && !message.is_own;
      this.messages.set(message.message_id, message);
    }
    this.find(".nothing").hidden = this.list.children.length > 0;
    this.keys(news);
    this.commands(news.commands);
    this.pin(news.pinned.at(-1));
    // Only now: all of these change how much of the list is in sight.
    if (low) this.list.scrollTop = this.list.scrollHeight;
    if (isNews && !isFirst) this.onNews();
  }

  head(news) {
    const isGroup = news.type !== "private";
    this.info = news;
    this.find(".chat-name").textContent = news.title;
    this.find(".face").textContent = news.title.slice(0, 1);
    clearTimeout(this.typing);
    if (news.typing) {
      this.typing = setTimeout(() => { this.info.typing = false; this.state(); }, TYPING_MS);
    }
    this.state();
    const begin = this.find(".begin");
    begin.hidden = isGroup || (news.started && !news.blocked);
    begin.textContent = news.blocked ? "Restart" : "Start";
    this.find(".compose").hidden = !begin.hidden;
  }

  // The small line under the name. A bot that does not run answers nothing: better say so.
  state() {
    const { type, members = {}, blocked, typing } = this.info || {};
    const people = Object.values(members).filter((one) => !["left", "kicked"].includes(one));
    const still = type === "private" ? (blocked ? "blocked" : "bot") : `${people.length} members`;
    const words = typing ? "typing…" : this.isRunning === false ? `${still}, the bot is not running` : still;
    const line = this.find(".chat-state");
    if (line.textContent !== words) line.textContent = words;
    line.classList.toggle("typing", Boolean(typing));
  }

  running(yes) {
    this.isRunning = yes;
    if (this.info) this.state();
  }

  keys(news) {
    const keys = this.find(".reply-keys");
    const rows = news.reply_keyboard?.keyboard || [];
    if (!isNew(keys, rows)) return;
    keys.hidden = rows.length === 0;
    keys.replaceChildren(...rows.map((row) => make("div", { className: "row" },
      ...row.map((key) => make("button", {
        type: "button", textContent: key.text,
        onclick: () => this.act("press", { label: key.text }),
      })))));
  }

  commands(commands) {
    if (!isNew(this.find(".commands"), commands)) return;
    this.find(".slash").hidden = commands.length === 0;
    this.find(".commands").replaceChildren(...commands.map(({ command, description }) =>
      make("li", {}, make("button", {
        type: "button", onclick: () => { this.showCommands(false); this.say(`/${command}`); },
      }, make("b", { textContent: `/${command}` }), ` ${description}`))));
    if (commands.length === 0) this.showCommands(false);
  }

  showCommands(yes) {
    this.find(".commands").hidden = !yes;
    this.find(".slash").setAttribute("aria-expanded", String(yes));
  }

  pin(number) {
    const bar = this.find(".pinned");
    const message = this.messages.get(number);
    bar.hidden = !message;
    if (!message) return;
    bar.replaceChildren(make("b", { textContent: "Pinned" }), ` ${message.text.split("\n")[0].slice(0, 80)}`);
    bar.onclick = () => this.list.querySelector(`[data-key="${number}"]`)?.scrollIntoView({ block: "center" });
  }

  bubble(message) {
    if (message.other && SERVICE.some(([name]) => name in message.other)) return this.service(message);
    const body = make("div", { className: "bubble" });
    if (!message.is_own && this.info?.type !== "private") {
      body.append(make("div", { className: "sender", textContent: message.from.name }));
    }
    if (message.forwarded_from) {
      body.append(make("div", { className: "forwarded", textContent: `Forwarded from ${message.forwarded_from}` }));
    }
    const replied = this.messages.get(message.reply_to);
    if (replied) {
      body.append(make("div", { className: "quoted", textContent: replied.text.slice(0, 70) || "Message" }));
    }
    body.append(...this.media(message));
    if (message.text) {
      body.append(make("p", {}, rich(message.text, message.entities, (command) => this.say(command))));
    }
    body.append(this.foot(message));
    const item = make("li", { className: message.is_own ? "own" : "theirs" }, body);
    if (message.keyboard.length) item.append(this.buttons(message));
    item.dataset.key = message.message_id;
    return item;
  }

  service(message) {
    const [, words] = SERVICE.find(([name]) => name in message.other);
    const item = make("li", { className: "service" },
      make("span", { textContent: words(message.other, message.from.name) }));
    item.dataset.key = message.message_id;
    return item;
  }

  foot(message) {
    const foot = make("div", { className: "foot" });
    if (message.protected) foot.append(sign(LOCK, "Cannot be forwarded or saved"));
    if (message.silent) foot.append(sign(MUTED, "Without a sound"));
    if (message.edited) foot.append(make("span", { textContent: "edited" }));
    foot.append(make("time", { dateTime: message.at, textContent: hour(message.at) }));
    return foot;
  }

  media(message) {
    const parts = [];
    if (message.photo) {
      const picture = make("img", {
        src: message.photo.url, alt: message.text || "A picture", loading: "lazy",
        width: message.photo.width, height: message.photo.height,
      });
      const link = make("a", { className: "photo", href: message.photo.url, target: "_blank", rel: "noopener" }, picture);
      if (message.photo.spoiler) {
        link.classList.add("covered");
        link.addEventListener("click", (event) => {
          if (link.classList.contains("covered")) event.preventDefault();
          link.classList.remove("covered");
        });
      }
      parts.push(link);
    }
    if (message.document) {
      const { name, size, url } = message.document;
      parts.push(make("a", { className: "file", href: url, download: name },
        make("span", { className: "sheet", textContent: name.split(".").at(-1).slice(0, 4) }),
        make("span", {}, make("b", { textContent: name }), make("small", { textContent: weight(size) }))));
    }
    if (message.other?.contact) {
      const { first_name: first, last_name: last = "", phone_number: phone } = message.other.contact;
      parts.push(make("div", { className: "contact" }, make("span", { className: "face", textContent: first.slice(0, 1) }),
        make("span", {}, make("b", { textContent: `${first} ${last}`.trim() }), make("small", { textContent: phone }))));
    } else if (message.other) {
      parts.push(make("p", { className: "odd", textContent: Object.keys(message.other)[0].replace("_", " ") }));
    }
    return parts;
  }

  buttons(message) {
    return make("div", { className: "inline-keys" }, ...message.keyboard.map((row) =>
      make("div", { className: "row" }, ...row.map((button) => {
        const made = make("button", { type: "button", textContent: button.label, className: button.style || "" });
        made.addEventListener("click", () => this.press(message, button, made));
        return made;
      }))));
  }

  // Doing

  async act(door, body = {}) {
    try {
      return await ask(`/telegram/${door}`, { from: this.me, chat: this.id, ...body });
    } catch (error) {
      this.toast(error.message, true);
      return null;
    }
  }

  say(text) {
    this.list.scrollTop = this.list.scrollHeight;
    return this.act("say", { text, ...(this.isAnonymous ? { anonymous: true } : {}) });
  }

  async press(message, button, element) {
    if (button.url) { window.open(button.url, "_blank", "noopener"); return; }
    if (button.copy) {
      await navigator.clipboard?.writeText(button.copy).catch(() => null);
      this.toast("Copied");
      return;
    }
    element.classList.add("waiting");
    const done = await this.act("press", {
      message_id: message.message_id, data: button.data, wait: 12,
    });
    element.classList.remove("waiting");
    if (!done) return;
    if (!done.answer) this.toast("The bot did not answer the press.", true);
    else if (done.answer.text && done.answer.show_alert) this.alert(done.answer.text);
    else if (done.answer.text) this.toast(done.answer.text);
  }

  // One after the other, so that they arrive as they were chosen.
  async sendFiles(files) {
    for (const file of files) await this.sendFile(file);
  }

  async sendFile(file) {
    if (file.size > UPLOAD_MAX) {
      this.toast(`${file.name} is ${weight(file.size)}; Telegram takes files up to ${weight(UPLOAD_MAX)}.`, true);
      return;
    }
    this.toast(`Sending ${file.name} …`);
    const content = await new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(String(reader.result).split(",")[1] || "");
      reader.readAsDataURL(file);
    });
    const caption = this.find(".text").value.trim();
    this.find(".text").value = "";
    const isPhoto = PHOTO_TYPES.includes(file.type);
    const sent = await this.act(isPhoto ? "photo" : "document", {
      base64: content, name: file.name, caption, ...(file.type ? { mime_type: file.type } : {}),
    });
    if (sent) this.find(".toast").hidden = true;
  }

  toast(words, bad = false) {
    const toast = this.find(".toast");
    toast.textContent = words;
    toast.classList.toggle("bad", bad);
    toast.hidden = false;
    clearTimeout(this.toasting);
    this.toasting = setTimeout(() => { toast.hidden = true; }, 4500);
  }

  alert(words) {
    const alert = this.find(".alert");
    alert.querySelector("p").textContent = words;
    alert.hidden = false;
    alert.querySelector("button").focus({ preventScroll: true });
  }

  listen() {
    this.find(".compose").addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.find(".text").value;
      if (!text.trim()) return;
      this.find(".text").value = "";
      this.say(text);
    });
    this.find(".begin").addEventListener("click", () => this.say("/start"));
    this.find(".slash").addEventListener("click", () => this.showCommands(this.find(".commands").hidden));
    this.find(".alert button").addEventListener("click", () => { this.find(".alert").hidden = true; });
    this.find("input[type=file]").addEventListener("change", (event) => {
      // The list empties with the field.
      this.sendFiles([...event.target.files]);
      event.target.value = "";
    });
    this.root.addEventListener("dragover", (event) => { event.preventDefault(); this.root.classList.add("over"); });
    this.root.addEventListener("dragleave", () => this.root.classList.remove("over"));
    this.root.addEventListener("drop", (event) => {
      event.preventDefault();
      this.root.classList.remove("over");
      if (!this.find(".compose").hidden) this.sendFiles([...event.dataTransfer.files]);
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.showCommands(false);
      this.find(".alert").hidden = true;
      this.find(".more").open = false;
    });
    this.find(".menu").addEventListener("click", (event) => {
      if (event.target.closest("button")) this.find(".more").open = false;
    });
    document.addEventListener("click", (event) => {
      if (!this.find(".more").contains(event.target)) this.find(".more").open = false;
    });
  }
}

const SERVICE = [
  ["new_chat_members", (other) => `${other.new_chat_members[0].first_name} joined`],
  ["left_chat_member", (other) => `${other.left_chat_member.first_name} left`],
  ["pinned_message", (other, by) => `${by} pinned a message`],
  ["migrate_to_chat_id", () => "This group became a supergroup"],
  ["migrate_from_chat_id", () => "This group was a basic group before"],
];

// Whoever was on a button of the old message is on one of the new.
function exchange(old, item) {
  const place = [...old.querySelectorAll("button")].indexOf(document.activeElement);
  old.replaceWith(item);
  if (place < 0) return;
  const buttons = item.querySelectorAll("button");
  (buttons[Math.min(place, buttons.length - 1)] || item.parentElement).focus({ preventScroll: true });
}

function isNew(element, data) {
  const mark = JSON.stringify(data);
  if (element.dataset.mark === mark) return false;
  element.dataset.mark = mark;
  return true;
}

const LOCK = "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3";
const MUTED = "M6 16V11a6 6 0 0 1 9-5M18 12v4M4 16h14M10 20h4M4 4l16 16";

function sign(path, meaning) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", meaning);
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  drawing.append(line);
  return drawing;
}

const weight = (size) => size < 1024 ? `${size} B`
  : size < 1024 * 1024 ? `${Math.round(size / 1024)} KB` : `${(size / 1024 / 1024).toFixed(1)} MB`;

export function item(label, act) {
  return make("button", { type: "button", textContent: label, onclick: act });
}

export const oddThings = (chat) => ODD.map(([label, kind]) =>
  item(`Send a ${label.toLowerCase()}`, () => chat.act("other", { kind })));
