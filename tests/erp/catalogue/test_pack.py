import pytest

from erp.catalogue.rules.corners import WrongMaterial, WrongUnit
from erp.catalogue.rules.document import DoorKind
from erp.catalogue.rules.formula import FormulaFault
from erp.catalogue.rules.line import NegativeSize, RuleFault, StockTooShort
from erp.catalogue.rules.pack import PackFaults, dump_pack, read_pack
from erp.catalogue.rules.reading import KeyMissing, KeyUnknown, Unreadable, WrongShape
from erp.catalogue.rules.references import BadEdges, NameUnknown, NotCuttable, NotPackable, Nowhere, Twice
from tests.factories.catalogue import PACK_FILE, demo_pack

TEXT = PACK_FILE.read_text(encoding="utf-8")


def faults_of(text):
    with pytest.raises(PackFaults) as refusal:
        read_pack(text)
    return refusal.value.faults


def changed(old, new, count=1):
    assert old in TEXT
    return TEXT.replace(old, new, count)


def place(path):
    """Return a path of the reader for one that names records by their codes."""
    made, here = [], demo_pack()
    for part in path.split("."):
        name, _, code = part.rstrip("]").partition("[")
        here = getattr(here, name, None)
        if code and not code.isdecimal():
            code = next(at for at, one in enumerate(here) if one.code == code)
        made.append(f"{name}[{code}]" if code != "" else name)
        here = here[int(code)] if code != "" else here
    return ".".join(made)


def line_of(text, piece):
    return text[: text.index(piece)].count("\n") + 1


def test_the_demo_factory_has_what_the_chain_needs():
    pack = demo_pack()
    assert {model.kind for model in pack.models} == set(DoorKind)
    assert {model.profile for model in pack.models} == {"P70/45", "ROCO"}
    assert {material.kind for material in pack.materials} == {
        "SHEET",
        "BAR",
        "BAND",
        "HARDWARE",
        "CARTON",
        "OTHER",
    }
    assert {rule.code for rule in pack.packages} == {
        "LEAF",
        "FRAME",
        "TRIM",
        "SLIDE",
        "GLASS",
        "PANEL",
        "HARDWARE",
    }
    assert sorted(party.kind for party in pack.parties) == ["DEALER"] * 4 + ["SUPPLIER"] * 2


def test_every_operation_of_a_route_has_a_station():
    pack = demo_pack()
    manned = {code for station in pack.stations for code in station.operations}
    assert {code for route in pack.routes for code in route.operations} <= manned


def test_a_dumped_pack_is_read_back_equal():
    assert read_pack(dump_pack(demo_pack())) == demo_pack()
    assert dump_pack(read_pack(dump_pack(demo_pack()))) == dump_pack(demo_pack())


@pytest.mark.parametrize(
    ("old", "new", "kind", "path"),
    [
        ("length: HL\n", "length: HX\n", NameUnknown, "assemblies[FRAME].parts[HEAD].length"),
        ("FH: OH - gt\n", "FH: OH - SH\n", NameUnknown, "profiles[0].results.FH"),
        ("length: SV\n", "length: SV *\n", FormulaFault, "assemblies[STOPS].parts[STOP_V].length"),
        ("gi: 10 ", "gi: ten ", WrongShape, "profiles[0].parameters.gi"),
        ("kind: DOUBLE\n", "kind: TRAPDOOR\n", WrongShape, "models[1].kind"),
        ("profile: P70/45\n", "profile: P99\n", Nowhere, "models[0].profile"),
        (
            "tracked: true\n        route: KIT\n",
            "tracked: true\n        route: KITT\n",
            Nowhere,
            "assemblies[HARDWARE].parts[HW_KIT].route",
        ),
        ("material: LVL34-40\n", "material: LVL34-41\n", Nowhere, "assemblies[LEAF].parts[STILE].material"),
        ("package: HARDWARE\n", "package: BOX\n", Nowhere, "assemblies[HARDWARE].parts[HW_KIT].package"),
        ("mirror: JAMB_R\n", "mirror: JAMB_X\n", Nowhere, "assemblies[FRAME].parts[JAMB_L].mirror"),
        ("operations: [PICK]}\n", "operations: [PICKLE]}\n", Nowhere, "routes[KIT].operations"),
        ("code: GREY, ", "code: WHITE, ", Twice, "colours[1].code"),
        ("code: JAMB_R\n", "code: JAMB_L\n", Twice, "assemblies[FRAME].parts[JAMB_R].code"),
        (
            "tracked: bundle\n        route: STOPS",
            "tracked: false\n        route: STOPS",
            NotPackable,
            "assemblies[STOPS].parts[STOPS].tracked",
        ),
        ("edges: LL--\n", "edges: round\n", BadEdges, "assemblies[FRAME].parts[JAMB_L].edges"),
        ("        length: SH\n", "", NotCuttable, "assemblies[STOPS].parts[STOP_H].cut"),
        ("grain: length\n", "grain: lenght\n", WrongShape, "materials[0].grain"),
        (
            "        drawn_as: HEAD\n",
            "        drawn: HEAD\n",
            KeyUnknown,
            "assemblies[FRAME].parts[HEAD].drawn",
        ),
        ("    unit: m2\n", "", KeyMissing, "materials[0]"),
        ("adj: 0 ", "adj: -900 ", NegativeSize, "assemblies[FRAME].parts[JAMB_L].width"),
        ("step: 10 ", "step: 0 ", RuleFault, "profiles[0].results.FBW"),
        (
            "AO_V: FH - co + point",
            "AO_V: FH - co + point + 5000",
            StockTooShort,
            "assemblies[TRIM].parts[ARCH_OPEN_L]",
        ),
        ('use: "MB22-{colour}"', 'use: "MB2-{colour}"', Nowhere, "assemblies[FRAME].parts[JAMB_L].material"),
        ("thickness: tb\n", "thickness: tb + 1\n", WrongMaterial, "assemblies[FRAME].parts[JAMB_L].material"),
        ("quantity: band(hinges, LH)\n        unit: pcs", "quantity: 3\n        unit: m", WrongUnit, ""),
    ],
)
def test_a_fault_is_found_and_says_where(old, new, kind, path):
    faults = faults_of(changed(old, new))
    found = [fault for fault in faults if isinstance(fault.refusal, kind)]
    assert found, [str(fault) for fault in faults]
    assert any(fault.path.startswith(place(path)) for fault in found), [fault.path for fault in found]
    assert all(fault.line for fault in faults)


def test_a_fault_names_the_line_that_an_editor_shows():
    text = changed("length: SV\n", "length: SV *\n")
    (fault,) = faults_of(text)
    assert fault.line == line_of(text, "length: SV *")


def test_all_faults_are_told_together_in_the_order_of_the_file():
    text = (
        changed("gi: 10 ", "gi: ten ")
        .replace("length: SV\n", "length: SV *\n")
        .replace("kind: DOUBLE", "kind: X", 1)
    )
    faults = faults_of(text)
    assert [fault.path for fault in faults] == [
        "profiles[0].parameters.gi",
        place("assemblies[STOPS].parts[STOP_V].length"),
        "models[1].kind",
    ]


def test_a_fault_that_only_a_corner_shows_is_found():
    # nothing is wrong in the middle of the limits: only the lowest opening divides by zero
    text = changed("FBW: snap_down(WT, step) + adj", "FBW: snap_down(WT, step) + adj + 0 / (WT - 80)")
    assert {type(fault.refusal) for fault in faults_of(text)} == {RuleFault}


def test_one_broken_rule_is_told_once_for_a_model_and_not_for_every_corner():
    faults = faults_of(changed("step: 10 ", "step: 0 "))
    assert len(faults) == sum(model.profile == "P70/45" for model in demo_pack().models)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just a word",
        "- a\n- list\n",
        "header: {code: X, code: Y}",
        "header: [unclosed",
        "\t:",
        "[" * 5000,
        "a: !!python/object/apply:os.system ['true']",
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{n}: &{n} [{', '.join(['*' + p] * 10)}]\n" for p, n in zip("abcdefg", "bcdefgh", strict=True)
        ),
        "x" * 5_000_000,
    ],
)
def test_what_is_no_pack_is_refused_quickly(text):
    assert {type(fault.refusal) for fault in faults_of(text)} <= {
        Unreadable,
        KeyMissing,
        KeyUnknown,
        WrongShape,
    }
