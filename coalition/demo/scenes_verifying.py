"""The gallery's scenes of checking a PDF: ours, an older one, altered, somebody else's."""

from typing import Any

from coalition.demo.scenes import Stage
from coalition.printings import records as printings


async def scenes(stage: Stage) -> None:
    """Needs the letter that was printed twice, both printings set."""
    stage.chapter("In public")
    letter = stage.cast["printed twice"]
    first, second = (
        stage.store.get(one.content) or b"" for one in stage.database.read_now(printings.all_printings, letter.id)
    )
    await stage.show("verify", "Checking a PDF", "/verify")
    await stage.show("verify-nothing", "No file was chosen", "/verify", {})
    middle = len(second) // 2
    altered = second[:middle] + bytes((second[middle] ^ 1,)) + second[middle + 1 :]
    for name, about, pdf in (
        ("whole", "A printing of ours, and whole", second),
        ("older", "An older printing", first),
        ("altered", "A printing in which one bit was changed", altered),
        ("added", "A printing with something added after its seal", second + b"\n% one more name\n"),
        ("foreign", "Another’s file", b"%PDF-1.7\n%%EOF\n"),
    ):
        file: dict[str, Any] = {"file": ("letter.pdf", pdf, "application/pdf")}
        await stage.show(f"verify-{name}", about, "/verify", files=file)
