"""Puts files into a PDF, in a child process only: whoever writes the PDF calls this just before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pikepdf

from coalition.printings.sealing.attachments import Attachment


def attach(pdf: pikepdf.Pdf, attachments: Iterable[Attachment], at: datetime) -> None:
    """Embeds files in `pdf` as PDF/A-3 wants them, made and changed `at`: the same files give the same bytes.

    Each is listed among the document's attachments, says what it is to the document (AFRelationship), and is
    associated with it (AF in the catalogue). Source: ISO 19005-3, 6.8 and annex E.
    """
    moment = f"D:{at:%Y%m%d%H%M%S}Z"
    associated = pdf.Root.get(pikepdf.Name.AF, pikepdf.Array())
    for attachment in sorted(attachments, key=lambda one: one.name):
        spec = pikepdf.AttachedFileSpec(
            pdf,
            attachment.data,
            filename=attachment.name,
            description=attachment.description,
            mime_type=attachment.mime,
            creation_date=moment,
            mod_date=moment,
        )
        spec.obj.AFRelationship = pikepdf.Name(f"/{attachment.relationship}")
        pdf.attachments[attachment.name] = spec
        associated.append(pdf.attachments[attachment.name].obj)
    if len(associated):
        pdf.Root.AF = associated
