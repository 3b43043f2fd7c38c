"""What the gallery meets outside its scratch site: a mail server that does not know everybody, a server that ends."""

from starlette.types import ASGIApp, Message

from coalition.base.mail.delivery import Refused, Transport
from coalition.base.mail.message import Ready

GONE = "5.1.1 No such mailbox here"  # what the scratch mail server says to letters@fair-passage.example


class Fussy:
    """A mail server that does not know everybody."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner

    def send(self, ready: Ready) -> str:
        if ready.recipient == "letters@fair-passage.example":
            raise Refused(True, GONE, 550)
        return self.inner.send(ready)

    def close(self) -> None:
        self.inner.close()


async def end_of_site(app: ASGIApp) -> None:
    """Tells the app that its server ends: from then on it reads and saves nothing."""
    told: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> Message:
        return told.pop(0)

    async def send(_: Message) -> None:
        pass

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
