"""Somebody's Telegram, in front of the real bot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.stack import Stack, wait_until

PATIENCE_S = 60.0


@dataclass
class Chatting:
    """A person with a phone, who reads, types and presses in the chat with the bot."""

    stack: Stack
    phone: str
    id: int = field(init=False)

    def __post_init__(self) -> None:
        self.id = self._do("people", phone=self.phone, first_name="Asha")["id"]

    def _do(self, what: str, **body: Any) -> Any:
        url = f"{self.stack.sandbox}/telegram/{what}"
        answer = self.stack.http.post(url, json=body, timeout=60)
        assert answer.status_code == 200, f"{what} {body}: {answer.text}\n{self.seen()}"
        return answer.json()

    def messages(self) -> list[dict[str, Any]]:
        url = f"{self.stack.sandbox}/telegram/chats/{self.id}?as={self.id}"
        return list(self.stack.http.get(url, timeout=60).json()["messages"])

    def seen(self) -> str:
        """The end of the chat, for whoever reads why a test failed."""
        shown = [f"{each['text']} {labels(each)}" for each in self.messages()[-4:]]
        return "\n---\n".join(shown)

    def shows(self, *words: str) -> dict[str, Any]:
        """Wait for a message with all of these words, the newest of several."""

        def found() -> dict[str, Any] | None:
            for each in reversed(self.messages()):
                if not each["is_own"] and all(one in each["text"] for one in words):
                    return each
            return None

        try:
            message = wait_until(found, PATIENCE_S)
        except AssertionError:
            raise AssertionError(f"{words} is not in:\n{self.seen()}") from None
        assert isinstance(message, dict)
        return message

    def says(self, text: str) -> None:
        self._do("say", **{"from": self.id}, text=text)

    def taps(self, *buttons: str) -> None:
        """Press one button after the other, each as soon as it is there."""
        for label in buttons:
            try:
                wait_until(lambda label=label: self._offers(label), PATIENCE_S)
            except AssertionError:
                raise AssertionError(f"no {label!r} in:\n{self.seen()}") from None
            self._do("press", **{"from": self.id}, label=label, wait=25)

    def _offers(self, label: str) -> bool:
        return any(label in labels(each) for each in self.messages()[-3:])

    def shares_phone(self) -> None:
        """Press the key that shares the own number."""
        wait_until(lambda: self.stack.http.get(
            f"{self.stack.sandbox}/telegram/chats/{self.id}?as={self.id}", timeout=60
        ).json()["reply_keyboard"], PATIENCE_S)  # fmt: skip
        self._do("contact", **{"from": self.id})

    def drops(self, name: str, content: str) -> None:
        """Drop a file into the chat."""
        self._do("document", **{"from": self.id}, name=name, content=content)

    def links(self, business: str) -> None:
        """Prove the phone, and so find the business it belongs to."""
        self.says("/start")
        self.taps("I have an account")
        self.shares_phone()
        self.shows(business)

    def document(self, words: str) -> bytes:
        """The file that came with some words."""
        message = self.shows(words)
        url = f"{self.stack.sandbox}{message['document']['url']}"
        return self.stack.http.get(url, timeout=60).content


def labels(message: dict[str, Any]) -> list[str]:
    """The buttons under a message."""
    return [button["label"] for row in message["keyboard"] or [] for button in row]
