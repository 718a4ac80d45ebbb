"""Callers who want the same at the same time: one leads, and serves everybody who has come by then.

Thirty who wait for a commit cost one commit, and many statements that differ in their values alone
become one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Ticket(Generic[T]):
    """What one caller wants, and what came of it."""

    __slots__ = ("bell", "done", "error", "item", "result")

    def __init__(self, item: T) -> None:
        self.item = item
        self.done = False
        self.result: object = None
        self.error: BaseException | None = None
        self.bell = threading.Lock()
        self.bell.acquire()


class Line(Generic[T]):
    """Callers who wait at one door.

    Each waits for a bell of its own: were they to wait at the door, those already served would
    have to pass through it one by one, and hold up the next round.
    """

    def __init__(
        self, door: AbstractContextManager[object], serve: Callable[[list[Ticket[T]]], None]
    ) -> None:
        """`serve` does what the tickets ask for, and writes into each what came of it."""
        self._door = door
        self._serve = serve
        self._waiting: list[Ticket[T]] = []
        self._is_led = False
        self._lock = threading.Lock()

    @property
    def length(self) -> int:
        """How many wait at this moment."""
        return len(self._waiting)

    def join(self, item: T) -> object:
        """Wait to be served, and return or raise what came of it."""
        ticket = Ticket(item)
        with self._lock:
            self._waiting.append(ticket)
            leads, self._is_led = not self._is_led, True
        if not leads:
            ticket.bell.acquire()  # rung when it has been served, or when it is to lead
        if not ticket.done:
            self._lead(ticket)
        if ticket.error is not None:
            raise ticket.error
        return ticket.result

    def _lead(self, mine: Ticket[T]) -> None:
        tickets: list[Ticket[T]] = []
        try:
            with self._door:
                with self._lock:
                    tickets, self._waiting = self._waiting, []
                self._serve(tickets)
        finally:
            with self._lock:
                if mine in self._waiting:  # the door did not open
                    self._waiting.remove(mine)
                next_ = self._waiting[0] if self._waiting else None
                self._is_led = next_ is not None
            if next_ is not None:
                next_.bell.release()
            for ticket in tickets:
                ticket.bell.release()


class Gathering(Generic[T, R]):
    """An act that does many as cheaply as one: those who come while it is under way go together."""

    def __init__(
        self,
        act: Callable[[Sequence[T]], Sequence[R | Exception]],
        *,
        undone: tuple[type[Exception], ...],
    ) -> None:
        """`act` gets what they want and returns an answer, or an error, for each.

        When it raises one of `undone`, nothing of it has happened, and each is tried alone; any
        other error is everybody's.
        """
        self._act = act
        self._undone = undone
        self._line: Line[T] = Line(threading.Lock(), self._serve)

    def do(self, item: T) -> R:
        """Have it done, and return or raise what came of it."""
        return self._line.join(item)  # type: ignore[return-value]

    @property
    def waiting(self) -> int:
        """How many wait for the next round."""
        return self._line.length

    def _serve(self, tickets: list[Ticket[T]]) -> None:
        try:
            answers = self._act([ticket.item for ticket in tickets])
            for ticket, answer in zip(tickets, answers, strict=True):
                if isinstance(answer, Exception):
                    ticket.error = answer
                else:
                    ticket.result = answer
        except self._undone as error:
            if len(tickets) == 1:
                tickets[0].error = error
            else:
                for ticket in tickets:
                    self._serve([ticket])
        except BaseException as error:
            for ticket in tickets:
                ticket.error = error
        for ticket in tickets:
            ticket.done = True
