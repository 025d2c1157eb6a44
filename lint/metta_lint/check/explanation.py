"""A rule on the user's own numbers: what it finds there, what that is derived from, and what would fix it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.check.coverage import quantities_asked_for
from metta_lint.files.file_system import exists, is_folder
from metta_lint.fixes.solver.fixes import SOLVED
from metta_lint.plans.lineage import LineageStep, lineage
from metta_lint.plans.pair import Pair
from metta_lint.plans.plan import Plan
from metta_lint.plans.run import located
from metta_lint.project.runs import addressed, declared_pairs, files_of, plan_run
from metta_lint.rules.built_in import BuiltIn
from metta_lint.rules.engine import Subjects, merged, run_rules
from metta_lint.rules.registry import subject_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metta_lint.fixes.solver.answers import Answer
    from metta_lint.plans.run import Machine
    from metta_lint.project.config import Config
    from metta_lint.rules.finding import Finding
    from metta_lint.rules.rule import Rule


class Explanation(NamedTuple):
    """What a rule says of one run (``plans`` are one), of a pair (the left and the right one), or of files (none).

    ``derivations`` are of the quantities that it speaks of, a list of steps for each plan. ``answer`` has the nearest
    clean settings where they would fix it; ``takes`` what ``--take left`` and ``right`` would do, a line for each.
    """

    subject: str
    plans: tuple[Plan, ...]
    findings: tuple[Finding, ...]
    derivations: tuple[list[LineageStep], ...]
    pair: Pair | None = None
    answer: Answer | None = None
    takes: Mapping[str, list[str]] = {}


class RuleQuestion(NamedTuple):
    """Whom a rule is to be explained on: a run, perhaps against another one.

    ``overrides`` lie over the run's own settings, not over the other one's.
    """

    run: str
    against: str | None
    config: Config
    machine: Machine
    overrides: Sequence[str] = ()


def explain(rule: Rule | BuiltIn, question: RuleQuestion) -> list[Explanation]:
    """What a rule says of a run, of each pair that the run is in, or of the files that it reads.

    What the rule asks for decides that; one about files can be explained on a file or a folder that is no run, too. A
    pair is the run and what it is held ``against``, or else each declared pair of it. Raises LintError where a rule
    about pairs is asked for and there is none, InputError for a run that cannot be read.
    """
    if not isinstance(rule, BuiltIn) and subject_of(rule) == "pair":
        return [_of_plans(rule, pair, question.config) for pair in _pairs(question)]
    others = [] if question.against is None else [question.against]
    if isinstance(rule, BuiltIn) or subject_of(rule) != "plan":
        return [_of_files(rule, name, question) for name in (question.run, *others)]
    return [_of_plans(rule, _plan(question, name), question.config) for name in (question.run, *others)]


def _plan(question: RuleQuestion, name: str) -> Plan:
    own = _declared_name(question)
    names = (None, name, own) if name in (question.run, own) else (name,)
    overrides = [text for named, text in map(addressed, question.overrides) if named in names]
    return plan_run(name, question.config, overrides, question.machine)


def _pairs(question: RuleQuestion) -> list[Pair]:
    if question.against is not None:
        return [Pair(_plan(question, question.run), _plan(question, question.against))]
    run = _declared_name(question)
    specs = [spec for spec in question.config.pairs if run in (spec.left, spec.right)]
    if not specs:
        raise LintError(
            f"the rule compares two runs, and no declared pair has {question.run}: name the other one with --against"
        )
    names = dict.fromkeys(name for spec in specs for name in (spec.left, spec.right))
    plans = {name: _plan(question, name) for name in names}
    return [pair for _, pair in declared_pairs(question.config, plans)]


def _declared_name(question: RuleQuestion) -> str:
    """The name of the declared run that the run is: it may be named by its entry file."""
    entry = located(question.run)
    named = (name for name, spec in question.config.runs.items() if located(spec.entry) == entry)
    return question.run if question.run in question.config.runs else next(named, question.run)


# -- a run or a pair ---------------------------------------------------------------------------------------------------


def _of_plans(rule: Rule, subject: Plan | Pair, config: Config) -> Explanation:
    pair = subject if isinstance(subject, Pair) else None
    plans = (subject,) if isinstance(subject, Plan) else (subject.left, subject.right)
    found = merged(run_rules([rule], Subjects(plans, [pair] if pair is not None else [])))
    names = _spoken_of(rule, subject, plans, found)
    return Explanation(
        " against ".join(plan.run.label for plan in plans),
        plans,
        tuple(_declared(found, plans, config)),
        tuple(lineage(plan, names) for plan in plans),
        pair,
        _answer(rule, subject, found) if isinstance(subject, Plan) else None,
        _takes(found, pair) if pair is not None else {},
    )


def _takes(findings: list[Finding], pair: Pair) -> dict[str, list[str]]:
    from metta_lint.fixes.take import with_taken

    return {
        side: [
            finding.fix.message if finding.fix is not None else finding.help
            for finding in with_taken(findings, [pair], side)
            if finding.fix is not None or finding.help
        ]
        for side in (("left", "right") if findings else ())
    }


def _declared(findings: Iterable[Finding], plans: Iterable[Plan], config: Config) -> list[Finding]:
    """The findings, those that a declared difference explains with a note of that."""
    from metta_lint.check.declared import Intended

    return Intended(config, {plan.run.name: plan for plan in plans if plan.run.name is not None}).noted(findings)


def _answer(rule: Rule, plan: Plan, findings: Sequence[Finding]) -> Answer | None:
    """The nearest clean settings, where what the rule finds is what makes the run unclean."""
    from metta_lint.fixes.problems import problems_of
    from metta_lint.fixes.solver.answers import answer

    concerned = {name for finding in findings for name in (finding.quantity, *(c.quantity for c in finding.claims))}
    if not findings or not (rule.code in SOLVED or concerned & problems_of(plan).keys()):
        return None
    return answer(plan, {})


def _spoken_of(rule: Rule, subject: Plan | Pair, plans: Iterable[Plan], findings: Sequence[Finding]) -> dict[str, None]:
    """The quantities of what is found (those of a refusal first), then those that a rule asks for: all it judges by."""
    values = {value for finding in findings for value in finding.values if isinstance(value, str)}
    refusals = (each for plan in plans for each in (*plan.refusals, *plan.risks) if each.requirement in values)
    at_fault = [name for refusal in refusals for name in refusal.at]
    said = [name for f in findings for name in (*(claim.quantity for claim in f.claims), f.quantity) if name]
    return dict.fromkeys([*at_fault, *said, *quantities_asked_for(rule, subject)])


# -- files -----------------------------------------------------------------------------------------------------------


def _of_files(rule: Rule | BuiltIn, name: str, question: RuleQuestion) -> Explanation:
    """What is said of the files that a run reads, or of a file or folder that is none."""
    plan = _plan_of(name, question)
    paths = [name] if plan is None else sorted(files_of(plan))
    if isinstance(rule, BuiltIn):
        from metta_lint.check.linter import check

        every = check(paths, question.config, (), question.machine).findings
        return Explanation(name, (), tuple(finding for finding in every if finding.code == rule.code), ())
    from metta_lint.project.discovery import discover

    found = discover(paths)
    subjects = Subjects([] if plan is None else [plan], (), found.files, found.trees)
    return Explanation(name, (), tuple(merged(run_rules([rule], subjects))), ())


def _plan_of(name: str, question: RuleQuestion) -> Plan | None:
    """The plan of a run; None for a file that is none, and for a folder."""
    if name in question.config.runs or not exists(name):
        return _plan(question, name)
    try:
        return None if is_folder(name) else _plan(question, name)
    except LintError:
        return None
