"""How texts become words, and who is found by them."""

import pytest
from sqlalchemy import select

from core.words import queries, service
from core.words.model import Word
from core.words.rules import LONGEST, MOST_KEPT, asked, kept


def test_a_number_is_kept_whole_and_by_its_parts():
    assert kept(["SO2611-0042"]) == ("so2611-0042", "so2611", "0042")


def test_a_chinese_name_is_found_from_any_character_and_by_its_initials():
    assert kept(["张伟强"]) == ("张伟强", "伟强", "强", "zwq")


def test_a_text_is_split_where_its_script_changes():
    assert kept(["江山88号"]) == ("江山", "山", "js", "88", "号", "h")
    assert asked("江山88") == ("江山", "88")


def test_full_width_and_capitals_are_plain():
    assert kept(["ＡＢ１２"]) == ("ab12",)
    assert asked(" ＡＢ１ ") == ("ab1",)


def test_a_number_that_is_not_typed_to_its_end_is_asked_as_far_as_it_goes():
    assert asked("SO2611-00") == ("so2611-00",)
    assert asked("SO2611-") == ("so2611",)


@pytest.mark.parametrize("text", ["", "%'", "— ·", "_"])
def test_a_text_without_letters_asks_for_nothing(text):
    assert asked(text) == ()


def test_no_document_takes_more_words_than_it_may():
    assert len(kept([" ".join(f"w{number}" for number in range(500))])) == MOST_KEPT
    assert max(len(word) for word in kept(["x" * 200, "门" * 200])) == LONGEST


def found(session, subject, text):
    (word,) = asked(text)
    return session.scalars(queries.with_word(subject, word).order_by(Word.subject_id)).all()


def test_only_documents_of_the_kind_with_such_a_beginning_are_found(session):
    service.put(session, "one", 1, ["郑女士"])
    service.put(session, "one", 2, ["郑州"])
    service.put(session, "other", 3, ["郑女士"])
    assert found(session, "one", "郑") == [1, 2]
    assert found(session, "one", "zn") == [1]
    assert found(session, "one", "郑女士们") == []


def test_words_that_went_are_gone(session):
    service.put(session, "one", 1, ["alpha beta"])
    service.put(session, "one", 1, ["beta gamma"])
    assert session.scalars(select(Word.word).where(Word.subject == "one").order_by(Word.word)).all() == [
        "beta",
        "gamma",
    ]


def test_a_frequent_word_finds_the_same_as_a_rare_one(session, monkeypatch):
    for number in (1, 2, 3):
        service.put(session, "one", number, [f"alpha {number}"])
    rare = queries.has_word(session, "one", Word.subject_id.expression, "alpha")
    monkeypatch.setattr(queries, "FEW", 2)
    frequent = queries.has_word(session, "one", Word.subject_id.expression, "alpha")
    assert str(rare) != str(frequent)
    assert queries.is_rare(session, "one", "2")
    assert not queries.is_rare(session, "one", "alpha")
