import json

from erp.catalogue.cli import catalogue
from erp.catalogue.rules.pack import read_pack
from tests.factories.catalogue import PACK_FILE, demo_pack


def test_a_pack_is_loaded_told_and_dumped(database, tmp_path):
    runner = database.app.test_cli_runner()
    first = runner.invoke(catalogue, ["load", str(PACK_FILE), "--json"])
    assert (first.exit_code, json.loads(first.output)["doors"]) == (0, len(demo_pack().models))
    second = runner.invoke(catalogue, ["load", str(PACK_FILE)])
    assert (second.exit_code, second.output) == (0, "Loaded already; nothing changed.\n")
    dumped = runner.invoke(catalogue, ["dump"])
    assert read_pack(dumped.output) == demo_pack()
    runner.invoke(catalogue, ["dump", "--out", str(tmp_path / "out.yaml")])
    assert runner.invoke(catalogue, ["load", str(tmp_path / "out.yaml")]).output == second.output


def test_a_faulty_pack_is_refused_whole_with_the_line_of_each_fault(database, tmp_path):
    text = (
        PACK_FILE.read_text(encoding="utf-8")
        .replace("length: SV\n", "length: SV *\n")
        .replace("gi: 10 ", "gi: ten ")
    )
    file = tmp_path / "faulty.yaml"
    file.write_text(text, encoding="utf-8")
    runner = database.app.test_cli_runner()
    refused = runner.invoke(catalogue, ["load", str(file)])
    lines = [text[: text.index(piece)].count("\n") + 1 for piece in ("gi: ten", "length: SV *")]
    assert refused.exit_code == 1
    assert [f"{file}:{line}:" in refused.stderr for line in lines] == [True, True]
    assert runner.invoke(catalogue, ["dump"]).exit_code == 1  # nothing of it was kept


def test_a_file_that_is_no_text_is_refused(database, tmp_path):
    file = tmp_path / "photo.yaml"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    refused = database.app.test_cli_runner().invoke(catalogue, ["load", str(file)])
    assert (refused.exit_code, "UTF-8" in refused.stderr) == (1, True)


def test_a_missing_file_is_a_mistake_in_the_command(database):
    assert database.app.test_cli_runner().invoke(catalogue, ["load", "nowhere.yaml"]).exit_code == 2
