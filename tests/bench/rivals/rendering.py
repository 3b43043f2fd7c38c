"""The page of a signed link rendered alone, in a loop: the template and its values, without the site around it.

python -m tests.bench.rivals.rendering TOKEN SECONDS    prints how many a second; settings as for the site
"""

import asyncio
import sys
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse

from coalition.base.settings import from_environment
from coalition.web.answer.page import page as answer_page
from coalition.web.site import Site

token, seconds = sys.argv[1], float(sys.argv[2])
site = Site(from_environment())
app = Starlette()
app.state.site = site
kept: dict[str, Any] = {}
page = site.page


def keep(template: str, status: int = 200, headers: Any = None, **values: Any) -> HTMLResponse:
    """Keeps what the site's own handler gives its template."""
    kept.update(template=template, values=values)
    return page(template, status, headers, **values)


site.page = keep  # type: ignore[method-assign]
scope = {
    "type": "http",
    "method": "GET",
    "app": app,
    "path_params": {"token": token},
    "headers": [],
    "query_string": b"",
}
asyncio.run(answer_page(Request(scope)))
template, values = site.templates.get_template(kept["template"]), kept["values"]
count, begun = 0, time.perf_counter()
while time.perf_counter() - begun < seconds:
    template.render(values)
    count += 1
print(count / (time.perf_counter() - begun))
site.close()
