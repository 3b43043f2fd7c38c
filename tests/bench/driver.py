"""Puts load on one server from a process of its own: keep-alive connections, each asking again once answered.

Reads one JSON object on standard input, writes one on standard output. Plain sockets and epoll: an asyncio client
would take more of the machine than the server it measures.
"""

import json
import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

ROOM = 1 << 20  # bytes read at once


def main() -> None:
    print(json.dumps(drive(json.load(sys.stdin))))


def drive(job: dict[str, Any]) -> dict[str, Any]:
    """`job`: port, at_once, seconds, pause (seconds each connection waits before it asks again), requests, once.

    `once` ends when every request has been sent, whatever the time. Rates are per second, times in milliseconds.
    """
    requests = _requests(job)
    ready = select.epoll()
    talks = {}
    for _ in range(job["at_once"]):
        talk = Talk(socket.create_connection(("127.0.0.1", job["port"])))
        talks[talk.socket.fileno()] = talk
        ready.register(talk.socket.fileno(), select.EPOLLIN)
    room = memoryview(bytearray(ROOM))
    times: list[float] = []
    statuses: Counter[str] = Counter()
    cpu, begun = time.process_time(), time.perf_counter()
    until = begun + job["seconds"]
    waiting = sum(talk.ask(requests) for talk in talks.values())
    ended = begun
    while waiting:
        for number, _ in ready.poll(30):
            talk = talks[number]
            if not talk.hear(room):
                continue
            ended = time.perf_counter()
            times.append(ended - talk.asked)
            statuses[talk.status] += 1
            if job["pause"]:
                time.sleep(job["pause"])
            if ended >= until or not talk.ask(requests):
                waiting -= 1
    for talk in talks.values():
        talk.socket.close()
    times.sort()
    return {
        "rate": len(times) / (ended - begun),
        "count": len(times),
        "p50": times[len(times) // 2] * 1000,
        "p99": times[int(len(times) * 0.99)] * 1000,
        "most": times[-1] * 1000,
        "statuses": statuses,
        "share": (time.process_time() - cpu) / (ended - begun),
    }


class Talk:
    """One connection. The last status, and when the request it is for was sent."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connected
        self.asked = 0.0
        self.status = ""
        self._left = -1  # bytes of the body to come; -1 while the head is not whole
        self._head = b""

    def ask(self, requests: Iterator[bytes]) -> bool:
        request = next(requests, None)
        if request is None:
            return False
        self.asked = time.perf_counter()
        self.socket.sendall(request)
        return True

    def hear(self, room: memoryview) -> bool:
        """Reads what has come. True when the answer is whole."""
        count = self.socket.recv_into(room)
        if count == 0:
            raise ConnectionError("the server hung up")
        if self._left < 0:
            self._head += bytes(room[:count])
            head, found, body = self._head.partition(b"\r\n\r\n")
            if not found:
                return False
            self.status = head[9:12].decode()
            self._left = _length(head) - len(body)
            self._head = b""
        else:
            self._left -= count
        if self._left > 0:
            return False
        self._left = -1
        return True


def _length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(b"\r\ncontent-length:")
    if at < 0:
        if b"\r\ntransfer-encoding:" in lowered:
            raise ValueError("an answer in chunks is not understood here")
        return 0
    return int(lowered[at + 17 :].split(b"\r\n", 1)[0])


def _requests(job: dict[str, Any]) -> Iterator[bytes]:
    written = [text.encode("latin-1") for text in job["requests"]]
    while True:
        yield from written
        if job["once"]:
            return


if __name__ == "__main__":
    main()
