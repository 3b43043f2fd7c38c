"""Style, scripts and icon: read once, addressed by content, kept by browsers for a year."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def _files() -> dict[str, tuple[bytes, str, str]]:
    """name -> bytes, type, version."""
    found = {}
    for path in FOLDER.iterdir():
        if path.suffix in TYPES:
            data = path.read_bytes()
            found[path.name] = (data, TYPES[path.suffix], hashlib.sha256(data).hexdigest()[:12])
    return found


@cache
def address(name: str) -> str:
    """Where a page finds the file: a changed file has another address."""
    return f"/static/{name}?v={_files()[name][2]}"


async def static_file(request: Request) -> Response:
    found = _files().get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    data, kind, version = found
    # Only the address with its version is kept: a bare one may mean another file tomorrow.
    kept = "public, max-age=31536000, immutable" if request.url.query == f"v={version}" else "no-cache"
    return Response(data, media_type=kind, headers={"Cache-Control": kept, "ETag": f'"{version}"'})
