"""Bare Starlette that says hello, on the server settings of `coalition serve`. Also its StaticFiles over a folder.

python -m tests.bench.rivals.hello PORT [FOLDER]
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


routes: list[BaseRoute] = [Route("/", hello)]
if sys.argv[2:]:
    from starlette.staticfiles import StaticFiles

    routes.append(Mount("/files", StaticFiles(directory=sys.argv[2])))

uvicorn.Server(
    uvicorn.Config(
        Starlette(routes=routes),
        port=int(sys.argv[1]),
        http="httptools",
        loop="asyncio",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        backlog=2048,
    )
).run()
