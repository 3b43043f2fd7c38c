"""Settings: a wrong one is one line that names it; the signing key is made once and kept."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coalition.base.settings import Settings, WrongSetting, from_environment

KEY = "k" * 32


def _settings(folder: Path, **given: str) -> Settings:
    return from_environment({"COALITION_DATA_DIR": str(folder), **given})


@pytest.mark.parametrize(
    "name, value",
    [
        ("COALITION_DATABASE_URL", "mysql://host/base"),
        ("COALITION_DATABASE_URL", "sqlite://"),
        ("COALITION_DATABASE_URL", "coalition.db"),
        ("COALITION_SECRET_KEYS", "too-short"),
        ("COALITION_SECRET_KEYS", f"{KEY},short"),
        ("COALITION_BASE_URL", "letters.example"),
        ("COALITION_BASE_URL", "ftp://letters.example"),
        ("COALITION_BASE_URL", "https://letters.example/coalition"),
        ("COALITION_BASE_URL", "https://letters.example:port"),
        ("COALITION_BASE_URL", "https://[::1"),
        ("COALITION_MAIL_URL", "http://mail.example"),
        ("COALITION_MAIL_FROM", "letters"),
        ("COALITION_MAIL_FROM", "Letters <letters@campaign.example>"),
        ("COALITION_MAIL_FROM", "a@b.example\r\nBcc: c@d.example"),
        ("COALITION_REGISTER_URL", "register.example/reconcile"),
        ("COALITION_REGISTER_URL", "ftp://register.example"),
        ("COALITION_REGISTER_URL", "https://"),
        ("COALITION_REGISTER_URL", "https://register.example:port/"),
        ("COALITION_REGISTER_URL", "https://[::1/"),
        ("COALITION_REGISTER_URL", "https://user:secret@register.example/"),
        ("COALITION_REGISTER_URL", "https://register.example/a b"),
        ("COALITION_TRUSTED_PROXIES", "localhost"),
        ("COALITION_TRUSTED_PROXIES", "10.0.0.1, 999.1.1.1"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(WrongSetting) as wrong:
        _settings(tmp_path, **{name: value})
    assert name in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WrongSetting, match="COALITION_DATA_DIR"):
        _settings(tmp_path / "file" / "inside")


def test_a_refusal_does_not_repeat_a_password(tmp_path: Path) -> None:
    for name in ("COALITION_MAIL_URL", "COALITION_DATABASE_URL"):
        with pytest.raises(WrongSetting) as wrong:
            _settings(tmp_path, **{name: "gopher://user:s3cret@host/base"})
        assert "s3cret" not in str(wrong.value)


def test_settings_print_neither_key_nor_password(tmp_path: Path) -> None:
    shown = repr(
        _settings(
            tmp_path,
            COALITION_SECRET_KEYS=KEY,
            COALITION_MAIL_URL="smtp://user:s3cret@mail.example",
            COALITION_DATABASE_URL="postgresql://user:s3cret@host/base",
        )
    )
    assert KEY not in shown
    assert "s3cret" not in shown


def test_what_is_not_set_is_as_the_contract_says(tmp_path: Path) -> None:
    found = _settings(tmp_path)
    assert found.database_url == f"sqlite:///{tmp_path}/coalition.db"
    assert found.base_url == "http://127.0.0.1:8000"
    assert found.mail_url == f"maildir:{tmp_path}/mailbox"
    assert found.mail_from == "letters@localhost"
    assert found.trusted_proxies == ()
    assert found.register_url == ""
    assert not found.demo


def test_the_signing_key_is_made_on_the_first_run_and_kept_to_ourselves(tmp_path: Path) -> None:
    first = _settings(tmp_path / "data").secret_keys
    assert _settings(tmp_path / "data").secret_keys == first
    assert len(first[0]) >= 43
    assert stat.S_IMODE((tmp_path / "data" / "secret-key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_of_many_first_starts_at_once_all_have_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: _settings(tmp_path / "data").secret_keys, range(64)))
    assert len(set(found)) == 1
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret-key"]


@pytest.mark.parametrize("content", ["", "\n", "short"])
def test_a_signing_key_that_was_damaged_is_never_signed_with(content: str, tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text(content)
    with pytest.raises(WrongSetting, match="secret-key"):
        _settings(tmp_path)


def test_keys_come_newest_first(tmp_path: Path) -> None:
    found = _settings(tmp_path, COALITION_SECRET_KEYS=f" {'n' * 32} , {'o' * 32},")
    assert found.secret_keys == ("n" * 32, "o" * 32)
    assert not (tmp_path / "secret-key").exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_may_be_spelt_as_everybody_spells_it(scheme: str, tmp_path: Path) -> None:
    assert _settings(tmp_path, COALITION_DATABASE_URL=f"{scheme}://u@h/b").database_url == "postgresql+psycopg://u@h/b"
