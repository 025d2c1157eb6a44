"""The language server, in sessions with a real client over stdin and stdout of a real process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from functools import wraps
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types as lsp

from editor import COMMAND, PYGLS_ON_3_14, apply, editing, edits_of
from metta_lint.api.testing import write_metta, write_pufferlib

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from pathlib import Path

    from editor import Editor

pytestmark = pytest.mark.filterwarnings(PYGLS_ON_3_14)

INI, DEFAULT = "pufferlib/config/metta.ini", "pufferlib/config/default.ini"
ENVIRONMENT = "pufferlib/environments/metta/metta.yaml"
TRAINER, ENTRY = "configs/trainer/trainer.yaml", "configs/train_job.yaml"
TOML = "metta-lint.toml"

PLUGIN = '''
"""Says that an update epoch is enough, and knows how to fix it."""
from metta_lint.api import Draft, Edit, Fix, Place

print("a plugin that prints")

class OneEpoch:
    """More than one update epoch."""
    code, name, severity, agrees, drifts = "XX001", "one-epoch", "warning", [], []

    def check(self, plan):
        written = plan.run.settings.get("train.update_epochs")
        if written is not None and written.value == 13:
            raise RuntimeError("thirteen")
        if written is not None and written.value == 14:
            raise SystemExit(14)
        if written is not None and written.value > 1 and written.span is not None:
            fix = Fix("write 1", (Edit(written.span, "1"),), is_safe=written.value == 2)
            yield Draft("more than one epoch", at=Place(plan, "train.update_epochs"), fix=fix)

RULES = [OneEpoch()]
'''


def session(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a conversation with the server."""

    @wraps(test)
    def run(*arguments: Any, **fixtures: Any) -> None:
        asyncio.run(test(*arguments, **fixtures))

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an agreeing pair. Its name is one that an address has to escape."""
    inside = tmp_path / "a folder, größer"
    inside.mkdir()
    write_pufferlib(inside, {})
    write_metta(inside, {})
    return inside


def line_of(text: str, start: str) -> int:
    return next(number for number, line in enumerate(text.splitlines()) if line.strip().startswith(start))


def written_at(editor: Editor, name: str, place: lsp.Range) -> str:
    """The text of a range, where characters are as wide as code units."""
    assert place.start.line == place.end.line
    return editor.text(name).splitlines()[place.start.line][place.start.character : place.end.character]


# -- diagnostics -------------------------------------------------------------------------------------------------------


@session
async def test_typing_a_drift_shows_it_on_both_sides_and_taking_it_back_clears_both(folder: Path) -> None:
    async with editing(folder) as editor:
        await editor.open(DEFAULT)
        agreed = editor.text(DEFAULT)
        assert not any(editor.diagnostics.values())

        await editor.type(DEFAULT, agreed.replace("gamma = 0.99", "gamma = 0.5 "))
        await editor.until(lambda: bool(editor.diagnostics.get(TRAINER)))
        (here,), (there,) = editor.diagnostics[DEFAULT], editor.diagnostics[TRAINER]
        assert (here.code, here.source, here.severity) == ("ML301", "metta-lint", lsp.DiagnosticSeverity.Warning)
        assert (there.code, there.message, there.severity) == (here.code, here.message, here.severity)
        assert here.message.startswith("discount gamma: 0.5 against 0.99")
        assert written_at(editor, DEFAULT, here.range) == "0.9"  # three characters of what is still on disk
        assert written_at(editor, TRAINER, there.range) == "0.99"
        assert [editor.place(each.location) for each in here.related_information or ()] == [(TRAINER, there.range)]
        assert [editor.place(each.location) for each in there.related_information or ()] == [(DEFAULT, here.range)]

        await editor.type(DEFAULT, agreed)
        await editor.until(lambda: not any(editor.diagnostics.values()))
        assert editor.text(DEFAULT) == agreed


@session
async def test_what_was_saved_nowhere_counts_until_its_document_is_closed(folder: Path) -> None:
    async with editing(folder) as editor:
        await editor.open(TRAINER, editor.text(TRAINER).replace("gamma: 0.99", "gamma: 0.5"))
        await editor.until(lambda: bool(editor.diagnostics.get(DEFAULT)))
        editor.close(TRAINER)
        await editor.until(lambda: not any(editor.diagnostics.values()))


@session
async def test_the_whole_folder_is_looked_at_before_any_file_is_opened(folder: Path) -> None:
    write_metta(folder, {"trainer.ppo.gamma": 0.5})
    async with editing(folder) as editor:
        await editor.until(lambda: bool(editor.diagnostics.get(TRAINER) and editor.diagnostics.get(DEFAULT)))


@session
async def test_files_that_change_on_disk_are_looked_at_again(folder: Path) -> None:
    async with editing(folder) as editor:
        await editor.open(INI)
        write_metta(folder, {"trainer.ppo.gamma": 0.5})
        editor.say_changed(TRAINER)
        await editor.until(lambda: bool(editor.diagnostics.get(DEFAULT)))


@session
async def test_of_many_quick_changes_the_last_one_counts(folder: Path) -> None:
    async with editing(folder) as editor:
        await editor.open(DEFAULT)
        agreed = editor.text(DEFAULT)
        for number in range(200):
            version = editor.touch(DEFAULT, agreed.replace("gamma = 0.99", f"gamma = 0.{number + 100}"))
        await editor.until(lambda: (DEFAULT, version) in editor.published)
        await editor.until(lambda: bool(editor.diagnostics.get(TRAINER)))
        (here,) = editor.diagnostics[DEFAULT]
        assert here.message.startswith("discount gamma: 0.299 against 0.99")
        assert len(editor.published) < 200


@session
async def test_a_file_that_cannot_be_read_says_where_and_the_rest_is_still_linted(folder: Path) -> None:
    async with editing(folder) as editor:
        await editor.open(TRAINER)
        await editor.type(TRAINER, "trainer: [1, 2\nother: 3\n")
        await editor.until(lambda: bool(editor.diagnostics.get(TRAINER)))
        assert [each.code for each in editor.diagnostics[TRAINER]] == ["ML001"]
        await editor.type(TRAINER, "a: \ud800\n")  # half a character, as a broken client may send it
        assert [each.code for each in editor.diagnostics[TRAINER]] == ["ML001"]
        assert not editor.messages


@session
async def test_every_folder_has_its_own_config_and_a_file_that_of_its_nearest(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_pufferlib(tmp_path / name, {"train.gamma": 0.5})
        write_metta(tmp_path / name, {})
    (tmp_path / "two" / TOML).write_text('ignore = ["ML301"]\n', encoding="utf-8")
    async with editing(tmp_path, folders=(tmp_path / "one",)) as editor:
        await editor.until(lambda: bool(editor.diagnostics.get(f"one/{DEFAULT}")))
        await editor.open(f"two/{DEFAULT}")
        assert not editor.diagnostics[f"two/{DEFAULT}"]
        await editor.open(f"two/{TOML}", "")
        await editor.until(lambda: bool(editor.diagnostics[f"two/{DEFAULT}"]))


@session
async def test_a_config_within_a_folder_speaks_for_what_is_below_it(folder: Path) -> None:
    write_pufferlib(folder / "inner", {"train.gamma": 0.5})
    write_metta(folder / "inner", {})
    (folder / "inner" / TOML).write_text('ignore = ["ML301"]\n', encoding="utf-8")
    async with editing(folder) as editor:
        await editor.until(lambda: bool(editor.diagnostics.get(f"inner/{DEFAULT}")))
        await editor.open(f"inner/{DEFAULT}")
        assert not editor.diagnostics[f"inner/{DEFAULT}"]


@session
async def test_a_file_without_folder_or_config_is_linted_alone(folder: Path) -> None:
    async with editing(folder, folders=()) as editor:
        await editor.open(ENTRY, "defaults:\n  - trainer: nothing\n")
        assert [each.code for each in editor.diagnostics[ENTRY]] == ["ML001"]


@session
async def test_through_a_link_a_file_is_the_one_that_the_editor_holds(folder: Path) -> None:
    link = folder.parent / "link"
    try:
        link.symlink_to(folder, target_is_directory=True)
    except OSError:
        pytest.skip("no right to make a link")
    async with editing(link) as editor:
        await editor.open(DEFAULT)
        await editor.type(DEFAULT, editor.text(DEFAULT).replace("gamma = 0.99", "gamma = 0.5"))
        await editor.until(lambda: bool(editor.diagnostics[DEFAULT] and editor.diagnostics.get(TRAINER)))


# -- config ------------------------------------------------------------------------------------------------------------


@session
async def test_a_config_that_is_wrong_is_said_once_and_shown_where_it_is(folder: Path) -> None:
    (folder / TOML).write_text("", encoding="utf-8")
    async with editing(folder) as editor:
        await editor.open(TOML)
        for text in ("selec", "selectt", "selecttt"):
            await editor.type(TOML, f'# ours\n{text} = ["ML1"]\n')
            (shown,) = editor.diagnostics[TOML]
            assert (shown.severity, shown.range.start.line) == (lsp.DiagnosticSeverity.Error, 1)
        await editor.type(TOML, 'select = ["ML1"]\n')
        assert not editor.diagnostics[TOML]
        assert len(editor.messages) == 1
        assert "selec" in editor.messages[0]


@pytest.mark.parametrize(("epochs", "said"), [(13, "rule XX001 crashed"), (14, "a check crashed: SystemExit: 14")])
@session
async def test_a_rule_that_crashes_is_a_message_and_the_session_goes_on(folder: Path, epochs: int, said: str) -> None:
    (folder / "ours.py").write_text(PLUGIN, encoding="utf-8")
    (folder / TOML).write_text('plugins = ["ours.py"]\n', encoding="utf-8")
    async with editing(folder, stderr=None) as editor:
        await editor.open(DEFAULT)
        text = editor.text(DEFAULT)
        await editor.type(DEFAULT, text.replace("update_epochs = 1", f"update_epochs = {epochs}"))
        await editor.type(DEFAULT, text.replace("update_epochs = 1", f"update_epochs = {epochs} "))
        await editor.until(lambda: bool(editor.messages))
        assert said in editor.messages[0]
        await editor.type(DEFAULT, text.replace("gamma = 0.99", "gamma = 0.5"))
        assert [each.code for each in editor.diagnostics[DEFAULT]] == ["ML301"]
        assert len(editor.messages) == 1


# -- questions ---------------------------------------------------------------------------------------------------------


@session
async def test_hover_says_the_value_what_rests_on_it_and_what_it_overrides(folder: Path) -> None:
    async with editing(folder) as editor:
        await editor.open(DEFAULT)
        line = line_of(editor.text(DEFAULT), "num_envs")
        said = await editor.hover(DEFAULT, line, 0)
        assert said is not None
        assert said.startswith(f"**{INI}**: `vec.num_envs` is `4`.")
        assert "- `total_agents = num_envs * agents_per_env = 4 * 2 = 8` agents" in said
        assert await editor.hover(DEFAULT, line, len("num_envs = 4")) == said
        assert await editor.hover(DEFAULT, line_of(editor.text(DEFAULT), "[vec]"), 1) is None

        await editor.open(INI)
        await editor.type(INI, f"{editor.text(INI)}\n[vec]\nnum_envs = 8\n")
        above, below = await editor.hover(DEFAULT, line, 0), await editor.hover(INI, editor.last_line(INI), 0)
        assert above is not None
        assert below is not None
        assert "`vec.num_envs` is `8`. [pufferlib/config/metta.ini:" in above
        assert ") overrides this line." in above
        assert f"which overrides [{DEFAULT}:{line + 1}]({editor.uri(DEFAULT)}#L{line + 1})" in below


@session
async def test_definition_is_the_line_that_wins_and_references_are_all_layers_and_the_other_side(folder: Path) -> None:
    async with editing(folder) as editor:
        await editor.open(DEFAULT)
        await editor.open(INI, f"{editor.text(INI)}\n[train]\ngamma = 0.5\n")
        old, new = line_of(editor.text(DEFAULT), "gamma"), editor.last_line(INI)
        assert await editor.definition(DEFAULT, old, 1) == [(INI, new)]
        assert await editor.definition(INI, new, 1) == [(INI, new)]
        other = (TRAINER, line_of(editor.text(TRAINER), "gamma"))
        assert await editor.references(INI, new, 1) == [(INI, new), (DEFAULT, old), other]


@session
async def test_definition_of_an_item_of_a_defaults_list_is_the_file_that_it_names(folder: Path) -> None:
    async with editing(folder) as editor:
        await editor.open(ENTRY)
        line = line_of(editor.text(ENTRY), "- trainer")
        assert await editor.definition(ENTRY, line, 4) == [(TRAINER, 0)]
        await editor.type(ENTRY, editor.text(ENTRY).replace("- trainer: trainer", "- trainer: nothing"))
        assert await editor.definition(ENTRY, line, 4) == []


@session
async def test_a_question_is_answered_for_what_was_typed_last(folder: Path) -> None:
    async with editing(folder) as editor:
        await editor.open(DEFAULT)
        text = editor.text(DEFAULT)
        editor.touch(DEFAULT, f"; a new first line\n{text.replace('num_envs = 4', 'num_envs = 16')}")
        said = await editor.hover(DEFAULT, line_of(text, "num_envs") + 1, 2)
        assert said is not None
        assert "`vec.num_envs` is `16`" in said


# -- actions -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("versions", [True, False])
@session
async def test_a_fix_is_offered_and_applied_leaves_nothing_to_find(folder: Path, versions: bool) -> None:
    (folder / "ours.py").write_text(PLUGIN, encoding="utf-8")
    (folder / TOML).write_text('select = ["XX"]\nplugins = ["ours.py"]\n', encoding="utf-8")
    edits = lsp.WorkspaceEditClientCapabilities(document_changes=versions)
    capabilities = lsp.ClientCapabilities(workspace=lsp.WorkspaceClientCapabilities(workspace_edit=edits))
    async with editing(folder, capabilities=capabilities, stderr="a plugin that prints") as editor:
        await editor.open(DEFAULT)
        text = editor.text(DEFAULT)
        await editor.type(DEFAULT, text.replace("update_epochs = 1", "update_epochs = 3"))
        (shown,) = editor.diagnostics[DEFAULT]
        assert shown.data == {"name": "one-epoch", "fix": "unsafe"}
        offered = await editor.actions(DEFAULT, shown.range)
        assert list(offered) == ["Write 1 (unsafe)", "Suppress XX001 here, and say why", "Explain XX001"]
        fix = offered["Write 1 (unsafe)"]
        assert (fix.is_preferred, fix.kind) == (None, lsp.CodeActionKind.QuickFix)
        assert not await editor.actions(DEFAULT, shown.range, "source.fixAll")

        version = editor.touch(DEFAULT, text.replace("update_epochs = 1", "update_epochs = 2"))
        fix = (await editor.actions(DEFAULT, shown.range))["Write 1"]
        assert fix.is_preferred
        start = lsp.Position(0, 0)
        (every,) = (await editor.actions(DEFAULT, lsp.Range(start, start), "source.fixAll")).values()
        assert every.kind == "source.fixAll.metta-lint"
        assert every.edit == fix.edit
        assert fix.edit is not None
        if versions:
            (change,) = fix.edit.document_changes or ()
            assert isinstance(change, lsp.TextDocumentEdit)
            assert change.text_document.version == version
        await editor.type(DEFAULT, apply(fix.edit, editor.held[DEFAULT], editor.uri(DEFAULT)))
        assert editor.held[DEFAULT] == text
        assert not any(editor.diagnostics.values())


@pytest.mark.parametrize("name", [DEFAULT, TRAINER])
@pytest.mark.parametrize(
    "title",
    [
        f"Set trainer.ppo.gamma to 0.99, as {INI} has it (unsafe)",
        f"Set train.gamma to 0.5, as {ENTRY} has it (unsafe)",
    ],
)
@session
async def test_either_side_of_a_pair_can_be_brought_to_the_other(folder: Path, name: str, title: str) -> None:
    write_metta(folder, {"trainer.ppo.gamma": 0.5})
    async with editing(folder) as editor:
        await editor.open(name)
        await editor.until(lambda: bool(editor.diagnostics[name]))
        (shown,) = editor.diagnostics[name]
        edit = (await editor.actions(name, shown.range))[title].edit
        assert edit is not None
        (uri,) = edits_of(edit)
        changed = editor.name(uri)
        if changed != name:
            await editor.open(changed)
        await editor.type(changed, apply(edit, editor.held[changed], uri))
        await editor.until(lambda: not any(editor.diagnostics.values()))


@pytest.mark.parametrize("name", [DEFAULT, TRAINER])
@session
async def test_a_suppression_asks_for_its_reason_and_holds_on_either_side(folder: Path, name: str) -> None:
    write_metta(folder, {"trainer.ppo.gamma": 0.5})
    async with editing(folder) as editor:
        await editor.open(name)
        await editor.until(lambda: bool(editor.diagnostics[name]))
        (shown,) = editor.diagnostics[name]
        edit = (await editor.actions(name, shown.range))["Suppress ML301 here, and say why"].edit
        assert edit is not None
        suppressed = apply(edit, editor.held[name], editor.uri(name))
        await editor.type(name, suppressed)
        (asked,) = editor.diagnostics[name]
        assert (asked.code, asked.range.start.line) == ("ML901", shown.range.start.line)
        assert "Suppress ML901 here, and say why" not in await editor.actions(name, asked.range)
        await editor.type(name, suppressed.replace("[ML301]", "[ML301] they are meant to differ"))
        await editor.until(lambda: not any(editor.diagnostics.values()))


@session
async def test_all_safe_fixes_of_a_file_are_one_action_that_mends_it(folder: Path) -> None:
    write_pufferlib(folder, {"train.minibatchsize": 16, "train.bott_horizon": 4})
    async with editing(folder) as editor:
        await editor.open(DEFAULT)
        found = editor.diagnostics[DEFAULT]
        assert {each.code for each in found} == {"ML501"}
        assert all(each.tags == (lsp.DiagnosticTag.Unnecessary,) for each in found)
        assert all(each.code_description and each.code_description.href.endswith("/ML501/") for each in found)
        start = lsp.Position(0, 0)
        (every,) = (await editor.actions(DEFAULT, lsp.Range(start, start), "source.fixAll.metta-lint")).values()
        assert every.edit is not None
        await editor.type(DEFAULT, apply(every.edit, editor.held[DEFAULT], editor.uri(DEFAULT)))
        assert not editor.diagnostics[DEFAULT]


@session
async def test_explain_shows_the_rule_s_page(folder: Path) -> None:
    window = lsp.WindowClientCapabilities(show_document=lsp.ShowDocumentClientCapabilities(support=True))
    async with editing(folder, capabilities=lsp.ClientCapabilities(window=window)) as editor:
        params = lsp.ExecuteCommandParams("metta-lint.explain", ["ML101"])
        text = await editor.client.workspace_execute_command_async(params)
        assert str(text).startswith("# ML101: agent-count-drift")
        await editor.until(lambda: bool(editor.documents_shown))
        ((path, shown),) = editor.documents_shown
        assert (path.name, shown) == ("ML101.md", f"{text}\n")
    assert not os.path.exists(path)  # noqa: ASYNC240 - the session is over


@session
async def test_explain_knows_the_rules_of_the_repository_and_says_which_code_none_has(folder: Path) -> None:
    (folder / "ours.py").write_text(PLUGIN, encoding="utf-8")
    (folder / TOML).write_text('plugins = ["ours.py"]\n', encoding="utf-8")
    async with editing(folder, stderr="a plugin that prints") as editor:
        for code, start in (("XX001", "# XX001: one-epoch"), ("../XX002", "# ../XX002\n\nNo rule here has this code.")):
            params = lsp.ExecuteCommandParams("metta-lint.explain", [code])
            assert str(await editor.client.workspace_execute_command_async(params)).startswith(start)


WIDTHS: Mapping[str | None, Callable[[str], int]] = {
    None: lambda text: len(text.encode("utf-16-le")) // 2,  # what the protocol says where nobody says more
    "utf-8": lambda text: len(text.encode()),
    "utf-16": lambda text: len(text.encode("utf-16-le")) // 2,
    "utf-32": len,
}


# -- positions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offered", [None, "utf-8", "utf-16", "utf-32"])
@session
async def test_columns_are_counted_as_the_editor_counts_them(folder: Path, offered: str | None) -> None:
    encodings = None if offered is None else [lsp.PositionEncodingKind(offered)]
    general = lsp.GeneralClientCapabilities(position_encodings=encodings)
    async with editing(folder, capabilities=lsp.ClientCapabilities(general=general)) as editor:
        assert editor.result is not None
        assert editor.result.capabilities.position_encoding == (offered or "utf-16")
        await editor.open(ENVIRONMENT)
        for mark, line_end in product(("", "\ufeff"), ("\n", "\r\n", "\r")):
            before = mark + '{"日本😀": "日😀", game: {num_agents: '
            await editor.type(ENVIRONMENT, f"{before}64, # 日{line_end}max_steps: 5}}}}{line_end}")
            (shown,) = [each for each in editor.diagnostics[ENVIRONMENT] if each.code == "ML101"]
            column = WIDTHS[offered](before)
            assert (shown.range.start, shown.range.end) == (lsp.Position(0, column), lsp.Position(0, column + 2))
            said = await editor.hover(ENVIRONMENT, 0, column)
            assert said is not None
            assert "`env.game.num_agents` is `64`" in said
            assert await editor.definition(ENVIRONMENT, 0, column + 2) == [(ENVIRONMENT, 0)]
            assert await editor.hover(ENVIRONMENT, 99, 7) is None


# -- the process -------------------------------------------------------------------------------------------------------


@session
async def test_leaving_without_a_word_is_exit_code_1(folder: Path) -> None:
    async with editing(folder, politely=False, exit_code=1) as editor:
        await editor.open(INI)


def test_an_editor_that_dies_ends_the_server(folder: Path) -> None:
    done = subprocess.run(COMMAND, cwd=folder, input=b"", capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


@pytest.mark.parametrize("package", ["pygls", "lsprotocol"])
def test_without_the_extra_it_says_what_to_install(package: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None; from metta_lint.__main__ import main; sys.exit(main(['server']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr == f"error: the server needs {package}: pip install 'metta-lint[server]'\n"
    assert not done.stdout


def test_a_check_does_without_the_server_s_packages(folder: Path) -> None:
    code = """
import sys
from metta_lint.__main__ import main
main(["check", "."])
print({"pygls", "lsprotocol", "asyncio"} & {*sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
