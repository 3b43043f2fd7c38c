"""Coalition's wiring: settings -> database -> routes -> app. Every address of the site stands in one table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from coalition.base.settings import Settings, from_environment
from coalition.demo import gallery
from coalition.web import dev, errors, hooks, joining, parameters, printing, public, sign_in, verify, versions
from coalition.web.answer import answers, conditions, ended, freshness, page, receipt, requests, suggesting
from coalition.web.desk import asking, closing, inviting, letters, ordering, printed, reminders, suggestions
from coalition.web.desk import freshness as desk_freshness
from coalition.web.desk import joining as desk_joining
from coalition.web.desk import versions as desk_versions
from coalition.web.desk.directory import details, logos, merging
from coalition.web.desk.directory import everyone as directory
from coalition.web.desk.dispatch import mailing, outcome
from coalition.web.desk.dispatch import noting as dispatch_noting
from coalition.web.desk.dispatch import page as dispatch
from coalition.web.desk.dispatch import replies as desk_replies
from coalition.web.desk.lists import importing, register, register_lists
from coalition.web.desk.organisation import bounces, linking, looking
from coalition.web.desk.organisation import page as organisation
from coalition.web.desk.organisation import requests as desk_requests
from coalition.web.desk.tracker import bulk, live
from coalition.web.desk.tracker import page as tracker
from coalition.web.guard import Guard
from coalition.web.kept import Kept
from coalition.web.site import Site
from coalition.web.static_files import static_file

parameters.narrow()
LARGEST_REQUEST = 21 * 1024 * 1024  # bytes: the largest list, and room for its form


def get(path: str, handler: object) -> Route:
    return Route(path, handler, methods=["GET"])  # type: ignore[arg-type]


def post(path: str, handler: object) -> Route:
    return Route(path, handler, methods=["POST"])  # type: ignore[arg-type]


DIRECTORY: list[BaseRoute] = [
    get("/add", details.add_page),
    post("/add", details.add),
    get("/{id:int}", directory.organisation),
    get("/{id:int}/edit", details.edit_page),
    post("/{id:int}/edit", details.edit),
    post("/{id:int}/archive", directory.archive),
    post("/{id:int}/bring-back", directory.bring_back),
    post("/{id:int}/contacts", directory.add_contact),
    get("/{id:int}/contacts/{contact:int}", directory.contact_page),
    post("/{id:int}/contacts/{contact:int}", directory.edit_contact),
    post("/{id:int}/contacts/{contact:int}/left", directory.contact_left),
    post("/{id:int}/contacts/{contact:int}/back", directory.contact_back),
    post("/{id:int}/contacts/{contact:int}/prefer", directory.prefer_contact),
    get("/{id:int}/logo.png", logos.picture),
    post("/{id:int}/logo", logos.send),
    post("/{id:int}/logo/permission", logos.permit),
    post("/{id:int}/logo/remove", logos.remove),
    get("/{id:int}/merge", merging.choose),
    get("/{id:int}/merge/{other:int}", merging.look),
    post("/{id:int}/merge/{other:int}", merging.merge),
    post("/{id:int}/merges/{merge:int}/undo", merging.undo),
]

DESK: list[BaseRoute] = [
    get("/", letters.all_letters),
    get("/directory", directory.everyone),
    Mount("/directory", routes=DIRECTORY),
    post("/letters", letters.start),
    get("/register", register.register),
    get("/letters/{slug}", tracker.tracker),
    get("/letters/{slug}/endorsers.csv", tracker.export_csv),
    get("/letters/{slug}/endorsers.xlsx", tracker.export_xlsx),
    get("/letters/{slug}/live", live.live),
    get("/letters/{slug}/bulk", bulk.confirm),
    post("/letters/{slug}/bulk", bulk.do),
    get("/letters/{slug}/draft", letters.draft),
    post("/letters/{slug}/draft", letters.save_draft),
    post("/letters/{slug}/draft/part", letters.preview_part),
    get("/letters/{slug}/draft.pdf", letters.draft_pdf),
    post("/letters/{slug}/draft.pdf", letters.set_draft_pdf),
    get("/letters/{slug}/preview", letters.preview),
    post("/letters/{slug}/open", letters.open_letter),
    get("/letters/{slug}/text", desk_versions.text),
    post("/letters/{slug}/text", desk_versions.save),
    post("/letters/{slug}/text/discard", desk_versions.discard),
    get("/letters/{slug}/text/publish", desk_versions.compare),
    post("/letters/{slug}/text/publish", desk_versions.publish),
    get("/letters/{slug}/versions/{number:int}", desk_versions.version),
    get("/letters/{slug}/suggestions", suggestions.page),
    post("/letters/{slug}/suggestions/{id:int}/take", suggestions.take),
    post("/letters/{slug}/suggestions/{id:int}/answer", suggestions.answer),
    get("/letters/{slug}/add", asking.add_page),
    post("/letters/{slug}/add", asking.add),
    get("/letters/{slug}/import", importing.import_page),
    post("/letters/{slug}/import", importing.begin_import),
    get("/letters/{slug}/import/{id:int}", importing.import_preview),
    post("/letters/{slug}/import/{id:int}", importing.finish_import),
    post("/letters/{slug}/import/{id:int}/columns", importing.correct_columns),
    get("/letters/{slug}/import/{id:int}/register", register_lists.found),
    post("/letters/{slug}/import/{id:int}/register", register_lists.use),
    post("/letters/{slug}/import/{id:int}/register/begin", register_lists.begin),
    post("/letters/{slug}/import/{id:int}/rows", importing.change_rows),
    post("/letters/{slug}/import/{id:int}/undo", importing.undo_import),
    get("/letters/{slug}/invitation", inviting.page),
    post("/letters/{slug}/invitation", inviting.write),
    get("/letters/{slug}/invitation/mail", inviting.mail),
    post("/letters/{slug}/invitation/test", inviting.test),
    post("/letters/{slug}/invitation/cancel", inviting.cancel),
    post("/letters/{slug}/invitation/now", inviting.send_now),
    post("/letters/{slug}/ask", inviting.ask),
    get("/letters/{slug}/organisations/{id:int}", organisation.organisation),
    get("/letters/{slug}/organisations/{id:int}/logo.png", logos.of_endorsement),
    post("/letters/{slug}/organisations/{id:int}/send", organisation.send_again),
    post("/letters/{slug}/organisations/{id:int}/look", looking.let_look),
    post("/letters/{slug}/organisations/{id:int}/links/{contact:int}/revoke", looking.end_one),
    post("/letters/{slug}/organisations/{id:int}/requests/{request:int}/done", desk_requests.done),
    post("/letters/{slug}/organisations/{id:int}/requests/{request:int}/turn-down", desk_requests.turn_down),
    post("/letters/{slug}/organisations/{id:int}/revoke", linking.revoke),
    post("/letters/{slug}/organisations/{id:int}/rotate", linking.rotate),
    post("/letters/{slug}/organisations/{id:int}/extend", linking.extend),
    post("/letters/{slug}/organisations/{id:int}/contact", organisation.change_contact),
    post("/letters/{slug}/organisations/{id:int}/correct", bounces.correct),
    post("/letters/{slug}/organisations/{id:int}/release", bounces.release),
    get("/letters/{slug}/joins", desk_joining.everybody),
    get("/letters/{slug}/joins/{id:int}", desk_joining.one),
    post("/letters/{slug}/joins/{id:int}/new", desk_joining.approve_new),
    get("/letters/{slug}/joins/{id:int}/as/{other:int}", desk_joining.look_as),
    post("/letters/{slug}/joins/{id:int}/as/{other:int}", desk_joining.approve_as),
    post("/letters/{slug}/joins/{id:int}/turn-down", desk_joining.turn_down),
    get("/letters/{slug}/reminders", reminders.page),
    post("/letters/{slug}/reminders", reminders.save),
    post("/letters/{slug}/reminders/words", reminders.save_words),
    get("/letters/{slug}/reminders/mail", reminders.mail_frame),
    get("/letters/{slug}/page", printed.page),
    post("/letters/{slug}/page", printed.save),
    get("/letters/{slug}/order", ordering.page),
    post("/letters/{slug}/order", ordering.choose),
    post("/letters/{slug}/order/{id:int}", ordering.move),
    get("/letters/{slug}/dates", closing.dates),
    post("/letters/{slug}/dates", closing.change_dates),
    get("/letters/{slug}/printings", closing.closing),
    post("/letters/{slug}/close", closing.close_list),
    post("/letters/{slug}/print", closing.print_again),
    get("/letters/{slug}/freshness", desk_freshness.page),
    post("/letters/{slug}/freshness/ask", desk_freshness.ask),
    post("/letters/{slug}/freshness/decide", desk_freshness.decide),
    get("/letters/{slug}/dispatch", dispatch.page),
    get("/letters/{slug}/dispatch/mail", mailing.write),
    post("/letters/{slug}/dispatch/mail", mailing.save),
    get("/letters/{slug}/dispatch/{id:int}", mailing.look),
    get("/letters/{slug}/dispatch/{id:int}/mail", mailing.write),
    post("/letters/{slug}/dispatch/{id:int}/mail", mailing.save),
    get("/letters/{slug}/dispatch/{id:int}/preview", mailing.frame),
    post("/letters/{slug}/dispatch/{id:int}/send", mailing.send),
    post("/letters/{slug}/dispatch/{id:int}/stop", mailing.stop),
    post("/letters/{slug}/dispatch/{id:int}/discard", mailing.discard),
    post("/letters/{slug}/dispatch/{id:int}/recipients/{recipient:int}", mailing.send_again),
    get("/letters/{slug}/dispatch/note", dispatch_noting.write),
    post("/letters/{slug}/dispatch/note", dispatch_noting.note),
    get("/letters/{slug}/dispatch/{id:int}/note", dispatch_noting.write),
    post("/letters/{slug}/dispatch/{id:int}/note", dispatch_noting.note),
    post("/letters/{slug}/dispatch/{id:int}/take-back", dispatch_noting.take_back),
    get("/letters/{slug}/dispatch/{id:int}/proof", dispatch_noting.proof),
    get("/letters/{slug}/replies", outcome.page),
    get("/letters/{slug}/replies/note", desk_replies.write),
    post("/letters/{slug}/replies/note", desk_replies.note),
    post("/letters/{slug}/replies/days", outcome.wait),
    get("/letters/{slug}/replies/{id:int}/note", desk_replies.write),
    post("/letters/{slug}/replies/{id:int}/note", desk_replies.note),
    post("/letters/{slug}/replies/{id:int}/take-back", desk_replies.take_back),
    get("/letters/{slug}/replies/{id:int}/file", desk_replies.file),
    post("/letters/{slug}/outcome", outcome.record),
    post("/letters/{slug}/outcome/tell", outcome.tell),
    get("/letters/{slug}/printings/{number:int}.pdf", closing.printing_pdf),
    get("/letters/{slug}/history", closing.timeline),
]

ROUTES: list[BaseRoute] = [
    get("/", public.home),
    get("/letters/{slug}.pdf", public.letter_pdf),
    get("/letters/{slug}.json", public.letter_json),
    get("/letters/{slug}", public.letter_page),
    get("/letters/{slug}/printings/{number:int}.pdf", public.letter_pdf),
    get("/letters/{slug}/versions/{number:int}.txt", public.version_text),
    get("/letters/{slug}/versions/{number:int}", versions.in_public),
    get("/letters/{slug}/endorsers.csv", public.endorsers_csv),
    get("/letters/{slug}/replies/{id:int}", public.reply_file),
    Route("/letters/{slug}/join", joining.join, methods=["GET", "POST"]),
    Route("/confirm/{token}", joining.confirm, methods=["GET", "POST"]),
    Route("/verify", verify.verify, methods=["GET", "POST"]),
    get("/seal.pem", verify.certificate),
    get("/e/{token}", page.page),
    get("/e/{token}/letter.pdf", page.letter_pdf),
    get("/e/{token}/logo.png", page.picture),
    get("/e/{token}/versions/{number:int}", versions.by_link),
    get("/e/{token}/deadline.ics", page.deadline_entry),
    post("/e/{token}/endorse", answers.endorse),
    post("/e/{token}/unconditional", conditions.unconditional),
    post("/e/{token}/decline", answers.decline),
    post("/e/{token}/withdraw", answers.withdraw),
    post("/e/{token}/still", freshness.still),
    post("/e/{token}/later", answers.later),
    get("/e/{token}/receipt.pdf", receipt.receipt_pdf),
    get("/e/{token}/later.ics", receipt.later_entry),
    post("/e/{token}/request", requests.request),
    post("/e/{token}/forward", answers.forward),
    post("/e/{token}/suggest", suggesting.suggest),
    post("/e/{token}/suggest/take-back", suggesting.take_back),
    post("/e/{token}/read", page.read),
    post("/e/{token}/again", ended.again),
    get("/d/{token}", printing.by_link),
    post("/hooks/postmark/{token}", hooks.postmark),
    Route("/unsubscribe/{token}", ended.unsubscribe, methods=["GET", "POST"]),
    Route("/sign-in", sign_in.sign_in, methods=["GET", "POST"]),
    Route("/sign-in/{token}", sign_in.use_link, methods=["GET", "POST"]),
    post("/sign-out", sign_in.sign_out),
    get("/desk", letters.all_letters),
    Mount("/desk", routes=DESK),
    get("/test-mail", public.test_mail),
    get("/healthz", public.healthz),
    get("/static/{name}", static_file),
    get("/dev/mailbox", dev.mailbox),
    get("/dev/mailbox/{id}", dev.mail),
    get("/dev/mailbox/{id}/html", dev.mail_html),
    get("/dev/gallery", gallery.index),
    get("/dev/gallery/{name}", gallery.scene),
]


def build(settings: Settings) -> ASGIApp:
    """The whole site as one ASGI app. It owns its database until its lifespan ends."""
    site = Site(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        live.end_with_server(app.state.live)
        yield
        site.close()

    app = Starlette(routes=ROUTES, exception_handlers=errors.HANDLERS, lifespan=lifespan, max_body_size=LARGEST_REQUEST)
    app.state.site = site
    app.state.live = live.Live(site.database)
    app.state.gallery = gallery.Gallery(build, settings.base_url)
    return Kept(Guard(app, settings.base_url, LARGEST_REQUEST, errors.too_large(site)))


def from_settings() -> ASGIApp:
    """For any ASGI server: uvicorn --factory app:from_settings"""
    return build(from_environment())
