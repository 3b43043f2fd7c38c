"""Asks a service when a seal was made (RFC 3161), in the sealer's process: it may be slow, broken or hostile."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import httpx
from asn1crypto import tsp

from coalition.printings.sealing.signatures import Unsound, check_stamp

IN_ALL_S, CONNECT_S = 15.0, 5.0
LARGEST = 64 * 1024  # bytes of an answer
_HEADERS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
    "Accept-Encoding": "identity",
}


class NoStamp(Exception):
    """There is no time stamp that can be used; its text says why."""


class Service:
    """A time stamp service, as pyHanko asks one."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def async_timestamp(self, digest: bytes, algorithm: str) -> Any:
        """A token that was looked at before it goes into the seal. Raises NoStamp."""
        nonce = secrets.randbits(63)
        imprint = {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}
        request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True})
        try:
            async with asyncio.timeout(IN_ALL_S):
                answer = await self._post(request.dump())
        except TimeoutError:
            raise NoStamp(f"There was no whole answer within {IN_ALL_S:.0f} seconds.") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise NoStamp(f"The service cannot be reached: {str(error)[:200] or type(error).__name__}.") from None
        return _token(answer, digest, nonce)

    async def _post(self, body: bytes) -> bytes:
        timeout = httpx.Timeout(IN_ALL_S, connect=CONNECT_S)
        async with (
            httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
            client.stream("POST", self._url, content=body, headers=_HEADERS) as response,
        ):
            if response.status_code != 200:
                raise NoStamp(f"The service answers with status {response.status_code}.")
            answer = b""
            async for piece in response.aiter_raw():
                answer += piece
                if len(answer) > LARGEST:
                    raise NoStamp("The service's answer is too large to be a time stamp.")
        return answer


def _token(answer: bytes, digest: bytes, nonce: int) -> Any:
    try:
        response = tsp.TimeStampResp.load(answer, strict=True)
        if response["status"]["status"].native not in ("granted", "granted_with_mods"):
            raise NoStamp("The service refuses to give a time stamp.")
        token = response["time_stamp_token"]
        check_stamp(token.dump(), digest)
        if token["content"]["encap_content_info"]["content"].parsed["nonce"].native != nonce:
            raise NoStamp("The service's answer is to another question.")
    except Unsound as reason:
        raise NoStamp(f"The service's time stamp cannot be used: {reason}.") from None
    except (ValueError, KeyError, TypeError):
        raise NoStamp("The service's answer is not a time stamp.") from None
    return token
