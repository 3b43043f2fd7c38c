"""The file that proves a delivery. What was sent is kept at once, so that a refused form does not lose it.

A browser never sends a file twice by itself: the form carries on instead which kept file is meant, signed for this one
letter.
"""

import asyncio
import hashlib

from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Refused
from coalition.dispatch import proofs
from coalition.dispatch.rules import Proof
from coalition.web.forms.dispatch import NotedForm
from coalition.web.forms.fields import one_line, put
from coalition.web.forms.replies import ReplyForm
from coalition.web.site import Site

NAME_SHOWN = 80  # characters

WithProof = NotedForm | ReplyForm


def signed(site: Site, slug: str, proof: Proof | None) -> str:
    """How a form names a kept file; empty for none."""
    return site.links.token("proof", f"{slug}:{proof.sha256}:{proof.kind}:{proof.name}") if proof else ""


def claimed(site: Site, slug: str, token: object) -> Proof | None:
    """The kept file that a form of this letter names."""
    named = (site.links.nonce("proof", token) if isinstance(token, str) else None) or ""
    of, _, rest = named.partition(":")
    sha256, _, rest = rest.partition(":")
    kind, _, name = rest.partition(":")
    return Proof(sha256, kind, name) if of == slug and kind in proofs.KINDS else None


async def look_through(site: Site, slug: str, form: WithProof, data: FormData) -> None:
    """Validates a posted form and keeps its file; what is wrong with that is said beside it. Raises NotSaved."""
    refused = {}
    try:
        form.kept = await meant(site, slug, data)
    except Refused as refusal:
        refused = {"proof": str(refusal)}
    finally:
        await data.close()
    form.validate()
    put(form, refused)


async def meant(site: Site, slug: str, data: FormData) -> Proof | None:
    """The file that a posted form means: the one that was chosen, else the one that came with it before.

    Raises Refused with a sentence, or NotSaved.
    """
    file = data.get("proof")
    if not isinstance(file, UploadFile) or not (file.filename or file.size):
        return claimed(site, slug, data.get("kept_proof"))
    content = await file.read(proofs.LARGEST_FILE + 1)
    async with site.decoding:  # which may take a hundred megabytes
        kind, kept = await asyncio.to_thread(proofs.made_ours, content)
    sha256 = hashlib.sha256(kept).hexdigest()
    try:
        await asyncio.to_thread(site.proofs.put, sha256, kept)
    except OSError:
        raise NotSaved from None
    return Proof(sha256, kind, one_line(file.filename)[:NAME_SHOWN])


def answer(site: Site, proof: Proof | None) -> Response:
    """The kept file: a photo to look at, a PDF only ever as a download. Raises NotFound."""
    content = site.proofs.get(proof.sha256) if proof else None
    if proof is None or content is None:
        raise NotFound("There is no proof here.")
    headers = {"ETag": f'"{proof.sha256}"'}
    if proof.kind == "pdf":
        headers["Content-Disposition"] = f'attachment; filename="proof-{proof.sha256[:8]}.pdf"'
    return Response(content, media_type=proofs.KINDS[proof.kind], headers=headers)
