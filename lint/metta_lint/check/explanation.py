"""Explains a rule on the user's own runs: what it finds there, how the numbers come about, and what would fix it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.check.coverage import quantities_asked_for
from metta_lint.check.declared import Intended
from metta_lint.files.file_system import exists, is_folder
from metta_lint.fixes.solver.answers import SOLVED
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
    """What a rule says of one run (one plan), of a pair (the left and the right plan), or of files (no plans).

    ``derivations`` show how the quantities that it speaks of come about: a list of steps for each plan. ``answer`` has
    the nearest clean settings where they would fix it; ``takes`` says what ``--take left`` and ``right`` would do, a
    line for each finding.
    """

    subject: str
    plans: tuple[Plan, ...] = ()
    findings: Sequence[Finding] = ()
    derivations: Sequence[list[LineageStep]] = ()
    pair: Pair | None = None
    answer: Answer | None = None
    takes: Mapping[str, list[str]] = {}


class RuleQuestion(NamedTuple):
    """What a rule is to be explained on: a run, perhaps against another one.

    ``overrides`` are the run's, not the other one's, unless they name it.
    """

    run: str
    against: str | None
    config: Config
    machine: Machine
    overrides: Sequence[str] = ()


def explain(rule: Rule | BuiltIn, question: RuleQuestion) -> list[Explanation]:
    """What a rule says of a run, of each pair that the run is in, or of the files that it reads.

    What the rule asks for decides which. A rule about files can also be explained on a file or folder without a run. A
    pair is the run and the one that it is held ``against``, else each declared pair of the run. Raises LintError where
    a rule about pairs has no pair, InputError for a run that cannot be read.
    """
    names = [question.run, *([] if question.against is None else [question.against])]
    subject = "" if isinstance(rule, BuiltIn) else subject_of(rule)
    if isinstance(rule, BuiltIn) or subject not in ("pair", "plan"):
        return [_of_files(rule, name, question) for name in names]
    subjects = _pairs(question) if subject == "pair" else [_plan(question, name) for name in names]
    return [_of_plans(rule, each, question.config) for each in subjects]


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
    """The name under which the run is declared, also where the question gives its entry file instead."""
    entry = located(question.run)
    named = (name for name, spec in question.config.runs.items() if located(spec.entry) == entry)
    return question.run if question.run in question.config.runs else next(named, question.run)


# -- a run or a pair ---------------------------------------------------------------------------------------------------


def _of_plans(rule: Rule, subject: Plan | Pair, config: Config) -> Explanation:
    plans = (subject,) if isinstance(subject, Plan) else subject.plans
    found = merged(run_rules([rule], Subjects(plans, [subject] if isinstance(subject, Pair) else [])))
    names = _spoken_of(rule, subject, plans, found)
    intended = Intended(config, {plan.run.name: plan for plan in plans if plan.run.name is not None})
    explanation = Explanation("", plans, intended.noted(found), [lineage(plan, names) for plan in plans])
    if isinstance(subject, Pair):
        return explanation._replace(subject=subject.label, pair=subject, takes=_takes(found, subject))
    return explanation._replace(subject=subject.run.label, answer=_answer(rule, subject, found))


def _takes(findings: list[Finding], pair: Pair) -> dict[str, list[str]]:
    from metta_lint.fixes.take import with_taken

    takes: dict[str, list[str]] = {}
    for side in ("left", "right") if findings else ():
        texts = (f.fix.message if f.fix is not None else f.help for f in with_taken(findings, [pair], side))
        takes[side] = [text for text in texts if text]
    return takes


def _answer(rule: Rule, plan: Plan, findings: Sequence[Finding]) -> Answer | None:
    """The nearest clean settings, if what the rule finds is one of the run's problems."""
    from metta_lint.fixes.problems import problems_of
    from metta_lint.fixes.solver.answers import answer

    concerned = {name for finding in findings for name in (finding.quantity, *(c.quantity for c in finding.claims))}
    if not findings or not (rule.code in SOLVED or concerned & problems_of(plan).keys()):
        return None
    return answer(plan, {})


def _spoken_of(rule: Rule, subject: Plan | Pair, plans: Iterable[Plan], findings: Sequence[Finding]) -> dict[str, None]:
    """The quantities that the findings are about (those of a refusal first), then the others that the rule asks for."""
    values = {value for finding in findings for value in finding.values if isinstance(value, str)}
    refusals = (each for plan in plans for each in (*plan.refusals, *plan.risks) if each.requirement in values)
    at_fault = [name for refusal in refusals for name in refusal.at]
    said = [name for f in findings for name in (*(claim.quantity for claim in f.claims), f.quantity) if name]
    return dict.fromkeys([*at_fault, *said, *quantities_asked_for(rule, subject)])


# -- files -----------------------------------------------------------------------------------------------------------


def _of_files(rule: Rule | BuiltIn, name: str, question: RuleQuestion) -> Explanation:
    """What is said of the files that a run reads, or of a file or folder without a run."""
    plan = _plan_of(name, question)
    paths = [name] if plan is None else sorted(files_of(plan))
    if isinstance(rule, BuiltIn):
        from metta_lint.check.linter import check

        every = check(paths, question.config, (), question.machine).findings
        return Explanation(name, findings=[finding for finding in every if finding.code == rule.code])
    from metta_lint.project.discovery import discover

    found = discover(paths)
    subjects = Subjects([] if plan is None else [plan], (), found.files, found.trees)
    return Explanation(name, findings=merged(run_rules([rule], subjects)))


def _plan_of(name: str, question: RuleQuestion) -> Plan | None:
    """The plan of a run; None for a folder, and for a file that is not a run's."""
    if name in question.config.runs or not exists(name):
        return _plan(question, name)
    try:
        return None if is_folder(name) else _plan(question, name)
    except LintError:
        return None
