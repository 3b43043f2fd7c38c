"""The same endorsement in Django: one module, on a copy of our own database, so that rows and indexes are the same.

Nothing is in its way: no sessions, one middleware, no template; connections are kept, the pragmas are ours, and it
takes the write lock at once. gunicorn tests.bench.rivals.django_site:application, with DATABASE in the environment.
"""

import hashlib
import json
import os
from datetime import datetime
from typing import Any

import django
from django import forms
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.core.wsgi import get_wsgi_application
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_POST

from coalition.base import clock

KEY = "a key for the benchmark only, never for a site"
GROUPS = (
    *("National charities", "Local and specialist services", "Trade unions"),
    *("Faith organisations", "Academics and research", "Professional bodies"),
)
AUTHORITIES = ("chief-executive", "trustees", "delegated", "other")

settings.configure(
    SECRET_KEY=KEY,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # it says how long an answer is
    INSTALLED_APPS=[],
    USE_TZ=True,
    LOGGING_CONFIG=None,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("DATABASE", ":memory:"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 60,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8000;",
            },
        }
    },
)
django.setup()


class Letter(models.Model):
    state = models.CharField(max_length=12)
    hard_deadline = models.DateTimeField(null=True)
    groups = models.JSONField()
    version = models.IntegerField()

    class Meta:
        app_label, db_table, managed = "bench", "letters", False


class Version(models.Model):
    letter = models.ForeignKey(Letter, models.PROTECT)
    number = models.IntegerField()
    fingerprint = models.CharField(max_length=64)

    class Meta:
        app_label, db_table, managed = "bench", "versions", False


class Organisation(models.Model):
    name = models.TextField()

    class Meta:
        app_label, db_table, managed = "bench", "organisations", False


class Contact(models.Model):
    name = models.TextField()
    email = models.CharField(max_length=254)

    class Meta:
        app_label, db_table, managed = "bench", "contacts", False


class Link(models.Model):
    nonce = models.CharField(max_length=32, primary_key=True)
    purpose = models.CharField(max_length=16)
    subject_id = models.IntegerField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label, db_table, managed = "bench", "links", False


class Invitation(models.Model):
    letter = models.ForeignKey(Letter, models.PROTECT)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True)
    status = models.CharField(max_length=12)
    answers = models.IntegerField()
    answered_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        app_label, db_table, managed = "bench", "invitations", False


class Endorsement(models.Model):
    letter = models.ForeignKey(Letter, models.PROTECT)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    invitation = models.ForeignKey(Invitation, models.PROTECT)
    version = models.IntegerField()
    name = models.TextField()
    group = models.TextField()
    signatory = models.TextField()
    role = models.TextField()
    authority = models.CharField(max_length=16)
    authority_detail = models.TextField()
    show_signatory = models.BooleanField()
    sort_key = models.TextField()
    endorsed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        app_label, db_table, managed = "bench", "endorsements", False


class History(models.Model):
    pk = models.CompositePrimaryKey("chain", "number")
    chain = models.IntegerField()
    number = models.IntegerField()
    at = models.DateTimeField()
    who = models.TextField()
    deed = models.CharField(max_length=32)
    subject_id = models.IntegerField(null=True)
    data = models.JSONField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        app_label, db_table, managed = "bench", "history", False


class Outbox(models.Model):
    message = models.CharField(max_length=24)
    recipient = models.CharField(max_length=254)
    letter = models.ForeignKey(Letter, models.PROTECT)
    subject_id = models.IntegerField()
    data = models.JSONField()
    state = models.CharField(max_length=8)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        app_label, db_table, managed = "bench", "outbox", False


class EndorseForm(forms.Form):
    version = forms.IntegerField()
    name = forms.CharField(max_length=200)
    group = forms.ChoiceField(choices=[(group, group) for group in GROUPS])
    signatory = forms.CharField(max_length=200)
    role = forms.CharField(max_length=200)
    authority = forms.ChoiceField(choices=[(authority, authority) for authority in AUTHORITIES])
    authority_detail = forms.CharField(max_length=200, required=False)
    show_signatory = forms.BooleanField(required=False)


SIGNER = Signer(key=KEY, salt="invitation", sep=".", fallback_keys=[])


def paths(nonces: tuple[str, ...]) -> list[str]:
    """The signed links' paths."""
    return [f"/e/{SIGNER.sign(nonce)}" for nonce in nonces]


@require_POST
def endorse(request: HttpRequest, token: str) -> HttpResponse:
    try:
        nonce = SIGNER.unsign(token)
    except BadSignature:
        return HttpResponse(status=404)
    form = EndorseForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=422)
    with transaction.atomic():
        return HttpResponseRedirect(f"/e/{token}?done={_endorse(nonce, form.cleaned_data)}", status=303)


def _endorse(nonce: str, answer: dict[str, Any]) -> str:
    now = clock.now()
    link = Link.objects.get(pk=nonce, purpose="invitation", revoked_at=None)
    one = Invitation.objects.select_related("letter", "organisation", "contact").get(pk=link.subject_id)
    letter = one.letter
    if letter.state != "open" or letter.hard_deadline is None or letter.hard_deadline <= now:
        return "closed"
    if Endorsement.objects.filter(letter=letter, organisation=one.organisation).exists():
        return "same"
    Endorsement.objects.create(
        letter=letter,
        organisation=one.organisation,
        invitation=one,
        sort_key=answer["name"].casefold(),
        endorsed_at=now,
        **answer,
    )
    Invitation.objects.filter(pk=one.pk).update(
        status="endorsed", answered_at=now, changed_at=now, answers=models.F("answers") + 1
    )
    fingerprint = Version.objects.values_list("fingerprint", flat=True).get(letter=letter, number=answer["version"])
    _add_history(letter, one, answer, fingerprint, now)
    Outbox.objects.create(
        message="receipt",
        recipient=one.contact.email,
        letter=letter,
        subject_id=one.pk,
        data={"kind": "endorsed"},
        state="waiting",
        queued_at=now,
        due_at=now,
    )
    return "endorsed"


def _add_history(letter: Letter, one: Invitation, answer: dict[str, Any], fingerprint: str, now: datetime) -> None:
    head = History.objects.filter(chain=letter.pk).order_by("-number").values_list("number", "hash").first()
    number, previous = head or (0, "0" * 64)
    data = {key: answer[key] for key in ("name", "group", "version", "authority")} | {"fingerprint": fingerprint}
    written = json.dumps([str(now), letter.pk, number + 1, one.organisation.name, data, previous], sort_keys=True)
    History.objects.create(
        chain=letter.pk,
        number=number + 1,
        at=now.replace(microsecond=0),
        who=one.organisation.name,
        deed="endorsed",
        subject_id=one.pk,
        data=data,
        previous=previous,
        hash=hashlib.sha256(written.encode()).hexdigest(),
    )


urlpatterns = [
    path("", lambda _: HttpResponse("hello")),
    path("e/<token>/endorse", endorse),
]
application = get_wsgi_application()
