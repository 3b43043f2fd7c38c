"""The logo that comes with an endorsement. What was sent is kept at once, so that a refused form does not lose it.

A browser never sends a file twice by itself: the form carries on instead which picture is meant, signed for this one
link. So nobody can claim another organisation's picture, and nothing is stored about a form that was not accepted.
"""

from starlette.datastructures import FormData, UploadFile

from coalition.base import clock
from coalition.base.database import NotSaved
from coalition.base.refused import Refused, TooMany
from coalition.endorsements.actions import Incomplete
from coalition.invitations import actions as invitations
from coalition.web import pictures
from coalition.web.site import Site

NOT_THEIRS = "That picture is not one that came with your link. Please choose the file of the logo again."


def signed(site: Site, nonce: str | None, sha256: str | None) -> str:
    """How the form of one link names a kept picture; empty for none."""
    return site.links.token("logo", f"{nonce}:{sha256}") if nonce and sha256 else ""


def claimed(site: Site, nonce: str | None, token: object) -> str | None:
    """The kept picture that a form or an address of this link names. None when it is not one of its own."""
    named = site.links.nonce("logo", token) if isinstance(token, str) else None
    of, _, sha256 = (named or "").partition(":")
    return sha256 if sha256 and of == nonce and site.logos.get(sha256) else None


async def meant(site: Site, nonce: str | None, data: FormData, before: str | None) -> str | None:
    """The picture that a posted form means: the file that was chosen, else the one `before` unless it is to go.

    Raises Incomplete where the file is no logo, NotSaved, and what opened_to_answer raises.
    """
    file = data.get("logo")
    if file and not (isinstance(file, UploadFile) and not file.filename and not file.size):
        # Nothing is kept for a stranger.
        found = await site.database.read(invitations.opened_to_answer, nonce, clock.now())
        site.logo_limit.take(found.link.nonce)
        try:
            return await pictures.keep(site, file)
        except TooMany:
            raise
        except Refused as wrong:
            raise Incomplete({"logo": str(wrong)}) from None
        except OSError:
            raise NotSaved from None
    if data.get("remove_logo"):
        return None
    if data.get("kept_logo") and before is None:
        raise Incomplete({"logo": NOT_THEIRS})
    return before
