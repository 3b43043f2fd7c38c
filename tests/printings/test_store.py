"""The kept PDFs: what was put is there, whole, under its hash and nowhere else."""

import hashlib
import threading
from pathlib import Path

import pytest

from coalition.printings.store import Store, write_durably

HASH = "ab" + "0" * 62


def test_what_was_put_is_there_for_the_next_process(tmp_path: Path) -> None:
    Store(tmp_path).put(HASH, b"%PDF")
    assert Store(tmp_path).get(HASH) == b"%PDF"
    assert (tmp_path / "ab" / f"{HASH}.pdf").read_bytes() == b"%PDF"


def test_what_was_never_put_is_none(tmp_path: Path) -> None:
    assert Store(tmp_path).get(HASH) is None
    assert Store(tmp_path).sha256(HASH) is None


def test_put_answers_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.put(HASH, b"%PDF") == hashlib.sha256(b"%PDF").hexdigest() == store.sha256(HASH)


def test_what_is_kept_is_never_written_over(tmp_path: Path) -> None:
    Store(tmp_path).put(HASH, b"first")
    assert Store(tmp_path).put(HASH, b"second") == hashlib.sha256(b"first").hexdigest()
    assert Store(tmp_path).get(HASH) == b"first"


@pytest.mark.parametrize(
    "wrong", ["", "ab", "../../etc/passwd", "AB" + "0" * 62, HASH + "\n", HASH + "0", "..%2f" + HASH]
)
def test_nothing_but_a_hash_leads_into_the_folder(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Store(tmp_path).get(wrong)
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Store(tmp_path).put(wrong, b"%PDF")
    assert not list(tmp_path.rglob("*"))


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "ab").write_bytes(b"a file where the folder should be")
    with pytest.raises(OSError, match="ab"):
        Store(tmp_path).put(HASH, b"%PDF")
    assert [path.name for path in tmp_path.iterdir()] == ["ab"]


def test_memory_holds_no_more_than_it_may(tmp_path: Path) -> None:
    store = Store(tmp_path, memory_bytes=250)
    hashes = [f"{n:064x}" for n in range(5)]
    for content_hash in hashes:
        store.put(content_hash, b"x" * 100)
    for path in tmp_path.rglob("*.pdf"):
        path.unlink()
    assert [store.get(content_hash) is not None for content_hash in hashes] == [False, False, False, True, True]


def test_what_was_asked_for_lately_stays_in_memory(tmp_path: Path) -> None:
    store = Store(tmp_path, memory_bytes=250)
    one, two, three = (f"{n:064x}" for n in range(3))
    store.put(one, b"x" * 100)
    store.put(two, b"x" * 100)
    store.get(one)
    store.put(three, b"x" * 100)
    for path in tmp_path.rglob("*.pdf"):
        path.unlink()
    assert store.get(one)
    assert store.get(two) is None


def test_many_at_once_put_and_get_the_same(tmp_path: Path) -> None:
    store, wrong = Store(tmp_path, memory_bytes=500), []

    def work() -> None:
        for n in range(30):
            store.put(f"{n % 7:064x}", bytes([n % 7]) * 100)
            if store.get(f"{n % 7:064x}") != bytes([n % 7]) * 100:
                wrong.append(n)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert not list(tmp_path.rglob("*.part"))


def test_a_worker_that_looked_before_another_kept_its_pdf_does_not_put_its_own_over_it(tmp_path: Path) -> None:
    """A seal with a time stamp is never the same twice, and the first is what was told of already."""
    store = Store(tmp_path)
    told = store.put(HASH, b"%PDF1")
    write_durably(tmp_path / "ab" / f"{HASH}.pdf", b"%PDF2")
    assert Store(tmp_path).put(HASH, b"%PDF2") == told == hashlib.sha256(b"%PDF1").hexdigest()
    assert not list(tmp_path.rglob("*.part"))
