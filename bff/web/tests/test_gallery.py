"""The gallery draws every piece and says what each is for."""

from bff.web import gallery
from bff.web.tests.specimen import specimen_app


def test_every_piece_that_is_handed_on_is_documented_above_its_macro() -> None:
    assert {piece.name for piece in gallery.pieces()} == gallery.exported()


def test_the_gallery_draws_every_piece() -> None:
    folder = gallery.FOLDER.parent / "gallery"
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.html")) + (
        gallery.FOLDER.parent / "gallery.html"
    ).read_text("utf-8")
    drawn = {piece.name for piece in gallery.pieces() if f"ui.{piece.name}(" in source}
    assert gallery.exported() - drawn == set()


def test_the_gallery_is_drawn_for_a_visitor_and_for_a_person_in_both_languages() -> None:
    for app in (specimen_app(), specimen_app(who=None, environment="production")):
        for language in ("en", "fr"):
            answer = app.test_client().get("/gallery", headers={"Portal-Locale": language})
            assert answer.status_code == 200
            assert f'<html lang="{language}"' in answer.text
            assert " style=" not in answer.text
            assert "<script>" not in answer.text
