"""An admin at the ops chat: says, presses, replies."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from bots import ops
from tests.notices.room import OPS, Room, Said

JANE, OMAR, STRANGER = 900000001, 900000002, 900000009
_numbers = itertools.count(7000)


@dataclass
class Admin:
    """Somebody in the ops chat."""

    room: Room
    user_id: int = JANE
    name: str = "Jane"
    chat_id: int = OPS

    def says(self, text: str, *, reply_to: Said | int | None = None, **more: Any) -> Said | None:
        """Write something. Gives the last thing the bot said in answer."""
        return self.sends(self.message(text, reply_to=reply_to, **more))

    def message(
        self, text: str, *, reply_to: Said | int | None = None, **more: Any
    ) -> dict[str, Any]:
        number = next(_numbers)
        body: dict[str, Any] = {
            "message_id": number,
            "date": 1,
            "chat": {"id": self.chat_id, "type": "supergroup"},
            "from": {"id": self.user_id, "is_bot": False, "first_name": self.name},
            "text": text,
        } | more
        if reply_to is not None:
            to = reply_to if isinstance(reply_to, int) else reply_to.message_id
            body["reply_to_message"] = {"message_id": to}
        return {"update_id": number, "message": body}

    def sends(self, update: dict[str, Any]) -> Said | None:
        before = len(self.room.messages)
        ops.take(update, "tuma_bot")
        return self.room.messages[-1] if len(self.room.messages) > before else None

    def presses(self, label: str, on: Said | None = None) -> str:
        """Press a button of a message, the last one unless told. Gives what pops up."""
        message = on or self.room.last()
        return self.gives(message.data(label), message)

    def gives(self, data: str, on: Said | None = None) -> str:
        """Press a button with this data, which may be there no longer."""
        return self.sends_press(self.press(data, on or self.room.last()))

    def press(self, data: str, on: Said) -> dict[str, Any]:
        number = next(_numbers)
        return {
            "update_id": number,
            "callback_query": {
                "id": str(number),
                "from": {"id": self.user_id, "is_bot": False, "first_name": self.name},
                "chat_instance": "1",
                "data": data,
                "message": {
                    "message_id": on.message_id,
                    "date": 1,
                    "chat": {"id": self.chat_id, "type": "supergroup"},
                },
            },
        }

    def sends_press(self, update: dict[str, Any]) -> str:
        before = len(self.room.answers)
        ops.take(update, "tuma_bot")
        assert len(self.room.answers) == before + 1, "each press is answered, once"
        return str(self.room.answers[-1]["text"])
