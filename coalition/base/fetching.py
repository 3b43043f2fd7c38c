"""Asking a service on the web that may be slow, broken or hostile: bounded in time and bytes, and never led astray.

A redirect may lead to another host, but not into our own network: what counts is the address that is connected to, so
each name is resolved here, once, and the connection goes to what was looked at (a name may mean another address the
next moment). Only the very place that the operator named may be at a private address.
"""

import asyncio
import ipaddress
import json
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from coalition.base.outside import Unanswered, retry_after

CONNECT_S, IN_ALL_S = 3.0, 8.0
LARGEST = 1024 * 1024  # bytes of one answer
REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
TOO_MANY_REQUESTS = 429
# Ways to write an address of version 4 in version 6; what lies within is what is reached.
NAT64 = ipaddress.ip_network("64:ff9b::/96")

# Resolving cannot be broken off, so it has threads of its own: a name server that is silent holds up nothing else.
_resolvers = ThreadPoolExecutor(4, "resolver")


@dataclass(frozen=True)
class Place:
    scheme: str
    host: str
    port: int


async def fetch_json(url: str, form: dict[str, str] | None = None) -> Any:
    """What the service at `url`, an address that the operator has named, answers to a GET or to a posted form.

    Raises Unanswered.
    """
    try:
        async with asyncio.timeout(IN_ALL_S):
            body = await _follow(httpx.URL(url), form)
    except TimeoutError:
        raise Unanswered(f"There was no whole answer within {IN_ALL_S:.0f} seconds.") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError, ValueError) as error:
        raise Unanswered(f"It cannot be reached: {str(error)[:200] or type(error).__name__}") from None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unanswered("Its answer is not JSON.") from None


async def _follow(url: httpx.URL, form: dict[str, str] | None) -> bytes:
    home = _place(url)
    # One connection for one question: nothing is shared between hosts that happen to have the same address.
    limits = httpx.Limits(max_connections=2, max_keepalive_connections=0)
    timeout = httpx.Timeout(IN_ALL_S, connect=CONNECT_S)
    async with httpx.AsyncClient(verify=_verifying(), limits=limits, timeout=timeout, trust_env=False) as client:
        for _ in range(REDIRECTS + 1):
            request = await _request(client, url, form, home)
            response = await client.send(request, stream=True)
            try:
                if not response.has_redirect_location:
                    return await _body(response)
            finally:
                await response.aclose()
            url = url.join(response.headers["Location"])
            if response.status_code == 303:  # "see other": the answer is there, to be read
                form = None
    raise Unanswered("It sends us from one address to the next.")


async def _request(
    client: httpx.AsyncClient, url: httpx.URL, form: dict[str, str] | None, home: Place
) -> httpx.Request:
    """The request, its address already resolved: nobody looks the name up again. TLS still checks the name."""
    place = _place(url)
    address = await _address(place, free=_is_home(place, home))
    return client.build_request(
        "GET" if form is None else "POST",
        url.copy_with(host=address),
        data=form,
        headers={"Host": url.netloc.decode("ascii"), "Accept": "application/json", "Accept-Encoding": "identity"},
        extensions={"sni_hostname": place.host},
    )


def _place(url: httpx.URL) -> Place:
    if url.scheme not in PORTS or not url.host or url.userinfo:
        raise Unanswered("It sends us to an address that is none of the web.")
    return Place(url.scheme, url.raw_host.decode("ascii").strip("[]").lower(), url.port or PORTS[url.scheme])


def _is_home(place: Place, home: Place) -> bool:
    same = place.host == home.host and place.port == home.port
    with_tls = place.host == home.host and (home.port, place.port, place.scheme) == (80, 443, "https")
    return same or with_tls


async def _address(place: Place, *, free: bool) -> str:
    """The address to connect to. All that a name stands for are looked at: none may lead into our network."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(
        _resolvers, lambda: socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    )
    addresses = [str(one[4][0]) for one in found]
    if not free and not all(map(_is_public, addresses)):
        raise Unanswered("It sends us to an address that is not on the public internet.")
    return min(addresses, key=lambda address: ":" in address)  # version 4 first: it works everywhere


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        within = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in NAT64:
            within = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if within:
            return _is_public(str(within))
    return ip.is_global and not ip.is_multicast


async def _body(response: httpx.Response) -> bytes:
    if response.status_code == TOO_MANY_REQUESTS:
        raise Unanswered("It asks us to wait.", retry_after(response.headers.get("Retry-After")))
    if response.status_code == 503 and "Retry-After" in response.headers:
        raise Unanswered("It asks us to wait.", retry_after(response.headers["Retry-After"]))
    if response.status_code != 200:
        raise Unanswered(f"It answered with status {response.status_code}.")
    if response.headers.get("Content-Encoding", "identity") != "identity":  # small on the wire, huge in memory
        raise Unanswered("Its answer is packed, though we asked for it plain.")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > LARGEST:
            raise Unanswered("Its answer is too long.")
    return bytes(body)


@cache
def _verifying() -> ssl.SSLContext:
    return ssl.create_default_context()  # a certificate authority of one's own goes into SSL_CERT_FILE
