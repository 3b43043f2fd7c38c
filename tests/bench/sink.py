"""A mail server that takes everything and keeps nothing, in a process of its own, made to be in nobody's way.

python -m tests.bench.sink SECONDS    SECONDS is what it takes for each message before it answers

Prints its port. Each line on standard input is answered with what came since the last: how many messages, and the
seconds from the first to the last of them.
"""

import asyncio
import json
import sys
import time

DELAY_S = float(sys.argv[1])
times: list[float] = []


class Conversation(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.held, self.in_message = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self.held += data
        while True:
            if self.in_message:
                end = self.held.find(b"\r\n.\r\n")
                if end < 0:
                    return
                self.held, self.in_message = self.held[end + 5 :], False
                if DELAY_S:
                    asyncio.get_running_loop().call_later(DELAY_S, self.take)
                else:
                    self.take()
            else:
                line, found, rest = self.held.partition(b"\r\n")
                if not found:
                    return
                self.held = rest
                self.answer(line[:4].upper())

    def answer(self, verb):
        if verb == b"DATA":
            self.in_message = True
            self.transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 OK\r\n")

    def take(self):
        times.append(time.perf_counter())
        self.transport.write(b"250 taken\r\n")


def tell():
    line = sys.stdin.readline()
    if not line:
        asyncio.get_running_loop().stop()
        return
    print(json.dumps([len(times), times[-1] - times[0] if times else 0]), flush=True)
    times.clear()


async def begin():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Conversation, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.add_reader(sys.stdin, tell)
    return server


loop = asyncio.new_event_loop()
server = loop.run_until_complete(begin())
loop.run_forever()
