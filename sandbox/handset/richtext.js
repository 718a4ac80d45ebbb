// Text with entities, as Telegram shows it. Offsets are UTF-16 units, as in our own strings.

import { make } from "./common.js";

const PLAIN = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

function wrapper(entity, text, onCommand) {
  const part = text.slice(entity.offset, entity.offset + entity.length);
  if (PLAIN[entity.type]) return make(PLAIN[entity.type]);
  if (entity.type === "spoiler") return spoiler();
  if (entity.type === "bot_command") {
    return make("button", { type: "button", className: "inline", onclick: () => onCommand(part) });
  }
  if (["text_link", "url", "email"].includes(entity.type)) {
    const href = entity.url || (entity.type === "email" ? `mailto:${part}` : part);
    return make("a", {
      href: /^[a-z]+:/i.test(href) ? href : `https://${href}`, target: "_blank", rel: "noopener noreferrer",
    });
  }
  return make("span", { className: "named" });
}

function spoiler() {
  const cover = make("button", { type: "button", className: "spoiler" });
  cover.setAttribute("aria-pressed", "false");
  cover.title = "Tap to reveal";
  cover.addEventListener("click", () => {
    cover.classList.add("open");
    cover.setAttribute("aria-pressed", "true");
  });
  return cover;
}

export function rich(text, entities, onCommand) {
  const edges = new Set([0, text.length]);
  for (const one of entities) {
    edges.add(one.offset);
    edges.add(one.offset + one.length);
  }
  const places = [...edges].filter((place) => place <= text.length).sort((a, b) => a - b);
  const whole = document.createDocumentFragment();
  const open = [];
  for (let step = 0; step + 1 < places.length; step += 1) {
    const [begin, end] = [places[step], places[step + 1]];
    while (open.length && open.at(-1).end <= begin) open.pop();
    for (const entity of entities) {
      if (entity.offset !== begin) continue;
      const element = wrapper(entity, text, onCommand);
      (open.at(-1)?.element || whole).append(element);
      open.push({ element, end: entity.offset + entity.length });
    }
    (open.at(-1)?.element || whole).append(text.slice(begin, end));
  }
  return whole;
}
