from io import BytesIO
from pathlib import Path

import pytest

from core.pdf.fonts import BOX, FontMissing, drawable, load_font, register_font, undrawable, wheel_font


def test_what_the_face_has_is_left_alone():
    assert drawable("门套 900×2100，喆堃榉·㎡ Ø42 ①") == "门套 900×2100，喆堃榉·㎡ Ø42 ①"


def test_what_the_face_lacks_becomes_a_box_and_is_told_once():
    assert drawable("䶮🙂䶮门") == BOX * 3 + "门"
    assert undrawable("䶮🙂䶮门") == ("䶮", "🙂")


def test_a_box_that_was_typed_is_not_a_missing_character():
    assert undrawable("□ 已检") == ()


def test_control_characters_show_and_invisible_ones_go():
    assert drawable("a\x00b") == f"a{BOX}b"
    assert drawable("门\u200b扇\ufe0f") == "门扇"
    assert drawable("1\u202f280\t元\n次行") == "1 280 元\n次行"


def test_a_font_that_is_absent_is_a_clear_refusal(tmp_path):
    with pytest.raises(FontMissing) as refusal:
        load_font(tmp_path / "nothing.ttf")
    assert refusal.value.facts["path"] == tmp_path / "nothing.ttf"


def test_a_file_that_is_no_font_is_a_clear_refusal(tmp_path):
    path = tmp_path / "font.ttf"
    path.write_bytes(b"not a font at all, but long enough to be read as one" * 9)
    with pytest.raises(FontMissing):
        load_font(path)


def test_a_font_named_in_the_settings_can_be_loaded(tmp_path):
    copy = tmp_path / "factory.ttc"
    copy.write_bytes(BytesIO(Path(wheel_font()).read_bytes()).getvalue())
    assert ord("榫") in load_font(copy).face.charToGlyph


def test_the_face_is_registered_once():
    assert register_font() is register_font(Path("/nowhere/at-all.ttf"))
