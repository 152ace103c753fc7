"""A label photographed by a phone whose browser cannot read codes."""

import base64
import io

import pytest
import segno
from PIL import Image, ImageFilter

from core.codes import Letter, make


def photo_of(*codes, turned=0, blurred=0.0, kind="JPEG"):
    """White paper with QR codes side by side, as a phone gives it."""
    paper = Image.new("L", (1600, 1200), 235)
    for number, code in enumerate(codes):
        drawn = io.BytesIO()
        segno.make(code, error="m", micro=False).save(drawn, kind="png", scale=12)
        square = Image.open(drawn).convert("L")
        paper.paste(square, (800 - square.width // 2 - 560 * number, 600 - square.height // 2))
    paper = paper.rotate(turned, fillcolor=235).filter(ImageFilter.GaussianBlur(blurred))
    taken = io.BytesIO()
    paper.save(taken, kind, quality=60)
    return base64.b64encode(taken.getvalue()).decode()


def post(client, photo):
    return client.post("/api/v1/scans/photo", json={"photo": photo})


@pytest.mark.parametrize(("turned", "blurred"), [(0, 0), (90, 0), (37, 2.0), (180, 2.5)])
def test_a_photo_of_a_label_gives_its_code(client_for, turned, blurred):
    code = make(Letter.PIECE, 4711)
    answer = post(client_for("packer"), photo_of(code, turned=turned, blurred=blurred))
    assert (answer.status_code, answer.json) == (200, {"code": code})


def test_of_two_labels_the_one_in_the_middle_is_meant_and_strange_codes_are_passed_over(client_for):
    first, second = make(Letter.PACKAGE, 1), make(Letter.PACKAGE, 2)
    packer = client_for("packer")
    assert post(packer, photo_of(first, second)).json == {"code": first}
    assert post(packer, photo_of("https://example.com", second)).json == {"code": second}


@pytest.mark.parametrize(
    "photo", ["", "%%%", base64.b64encode(b"no photo").decode(), photo_of(), photo_of("4006381333931")]
)
def test_what_shows_no_code_of_ours_is_refused_with_what_to_do(client_for, photo):
    answer = post(client_for("packer", locale="en"), photo)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "core.photo_unreadable")
    assert "Hold the phone still" in answer.json["error"]["message"]


def test_a_photo_cut_off_half_way_is_refused(client_for):
    whole = base64.b64decode(photo_of(make(Letter.PIECE, 1)))
    answer = post(client_for("packer"), base64.b64encode(whole[: len(whole) // 2]).decode())
    assert answer.status_code == 422


def test_only_those_who_scan_may_have_photos_read(client_for):
    assert post(client_for("clerk"), photo_of()).status_code == 403
