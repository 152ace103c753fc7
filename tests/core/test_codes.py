import pytest

from core.codes import CodeUnreadable, Letter, check_character, make, read


@pytest.mark.parametrize("code", ["P0001A2BL", "K000042A", "U00017J"])
def test_the_codes_of_the_contract_are_valid(code):
    assert read(code) == code


def test_a_badge_39_is_the_contracts_badge():
    # 39 = 1 x 32 + 7
    assert make(Letter.BADGE, 39) == "U00017J"


def test_the_check_character_of_the_standards_example():
    # ISO 7064 MOD 37,36: A12425GABC1234002 has the check character M (GRid's own example)
    assert check_character("A12425GABC1234002") == "M"


@pytest.mark.parametrize("typed", ["Ｐ０００１Ａ２ＢＬ", " p0001a2bl\n", "P0001 A2BL"])
def test_what_hands_and_scanners_send_is_read(typed):
    assert read(typed) == "P0001A2BL"


@pytest.mark.parametrize("wrong", ["P0001A2BM", "P0001A2LB", "", "P", "P0001-A2BL", "门", "P" * 17])
def test_a_wrong_check_character_is_refused(wrong):
    with pytest.raises(CodeUnreadable):
        read(wrong)


def test_every_swap_of_neighbours_is_caught():
    good = "P0001A2BL"
    for at in range(len(good) - 1):
        swapped = good[:at] + good[at + 1] + good[at] + good[at + 2 :]
        if swapped != good:
            with pytest.raises(CodeUnreadable):
                read(swapped)
